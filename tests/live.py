"""A real server over a database of its own, and a real browser: for tests over HTTP, races and pages."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.cli.processes import server_arguments
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine
from tests.databases import TestDatabase


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class LiveServer:
    """The web server as production runs it (two workers), on a database that belongs to the test alone."""

    database: TestDatabase
    data_dir: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "LiveServer":
        environment = {
            **os.environ,
            "DATABASE_URL": self.database.app,
            "SHARED_BASE_DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            **self.environment,
        }
        self.process = subprocess.Popen(
            server_arguments("127.0.0.1", self.port, workers=2), env=environment, start_new_session=True
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=1) as answer:
                    assert answer.status == 200
                    return self
            except OSError:
                assert self.process.poll() is None, "the web server ended before it answered"
                assert time.monotonic() < deadline, "the web server did not answer within 30 s"
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=15)
            self.process = None

    def session(self) -> "Session":
        """A session of the test's own on the server's database, as the system; commit it yourself."""
        return Session(self.engine, info={"actor": SYSTEM}, expire_on_commit=False)

    @property
    def engine(self) -> sa.Engine:
        if not hasattr(self, "_engine"):
            self._engine = make_engine(self.database.app)
        return self._engine


@pytest.fixture(scope="module")
def live_server(
    new_database: Callable[[], TestDatabase], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    server = LiveServer(new_database(), tmp_path_factory.mktemp("live"))
    server.start()
    yield server
    server.stop()
    server.engine.dispose()


def chromium_path() -> str | None:
    """A Chromium: the system's, or the one that `make test` fetched (CHROMIUM names it)."""
    for candidate in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if candidate and (path := shutil.which(candidate)):
            return path
    return None


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; without one the browser tests are skipped, loudly."""
    path = chromium_path()
    if path is None:
        pytest.skip("NO CHROMIUM FOUND: the browser tests did not run (set CHROMIUM to its path)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


def rows(database: TestDatabase, query: str) -> list[tuple[Any, ...]]:
    """What the database itself holds, seen by the superuser."""
    with psycopg.connect(database.superuser) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]
