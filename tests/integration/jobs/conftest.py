"""A database that schedulers may write to, and a folder for what they say."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared_base.core.database import make_engine
from tests.databases import TestDatabase
from tests.integration.jobs.processes import Scheduler, schedulers


@pytest.fixture
def shared(new_database: Callable[[], TestDatabase]) -> TestDatabase:
    return new_database()


@pytest.fixture
def shared_engine(shared: TestDatabase) -> Iterator[sa.Engine]:
    engine = make_engine(shared.app)
    yield engine
    engine.dispose()


@pytest.fixture
def scheduler(shared: TestDatabase, tmp_path: Path) -> Iterator[Callable[[datetime], Scheduler]]:
    """Starts a scheduler on the shared database, its clock set to the instant given."""
    with schedulers(shared.app, tmp_path) as start:
        yield start
