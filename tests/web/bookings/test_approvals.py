"""The inbox of requests: what is asked for and what stands around it; approved or declined with a reason."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_outage
from tests.queries_counted import queries_counted
from tests.web.bookings.evening import Evening, hour


def ask(
    session: Session, evening: Evening, clock: FixedClock, room: int = 13, start: float = 30, **columns: Any
) -> Booking:
    """A tenant's booking that waits for the staff's word, and holds its time meanwhile."""
    made = make_booking(
        session, evening.studios[room], evening.tenants[room % 5], hour(clock.now(), start),
        hour(clock.now(), start + 2), state="requested", **columns,
    )  # fmt: skip
    session.commit()
    return made


def test_requests_stand_by_start_with_what_is_around_them(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    later, sooner = ask(session, evening, clock, start=30), ask(session, evening, clock, start=26)
    make_outage(session, evening.base, hour(clock.now(), 31), hour(clock.now(), 33), reason="停电检修")
    evening.tenants[3].suspended_at, evening.tenants[3].suspension_reason = clock.now(), "欠租两个月"
    session.commit()
    page = desk.get("/approvals").text
    assert page.index(sooner.code) < page.index(f"request-{later.id}")
    assert "停电检修" in page
    assert "欠租两个月" in page
    assert f"{sooner.code} · {evening.tenants[3].name}" in page  # what is before the later one
    assert "2 requests wait for an answer" in page


def test_a_request_is_approved_with_one_tap_and_the_eye_goes_on_to_the_next(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    first, second = ask(session, evening, clock, start=26), ask(session, evening, clock, start=30)
    answer = desk.post(f"/approvals/{first.id}/approval")
    assert answer.status_code == 303
    assert answer.location == f"/approvals#request-{second.id}"
    session.expire_all()
    assert (first.state, second.state) == ("confirmed", "requested")
    assert desk.post(f"/approvals/{second.id}/approval").location == "/approvals"
    assert "Nothing waits for an answer" in desk.get("/approvals").text


def test_declining_needs_a_reason_that_the_tenant_reads(
    desk: FlaskClient, scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    asked = ask(session, evening, clock, room=10)
    empty = desk.post(f"/approvals/{asked.id}/refusal", data={"reason": " "})
    assert empty.status_code == 422
    assert f'id="reason-{asked.id}-error"' in empty.text
    assert desk.post(f"/approvals/{asked.id}/refusal", data={"reason": "当晚留给政府活动"}).status_code == 303
    session.expire_all()
    assert (asked.state, asked.cancel_reason) == ("cancelled", "当晚留给政府活动")
    assert "当晚留给政府活动" in scheduler.get(f"/bookings/{asked.id}").text


def test_a_request_that_was_answered_meanwhile_is_told_so(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    asked = ask(session, evening, clock)
    desk.post(f"/approvals/{asked.id}/approval")
    again = desk.post(f"/approvals/{asked.id}/approval", follow_redirects=True)
    assert "alert" in again.text
    session.expire_all()
    assert asked.state == "confirmed"


def test_the_navigation_counts_what_waits_at_no_question_more(
    desk: FlaskClient,
    scheduler: FlaskClient,
    session: Session,
    connection: sa.Connection,
    evening: Evening,
    clock: FixedClock,
) -> None:
    with queries_counted(connection) as before:
        assert "rail-count" not in desk.get("/bookings").text
    for start in (26, 30, 34):
        ask(session, evening, clock, start=start)
    with queries_counted(connection) as after:
        assert '<span class="rail-count">3</span>' in desk.get("/bookings").text
    assert len(after) == len(before)
    assert "rail-count" not in scheduler.get("/bookings").text


def test_the_inbox_asks_no_more_of_many_requests(
    desk: FlaskClient, session: Session, connection: sa.Connection, evening: Evening, clock: FixedClock
) -> None:
    ask(session, evening, clock)
    with queries_counted(connection) as few:
        desk.get("/approvals")
    for number in range(12):
        ask(session, evening, clock, start=34 + 3 * number)
    with queries_counted(connection) as many:
        assert desk.get("/approvals").status_code == 200
    assert len(many) == len(few), "\n".join(many)


@pytest.mark.parametrize("deed", ["approval", "refusal"])
def test_only_the_staff_of_the_base_answers(
    scheduler: FlaskClient, reviewer: FlaskClient, session: Session, evening: Evening, clock: FixedClock, deed: str
) -> None:
    asked = ask(session, evening, clock, room=10)
    for browser in (scheduler, reviewer):
        assert browser.get("/approvals").status_code == 403
        assert browser.post(f"/approvals/{asked.id}/{deed}", data={"reason": "x"}).status_code == 403
    session.expire_all()
    assert asked.state == "requested"
