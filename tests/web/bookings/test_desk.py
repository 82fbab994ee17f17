"""At the door: one tap checks in or out, from the board or from the booking, with or without JavaScript."""

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.occupancy.models import Stay
from tests.web.bookings.evening import Evening


def stored(session: Session, booking: Booking) -> Booking:
    session.expire_all()
    return session.get_one(Booking, booking.id)


def stays(session: Session, booking: Booking) -> list[Stay]:
    return list(session.scalars(sa.select(Stay).where(Stay.booking_id == booking.id, Stay.voided.is_(False))))


def test_a_check_in_begins_the_stay_and_leads_back_to_the_board(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["overdue"]
    answer = desk.post(f"/bookings/{booking.id}/check-in", data={"next": "/today"})
    assert (answer.status_code, answer.location) == (303, "/today")
    assert stored(session, booking).state == "checked_in"
    assert [stay.checked_out_at for stay in stays(session, booking)] == [None]
    page = desk.get("/today").text
    assert f"{evening.studios[3].code} is live" in page
    assert f'id="live-{booking.id}"' in page


def test_a_tenant_checks_itself_in_within_the_hour_before(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["arriving"]
    assert scheduler.post(f"/bookings/{booking.id}/check-in").location == f"/bookings/{booking.id}"
    assert stored(session, booking).state == "checked_in"


@pytest.mark.parametrize("kind", ["ahead", "live", "completed", "cancelled", "no_show"])
def test_a_check_in_that_cannot_be_is_said_where_the_button_was(
    desk: FlaskClient, session: Session, evening: Evening, kind: str
) -> None:
    booking = evening.bookings[kind]
    before = booking.state
    answer = desk.post(f"/bookings/{booking.id}/check-in", data={"next": "/today"})
    assert answer.location == "/today"
    assert stored(session, booking).state == before
    assert 'class="notice notice-danger"' in desk.get("/today").text


def test_leaving_late_lengthens_the_stay_and_gives_nothing_back(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["overrun"]
    desk.post(f"/bookings/{booking.id}/check-out")
    after = stored(session, booking)
    assert (after.state, after.released_at) == ("completed", None)
    (stay,) = stays(session, booking)
    assert stay.checked_out_at is not None
    assert stay.checked_out_at > booking.during.upper


def test_leaving_early_gives_the_rest_back(
    desk: FlaskClient, scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["live"]
    page = desk.get("/today").text
    assert "give the rest of the time back?" in page  # hours before the end it asks first
    desk.post(f"/bookings/{booking.id}/check-out", data={"next": "/today"})
    after = stored(session, booking)
    assert after.state == "completed"
    assert after.released_at is not None
    assert "the rest of its time is free for others" in desk.get("/today").text
    night = {"start": "2026-11-02T13:00", "end": "2026-11-02T16:00", "studio": str(evening.studios[0].id)}
    answer = scheduler.post("/bookings/new", data=night | {"tenant": str(evening.tenants[0].id)})
    assert answer.status_code == 303


def test_a_no_show_frees_the_rest_of_the_time(desk: FlaskClient, session: Session, evening: Evening) -> None:
    booking = evening.bookings["overdue"]
    desk.post(f"/bookings/{booking.id}/no-show", data={"next": "/today"})
    after = stored(session, booking)
    assert after.state == "no_show"
    assert after.released_at is not None


def test_nobody_is_a_no_show_before_the_grace_is_over(desk: FlaskClient, session: Session, evening: Evening) -> None:
    booking = evening.bookings["late"]
    desk.post(f"/bookings/{booking.id}/no-show")
    assert stored(session, booking).state == "confirmed"


def test_a_check_in_by_mistake_is_taken_back_with_its_reason(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["live"]
    path = f"/bookings/{booking.id}/check-in-undoing"
    assert desk.post(path, data={"undo-reason": ""}).status_code == 422
    assert stored(session, booking).state == "checked_in"
    assert desk.post(path, data={"undo-reason": "wrong door"}).status_code == 303
    assert stored(session, booking).state == "confirmed"
    assert stays(session, booking) == []
    assert "wrong door" in desk.get(f"/bookings/{booking.id}").text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_a_deed_leads_back_to_pages_of_this_house_only(desk: FlaskClient, evening: Evening, target: str) -> None:
    booking = evening.bookings["late"]
    answer = desk.post(f"/bookings/{booking.id}/check-in", data={"next": target})
    assert answer.location == f"/bookings/{booking.id}"
