"""An evening at a base, and the browsers of the people who look at it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.people import sessions
from shared_base.people.models import User
from tests.factories.tenancy import make_user
from tests.web.bookings.evening import Evening, make_evening


@pytest.fixture
def evening(session: Session, clock: FixedClock) -> Evening:
    made = make_evening(session, clock.now())
    session.commit()
    return made


@pytest.fixture
def at_home(app: Flask, session: Session, clock: FixedClock) -> Callable[[User], FlaskClient]:
    """A browser in which the person is signed in; pages come in English."""

    def open_browser(user: User) -> FlaskClient:
        secret = sessions.open_session(
            session, user=user, at=clock.now(), address="127.0.0.1", agent="tests", second_factor=True
        )
        session.commit()
        client = app.test_client()
        client.set_cookie("shared_base", secret)
        client.set_cookie("locale", "en")
        return client

    return open_browser


@pytest.fixture
def browser_of(
    session: Session, at_home: Callable[[User], FlaskClient], evening: Evening
) -> Callable[..., FlaskClient]:
    """Signs somebody in who holds `role` at the evening's base, or in its tenant number `tenant`."""

    def open_browser(role: str, tenant: int = 0, **columns: Any) -> FlaskClient:
        return at_home(make_user(session, role, base=evening.base, tenant=evening.tenants[tenant], **columns))

    return open_browser


@pytest.fixture
def desk(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    return browser_of("front_desk", name="Li Xue")


@pytest.fixture
def scheduler(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    """Books for the tenant whose bookings are `live` and `arriving`."""
    return browser_of("tenant_scheduler")


@pytest.fixture
def rival(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    """Books for another tenant of the same base."""
    return browser_of("tenant_scheduler", tenant=3)


@pytest.fixture
def reviewer(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    return browser_of("reviewer")
