"""A calendar becomes bookings: tried out without a trace, then booked whole or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.models_series import Series
from shared_base.calendars.errors import CalendarRefused, NoCalendar
from shared_base.calendars.importing import Outcome, Wish, import_calendar, preview_calendar
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import NotFound
from shared_base.core.events import Event
from shared_base.resources.models import Allocation
from tests.factories.catalogue import make_outage
from tests.integration.bookings.conftest import NOW, House, hours, make_house
from tests.unit.calendars.test_entries import NIGHT, calendar

NIGHTLY = f"UID:1\nSUMMARY:每晚\n{NIGHT}\nRRULE:FREQ=DAILY;COUNT=5\nEXDATE:20261105T120000Z"
LATER = "UID:1\nSUMMARY:晚一点\nRECURRENCE-ID:20261103T120000Z\nDTSTART:20261103T140000Z\nDTEND:20261103T160000Z"
ALONE = "UID:2\nSUMMARY:加场\nLOCATION:{place}\nDTSTART:20261104T060000Z\nDURATION:PT2H"


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)


def wish(house: House, **changed: Any) -> Wish:
    return Wish(**{"studio_id": house.studio.id, "tenant_id": house.tenant.id, **changed})


def bring(house: House, *events: str, **changed: Any) -> Outcome:
    session = house.as_(house.scheduler)
    return import_calendar(session, data=calendar(*events), wish=wish(house, **changed), by=house.scheduler, at=NOW)


def preview(house: House, *events: str, **changed: Any) -> Outcome:
    session = house.as_(house.scheduler)
    return preview_calendar(session, data=calendar(*events), wish=wish(house, **changed), by=house.scheduler, at=NOW)


def rows(house: House) -> dict[str, int]:
    """How many rows there are of everything that booking writes."""
    session = house.as_(SYSTEM)
    tables = (Booking, Series, Allocation, Event)
    return {table.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


def test_a_file_becomes_a_series_with_its_exceptions_and_single_sessions(house: House) -> None:
    outcome = bring(house, NIGHTLY, LATER, ALONE.format(place="哪里"))
    series, later, alone = outcome.lines
    assert [booking.start.day for booking in series.bookings] == [2, 4, 6]
    assert {booking.series_id for booking in series.bookings} == {series.series_id}
    assert series.series_id is not None
    assert [(one.title, one.start, one.series_id) for one in later.bookings] == [
        ("晚一点", datetime(2026, 11, 3, 14, tzinfo=UTC), None)
    ]
    assert [one.title for one in alone.bookings] == ["加场"]
    assert outcome.booked == 5
    assert len(house.held(house.studio.id)) == 5


def test_a_preview_says_what_would_be_booked_and_leaves_no_trace(house: House) -> None:
    before = rows(house)
    outcome = preview(house, NIGHTLY, LATER)
    assert outcome.booked == 4
    assert outcome.bookable
    assert rows(house) == before
    booked = bring(house, NIGHTLY, LATER)
    assert [len(line.bookings) for line in booked.lines] == [len(line.bookings) for line in outcome.lines]


def test_one_entry_that_cannot_be_booked_keeps_all_from_it_unless_it_may_be_left_out(house: House) -> None:
    make_outage(house.as_(SYSTEM), house.base, hours(40), hours(60))
    holiday = "DTSTART;VALUE=DATE:20261111\nSUMMARY:双十一"
    before = rows(house)
    with pytest.raises(CalendarRefused) as refusal:
        bring(house, NIGHTLY, holiday, ALONE.format(place=""))
    assert rows(house) == before
    told = {line.entry.title: line.refusal for line in refusal.value.outcome.lines}
    assert told["每晚"] is not None
    assert told["双十一"] is not None
    assert told["加场"] is not None
    outcome = bring(house, NIGHTLY, holiday, ALONE.format(place=""), on_conflict="skip")
    series, _holiday, alone = outcome.lines
    assert [booking.start.day for booking in series.bookings] == [2, 3, 6]
    assert [start.day for start, _end in series.skipped] == [4]
    assert alone.refusal is not None


def test_entries_of_a_file_that_are_in_each_others_way_are_found_out_in_the_preview(house: House) -> None:
    outcome = preview(house, f"UID:1\nSUMMARY:a\n{NIGHT}", f"UID:2\nSUMMARY:b\n{NIGHT}")
    assert [line.refusal is None for line in outcome.lines] == [True, False]
    assert not outcome.bookable


def test_the_same_file_twice_books_nothing_the_second_time(house: House) -> None:
    bring(house, NIGHTLY)
    before = rows(house)
    with pytest.raises(CalendarRefused):
        bring(house, NIGHTLY)
    with pytest.raises(CalendarRefused):
        bring(house, NIGHTLY, on_conflict="skip")
    assert rows(house) == before


def test_an_event_whose_place_is_another_studio_is_booked_there(house: House) -> None:
    other = house.other
    for number, place in enumerate((other.code, f"某基地\\, {other.code} {other.name}\\, 3F", other.name.upper())):
        event = f"DTSTART:2026110{number + 4}T060000Z\nDURATION:PT2H\nLOCATION:{place}"
        (line,) = bring(house, event).lines
        assert (line.studio, line.bookings[0].studio_id) == (other.code, other.id), place


def test_nobody_books_for_others_or_elsewhere_by_file(house: House) -> None:
    for changed in ({"tenant_id": house.rival.id}, {"host_id": house.other.id}):
        with pytest.raises(CalendarRefused) as refusal:
            bring(house, NIGHTLY, **changed)
        assert isinstance(refusal.value.outcome.lines[0].refusal, NotFound)
    with pytest.raises(NotFound):
        bring(house, NIGHTLY, studio_id=house.tenant.id)


def test_a_file_without_events_or_with_too_many_to_come_is_refused(house: House) -> None:
    with pytest.raises(NoCalendar, match="no event"):
        bring(house)
    many = [
        f"UID:{number}\nDTSTART:{NOW + timedelta(hours=number + 1):%Y%m%dT%H%M%S}Z\nDURATION:PT1H"
        for number in range(201)
    ]
    with pytest.raises(NoCalendar, match="more than 200"):
        bring(house, *many)


def test_who_imported_is_told_with_what_came_of_it(house: House) -> None:
    bring(house, NIGHTLY, LATER)
    session = house.as_(SYSTEM)
    event = session.scalars(sa.select(Event).where(Event.kind == "calendar.imported")).one()
    assert event.actor_id == house.scheduler.user_id
    assert event.payload == {"bookings": 4, "entries": 2, "refused": 0}
