"""Data directories of the embedded server, and other processes that use them."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared_base.core.embedded_postgres import EmbeddedPostgres
from shared_base.core.postgres import server
from tests.integration.postgres.servers import USER, Starter, copy_of, discard, home_of, processes


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    """A data directory that every account may enter, with nothing in it."""
    folder = Path(tempfile.mkdtemp(prefix="shared-base-test-"))
    folder.chmod(0o755)
    yield folder
    discard(folder)


@pytest.fixture(scope="session")
def made_dir() -> Iterator[Path]:
    """A data directory whose server was made, set up and stopped."""
    folder = Path(tempfile.mkdtemp(prefix="shared-base-test-"))
    folder.chmod(0o755)
    with EmbeddedPostgres(folder):
        pass
    yield folder
    discard(folder)


@pytest.fixture
def data_dir(made_dir: Path) -> Iterator[Path]:
    """A stopped server that has been set up, for tests that leave it whole: making one costs a second or two."""
    assert processes(made_dir) == []
    yield made_dir
    server.stop(home_of(made_dir))


@pytest.fixture
def spoilt_dir(made_dir: Path) -> Iterator[Path]:
    """A copy, for tests that spoil it."""
    folder = copy_of(made_dir)
    yield folder
    discard(folder)


@pytest.fixture(scope="session")
def shared(made_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A running server, for tests that leave it as it was."""
    folder = copy_of(made_dir)
    with EmbeddedPostgres(folder) as embedded:
        yield embedded
    discard(folder)


@pytest.fixture
def user(request: pytest.FixtureRequest) -> Iterator[Starter]:
    """Start another process that uses the server of a data directory."""
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: Path, *before: str, python: str = sys.executable, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*before, python, "-c", USER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **env},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
