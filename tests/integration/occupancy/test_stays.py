"""What really happened: recorded once, corrected by saying it anew, never edited."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from shared_base.bookings.errors import WrongState
from shared_base.bookings.models import Booking
from shared_base.bookings.queries import get_booking
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.models import Space
from shared_base.core.actor import Actor
from shared_base.core.database import set_scope
from shared_base.core.errors import Forbidden, Invalid
from shared_base.core.events import Event
from shared_base.occupancy import queries, stays
from shared_base.occupancy.errors import BadStay, UnknownStay, WrongStay
from shared_base.occupancy.models import Stay, StayRecord
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.occupancy import make_stay
from tests.factories.tenancy import make_actor, make_tenant

#: 20:00 in Shanghai
EVENING = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Evening:
    """A booking from 20:00 to 02:00, the desk, the tenant's scheduler, and somebody else's."""

    booking: BookingRow
    other_studio: Space
    desk: Actor
    guest: Actor
    rival: Actor


@pytest.fixture
def evening(session: Session) -> Evening:
    base = make_base(session)
    tenant, rival = make_tenant(session, base), make_tenant(session, base)
    row = make_booking(session, make_studio(session, base), tenant, EVENING, EVENING + 6 * HOUR)
    return Evening(
        booking=get_booking(session, row.id),
        other_studio=make_studio(session, base),
        desk=make_actor(session, "front_desk", base=base),
        guest=make_actor(session, "tenant_scheduler", tenant=tenant),
        rival=make_actor(session, "tenant_scheduler", tenant=rival),
    )


def state(session: Session, evening: Evening) -> str:
    return get_booking(session, evening.booking.id).state


def kinds(session: Session, evening: Evening) -> list[str]:
    return list(
        session.scalars(
            sa.select(Event.kind)
            .where(Event.subject_id == evening.booking.id, Event.kind.startswith("stay."))
            .order_by(Event.id)
        )
    )


def test_a_guest_checks_in_and_out_at_the_second_and_the_booking_follows(session: Session, evening: Evening) -> None:
    set_scope(session, evening.guest)
    came = EVENING + timedelta(minutes=3, seconds=7, microseconds=400_000)
    stays.check_in(session, booking=evening.booking, by=evening.guest, at=came)
    assert state(session, evening) == "checked_in"
    left = EVENING + 7 * HOUR  # an overrun lengthens the stay
    stay = stays.check_out(session, booking=evening.booking, by=evening.guest, at=left)
    assert state(session, evening) == "completed"
    assert (stay.checked_in_at, stay.checked_out_at) == (came.replace(microsecond=0), left)
    said = queries.statements(session, stay.id)
    assert [(it.revision, it.checked_out_at, it.recorder_label) for it in said] == [
        (1, None, evening.guest.label),
        (2, left, evening.guest.label),
    ]
    assert kinds(session, evening) == ["stay.checked_in", "stay.checked_out"]


def test_the_desk_may_name_the_time_that_it_saw_and_a_guest_may_not(session: Session, evening: Evening) -> None:
    now = EVENING + HOUR
    with pytest.raises(Forbidden):
        stays.check_in(session, booking=evening.booking, by=evening.guest, at=now, arrived_at=EVENING)
    stay = stays.check_in(session, booking=evening.booking, by=evening.desk, at=now, arrived_at=EVENING)
    assert stay.checked_in_at == EVENING
    stay = stays.check_out(session, booking=evening.booking, by=evening.desk, at=now, left_at=EVENING + HOUR / 2)
    assert stay.checked_out_at == EVENING + HOUR / 2


def test_a_check_out_before_its_check_in_is_refused_and_nothing_changed(session: Session, evening: Evening) -> None:
    stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING + HOUR)
    with pytest.raises(BadStay, match="before the check-in"), session.begin_nested():
        stays.check_out(session, booking=evening.booking, by=evening.desk, at=EVENING + 2 * HOUR, left_at=EVENING)
    assert state(session, evening) == "checked_in"
    assert queries.stays_of(session, evening.booking.id)[0].checked_out_at is None
    with pytest.raises(BadStay, match="has not come yet"), session.begin_nested():
        stays.check_out(
            session, booking=evening.booking, by=evening.desk, at=EVENING + HOUR, left_at=EVENING + 9 * HOUR
        )


def test_twice_in_or_out_without_in_is_refused(session: Session, evening: Evening) -> None:
    with pytest.raises(WrongState), session.begin_nested():
        stays.check_out(session, booking=evening.booking, by=evening.desk, at=EVENING)
    stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING)
    with pytest.raises(WrongState), session.begin_nested():
        stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING)
    with pytest.raises(WrongStay, match="already"):
        stays.record_check_in(session, booking=evening.booking, arrived_at=EVENING, by=evening.desk, at=EVENING + HOUR)


def test_a_rival_neither_checks_in_nor_corrects(session: Session, evening: Evening) -> None:
    with pytest.raises(Forbidden), session.begin_nested():
        stays.check_in(session, booking=evening.booking, by=evening.rival, at=EVENING)
    stay = stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING)
    correction = {"stay_id": stay.id, "reason": "x", "at": EVENING + HOUR}
    with pytest.raises(UnknownStay):
        stays.void_stay(session, by=evening.rival, **correction)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        stays.void_stay(session, by=evening.guest, **correction)  # type: ignore[arg-type]
    set_scope(session, evening.rival)
    assert session.scalars(sa.select(Stay)).all() == []
    assert session.scalars(sa.select(StayRecord)).all() == []


def test_a_correction_is_a_new_statement_with_its_reason(session: Session, evening: Evening) -> None:
    stay = stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING)
    at = EVENING + 8 * HOUR
    times = {"checked_in_at": EVENING + HOUR, "checked_out_at": EVENING + 6 * HOUR}
    with pytest.raises(Invalid), session.begin_nested():
        stays.correct_stay(session, stay_id=stay.id, **times, reason=" ", by=evening.desk, at=at)
    stays.correct_stay(session, stay_id=stay.id, **times, reason="监控显示", by=evening.desk, at=at)
    now = queries.stay(session, stay.id)
    assert (now.revision, now.checked_in_at, now.checked_out_at) == (2, EVENING + HOUR, EVENING + 6 * HOUR)
    said = queries.statements(session, stay.id)
    assert [(it.checked_in_at, it.reason, it.recorded_at) for it in said] == [
        (EVENING, None, EVENING),
        (EVENING + HOUR, "监控显示", at),
    ]


def test_a_withdrawn_stay_counts_no_longer_and_is_not_corrected(session: Session, evening: Evening) -> None:
    stay = stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING)
    stays.undo_check_in(session, booking=evening.booking, reason="认错人", by=evening.desk, at=EVENING + HOUR)
    assert state(session, evening) == "confirmed"
    assert queries.stays_of(session, evening.booking.id) == []
    assert [it.voided for it in queries.statements(session, stay.id)] == [False, True]
    with pytest.raises(WrongStay, match="withdrawn"):
        stays.void_stay(session, stay_id=stay.id, reason="再来", by=evening.desk, at=EVENING + HOUR)
    again = stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING + HOUR)
    assert again.id != stay.id


def test_a_live_move_goes_on_as_a_second_stay(session: Session, evening: Evening) -> None:
    stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING)
    moved = stays.move(
        session, booking=evening.booking, studio_id=evening.other_studio.id, by=evening.desk, at=EVENING + 2 * HOUR
    )
    stays.check_out(session, booking=moved, by=evening.desk, at=EVENING + 5 * HOUR)
    found = [(it.studio_id, it.checked_in_at, it.checked_out_at) for it in queries.stays_of(session, moved.id)]
    assert found == [
        (evening.booking.studio_id, EVENING, EVENING + 2 * HOUR),
        (evening.other_studio.id, EVENING + 2 * HOUR, EVENING + 5 * HOUR),
    ]


def test_use_that_nobody_noted_is_recorded_later_by_the_desk_and_leaves_the_state(
    session: Session, evening: Evening
) -> None:
    at = EVENING + 30 * HOUR
    missed = {"checked_in_at": EVENING, "checked_out_at": EVENING + 3 * HOUR, "reason": "前台漏登", "at": at}
    with pytest.raises(Forbidden):
        stays.record_missed_stay(session, booking=evening.booking, by=evening.guest, **missed)  # type: ignore[arg-type]
    stay = stays.record_missed_stay(session, booking=evening.booking, by=evening.desk, **missed)  # type: ignore[arg-type]
    assert queries.statements(session, stay.id)[0].reason == "前台漏登"
    assert state(session, evening) == "confirmed"


def test_statements_are_append_only_and_stays_follow_them_alone(session: Session, evening: Evening) -> None:
    stays.check_in(session, booking=evening.booking, by=evening.desk, at=EVENING)
    for forbidden in (
        sa.update(StayRecord).values(reason="x"),
        sa.delete(StayRecord),
        sa.update(Stay).values(voided=True),
        sa.delete(Stay),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(forbidden)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"checked_out_at": EVENING - HOUR}, "stay_records_out_after_in"),
        ({"checked_in_at": EVENING + timedelta(microseconds=1)}, "stay_records_whole_seconds"),
        ({"voided": True}, "stay_records_void_explained"),
    ],
)
def test_the_database_keeps_stays_possible(
    session: Session, evening: Evening, columns: dict[str, object], constraint: str
) -> None:
    booking = session.get_one(Booking, evening.booking.id)
    with pytest.raises(IntegrityError, match=constraint):
        make_stay(session, booking, EVENING, None, **columns)
