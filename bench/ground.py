"""What is measured on: a PostgreSQL of the bench's own in a passing directory, and web servers on it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, Self, cast

import psycopg
import sqlalchemy as sa

from shared_base.cli.processes import server_arguments
from shared_base.core.embedded_postgres import EmbeddedPostgres
from shared_base.migrations.schema import upgrade

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
LONGEST_START = 60.0
#: the server writes its log through a collector: a line takes a moment to be there
LOG_LAG = 1.0


@dataclass(frozen=True)
class Database:
    """A migrated database: how the app role, the owner and the superuser connect."""

    name: str
    app: str
    owner: str
    superuser: str


class Ground:
    """`with Ground() as ground:` the server runs for the block; afterwards no process and no file is left."""

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="shared-base-bench-"))
        self.folder.chmod(0o755)  # root's server runs as another account and must pass through
        self.server = EmbeddedPostgres(self.folder / "data", testing=True)
        self.server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.stop_if_last()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, name: str) -> Database:
        """A new database at this release's revision, empty."""
        urls = self.server.urls
        owner_role, app_role = (sa.make_url(url).username for url in (urls.owner, urls.app))
        assert owner_role
        assert app_role
        with psycopg.connect(self.server.superuser_url(), autocommit=True) as db:
            db.execute(cast(LiteralString, f"create database {name} owner {owner_role}"))
        app, owner = (
            sa.make_url(url).set(database=name).render_as_string(hide_password=False) for url in (urls.app, urls.owner)
        )
        upgrade(owner, app_role=app_role)
        return Database(name, app, owner, self.server.superuser_url(name))

    def environment(self, database: Database) -> dict[str, str]:
        """The environment of the product's processes on a database: the settings' defaults, whatever is exported."""
        ours = ("SHARED_BASE_", "DATABASE_", "SMTP_URL", "PORT")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**kept, "DATABASE_URL": database.app, "SHARED_BASE_DATA_DIR": str(self.folder / "files")}

    @contextmanager
    def serving(self, database: Database, application: str = "wsgi:app") -> Iterator[int]:
        """A web server as production runs it, two workers; yields its port."""
        port = _free_port()
        arguments = [*server_arguments(HOST, port, workers=2)[:-1], application]
        environment = {**self.environment(database), "PORT": str(port)}
        process = subprocess.Popen(
            arguments, env=environment, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL
        )
        try:
            _wait_until_it_answers(port, process)
            yield port
        finally:
            _end(process)

    def command(self, database: Database, *arguments: str) -> float:
        """Seconds that `shared-base …` takes on a database, from the shell's point of view."""
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "shared_base.app", *arguments],
            env=self.environment(database), cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return time.perf_counter() - started

    def statements(self, database: Database, action: Callable[[], object]) -> int:
        """How many statements the app role sends the server while `action` runs, BEGIN and COMMIT among them."""
        action()  # what a fresh connection or cache asks only once is not counted
        mark = f"bench mark {time.monotonic_ns()}"
        with psycopg.connect(database.superuser, autocommit=True) as db:
            db.execute("alter system set log_statement = 'all'")
            db.execute("select pg_reload_conf()")
            time.sleep(LOG_LAG)
            db.execute(cast(LiteralString, f"select '{mark}'"))
            action()
            db.execute("alter system reset log_statement")
            db.execute("select pg_reload_conf()")
        time.sleep(LOG_LAG)
        role = sa.make_url(database.app).username
        _, found, after = self.server.log_tail(5_000).rpartition(f"select '{mark}'")
        assert found, "the mark is in the log"
        return sum(
            f"{role}@{database.name} " in line and ("LOG:  statement:" in line or "LOG:  execute " in line)
            for line in after.splitlines()
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + LONGEST_START
    while True:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=1).close()
            return
        except urllib.error.HTTPError:
            return  # the bare application has no such page: it answers all the same
        except OSError:
            assert process.poll() is None, "the web server ended before it answered"
            assert time.monotonic() < deadline, "the web server did not answer in time"
            time.sleep(0.05)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """In order, then by force: the session that we made holds nobody else's processes."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
