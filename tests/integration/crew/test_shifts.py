"""Shifts: between two of one person lies the base's rest, whoever enters them and however many at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine, transaction
from shared_base.core.errors import Invalid
from shared_base.core.periods import CHINA
from shared_base.crew import queries, shifts
from shared_base.crew.errors import HasLeft, NotRested, ShiftOver
from shared_base.crew.models import CrewMember, CrewShift
from shared_base.crew.rules import ShiftPlan
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.kit import hold, make_member
from tests.factories.tenancy import make_tenant

AT = datetime(2026, 11, 2, 4, tzinfo=UTC)  # Monday noon in Shanghai
HOUR = timedelta(hours=1)
MONDAY = date(2026, 11, 2)
EVENING, NIGHT, MORNING = 17 * 60, 2 * 60, 8 * 60


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session)


@pytest.fixture
def member(session: Session, base: Base) -> CrewMember:
    return make_member(session, base, name="丁一")


def local(day: int, hour: int) -> datetime:
    """An hour of a day of November 2026 in Shanghai; 24 and more are the next day's."""
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour - 8)


def enter(session: Session, member: CrewMember, first: date, begins: int, ends: int, **repeated: Any) -> list[Any]:
    plan = ShiftPlan(first, begins, ends, **repeated)
    return shifts.enter_shifts(session, member, plan=plan, by=SYSTEM, at=AT)


def stored(session: Session, member: CrewMember) -> list[Range[datetime]]:
    found = session.scalars(
        sa.select(CrewShift.during).where(CrewShift.crew_id == member.id).order_by(CrewShift.during)
    )
    return list(found)


def test_a_shift_past_midnight_is_one_shift_cut_in_the_bases_zone(session: Session, member: CrewMember) -> None:
    (shift,) = enter(session, member, MONDAY, EVENING, NIGHT)
    assert shift.during == Range(local(2, 17), local(2, 26))
    assert shift.guarded == Range(local(2, 17), local(2, 26) + 11 * HOUR)


def test_a_shift_is_repeated_on_chosen_weekdays_in_one_go(session: Session, member: CrewMember) -> None:
    made = enter(session, member, MONDAY, EVENING, NIGHT, last=date(2026, 11, 15), weekdays=frozenset({0, 2, 4}))
    assert [shift.during.lower for shift in made] == [local(day, 17) for day in (2, 4, 6, 9, 11, 13)]
    assert len(stored(session, member)) == 6


def test_the_refusal_names_the_shift_in_the_way_and_from_when_on_the_next_may_begin(
    session: Session, member: CrewMember
) -> None:
    (first,) = enter(session, member, MONDAY, EVENING, NIGHT)
    with pytest.raises(NotRested) as refused:
        enter(session, member, date(2026, 11, 3), MORNING, 16 * 60)
    said = str(refused.value)
    assert "丁一 has the shift 2026-11-02 17:00–2026-11-03 02:00" in said
    assert "after 11 hours of rest the next may begin at 2026-11-03 13:00" in said
    assert refused.value.extra["next_from"] == local(3, 13).isoformat()
    assert refused.value.extra["blockers"][0]["shift_id"] == str(first.id)
    assert stored(session, member) == [first.during], "all of them or none"
    # at the very minute it is allowed
    enter(session, member, date(2026, 11, 3), 13 * 60, 14 * 60)


def test_a_shift_that_would_end_too_late_before_another_is_told_until_when(
    session: Session, member: CrewMember
) -> None:
    enter(session, member, date(2026, 11, 4), MORNING, 12 * 60)
    with pytest.raises(NotRested) as refused:
        enter(session, member, MONDAY, EVENING, NIGHT, last=date(2026, 11, 3))
    assert "one before it ends by 2026-11-03 21:00" in str(refused.value)
    assert len(stored(session, member)) == 1


def test_days_that_leave_no_rest_among_themselves_are_refused(session: Session, member: CrewMember) -> None:
    with pytest.raises(NotRested) as refused:
        enter(session, member, MONDAY, MORNING, 22 * 60, last=date(2026, 11, 8))
    assert "2026-11-02 08:00–22:00 and 2026-11-03 08:00–22:00 leave less than 11 hours" in str(refused.value)
    assert stored(session, member) == []


