"""The agenda: one's own bookings a day at a time, today first."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.queries_counted import queries_counted
from tests.web.bookings.evening import Evening, hour


def shown(page: str, evening: Evening) -> set[str]:
    """Which of the evening's bookings stand on the page."""
    main = page.split("<main")[1]
    return {kind for kind, booking in evening.bookings.items() if f"/bookings/{booking.id}" in main}


def test_today_comes_first_with_ones_own_bookings_only(scheduler: FlaskClient, evening: Evening) -> None:
    page = scheduler.get("/agenda").text
    mine = {kind for kind, booking in evening.bookings.items() if booking.tenant_id == evening.tenants[0].id}
    assert shown(page, evening) == mine - {"tomorrow"}
    assert f"/bookings/{evening.bookings['live'].id}/pass" in page
    for tenant in evening.tenants[1:]:
        assert tenant.name not in page


def test_a_night_is_on_both_of_its_days_and_counted_on_its_first(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    night = make_booking(session, evening.studios[9], evening.tenants[0], hour(clock.now(), 32), hour(clock.now(), 38))
    session.commit()
    for day in ("2026-11-03", "2026-11-04"):
        assert f"/bookings/{night.id}" in scheduler.get(f"/agenda?date={day}").text
    page = scheduler.get("/agenda?date=2026-11-04").text
    assert "since the day before" in page
    strip = page.split('class="agenda-strip"')[1].split("</ol>")[0]
    counts = {part.split('"')[0]: "booking" in part.split("</li>")[0] for part in strip.split("/agenda?date=")[1:]}
    assert counts["2026-11-03"]
    assert not counts["2026-11-05"]


def test_an_empty_day_leads_to_the_next_with_a_booking(scheduler: FlaskClient, evening: Evening) -> None:
    page = scheduler.get("/agenda?date=2026-11-01").text
    assert "Nothing on that day" in page
    assert "/agenda?date=2026-11-02" in page


@pytest.mark.parametrize("date", ["", "x", "0001-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_read_is_today(scheduler: FlaskClient, evening: Evening, date: str) -> None:
    page = scheduler.get(f"/agenda?{urlencode({'date': date})}")
    assert page.status_code == 200
    assert "live" in shown(page.text, evening)


def test_a_full_day_asks_no_more_than_an_empty_one(
    scheduler: FlaskClient, session: Session, connection: sa.Connection, evening: Evening, clock: FixedClock
) -> None:
    with queries_counted(connection) as few:
        scheduler.get("/agenda?date=2026-11-06")
    for number in range(12):
        start = hour(clock.now(), 90 + number)
        make_booking(session, evening.studios[number], evening.tenants[0], start, hour(start, 1))
    session.commit()
    with queries_counted(connection) as many:
        assert scheduler.get("/agenda?date=2026-11-06").text.count("agenda-item") == 12
    assert len(many) == len(few) <= 7, "\n".join(many)
