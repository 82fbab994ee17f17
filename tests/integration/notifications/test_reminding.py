"""People are reminded of what begins or lapses soon: once each, and not of what they have just booked."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions
from shared_base.bookings.models import Booking
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine, transaction
from shared_base.core.outbox import OutboxMessage
from shared_base.notifications.reminding import remind, remind_due
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.integration.bookings.conftest import NOW, House, hours, make_house

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)


def booked(house: House, start: float = 48, **columns: Any) -> Booking:
    """Booked by the tenant's scheduler, NOW unless told, for two hours."""
    values = {"created_by": house.scheduler.user_id, "created_at": NOW, "changed_at": NOW, **columns}
    return make_booking(house.session, house.studio, house.tenant, hours(start), hours(start + 2), **values)


def reminded(house: House, at: Any) -> list[dict[str, Any]]:
    """What one look at `at` puts in the outbox."""
    session = house.as_(SYSTEM)
    before = session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) or 0
    remind_due(session, at=at)
    found = session.scalars(sa.select(OutboxMessage.payload).order_by(OutboxMessage.id)).all()[before:]
    return [{"template": it["template"], **it["values"]} for it in found]


def test_a_booking_is_reminded_of_a_day_and_an_hour_before_and_each_once(house: House) -> None:
    start = NOW + 2 * DAY
    booking = booked(house)
    assert reminded(house, start - DAY - MINUTE) == []
    (first,) = reminded(house, start - DAY)
    assert (first["template"], first["path"]) == ("booking_reminder", f"/bookings/{booking.id}")
    assert reminded(house, start - DAY + MINUTE) == []
    assert len(reminded(house, start - HOUR)) == 1
    assert reminded(house, start - HOUR + MINUTE) == []
    assert reminded(house, start - DAY) == []  # the clock was set back


def test_after_a_pause_only_the_nearer_reminder_is_of_use(house: House) -> None:
    booked(house)
    assert len(reminded(house, NOW + 2 * DAY - MINUTE)) == 1
    assert reminded(house, NOW + 2 * DAY - MINUTE / 2) == []


def test_after_the_start_nobody_is_reminded(house: House) -> None:
    booked(house)
    assert reminded(house, NOW + 2 * DAY) == []


@pytest.mark.parametrize(("ahead", "mails"), [(24.5, [1, 1]), (23.5, [0, 1]), (0.75, [0, 0])])
def test_what_was_booked_within_the_time_of_a_reminder_gets_none(house: House, ahead: float, mails: list[int]) -> None:
    booked(house, ahead)
    looks = (max(NOW, hours(ahead) - DAY), max(NOW, hours(ahead) - HOUR))
    assert [len(reminded(house, at)) for at in looks] == mails


def test_a_booking_that_was_moved_is_reminded_of_its_new_time(house: House) -> None:
    booking = house.book(hours(48), hours(50))
    assert len(reminded(house, hours(24))) == 1
    actions.move(
        house.as_(house.scheduler), booking=booking, start=hours(96), end=hours(98), by=house.scheduler, at=hours(25)
    )
    (mail,) = reminded(house, hours(72))
    assert mail["bookings"][0]["start"] == hours(96).isoformat()


def test_one_mail_reminds_of_all_that_begin_together(house: House) -> None:
    booked(house)
    make_booking(
        house.session, house.other, house.tenant, hours(48), hours(50),
        created_by=house.scheduler.user_id, created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    (mail,) = reminded(house, hours(24))
    assert mail["number"] == 2


@pytest.mark.parametrize("state", ["cancelled", "checked_in", "requested", "no_show"])
def test_only_what_is_confirmed_is_reminded_of(house: House, state: str) -> None:
    booked(house, state=state)
    assert reminded(house, hours(24)) == []


def test_history_that_was_imported_is_never_reminded_of(house: House) -> None:
    booked(house, 48, created_at=hours(60), changed_at=NOW)
    assert reminded(house, hours(24)) == []


def test_who_holds_is_warned_before_the_hold_lapses_and_once(house: House) -> None:
    hold = booked(house, state="held", hold_until=hours(1))
    assert reminded(house, hours(1) - 11 * MINUTE) == []
    (mail,) = reminded(house, hours(1) - 10 * MINUTE)
    assert (mail["template"], mail["path"]) == ("hold_ending", f"/bookings/{hold.id}")
    assert mail["bookings"][0]["until"] == hours(1).isoformat()
    assert reminded(house, hours(1) - MINUTE) == []


def test_who_holds_for_a_few_minutes_needs_no_warning(house: House) -> None:
    booked(house, state="held", hold_until=NOW + 15 * MINUTE)
    assert reminded(house, NOW + 10 * MINUTE) == []


def test_of_schedulers_at_once_one_reminds(new_database: Callable[[], TestDatabase]) -> None:
    engine = make_engine(new_database().app, pool_size=8)
    with transaction(engine, SYSTEM) as session:
        booked(make_house(session))
    gate = threading.Barrier(6)
    mails: list[int] = []

    def look() -> None:
        gate.wait()
        mails.append(remind(engine, FixedClock(hours(24))))

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mails) == [0, 0, 0, 0, 0, 1]
    engine.dispose()
