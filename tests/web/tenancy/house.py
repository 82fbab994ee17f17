"""A base with two enterprises, a lease each, and people of every role in browsers of their own."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.people.models import User
from shared_base.tenancy.models import Host, Lease, RentPayment, Tenant
from tests.factories.catalogue import make_base, make_space, make_studios
from tests.factories.tenancy import make_host, make_lease, make_payment, make_tenant, make_user


@dataclass
class House:
    """It is Monday 2 November 2026, noon. `own` is the tenant of owner and scheduler; `rival` is beside it."""

    base: Base
    studios: list[Space]
    office: Space
    free_office: Space
    own: Tenant
    rival: Tenant
    lease: Lease
    rival_lease: Lease
    payment: RentPayment
    rival_payment: RentPayment
    host: Host
    rival_host: Host
    people: dict[str, User] = field(default_factory=dict)


def build_house(session: Session) -> House:
    """The house as rows; the caller commits."""
    base = make_base(session, code="HRB", name="哈尔滨直播基地")
    studios = make_studios(session, base, 3)
    office = make_space(session, base, kind="office", code="O-1")
    free_office = make_space(session, base, kind="office", code="O-2")
    own = make_tenant(session, base, name="松雪传媒")
    rival = make_tenant(session, base, name="北岸文化")
    lease = make_lease(
        session,
        own,
        base,
        ref="L-OWN",
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
        spaces=[office],
        rent_free=[(date(2026, 1, 1), date(2026, 1, 20))],
        monthly_rent_fen=310_000,
        property_fee_fen=31_000,
    )
    rival_lease = make_lease(session, rival, base, ref="L-RIVAL", first=date(2026, 5, 1), last=date(2027, 4, 30))
    payment = make_payment(session, lease, month=date(2026, 2, 1), amount_fen=310_000, ref="P-OWN")
    rival_payment = make_payment(session, rival_lease, month=date(2026, 5, 1), amount_fen=1, ref="P-RIVAL")
    built = House(
        base,
        studios,
        office,
        free_office,
        own,
        rival,
        lease,
        rival_lease,
        payment,
        rival_payment,
        make_host(session, own, stage_name="小鹿"),
        make_host(session, rival, stage_name="阿北"),
    )
    for role in ("operator", "front_desk", "reviewer"):
        built.people[role] = make_user(session, role, base=base)
    for role in ("tenant_owner", "tenant_scheduler"):
        built.people[role] = make_user(session, role, tenant=own)
    built.people["rival"] = make_user(session, "tenant_owner", tenant=rival)
    built.people["admin"] = make_user(session, "admin")
    built.people["elsewhere"] = make_user(session, "operator", base=make_base(session, code="PYW"))
    return built


@pytest.fixture
def house(session: Session) -> House:
    built = build_house(session)
    session.commit()
    return built


@pytest.fixture
def browser_of(house: House, signed_in: Callable[[Any], FlaskClient]) -> Callable[..., FlaskClient]:
    """The browser of one of the house's people; pages come in English unless told."""

    def open_browser(role: str, *, language: str = "en") -> FlaskClient:
        client = signed_in(house.people[role])
        client.set_cookie("locale", language)
        return client

    return open_browser


@pytest.fixture
def operator(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    return browser_of("operator")


@pytest.fixture
def owner(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    return browser_of("tenant_owner")


@pytest.fixture
def reviewer(browser_of: Callable[..., FlaskClient]) -> FlaskClient:
    return browser_of("reviewer")


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


def main_of(page: str) -> str:
    """What stands between the frame's bars."""
    return page.split('id="main"')[1].split("</main>")[0]


def words(page: str) -> str:
    """The text of a page's middle, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main_of(page))).split())
