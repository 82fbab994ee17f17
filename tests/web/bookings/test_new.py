"""Booking through the form: filled in by the address, refused with what blocks it and the ways out."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.factories.tenancy import make_host, make_lease
from tests.web.bookings.evening import Evening, hour


def wanted(evening: Evening, room: int = 8, **fields: Any) -> dict[str, Any]:
    """Tomorrow's night in a free studio, for the first tenant."""
    return {
        "tenant": str(evening.tenants[0].id),
        "studio": str(evening.studios[room].id),
        "start": "2026-11-03T20:00",
        "end": "2026-11-04T02:00",
        "title": "Knitwear",
        "platform": "抖音",
        **fields,
    }


def new_booking(session: Session) -> Booking | None:
    return session.scalar(sa.select(Booking).where(Booking.title == "Knitwear"))


def test_a_night_is_booked_through_midnight_as_the_bases_clock_shows_it(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    answer = scheduler.post("/bookings/new", data=wanted(evening, host=str(evening.hosts[0].id)))
    assert answer.status_code == 303
    booking = new_booking(session)
    assert booking is not None
    assert answer.location == f"/bookings/{booking.id}"
    assert booking.during.lower.isoformat() == "2026-11-03T12:00:00+00:00"
    assert booking.during.upper.isoformat() == "2026-11-03T18:00:00+00:00"
    assert booking.host_id == evening.hosts[0].id
    assert f"{booking.code} is booked" in scheduler.get(answer.location).text


def test_the_form_comes_filled_in_from_its_address(scheduler: FlaskClient, evening: Evening) -> None:
    room = evening.studios[8]
    page = scheduler.get(
        f"/bookings/new?studio={room.id}&start=2026-11-03T20:00&end=2026-11-04T02:00&title=Knitwear"
    ).text
    assert f'<option selected value="{room.id}">' in page
    for value in ("2026-11-03T20:00", "2026-11-04T02:00", "Knitwear"):
        assert f'value="{value}"' in page
    assert f'<input type="hidden" name="tenant" value="{evening.tenants[0].id}">' in page


@pytest.mark.parametrize("start", ["2026-11-03T12:00:00Z", "2026-11-03T20:00:00%2B08:00", "2026-11-03T20:00"])
def test_the_timelines_instants_and_the_forms_own_times_mean_the_same(scheduler: FlaskClient, start: str) -> None:
    assert 'value="2026-11-03T20:00"' in scheduler.get(f"/bookings/new?start={start}").text


@pytest.mark.parametrize("start", ["", "tonight", "9999-12-31T23:00", "0001-01-01T00:00", "2026-02-30T20:00"])
def test_an_address_that_cannot_be_read_fills_nothing_in(scheduler: FlaskClient, start: str) -> None:
    page = scheduler.get("/bookings/new", query_string={"start": start, "studio": "x", "tenant": "y"})
    assert page.status_code == 200


def test_a_taken_studio_is_refused_with_the_blocker_and_one_tap_alternatives(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    at = evening.bookings["ahead"].during.lower
    night = {"start": "2026-11-02T16:00", "end": "2026-11-02T17:00"}  # inside `ahead`, of another tenant
    assert at.isoformat() == "2026-11-02T07:00:00+00:00"
    answer = scheduler.post("/bookings/new", data=wanted(evening, room=7, **night))
    assert answer.status_code == 409
    assert evening.studios[7].code in answer.text
    assert evening.bookings["ahead"].code not in answer.text  # whose it is stays theirs
    others = [f"studio={room.id}&amp;" for room in evening.studios if f"studio={room.id}&amp;" in answer.text]
    assert others
    assert "start=2026-11-02T16:00&amp;end=2026-11-02T17:00" in answer.text
    assert "title=Knitwear" in answer.text
    assert new_booking(session) is None


def test_the_desk_sees_whose_booking_is_in_the_way(desk: FlaskClient, evening: Evening) -> None:
    night = {"start": "2026-11-02T16:00", "end": "2026-11-02T17:00"}
    answer = desk.post("/bookings/new", data=wanted(evening, room=7, **night))
    assert answer.status_code == 409
    assert evening.bookings["ahead"].code in answer.text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"start": "2026-11-01T20:00", "end": "2026-11-02T02:00"}, "This time has passed"),
        ({"start": "2026-11-04T20:00"}, "must end after it starts"),
        ({"start": "2026-11-03T05:00", "end": "2026-11-03T07:00"}, "is open from"),
        ({"start": "tonight"}, "Write a date and a time"),
        ({"start": ""}, "required"),
        ({"title": "x" * 201}, "200"),
        ({"title": "a\x00b"}, "cannot be printed"),
        ({"studio": "00000000-0000-0000-0000-000000000000"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_booked(
    scheduler: FlaskClient, session: Session, evening: Evening, fields: dict[str, str], says: str
) -> None:
    answer = scheduler.post("/bookings/new", data=wanted(evening, **fields))
    assert answer.status_code == 422
    assert says in answer.text
    assert session.scalar(sa.select(sa.func.count()).where(Booking.created_by.is_not(None))) == 0


def test_a_rivals_host_cannot_be_named(scheduler: FlaskClient, session: Session, evening: Evening) -> None:
    answer = scheduler.post("/bookings/new", data=wanted(evening, host=str(evening.hosts[3].id)))
    assert answer.status_code == 422
    assert new_booking(session) is None


def test_a_host_whose_identity_nobody_checked_is_offered_with_that_word_and_refused(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    host = make_host(session, evening.tenants[0], stage_name="Xin", checked=False)
    session.commit()
    assert "Xin (identity not checked)" in scheduler.get("/bookings/new").text
    answer = scheduler.post("/bookings/new", data=wanted(evening, host=str(host.id)))
    assert answer.status_code == 409
    assert new_booking(session) is None


def test_the_desk_chooses_the_tenant_and_its_hosts_follow(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/bookings/new").text
    assert all(tenant.name in page for tenant in evening.tenants)
    field = desk.get(f"/bookings/new/hosts?tenant={evening.tenants[1].id}").text
    assert evening.hosts[1].stage_name in field
    assert evening.hosts[0].stage_name not in field


@pytest.mark.parametrize("tenant", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_hosts_of_a_tenant_that_is_not_ones_own_are_none(scheduler: FlaskClient, evening: Evening, tenant: str) -> None:
    for asked in (tenant, str(evening.tenants[1].id)):
        field = scheduler.get(f"/bookings/new/hosts?tenant={asked}").text
        assert not any(host.stage_name in field for host in evening.hosts)


def test_a_studio_let_whole_to_somebody_else_is_said_to_be_so(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    make_lease(session, evening.tenants[1], evening.base, spaces=[evening.studios[8]])
    session.commit()
    answer = scheduler.post("/bookings/new", data=wanted(evening))
    assert answer.status_code == 409
    assert "is let whole to another tenant" in answer.text


def test_markup_in_a_title_stays_text_everywhere(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    booking = make_booking(
        session, evening.studios[9], evening.tenants[0], hour(clock.now(), 0.5), hour(clock.now(), 3), title=evil
    )  # fmt: skip
    session.commit()
    for path in (f"/bookings/{booking.id}", "/bookings", "/timeline", "/today", f"/bookings/{booking.id}/move"):
        page = desk.get(path)
        assert page.status_code == 200
        assert evil not in page.text
