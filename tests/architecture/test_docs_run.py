"""Every command in the documents is run as it stands there, from top to bottom of its page."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from shared_base.core.embedded_postgres import EmbeddedPostgres
from shared_base.core.postgres.binaries import find_binaries
from tests.architecture.documents import ROOT, Section, sections
from tests.live import free_port

#: command → why it is not run here
NOT_RUN = {
    "make run": "runs until Ctrl-C; tests/integration/test_run_survives.py runs what it runs",
    "make test": "runs this test",
    "make lint": "looks at sources, not at what they do; `.ci/run` runs it",
    "make setup": "has been run before any test can",
    ".venv/bin/python -m tests.second_server -q tests/architecture/test_schema.py": "`.ci/run` runs it",
}
#: pages whose commands speak to the demo that `make run` serves
SERVED = {"docs/api.md"}
#: pages whose commands work on a server of one's own
OWN_SERVER = {"docs/deployment.md"}
#: the months of the workbook that they import must be over
OVER = datetime(2026, 10, 15, tzinfo=UTC)
#: by page and commands: what a page says in both languages alike is run once
PAGES_WITH_COMMANDS = list(
    {(section.page, *section.blocks("sh")): section for section in sections() if section.blocks("sh")}.values()
)
SQL = next(section.blocks("sql")[0] for section in sections() if section.blocks("sql"))


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Iterator["Desk"]:
    """Where a reader works: a checkout of their own, a home, and a data directory that PostgreSQL's account reaches."""
    with tempfile.TemporaryDirectory(prefix="shared-base-docs-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Desk(Path(folder))


class Desk:
    def __init__(self, folder: Path) -> None:
        self.checkout, self.home = folder / "checkout", folder / "home"
        for place in (self.checkout, self.home):
            place.mkdir()
            place.chmod(0o755)
        for entry in ROOT.iterdir():
            if entry.name not in ("var", ".git", "build", "translations"):
                (self.checkout / entry.name).symlink_to(entry)
        # commands update this one
        shutil.copytree(ROOT / "translations", self.checkout / "translations")
        ahead = max(OVER - datetime.now(UTC), timedelta(0))
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE", "SHARED_BASE", "PYTEST"))
        } | {
            "HOME": str(self.home),
            "PATH": f"{find_binaries().bindir}:{os.environ['PATH']}",
            "SHARED_BASE_DATA_DIR": str(self.checkout / "var"),
            "SHARED_BASE_CLOCK_OFFSET": str(int(ahead.total_seconds())),
            "PYTHONWARNINGS": "ignore",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, section: Section, port: int = 8000) -> None:
        """The commands of the section in one shell, so that what one exports the next one has."""
        commands = [line for block in section.blocks("sh") for line in block.splitlines() if line not in NOT_RUN]
        script = "\n".join(["set -euo pipefail", *commands]).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        # held by the test, the embedded server is not started and stopped by each command anew
        held = self.home / "my-base" if "~/my-base" in script else self.checkout / "var"
        with EmbeddedPostgres(held) if self.embedded else _nothing():
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=self.checkout,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, f"{section.name}\n{done.stdout}\n{done.stderr}"

    @property
    def embedded(self) -> bool:
        return "DATABASE_URL" not in self.environment


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def runnable(*, served: bool = False, own_server: bool = False) -> pytest.MarkDecorator:
    chosen = [
        section
        for section in PAGES_WITH_COMMANDS
        if (section.name.partition(":")[0] in SERVED) == served
        and (section.name.partition(":")[0] in OWN_SERVER) == own_server
    ]
    return pytest.mark.parametrize("section", chosen, ids=[section.name for section in chosen])


@runnable()
def test_commands_of_the_page_run_on_an_empty_data_directory(section: Section, desk: Desk) -> None:
    desk.run(section)


@runnable(served=True)
@pytest.mark.skipif(shutil.which("curl") is None, reason="NO CURL FOUND: the API page's examples did not run")
def test_commands_of_the_page_run_against_the_demo(section: Section, desk: Desk) -> None:
    port = free_port()
    desk.environment |= {"PORT": str(port), "SHARED_BASE_CLOCK_OFFSET": "0"}
    server = subprocess.Popen(
        [sys.executable, "-m", "shared_base.app", "run"],
        cwd=ROOT,
        env=desk.environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", server)
        desk.run(section, port)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert server.poll() is None, "shared-base run ended before it answered"
            assert time.monotonic() < deadline, "shared-base run did not answer"
            time.sleep(0.2)


@pytest.fixture
def own_server(superuser_url: str, desk: Desk) -> Iterator[str]:
    """A database made with the SQL of the deployment page, under names of the test's own; the superuser's URL of it."""
    suffix = secrets.token_hex(4)
    names = {name: f"docs_{name}_{suffix}" for name in ("shared_base_owner", "shared_base_app", "shared_base")}
    sql = re.sub(r"\bshared_base(?:_owner|_app)?\b", lambda found: names[found[0]], SQL)
    database = names["shared_base"]
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for statement in sql.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        base = sa.make_url(superuser_url).set(drivername="postgresql", database=database)
        for variable, role, password in (
            ("DATABASE_URL", "shared_base_app", "choose-another"),
            ("DATABASE_OWNER_URL", "shared_base_owner", "choose-one"),
        ):
            url = base.set(username=names[role], password=password)
            desk.environment[variable] = url.render_as_string(hide_password=False)
        yield base.render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())
        connection.execute(f"DROP ROLE {names['shared_base_app']}; DROP ROLE {names['shared_base_owner']}".encode())


@runnable(own_server=True)
def test_a_database_of_ones_own_is_made_migrated_and_backed_up_as_the_page_says(
    section: Section, desk: Desk, own_server: str
) -> None:
    desk.run(section)
    restore = re.search(r"`(pg_restore --no-owner[^`]+)`", section.text)
    assert restore is not None
    copy = f"copy_{secrets.token_hex(4)}"
    owner = sa.make_url(desk.environment["DATABASE_OWNER_URL"])
    with psycopg.connect(own_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy} OWNER {owner.username} TEMPLATE template0".encode())
        try:
            target = owner.set(database=copy).render_as_string(hide_password=False)
            environment = desk.environment | {"DATABASE_OWNER_URL": target}
            subprocess.run(["bash", "-ec", restore[1]], cwd=desk.checkout, env=environment, check=True)
            copied = sa.make_url(own_server).set(database=copy).render_as_string(hide_password=False)
            original = rows_of(own_server)
            assert original["users"] == 1
            assert rows_of(copied) == original
        finally:
            connection.execute(f"DROP DATABASE {copy} WITH (FORCE)".encode())


def rows_of(url: str) -> dict[str, int]:
    """How many rows each table holds, seen by the superuser."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        return {
            table: connection.execute(f"select count(*) from {table}".encode()).fetchone()[0]  # type: ignore[index]
            for (table,) in tables
        }


def test_every_command_that_is_not_run_is_still_in_the_documents() -> None:
    lines = {line for section in PAGES_WITH_COMMANDS for block in section.blocks("sh") for line in block.splitlines()}
    assert set(NOT_RUN) <= lines