def test_each_base_says_how_long_its_crew_rests(session: Session) -> None:
    quick = make_member(session, make_base(session, crew_rest_minutes=90), name="丁二")
    enter(session, quick, MONDAY, MORNING, 12 * 60)
    with pytest.raises(NotRested, match=r"after 1\.5 hours of rest the next may begin at 2026-11-02 13:30"):
        enter(session, quick, MONDAY, 13 * 60, 14 * 60)
    enter(session, quick, MONDAY, 13 * 60 + 30, 14 * 60)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (ShiftPlan(MONDAY, 480, 960, last=date(2026, 11, 1)), "last"),
        (ShiftPlan(MONDAY, 480, 960, last=date(2027, 2, 2)), "last"),
        (ShiftPlan(MONDAY, 480, 960, last=date(2026, 11, 3), weekdays=frozenset({6})), "weekdays"),
    ],
)
def test_a_plan_that_means_no_shift_is_refused_by_its_field(
    session: Session, member: CrewMember, plan: ShiftPlan, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        shifts.enter_shifts(session, member, plan=plan, by=SYSTEM, at=AT)
    assert field in refused.value.extra["errors"]


def test_who_has_left_is_planned_no_more(session: Session, base: Base) -> None:
    gone = make_member(session, base, left_at=AT)
    with pytest.raises(HasLeft):
        enter(session, gone, MONDAY, EVENING, NIGHT)


def test_a_shift_made_shorter_or_taken_off_names_the_bookings_that_counted_on_it(
    session: Session, base: Base, member: CrewMember
) -> None:
    (shift,) = enter(session, member, MONDAY, EVENING, NIGHT)
    booking = make_booking(session, make_studio(session, base), make_tenant(session, base), local(2, 20), local(2, 24))
    hold(session, booking, member.id)
    same = shifts.change_shift(session, shift, start=local(2, 18), end=local(2, 25), by=SYSTEM, at=AT)
    assert same.hits == ()
    cut = shifts.change_shift(session, shift, start=local(2, 18), end=local(2, 23), by=SYSTEM, at=AT)
    assert [hit.booking_id for hit in cut.hits] == [booking.id]
    gone = shifts.remove_shift(session, shift, by=SYSTEM, at=AT)
    assert [hit.booking_id for hit in gone.hits] == [booking.id]
    assert stored(session, member) == []


def test_a_change_keeps_the_rest_and_a_refused_one_changes_nothing(session: Session, member: CrewMember) -> None:
    first, second = enter(session, member, MONDAY, EVENING, NIGHT, last=date(2026, 11, 3))
    with pytest.raises(NotRested, match="one before it ends by 2026-11-03 06:00"):
        shifts.change_shift(session, first, start=local(2, 17), end=local(2, 31), by=SYSTEM, at=AT)
    assert stored(session, member) == [Range(local(2, 17), local(2, 26)), second.during]
    shifts.change_shift(session, first, start=local(2, 17), end=local(2, 30), by=SYSTEM, at=AT)
    assert stored(session, member)[0].upper == local(2, 30)


def test_what_was_worked_stays_in_the_record(session: Session, member: CrewMember) -> None:
    (shift,) = enter(session, member, MONDAY, EVENING, NIGHT)
    during = local(2, 20)
    with pytest.raises(ShiftOver):
        shifts.remove_shift(session, shift, by=SYSTEM, at=during)
    with pytest.raises(ShiftOver):
        shifts.change_shift(session, shift, start=local(2, 18), end=local(2, 26), by=SYSTEM, at=during)
    with pytest.raises(ShiftOver):
        shifts.change_shift(session, shift, start=local(2, 17), end=local(2, 19), by=SYSTEM, at=during)
    shifts.change_shift(session, shift, start=local(2, 17), end=local(2, 21), by=SYSTEM, at=during)
    with pytest.raises(ShiftOver):
        shifts.change_shift(session, shift, start=local(2, 17), end=local(2, 22), by=SYSTEM, at=local(2, 21))


def test_two_who_plan_the_same_person_at_once_leave_them_their_rest(new_database: Callable[[], TestDatabase]) -> None:
    engine = make_engine(new_database().app)
    with transaction(engine, SYSTEM) as session:
        member_id = make_member(session, make_base(session)).id

    def plan(hour: int) -> bool:
        with transaction(engine, SYSTEM) as session:
            try:
                enter(session, session.get_one(CrewMember, member_id), MONDAY, hour * 60, hour * 60 + 120)
            except NotRested:
                return False
            return True

    try:
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(plan, [8, 9, 10, 11, 8, 9, 10, 11]))
        with transaction(engine, SYSTEM) as session:
            assert won.count(True) == len(stored(session, session.get_one(CrewMember, member_id))) == 1
    finally:
        engine.dispose()


STARTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1439), st.integers(0, 1439)), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=STARTS, rest=st.integers(0, 24 * 60))
def test_whatever_is_entered_nobody_goes_without_rest(
    session: Session, plans: list[tuple[int, int, int]], rest: int
) -> None:
    member = make_member(session, make_base(session, crew_rest_minutes=rest))
    entered: list[Range[datetime]] = []
    for day, begins, ends in plans:
        plan = ShiftPlan(MONDAY + timedelta(days=day), begins, ends)
        (wanted,) = plan.ranges(CHINA)
        free = all(
            edge(wanted)[0] >= edge(other)[1] + timedelta(minutes=rest)
            or edge(other)[0] >= edge(wanted)[1] + timedelta(minutes=rest)
            for other in entered
        )
        try:
            shifts.enter_shifts(session, member, plan=plan, by=SYSTEM, at=AT)
        except NotRested as refused:
            assert not free
            blocker = UUID(refused.extra["blockers"][0]["shift_id"])
            assert queries.shift_of(session, blocker).during in entered
        else:
            assert free
            entered.append(wanted)


def edge(shift: Range[datetime]) -> tuple[datetime, datetime]:
    assert shift.lower is not None
    assert shift.upper is not None
    return shift.lower, shift.upper
