"""Who may see and do what: the desk its base, a tenant its own, a reviewer reads."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_user
from tests.web.bookings.evening import Evening

DEEDS = ("move", "edit", "extension", "release", "cancellation", "check-in", "check-out", "no-show", "check-in-undoing")


@pytest.mark.parametrize("path", ["/today", "/timeline", "/find", "/bookings", "/bookings/new", "/"])
def test_a_stranger_is_led_to_signing_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=")


@pytest.mark.parametrize(
    ("role", "target"),
    [
        ("front_desk", "/today"),
        ("operator", "/today"),
        ("tenant_scheduler", "/bookings"),
        ("tenant_owner", "/bookings"),
    ],
)
def test_the_first_page_is_where_the_persons_work_begins(
    browser_of: Callable[..., FlaskClient], role: str, target: str
) -> None:
    assert browser_of(role).get("/").location == target


def test_a_tenant_with_nothing_planned_begins_with_the_search(
    browser_of: Callable[..., FlaskClient], session: Session, evening: Evening
) -> None:
    owner = browser_of("tenant_owner", tenant=4)
    for kind in ("late", "no_show"):
        evening.bookings[kind].state = "completed"
    session.commit()
    assert owner.get("/").location == "/find"


def test_an_administrator_of_an_empty_house_begins_with_its_bases(
    session: Session, at_home: Callable[..., FlaskClient]
) -> None:
    assert at_home(make_user(session, "admin")).get("/").location == "/bases/"


def test_a_reviewer_begins_with_the_reports(reviewer: FlaskClient, app: Flask) -> None:
    assert "reports.index" in app.view_functions
    assert reviewer.get("/").location.startswith("/reports")


def test_another_tenants_booking_is_not_found_on_any_of_its_addresses(rival: FlaskClient, evening: Evening) -> None:
    address = f"/bookings/{evening.bookings['live'].id}"
    for path in ("", "/move", "/edit"):
        assert rival.get(address + path).status_code == 404
    for deed in DEEDS:
        if deed != "no-show" and deed != "check-in-undoing":
            assert rival.post(f"{address}/{deed}", data={"reason": "mine"}).status_code == 404


def test_the_staff_of_another_base_finds_nothing_of_this_one(
    session: Session, at_home: Callable[..., FlaskClient], evening: Evening
) -> None:
    elsewhere = at_home(make_user(session, "operator", base=make_base(session, code="HRB")))
    address = f"/bookings/{evening.bookings['live'].id}"
    assert elsewhere.get(address).status_code == 404
    assert elsewhere.post(f"{address}/check-out").status_code == 404
    assert evening.bookings["live"].code not in elsewhere.get("/bookings?when=all").text
    assert evening.bookings["live"].code not in elsewhere.get("/today").text


def test_a_reviewer_reads_a_booking_and_its_list_but_is_offered_nothing(
    reviewer: FlaskClient, evening: Evening
) -> None:
    page = reviewer.get(f"/bookings/{evening.bookings['live'].id}")
    assert page.status_code == 200
    main = page.text.split('id="main"')[1].split("</main>")[0]
    assert "<form" not in main
    assert "/move" not in main
    assert reviewer.get("/bookings").status_code == 200


@pytest.mark.parametrize("deed", DEEDS)
def test_a_reviewer_writes_nothing(reviewer: FlaskClient, evening: Evening, session: Session, deed: str) -> None:
    booking = evening.bookings["live"]
    assert reviewer.post(f"/bookings/{booking.id}/{deed}", data={"reason": "why"}).status_code == 403
    session.expire_all()
    assert session.get_one(Booking, booking.id).state == "checked_in"


@pytest.mark.parametrize("path", ["/today", "/today/board", "/timeline", "/find", "/bookings/new"])
def test_a_reviewer_has_no_part_in_the_desks_pages(reviewer: FlaskClient, path: str) -> None:
    assert reviewer.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/today", "/today/board"])
def test_the_desks_board_is_not_the_tenants(scheduler: FlaskClient, path: str) -> None:
    assert scheduler.get(path).status_code == 403


@pytest.mark.parametrize("deed", ["no-show", "check-in-undoing"])
def test_only_the_desk_says_that_somebody_never_came(scheduler: FlaskClient, evening: Evening, deed: str) -> None:
    assert scheduler.post(f"/bookings/{evening.bookings['live'].id}/{deed}").status_code == 403


def test_a_tenants_list_and_its_export_hold_its_own_bookings_only(scheduler: FlaskClient, evening: Evening) -> None:
    mine = {booking.code for booking in evening.bookings.values() if booking.tenant_id == evening.tenants[0].id}
    for path in ("/bookings?when=all", "/bookings?when=all&format=csv"):
        text = scheduler.get(path).text
        assert {b.code for b in evening.bookings.values() if b.code in text} == mine


def test_a_tenant_cannot_book_for_another(scheduler: FlaskClient, evening: Evening, session: Session) -> None:
    before = session.query(Booking).count()
    form: dict[str, Any] = {
        "tenant": str(evening.tenants[3].id),
        "studio": str(evening.studios[8].id),
        "start": "2026-11-03T20:00",
        "end": "2026-11-04T02:00",
    }
    assert scheduler.post("/bookings/new", data=form).status_code == 422
    assert session.query(Booking).count() == before
