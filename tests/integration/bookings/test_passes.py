"""A pass lets in whoever shows it, once, while the doors are open; each refusal says why and is kept."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions, pass_codes, passes
from shared_base.bookings.errors import WrongState
from shared_base.bookings.models import Booking
from shared_base.bookings.models_passes import BookingPass
from shared_base.bookings.pass_refusals import (
    PassCancelled,
    PassElsewhere,
    PassOver,
    PassRefused,
    PassRevoked,
    PassTooEarly,
    PassUnconfirmed,
    PassUnknown,
    PassUsed,
)
from shared_base.bookings.queries import get_booking
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Forbidden
from shared_base.core.events import Event
from shared_base.occupancy import arrivals, stays
from shared_base.occupancy.models import Stay
from shared_base.people.errors import TooManyAttempts
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_actor
from tests.integration.bookings.conftest import NOW, House, hours

KEY = pass_codes.key_of("the secret of the house of these tests")


def booked(house: House, start: float = 0.5, end: float = 4, **columns: Any) -> BookingRow:
    session = house.as_(SYSTEM)
    booking = make_booking(session, house.studio, house.tenant, hours(start), hours(end), **columns)
    return get_booking(session, booking.id)


def issued(house: House, booking: BookingRow, *, at: datetime = NOW) -> str:
    """The code of a new pass, as the tenant's phone shows it."""
    made = passes.issue(house.as_(house.scheduler), booking=booking, by=house.scheduler, at=at)
    return pass_codes.write(KEY, made.id)


def show(house: House, code: str, *, at: datetime = NOW, by: Actor | None = None, base_id: UUID | None = None) -> Any:
    actor = by or house.desk
    values: dict[str, Any] = {"shown": code, "key": KEY, "base_id": base_id or house.base.id, "by": actor, "at": at}
    session = house.as_(actor)
    with session.begin_nested():
        return arrivals.check_in_by_pass(session, **values)


def refusals(house: House, subject: UUID) -> list[str]:
    session = house.as_(SYSTEM)
    found = session.scalars(
        sa.select(Event).where(Event.subject_id == subject, Event.kind == "pass.refused").order_by(Event.id)
    )
    return [event.payload["refusal"] for event in found]


def stays_of(house: House, booking: BookingRow) -> list[Stay]:
    query = sa.select(Stay).where(Stay.booking_id == booking.id, Stay.voided.is_(False))
    return list(house.as_(SYSTEM).scalars(query))


def test_a_pass_checks_its_booking_in_and_begins_the_stay(house: House) -> None:
    booking = booked(house)
    code = issued(house, booking)
    inside = show(house, code)
    assert (inside.id, inside.state) == (booking.id, "checked_in")
    assert [stay.checked_in_at for stay in stays_of(house, booking)] == [NOW]
    kinds = [event.kind for event in house.events(booking)]
    assert kinds[:2] == ["pass.issued", "pass.used"]
    used = house.as_(SYSTEM).scalars(sa.select(BookingPass).where(BookingPass.booking_id == booking.id)).one()
    assert (used.used_at, used.revoked_at) == (NOW, None)


def test_the_second_showing_of_a_pass_is_refused_and_leaves_the_first_as_it_was(house: House) -> None:
    booking = booked(house)
    code = issued(house, booking)
    show(house, code)
    with pytest.raises(PassUsed):
        show(house, code, at=NOW + timedelta(minutes=5))
    assert len(stays_of(house, booking)) == 1
    assert refusals(house, booking.id) == ["used"]


def test_the_doors_open_so_long_before_as_was_agreed_and_close_at_the_end(house: House) -> None:
    booking = booked(house, 2, 4, early_minutes=30)
    code = issued(house, booking)
    opens = hours(1.5)
    with pytest.raises(PassTooEarly) as early:
        show(house, code, at=opens - timedelta(seconds=1))
    assert "2026-11-02 13:30" in str(early.value)
    with pytest.raises(PassOver):
        show(house, code, at=hours(4))
    assert show(house, code, at=opens).state == "checked_in"
    assert refusals(house, booking.id) == ["too_early", "over"]


def test_the_last_second_of_the_booking_still_opens_the_door(house: House) -> None:
    code = issued(house, booked(house))
    assert show(house, code, at=hours(4) - timedelta(seconds=1)).state == "checked_in"


def test_a_new_pass_takes_the_place_of_the_one_before(house: House) -> None:
    booking = booked(house)
    first, second = issued(house, booking), issued(house, booking)
    with pytest.raises(PassRevoked):
        show(house, first)
    assert show(house, second).state == "checked_in"


def test_the_pass_of_a_cancelled_booking_opens_nothing(house: House) -> None:
    booking = booked(house)
    code = issued(house, booking)
    actions.cancel(house.as_(house.scheduler), booking=booking, by=house.scheduler, at=NOW)
    assert passes.pass_of(house.as_(SYSTEM), booking.id) is None
    with pytest.raises(PassCancelled) as refused:
        show(house, code)
    assert booking.code in str(refused.value)
    assert refusals(house, booking.id) == ["cancelled"]


def test_a_revoked_pass_opens_nothing(house: House) -> None:
    booking = booked(house)
    code = issued(house, booking)
    passes.revoke(house.as_(house.scheduler), booking_id=booking.id, at=NOW)
    with pytest.raises(PassRevoked):
        show(house, code)


