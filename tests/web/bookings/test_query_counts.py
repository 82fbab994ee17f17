"""No page of bookings asks the database more questions because there is more to show."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_outage, make_studio
from tests.factories.tenancy import make_host, make_tenant
from tests.queries_counted import queries_counted
from tests.web.bookings.evening import Evening, check_in, hour

DAY = "start=2026-11-02T00:00:00%2B08:00&end=2026-11-03T06:00:00%2B08:00"
PAGES = {
    "/today": 14,
    "/today/board": 14,
    "/today/walk-in": 9,
    "/kiosk": 7,
    "/timeline": 8,
    "/timeline/table": 8,
    f"/timeline/feed?{DAY}": 6,
    f"/timeline/changes?{DAY}": 6,
    "/find?start=2026-11-02T20:00&end=2026-11-03T02:00": 8,
    "/bookings": 9,
    "/bookings?when=past": 9,
    "/bookings?when=all&format=csv": 7,
    "/bookings/new": 8,
}


def crowd(session: Session, evening: Evening, clock: FixedClock) -> None:
    """Thirty studios more, each with a tenant and a host of its own, live, late, due and done, and closures."""
    at = clock.now()
    for number in range(30):
        room = make_studio(session, evening.base, code=f"C{number:02}", buffer_minutes=30)
        tenant = make_tenant(session, evening.base)
        host = make_host(session, tenant)
        start, end, state = [(-1, 3, "checked_in"), (-1, 2, "confirmed"), (1, 4, "confirmed"), (-6, -3, "completed")][
            number % 4
        ]
        booking = make_booking(session, room, tenant, hour(at, start), hour(at, end), state=state, host=host)
        if state == "checked_in":
            check_in(session, booking, hour(at, start))
        if number % 5 == 0:
            make_outage(session, evening.base, hour(at, 2), hour(at, 5), space=room)
    session.commit()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    desk: FlaskClient,
    session: Session,
    connection: sa.Connection,
    evening: Evening,
    clock: FixedClock,
    path: str,
) -> None:
    with queries_counted(connection) as few:
        assert desk.get(path).status_code == 200
    crowd(session, evening, clock)
    with queries_counted(connection) as many:
        assert desk.get(path).status_code == 200
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= PAGES[path], "\n".join(many)


def test_a_booking_with_a_long_history_asks_no_more_than_a_new_one(
    desk: FlaskClient, connection: sa.Connection, evening: Evening
) -> None:
    booking = evening.bookings["ahead"]
    move: dict[str, Any] = {"start": "2026-11-02T15:00:00+08:00", "end": "2026-11-02T18:00:00+08:00"}
    desk.post(f"/bookings/{booking.id}/move", json=move | {"resource": str(evening.studios[9].id)})
    with queries_counted(connection) as once:
        assert desk.get(f"/bookings/{booking.id}").status_code == 200
    for room in (7, 9) * 5:
        desk.post(f"/bookings/{booking.id}/move", json=move | {"resource": str(evening.studios[room].id)})
    with queries_counted(connection) as often:
        assert desk.get(f"/bookings/{booking.id}").status_code == 200
    assert len(often) == len(once)


def test_an_unchanged_timeline_costs_one_question_beside_knowing_the_reader(
    desk: FlaskClient, connection: sa.Connection, evening: Evening, clock: FixedClock
) -> None:
    tag = desk.get(f"/timeline/feed?{DAY}").headers["ETag"]
    with queries_counted(connection) as asked:
        assert desk.get(f"/timeline/changes?{DAY}", headers={"If-None-Match": tag}).status_code == 304
    # the statement that knows the reader's bases also counts what waits for an answer there
    beside = [statement for statement in asked if "bookings" in statement and "select id, code, name" not in statement]
    assert len(beside) == 1


@pytest.mark.parametrize("path", ["/timeline", "/bookings", "/find?start=2026-11-02T20:00&end=2026-11-03T02:00"])
def test_a_tenants_pages_ask_no_more_of_a_crowd_either(
    scheduler: FlaskClient,
    session: Session,
    connection: sa.Connection,
    evening: Evening,
    clock: FixedClock,
    path: str,
) -> None:
    with queries_counted(connection) as few:
        scheduler.get(path)
    crowd(session, evening, clock)
    with queries_counted(connection) as many:
        scheduler.get(path)
    assert len(many) == len(few), "\n".join(many)
