"""People with a password. Attempts are counted beside the test's transaction, and so wiped after it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.database import make_engine
from shared_base.core.housekeeping import RateLimit
from shared_base.core.outbox import OutboxMessage
from shared_base.people.models import User
from shared_base.people.passwords import hash_password
from tests.conftest import TestDatabase
from tests.factories.tenancy import make_user

PASSWORD = "violin moss harbour"
PASSWORD_HASH = hash_password(PASSWORD)


@pytest.fixture(autouse=True)
def _counters_are_wiped(engine: sa.Engine) -> Iterator[None]:
    yield
    with engine.begin() as connection:
        connection.execute(sa.delete(RateLimit))


@pytest.fixture
def person(session: Session) -> Callable[..., User]:
    """A person whose password is `PASSWORD`, with a role where one is given."""

    def make(role: str | None = None, **columns: Any) -> User:
        return make_user(session, role, **{"password_hash": PASSWORD_HASH, **columns})

    return make


@pytest.fixture
def mails(session: Session) -> Callable[[], list[dict[str, Any]]]:
    """The mails asked for so far, in order."""

    def listed() -> list[dict[str, Any]]:
        query = sa.select(OutboxMessage.payload).where(OutboxMessage.topic == "mail").order_by(OutboxMessage.id)
        return list(session.scalars(query))

    return listed


@pytest.fixture
def own_engine(new_database: Callable[[], TestDatabase]) -> Iterator[sa.Engine]:
    """A database of the test's own, for what commits and races."""
    engine = make_engine(new_database().app, pool_size=24)
    yield engine
    engine.dispose()