@pytest.mark.parametrize(
    ("state", "refusal"), [("no_show", PassOver), ("completed", PassOver), ("held", PassUnconfirmed)]
)
def test_only_a_confirmed_booking_lets_in(house: House, state: str, refusal: type[PassRefused]) -> None:
    booking = booked(house)
    code = issued(house, booking)
    stored = house.as_(SYSTEM).get_one(Booking, booking.id)
    stored.state, stored.hold_until = state, NOW + timedelta(minutes=5) if state == "held" else None
    with pytest.raises(refusal):
        show(house, code)


def test_whoever_was_checked_in_at_the_desk_is_told_the_studio(house: House) -> None:
    booking = booked(house)
    code = issued(house, booking)
    stays.check_in(house.as_(house.desk), booking=booking, by=house.desk, at=NOW)
    with pytest.raises(PassUsed) as refused:
        show(house, code)
    assert booking.studio_code in str(refused.value)


def test_a_pass_opens_no_door_of_another_base(house: House) -> None:
    booking = booked(house)
    code = issued(house, booking)
    session = house.as_(SYSTEM)
    elsewhere = make_base(session)
    stranger = make_actor(session, "front_desk", base=elsewhere)
    everywhere = make_actor(session, "admin")
    for by in (stranger, everywhere):
        with pytest.raises(PassElsewhere) as refused:
            show(house, code, by=by, base_id=elsewhere.id)
        assert booking.code not in str(refused.value)
    assert show(house, code).state == "checked_in"


def test_without_a_named_door_a_pass_opens_at_any_base_of_the_reader(house: House) -> None:
    code = issued(house, booked(house))
    session = house.as_(house.desk)
    inside = arrivals.check_in_by_pass(session, shown=code, key=KEY, base_id=None, by=house.desk, at=NOW)
    assert inside.state == "checked_in"


def test_a_guessed_code_is_refused_and_kept_as_such_without_what_was_shown(house: House) -> None:
    forged = pass_codes.write(pass_codes.key_of("somebody else's"), uuid4())
    with pytest.raises(PassUnknown) as refused:
        show(house, forged)
    assert refused.value.status == 404
    session = house.as_(SYSTEM)
    (event,) = session.scalars(sa.select(Event).where(Event.subject_id == house.base.id, Event.kind == "pass.refused"))
    assert event.payload["refusal"] == "unknown"
    assert forged not in str(event.payload)
    assert event.actor_id == house.desk.user_id


def test_refusals_outlive_the_transaction_that_they_undo(house: House, engine: sa.Engine) -> None:
    with pytest.raises(PassUnknown):
        show(house, "no pass at all")
    house.session.rollback()
    with Session(engine, info={"actor": SYSTEM}) as beside:
        kept = beside.scalars(sa.select(Event.payload).where(Event.subject_id == house.base.id)).all()
    assert [payload["refusal"] for payload in kept] == ["unknown"]


def test_guessing_comes_to_an_end_for_good_codes_too_and_begins_anew_later(house: House) -> None:
    code = issued(house, booked(house))
    for _ in range(arrivals.UNKNOWN_CODES.allowed):
        with pytest.raises(PassUnknown):
            show(house, "0" * pass_codes.LENGTH)
    with pytest.raises(TooManyAttempts):
        show(house, code)
    assert show(house, code, at=NOW + arrivals.UNKNOWN_CODES.window).state == "checked_in"


def test_good_codes_do_not_count_as_guesses(house: House) -> None:
    booking = booked(house)
    code = issued(house, booking)
    show(house, code)
    for _ in range(arrivals.UNKNOWN_CODES.allowed + 1):
        with pytest.raises(PassUsed):
            show(house, code)


def test_passes_are_read_by_the_desk_only(house: House) -> None:
    code = issued(house, booked(house))
    with pytest.raises(Forbidden):
        show(house, code, by=house.scheduler)


def test_a_rival_can_neither_make_nor_see_the_pass(house: House) -> None:
    booking = booked(house)
    issued(house, booking)
    session = house.as_(house.rival_scheduler)
    assert passes.pass_of(session, booking.id) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(BookingPass)) == 0


@pytest.mark.parametrize("state", ["checked_in", "completed", "no_show", "held", "requested"])
def test_a_booking_that_lets_nobody_in_gets_no_pass(house: House, state: str) -> None:
    booking = booked(house, state=state, hold_until=NOW + timedelta(minutes=5) if state == "held" else None)
    with pytest.raises(WrongState):
        issued(house, booking)


def test_a_booking_that_is_over_gets_no_pass(house: House) -> None:
    with pytest.raises(WrongState):
        issued(house, booked(house, -4, -1))


def test_a_walk_in_is_booked_from_this_minute_and_checked_in_at_once(house: House) -> None:
    at = NOW + timedelta(seconds=40)
    session = house.as_(house.desk)
    booking = arrivals.walk_in(
        session, studio_id=house.studio.id, tenant_id=house.tenant.id, end=hours(2), by=house.desk, at=at
    )
    assert (booking.state, booking.start, booking.end) == ("checked_in", NOW, hours(2))
    assert [stay.checked_in_at for stay in stays_of(house, booking)] == [at]


def test_only_the_desk_books_a_walk_in(house: House) -> None:
    session = house.as_(house.scheduler)
    with pytest.raises(Forbidden):
        arrivals.walk_in(
            session, studio_id=house.studio.id, tenant_id=house.tenant.id, end=hours(2), by=house.scheduler, at=NOW
        )
