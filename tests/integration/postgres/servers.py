"""What the tests of the embedded server share: to make, look at, kill and clear away real servers."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from shared_base.core.embedded_postgres import CannotStart
from shared_base.core.postgres import server
from shared_base.core.postgres.home import Home, home_in
from shared_base.core.postgres.locks import start_lock
from shared_base.core.postgres.passwords import FILE as PASSWORD_FILE

#: starts another process that uses a server: `start(data_dir, *command_before, python=…, **env)`
Starter = Callable[..., subprocess.Popen[str]]
ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can switch accounts, mount and make namespaces")

#: uses the server until its standard input is closed
USER = """
import sys
from pathlib import Path
from shared_base.core.embedded_postgres import EmbeddedPostgres
embedded = EmbeddedPostgres(Path(sys.argv[1]))
embedded.start()
print(embedded.urls.app, flush=True)
sys.stdin.read()
embedded.stop_if_last()
"""


def home_of(data_dir: Path) -> Home:
    with start_lock(data_dir):
        return home_in(data_dir)


def discard(data_dir: Path) -> None:
    """Leave nothing of a data directory: no process, no socket, no file, wherever they are."""
    if (data_dir / PASSWORD_FILE).exists():
        with suppress(CannotStart):
            home = home_of(data_dir)
            server.stop(home)
            shutil.rmtree(home.path)
    shutil.rmtree(data_dir)


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline, "waited 30 s for something that did not happen"
        time.sleep(0.005)


def processes(data_dir: Path) -> list[int]:
    """The living processes of this data directory's server, found without the code under test."""
    cluster = (data_dir / "postgres" / "cluster").resolve()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == cluster:
                found.append(int(entry.name))
    return found


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])


def fetch(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def keep(url: str) -> None:
    """Commit a row that has to be there later."""
    run(url, "DROP TABLE IF EXISTS kept", "CREATE TABLE kept (value int)", "INSERT INTO kept VALUES (42)")


def kept(url: str) -> bool:
    """Whether it is; False also while the server does not answer."""
    with suppress(psycopg.OperationalError):
        return fetch(url, "SELECT value FROM kept") == 42
    return False


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def copy_of(data_dir: Path) -> Path:
    copy = data_dir.with_name(f"{data_dir.name}-{time.monotonic_ns()}")
    subprocess.run(["cp", "-a", "--reflink=auto", data_dir, copy], check=True)
    return copy


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
