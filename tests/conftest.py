"""The real PostgreSQL for every test: one server a run, one migrated template, one database a worker.

`TEST_SUPERUSER_URL` runs the suite against a PostgreSQL of one's own; without it the embedded one is started.
"""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine
from shared_base.migrations.schema import upgrade
from tests.databases import TestDatabase

pytest_plugins = ["tests.web_fixtures", "tests.live"]

OWNER, APP = "shared_base_test_owner", "shared_base_test_app"
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai


@pytest.fixture(scope="session")
def superuser_url() -> Iterator[str]:
    """A server's superuser: the one named by TEST_SUPERUSER_URL, or an embedded one of this worker's own."""
    if url := os.environ.get("TEST_SUPERUSER_URL"):
        yield url
        return
    from shared_base.core.embedded_postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory(prefix="shared-base-tests-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "data", testing=True)
        server.start()
        try:
            yield server.superuser_url()
        finally:
            server.stop_if_last()


def _with_database(url: str, name: str, user: str | None = None, password: str | None = None) -> str:
    parsed = sa.make_url(url).set(database=name, drivername="postgresql")
    if user:
        parsed = parsed.set(username=user, password=password)
    return parsed.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def new_database(superuser_url: str) -> Iterator[Callable[[], TestDatabase]]:
    """Makes a migrated, empty database of its own: for tests that commit (HTTP, races, jobs). Dropped at the end."""
    suffix = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{secrets.token_hex(4)}"
    owner, app = f"{OWNER}_{suffix}", f"{APP}_{suffix}"
    password = secrets.token_hex(16)
    template = f"sb_template_{suffix}"
    made: list[str] = []
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN PASSWORD '{password}'")  # type: ignore[arg-type]
        connection.execute(f"CREATE ROLE {app} LOGIN PASSWORD '{password}'")  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {template} OWNER {owner}")  # type: ignore[arg-type]
        upgrade(_with_database(superuser_url, template, owner, password), app_role=app)

        def make() -> TestDatabase:
            name = f"sb_{suffix}_{len(made)}"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}")  # type: ignore[arg-type]
            made.append(name)
            return TestDatabase(
                name,
                app=_with_database(superuser_url, name, app, password),
                owner=_with_database(superuser_url, name, owner, password),
                superuser=_with_database(superuser_url, name),
            )

        yield make
        for name in (*made, template):
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]
        connection.execute(f"DROP ROLE {app}; DROP ROLE {owner}")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def database(new_database: Callable[[], TestDatabase]) -> TestDatabase:
    """The worker's database; tests leave nothing in it (each runs in a transaction that is rolled back)."""
    return new_database()


@pytest.fixture(scope="session")
def engine(database: TestDatabase) -> Iterator[sa.Engine]:
    """The app role's engine: what production runs as."""
    engine = make_engine(database.app)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection in a transaction that the test's end rolls back; commits inside are savepoints."""
    with engine.connect() as connection:
        outer = connection.begin()
        yield connection
        outer.rollback()


@pytest.fixture
def session(connection: sa.Connection) -> Iterator[Session]:
    """A session as the system, in the test's own transaction."""
    with Session(
        connection, join_transaction_mode="create_savepoint", info={"actor": SYSTEM}, expire_on_commit=False
    ) as session:
        yield session


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)
