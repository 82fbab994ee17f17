"""What the scheduler's own process does to bookings and tells their people, with schedulers killed and doubled."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from shared_base.bookings.models import Booking
from shared_base.core.actor import SYSTEM
from shared_base.core.database import transaction
from shared_base.core.outbox import OutboxMessage
from tests.factories.bookings import make_booking
from tests.integration.bookings.conftest import NOW, hours, make_house
from tests.integration.jobs.processes import Scheduler, wait_for

pytestmark = pytest.mark.slow

Start = Callable[[datetime], Scheduler]
#: ahead of everything below: the no-show's grace, the hold's end, the next one's start
AT = NOW + timedelta(minutes=30)


def test_no_shows_lapsed_holds_overruns_and_reminders_are_done_and_told_once(
    shared_engine: sa.Engine, scheduler: Start
) -> None:
    with transaction(shared_engine, SYSTEM) as session:
        house = make_house(session)
        mine = {"created_by": house.scheduler.user_id}
        absent = make_booking(session, house.other, house.tenant, NOW, hours(2), **mine)
        held = make_booking(
            session, house.other, house.tenant, hours(5), hours(6), state="held", hold_until=NOW, **mine
        )
        live = make_booking(session, house.studio, house.rival, hours(-2), NOW, state="checked_in")
        following = make_booking(session, house.studio, house.tenant, hours(0.75), hours(2), **mine)
        ids = {"absent": absent.id, "held": held.id, "live": live.id, "following": following.id}

    def states() -> dict[str, str]:
        with transaction(shared_engine, SYSTEM) as session:
            return {name: session.get_one(Booking, it).state for name, it in ids.items()}

    def told() -> list[str]:
        with transaction(shared_engine, SYSTEM) as session:
            return sorted(it["template"] for it in session.scalars(sa.select(OutboxMessage.payload)))

    first = scheduler(AT)
    wait_for(
        lambda: states() == {"absent": "no_show", "held": "cancelled", "live": "checked_in", "following": "confirmed"}
    )
    first.kill()
    second, _standby = scheduler(AT + timedelta(seconds=30)), scheduler(AT + timedelta(seconds=30))
    expected = ["booking_delayed", "booking_no_show", "booking_reminder", "hold_lapsed"]
    wait_for(lambda: told() == expected)
    # a later look tells of what is new and repeats nothing
    with transaction(shared_engine, SYSTEM) as session:
        late = make_booking(session, house.studio, house.tenant, hours(-6), hours(-5), **mine)
        ids["late"] = late.id
    wait_for(lambda: states()["late"] == "no_show")
    second.kill()
    wait_for(lambda: told() == sorted([*expected, "booking_no_show"]))
