"""A base with studios, a tenant with a token, and an API client that speaks JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from shared_base.catalogue.models import Base, Space
from shared_base.core.clock import FixedClock
from shared_base.people import tokens
from shared_base.people.models import User
from shared_base.tenancy.models import Tenant
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_tenant, make_user


@dataclass
class Api:
    """A caller: every request carries their token."""

    client: FlaskClient
    token: str | None

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query, headers=self._headers())

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> TestResponse:
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        return self.client.post(f"/api/v1{path}", json={} if body is None else body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass
class House:
    """One base, round the clock, with two studios and a tenant admitted to it."""

    base: Base
    studio: Space
    other: Space
    tenant: Tenant
    tonight: datetime

    def body(self, **changed: Any) -> dict[str, Any]:
        """A booking of tonight 20:00–02:00."""
        wanted = {
            "studio_id": str(self.studio.id),
            "start": self.tonight.isoformat(),
            "end": (self.tonight + timedelta(hours=6)).isoformat(),
            "title": "晚八点专场",
        }
        return wanted | changed


@pytest.fixture
def house(session: Session, clock: FixedClock) -> House:
    base = make_base(session)
    found = House(
        base=base,
        studio=make_studio(session, base, scene="美妆"),
        other=make_studio(session, base, scene="美妆"),
        tenant=make_tenant(session, base),
        tonight=clock.now() + timedelta(hours=8),
    )
    session.commit()
    return found


@pytest.fixture
def api_as(app: Flask, session: Session, clock: FixedClock) -> Callable[[User | None], Api]:
    def caller(user: User | None) -> Api:
        if user is None:
            return Api(app.test_client(), None)
        made = tokens.create(session, user_id=user.id, name="tests", at=clock.now())
        session.commit()
        return Api(app.test_client(), made.secret)

    return caller


@pytest.fixture
def tenant_api(session: Session, house: House, api_as: Callable[[User | None], Api]) -> Api:
    return api_as(make_user(session, "tenant_scheduler", tenant=house.tenant))


@pytest.fixture
def desk_api(session: Session, house: House, api_as: Callable[[User | None], Api]) -> Api:
    return api_as(make_user(session, "front_desk", base=house.base))
