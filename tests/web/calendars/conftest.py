"""A house with calendars, and the browsers and clients of those who read them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Base, Space
from shared_base.core.clock import FixedClock
from shared_base.people import sessions
from shared_base.people.models import User
from shared_base.tenancy.models import Host, Tenant
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_host, make_tenant, make_user

Open = Callable[[User], FlaskClient]


@dataclass
class House:
    """A base with two studios and two tenants; the first has a host, an owner and a scheduler, the base a desk."""

    base: Base
    studio: Space
    other: Space
    tenant: Tenant
    rival: Tenant
    host: Host
    owner: User
    scheduler: User
    desk: User
    operator: User
    tonight: datetime

    def book(self, session: Session, days: int = 0, **columns: Any) -> Booking:
        """20:00–02:00, so many days from tonight."""
        start = self.tonight + timedelta(days=days)
        tenant = columns.pop("tenant", self.tenant)
        return make_booking(
            session, columns.pop("studio", self.studio), tenant, start, start + timedelta(hours=6), **columns
        )


@pytest.fixture
def house(session: Session, clock: FixedClock) -> House:
    base = make_base(session, name="番禺基地")
    tenant, rival = make_tenant(session, base, name="星耀传媒"), make_tenant(session, base, name="对手传媒")
    made = House(
        base=base,
        studio=make_studio(session, base, code="A01", name="绿幕直播间", floor="3F"),
        other=make_studio(session, base, code="A02", name="厨房直播间"),
        tenant=tenant,
        rival=rival,
        host=make_host(session, tenant, stage_name="小林"),
        owner=make_user(session, "tenant_owner", tenant=tenant),
        scheduler=make_user(session, "tenant_scheduler", tenant=tenant, name="排期员"),
        desk=make_user(session, "front_desk", base=base),
        operator=make_user(session, "operator", base=base),
        tonight=clock.now() + timedelta(hours=8),
    )
    session.commit()
    return made


@pytest.fixture
def at_home(app: Flask, session: Session, clock: FixedClock) -> Open:
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
def address_of(at_home: Open) -> Callable[..., str]:
    """Makes a feed on the page and returns the path that the page shows."""

    def make(user: User, subject: str, label: str = "手机") -> str:
        answer = at_home(user).post("/account/calendars", data={"subject": subject, "label": label})
        assert answer.status_code == 201, answer.text
        found = re.search(r"http://[^/\s\"<]+(/calendar/[\w-]+\.ics)", answer.text)
        assert found, answer.text
        return found[1]

    return make
