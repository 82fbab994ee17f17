"""Passes over the API: made by the tenant's scripts, read by the base's own gate."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.people.models import User
from tests.api.conftest import Api, House
from tests.factories.tenancy import make_tenant, make_user


@pytest.fixture
def booking(tenant_api: Api, house: House) -> str:
    answer = tenant_api.post("/bookings", house.body())
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def test_a_tenants_script_makes_a_pass_and_the_gate_lets_in_once(
    tenant_api: Api, desk_api: Api, house: House, booking: str, clock: FixedClock
) -> None:
    assert tenant_api.get(f"/bookings/{booking}/pass").status_code == 404
    made = tenant_api.post(f"/bookings/{booking}/pass")
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/api/v1/bookings/{booking}/pass"
    assert made.json["url"].endswith(f"/p/{made.json['code']}")
    assert (made.json["from"], made.json["until"]) == ("2026-11-02T19:00:00+08:00", "2026-11-03T02:00:00+08:00")
    assert tenant_api.get(f"/bookings/{booking}/pass").json == made.json

    early = desk_api.post("/bookings/check-in-by-pass", {"pass": made.json["url"]})
    assert (early.status_code, early.json["reason"]) == (409, "too_early")
    clock.advance(house.tonight - clock.now())
    inside = desk_api.post("/bookings/check-in-by-pass", {"pass": made.json["url"], "base": house.base.code})
    assert inside.status_code == 200, inside.text
    assert (inside.json["id"], inside.json["state"]) == (booking, "checked_in")
    again = desk_api.post("/bookings/check-in-by-pass", {"pass": made.json["code"]})
    assert (again.status_code, again.json["reason"]) == (409, "used")
    assert again.json["type"].endswith("/pass-used")
    assert tenant_api.get(f"/bookings/{booking}/pass").json["used_at"] == "2026-11-02T20:00:00+08:00"


def test_a_repeated_request_is_one_check_in_and_gets_the_same_answer(
    tenant_api: Api, desk_api: Api, house: House, booking: str, clock: FixedClock
) -> None:
    code = tenant_api.post(f"/bookings/{booking}/pass").json["code"]
    clock.advance(house.tonight - clock.now())
    first = desk_api.post("/bookings/check-in-by-pass", {"pass": code}, key="scan-1")
    again = desk_api.post("/bookings/check-in-by-pass", {"pass": code}, key="scan-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json == first.json


def test_a_cancelled_booking_opens_nothing(
    tenant_api: Api, desk_api: Api, house: House, booking: str, clock: FixedClock
) -> None:
    code = tenant_api.post(f"/bookings/{booking}/pass").json["code"]
    tenant_api.post(f"/bookings/{booking}/cancellation")
    clock.advance(house.tonight - clock.now())
    refused = desk_api.post("/bookings/check-in-by-pass", {"pass": code})
    assert (refused.status_code, refused.json["reason"]) == (409, "cancelled")


def test_what_is_no_pass_is_not_found(desk_api: Api) -> None:
    refused = desk_api.post("/bookings/check-in-by-pass", {"pass": "0" * 52})
    assert (refused.status_code, refused.json["reason"]) == (404, "unknown")
    assert desk_api.post("/bookings/check-in-by-pass", {"pass": ""}).status_code == 422
    assert desk_api.post("/bookings/check-in-by-pass", {"pass": "x", "base": "NOWHERE"}).status_code == 404


def test_only_staff_read_passes_and_only_the_tenant_and_staff_make_them(
    tenant_api: Api, house: House, booking: str, api_as: Callable[[User | None], Api], session: Session
) -> None:
    code = tenant_api.post(f"/bookings/{booking}/pass").json["code"]
    assert tenant_api.post("/bookings/check-in-by-pass", {"pass": code}).status_code == 403
    rival = api_as(make_user(session, "tenant_owner", tenant=make_tenant(session, house.base)))
    assert rival.get(f"/bookings/{booking}/pass").status_code == 404
    assert rival.post(f"/bookings/{booking}/pass").status_code == 404
