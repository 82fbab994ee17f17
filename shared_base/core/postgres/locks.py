"""Who uses the server, who starts or stops it, and whether one lives: three files, locked with flock.

The kernel drops a dead process's locks, so nothing here needs cleaning up. docs/decisions/0001-embedded-postgresql.md
tells what each is for.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config.settings import make_data_dir
from shared_base.core.i18n import N_
from shared_base.core.postgres.errors import CannotStart

SERVER_LOCK = "postgres.server.lock"


@contextmanager
def start_lock(data_dir: Path) -> Iterator[None]:
    """One process at a time starts, sets up or stops; the kernel lets go for one that is killed."""
    with opened_lock(data_dir / "postgres.start.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def opened_lock(path: Path) -> IO[str]:
    """Open a lock file in the data directory, which is made when it is missing."""
    make_data_dir(path.parent)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")


class UsersLock:
    """Everyone who uses the server holds this lock shared; only who can have it alone may stop the server."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "postgres.users.lock"
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def join(self) -> None:
        """Become a user. Only under the start lock: whoever stops the server holds that one too."""
        if self._file is None:
            self._file = opened_lock(self._path)
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Whether nobody else uses the server. Only under the start lock; we stay a user either way."""
        assert self._file is not None, "join first"
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._file, fcntl.LOCK_SH)
        return True

    def leave(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def refuse_other_machine(self) -> None:
        """Refuse to start a server beside one in another container that uses the same directory.

        Its process ids mean nothing here, so PostgreSQL's own check is blind: two servers would destroy the data.
        Every starter notes its namespace; a different one, while others use the server, is such a neighbour.
        """
        assert self._file is not None, "join first"
        here = _namespace()
        self._file.seek(0)
        noted = self._file.read().strip()
        if noted and noted != here and not self.alone():
            raise used_elsewhere(self._path.parent)
        self._file.seek(0)
        self._file.truncate()
        self._file.write(here + "\n")
        self._file.flush()


def is_free(lock: IO[str]) -> bool:
    """Whether no server lives, also none in a container whose processes we do not see; if so we hold its lock now.

    A server inherits the lock with the open file: it is held for as long as any process of that server lives.
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def used_elsewhere(data_dir: Path) -> CannotStart:
    return CannotStart(
        N_(
            "The database in %(path)s is in use by another container or machine: stop it there first, "
            "or set DATABASE_URL to share one server"
        ),
        path=data_dir,
    )


def _namespace() -> str:
    try:
        return f"{os.uname().nodename} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return os.uname().nodename
