"""The database that needs no installation: a real PostgreSQL server under the data directory, supervised by us.

`database(settings)` is what a command uses: the operator's own PostgreSQL when DATABASE_URL names one, else the
embedded server, started when it is not running and stopped by whoever leaves last. Why and how:
docs/decisions/0001-embedded-postgresql.md.
"""

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from config.settings import Settings
from shared_base.core.errors import SharedBaseError
from shared_base.core.i18n import N_
from shared_base.core.postgres import server
from shared_base.core.postgres.diagnosis import LOG_LINES
from shared_base.core.postgres.errors import CannotStart, Unsafe
from shared_base.core.postgres.home import Home, home_in
from shared_base.core.postgres.locks import UsersLock, start_lock
from shared_base.core.postgres.passwords import write_whole
from shared_base.core.postgres.roles import APP, DATABASE, OWNER, set_up
from shared_base.core.postgres.safety import refuse_unsafe

__all__ = ["CannotStart", "DatabaseUrls", "EmbeddedPostgres", "Unsafe", "database", "refuse_unsafe"]

#: raise it when `set_up` does more than before: every cluster is then set up once again
SET_UP = 1
#: seconds between two looks of `database(…, guard=True)`
LOOKS_EVERY = 0.5


class DatabaseUrls:
    """How to connect: `app` for web and jobs, `owner` to migrate, back up and restore. Both hold passwords."""

    def __init__(self, app: str, owner: str | None = None) -> None:
        self.app = app
        self._owner = owner

    @property
    def owner(self) -> str:
        """Refused where the operator's own database was given without it."""
        if self._owner is None:
            raise CannotStart(
                N_(
                    "DATABASE_OWNER_URL is not set: migrations, backup and restore need it, the URL of the role "
                    "that owns the database which DATABASE_URL names"
                )
            )
        return self._owner


class EmbeddedPostgres:
    """The server of one data directory, as used by this process.

    `with EmbeddedPostgres(data_dir) as server:` uses it for as long as the block runs, `start` until `stop_if_last`.
    A user that is killed leaves nothing to clean: the kernel drops its lock, and the server, if it was the last one,
    stays until the next user adopts and stops it. With `testing` the owner may create databases.
    """

    def __init__(self, data_dir: Path, *, testing: bool = False) -> None:
        self.data_dir = data_dir.absolute()
        self.testing = testing
        self._users = UsersLock(self.data_dir)
        self._home: Home | None = None
        self._pid = 0

    def start(self) -> DatabaseUrls:
        """Become a user of the server, which runs and is set up afterwards. Again is harmless.

        Raises `CannotStart` with what is wrong, how to mend it and the server's last lines.
        """
        try:
            with start_lock(self.data_dir):
                joined = not self._users.held
                try:
                    self._users.join()
                    self._users.refuse_other_machine()
                    self._home = home_in(self.data_dir)
                    self._bring_up(self._home)
                except BaseException:
                    if joined:
                        self._leave()
                    raise
        except OSError as error:
            raise CannotStart(
                N_("The embedded database needs %(path)s, which fails with “%(reason)s”: mend that, then start again"),
                path=error.filename or self.data_dir,
                reason=error.strerror,
            ) from error
        self._pid = os.getpid()
        return self.urls

    def stop_if_last(self) -> None:
        """Leave; stop the server when nobody else uses it. A forked child's copy of us leaves nothing."""
        if self._users.held and self._pid == os.getpid():
            with start_lock(self.data_dir):
                self._leave()

    def revive(self) -> bool:
        """Start the server again if it was killed; whether that was needed. Cheap enough to ask twice a second."""
        if self._home is None or server.postmaster_of(self._home):
            return False
        self.start()
        return True

    @property
    def urls(self) -> DatabaseUrls:
        """How to connect. After `start`; the same for as long as the data directory lives."""
        home = self._started()
        return DatabaseUrls(
            app=home.url(APP, home.passwords.shared_base_app, DATABASE),
            owner=home.url(OWNER, home.passwords.shared_base_owner, DATABASE),
        )

    def superuser_url(self, database: str = "postgres") -> str:
        """For repairs and `ALTER SYSTEM` only; nothing in the product connects so. After `start`."""
        home = self._started()
        return home.url("postgres", home.passwords.postgres, database)

    def log_tail(self, lines: int = LOG_LINES) -> str:
        """The last lines of the server's log. After `start`, also one that failed."""
        return server.log_tail(self._home, lines) if self._home else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_if_last()

    def _started(self) -> Home:
        assert self._home is not None, "start first"
        return self._home

    def _bring_up(self, home: Home) -> None:
        server.bring_up(home)
        if home.set_up_marker.exists() and home.set_up_marker.read_text(encoding="ascii") == self._set_up_key(home):
            return
        try:
            set_up(home, testing=self.testing)
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise _unreachable(home, error) from error
            server.renew_superuser(home)
            server.bring_up(home)
            set_up(home, testing=self.testing)
        write_whole(home.set_up_marker, self._set_up_key(home))

    def _set_up_key(self, home: Home) -> str:
        """What the set-up depends on: it is done again when any of it changed."""
        passwords = home.passwords
        parts = (
            str(SET_UP),
            str(self.testing),
            passwords.postgres,
            passwords.shared_base_owner,
            passwords.shared_base_app,
        )
        return hashlib.sha256(":".join(parts).encode()).hexdigest()

    def _leave(self) -> None:
        """Under the start lock: nobody can join between the look and the stop."""
        if self._home and self._users.alone():
            server.stop(self._home)
        self._users.leave()


@contextmanager
def database(settings: Settings, *, guard: bool = False) -> Iterator[DatabaseUrls]:
    """The database these settings name, for as long as the block runs.

    With `guard` a thread starts the embedded server again when somebody kills it, and says so on stderr: for the one
    long-running process that others depend on (`shared-base run`).
    """
    if settings.database_url:
        yield DatabaseUrls(app=settings.database_url, owner=settings.database_owner_url)
        return
    embedded = EmbeddedPostgres(settings.data_dir)
    with embedded:
        if not guard:
            yield embedded.urls
            return
        done = threading.Event()
        thread = threading.Thread(target=_guard, args=(embedded, done), name="postgres guard", daemon=True)
        thread.start()
        try:
            yield embedded.urls
        finally:
            done.set()
            thread.join()


def _guard(embedded: EmbeddedPostgres, done: threading.Event) -> None:
    complaint = ""
    while not done.wait(LOOKS_EVERY):
        try:
            if embedded.revive():
                complaint = ""
                print("postgres  had ended and is running again", file=sys.stderr, flush=True)
        except SharedBaseError as error:
            if str(error) != complaint:  # once for each cause, not twice a second
                complaint = str(error)
                print(f"postgres  {complaint}", file=sys.stderr, flush=True)


def _unreachable(home: Home, error: psycopg.Error) -> CannotStart:
    return CannotStart(
        N_("PostgreSQL in %(path)s runs, but cannot be set up: %(reason)s\n%(log)s"),
        path=home.path,
        reason=str(error).strip(),
        log=server.log_tail(home),
    )
