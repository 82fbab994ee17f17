"""People and their browsers. Attempts and knocks are counted beside the test's transaction, and so wiped after it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from config.settings import Settings
from shared_base.app import create_app
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine
from shared_base.core.housekeeping import RateLimit
from shared_base.core.outbox import OutboxMessage
from shared_base.http.extensions import db
from shared_base.people import sessions
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
        user = make_user(session, role, **{"password_hash": PASSWORD_HASH, **columns})
        session.commit()
        return user

    return make


@pytest.fixture
def stranger(app: Flask) -> Callable[..., FlaskClient]:
    """A browser in which nobody is signed in; pages come in English unless told."""

    def open_browser(language: str = "en") -> FlaskClient:
        client = app.test_client()
        client.set_cookie("locale", language)
        return client

    return open_browser


@pytest.fixture
def at_home(stranger: Callable[..., FlaskClient], session: Session, clock: FixedClock) -> Callable[..., FlaskClient]:
    """A browser in which the person is signed in."""

    def open_browser(user: User, *, second_factor: bool = False, language: str = "en") -> FlaskClient:
        secret = sessions.open_session(
            session, user=user, at=clock.now(), address="127.0.0.1", agent="tests", second_factor=second_factor
        )
        session.commit()
        client = stranger(language)
        client.set_cookie("shared_base", secret)
        return client

    return open_browser


@pytest.fixture
def mails(session: Session) -> Callable[[], list[dict[str, Any]]]:
    """The mails asked for so far, in order."""

    def listed() -> list[dict[str, Any]]:
        query = sa.select(OutboxMessage.payload).where(OutboxMessage.topic == "mail").order_by(OutboxMessage.id)
        return list(session.scalars(query))

    return listed


@pytest.fixture
def real_app(
    web_settings: Settings, new_database: Callable[[], TestDatabase], clock: FixedClock
) -> Iterator[tuple[Flask, sa.Engine]]:
    """The application over a database of its own, with real commits beside each other, and that database's engine."""
    url = new_database().app
    app = create_app(web_settings, database_url=url, clock=clock)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    engine = make_engine(url)
    yield app, engine
    engine.dispose()
    with app.app_context():
        db.engine.dispose()
