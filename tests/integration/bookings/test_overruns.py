"""A session that runs over is never cut; whoever waits for the studio hears of it in time, once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared_base.bookings.models import Booking
from shared_base.bookings.overruns import LONGEST_OVERRUN, record_delays, tell_overruns
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine, transaction
from shared_base.core.outbox import OutboxMessage
from shared_base.notifications.news import QUIET, tell_rested
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.integration.bookings.conftest import NOW, House, hours, make_house

MINUTE = timedelta(minutes=1)


def running(house: House, start: float = -2, end: float = 0, **columns: object) -> Booking:
    """The rival is on air in the studio, booked until NOW."""
    return make_booking(
        house.session, house.studio, house.rival, hours(start), hours(end), state="checked_in", **columns
    )


def waiting(house: House, start: datetime = NOW + 20 * MINUTE, **columns: object) -> Booking:
    """The tenant's booking that comes next."""
    values = {"created_by": house.scheduler.user_id, **columns}
    return make_booking(house.session, house.studio, house.tenant, start, start + 2 * 60 * MINUTE, **values)  # type: ignore[arg-type]


def look(house: House, at: datetime) -> list[UUID]:
    return record_delays(house.as_(SYSTEM), at=at)


def test_who_waits_is_told_once_and_the_one_on_air_is_left_alone(house: House) -> None:
    live, following = running(house), waiting(house)
    assert look(house, NOW + 5 * MINUTE) == [following.id]
    assert look(house, NOW + 25 * MINUTE) == []
    assert look(house, NOW) == []  # the clock was set back
    session = house.as_(SYSTEM)
    assert session.get_one(Booking, live.id).state == "checked_in"
    assert house.held(house.studio.id) == [(hours(-2), NOW), (NOW + 20 * MINUTE, NOW + 140 * MINUTE)]


def test_the_mail_offers_a_move_into_a_free_studio_and_names_nobody(house: House) -> None:
    running(house)
    following = waiting(house)
    session = house.as_(SYSTEM)
    record_delays(session, at=NOW)
    tell_rested(session, at=NOW + QUIET)
    payload = session.scalars(sa.select(OutboxMessage.payload)).one()
    assert payload["template"] == "booking_delayed"
    assert payload["values"]["path"] == f"/bookings/{following.id}/move?studio={house.other.id}"
    assert payload["values"]["bookings"][0]["alternatives"] == [house.other.code]
    assert house.rival.name not in str(payload)


@pytest.mark.parametrize(
    ("begins", "at", "told"),
    [
        (20, -1, False),  # nobody runs over yet
        (20, 0, True),
        (40, 5, False),  # there is time
        (40, 10, True),
        (0, 30, True),  # it should have begun
        (0, 121, False),  # and is over
    ],
)
def test_it_is_told_from_half_an_hour_before_the_next_until_that_is_over(
    house: House, begins: int, at: int, told: bool
) -> None:
    running(house)
    following = waiting(house, NOW + begins * MINUTE)
    assert look(house, NOW + at * MINUTE) == ([following.id] if told else [])


def test_a_check_out_that_somebody_forgot_delays_nobody(house: House) -> None:
    running(house)
    waiting(house, NOW + LONGEST_OVERRUN)
    assert look(house, NOW + LONGEST_OVERRUN) == []


def test_a_room_in_which_others_have_been_since_is_not_overrun(house: House) -> None:
    running(house, -4, -2)
    make_booking(house.session, house.studio, house.tenant, hours(-2), hours(-1), state="completed")
    waiting(house)
    assert look(house, NOW) == []


def test_one_that_was_extended_or_gave_the_rest_back_ends_then(house: House) -> None:
    running(house, -2, 3, released_at=NOW)
    following = waiting(house)
    assert look(house, NOW - MINUTE) == []
    assert look(house, NOW) == [following.id]


@pytest.mark.parametrize("state", ["cancelled", "checked_in", "requested"])
def test_only_a_booking_that_stands_can_be_delayed(house: House, state: str) -> None:
    running(house)
    waiting(house, state=state)
    assert look(house, NOW) == []


def test_of_schedulers_at_once_one_tells(new_database: Callable[[], TestDatabase]) -> None:
    engine = make_engine(new_database().app, pool_size=8)
    with transaction(engine, SYSTEM) as session:
        house = make_house(session)
        running(house)
        waiting(house)
    gate = threading.Barrier(6)
    told: list[int] = []

    def scheduler() -> None:
        gate.wait()
        told.append(tell_overruns(engine, FixedClock(NOW)))

    threads = [threading.Thread(target=scheduler) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [0, 0, 0, 0, 0, 1]
    engine.dispose()
