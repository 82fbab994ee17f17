"""A special day speaks for the opening that begins on it: for bookings, searches and the month's report alike."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_base.bookings.availability import free_studios
from shared_base.bookings.openings import openings
from shared_base.catalogue import queries, special_days
from shared_base.catalogue.models import Base, OpeningHours, SpecialDay
from shared_base.catalogue.rules import Opening
from shared_base.catalogue.special_days import LONGEST_SPAN, SpecialSpan
from shared_base.core.actor import SYSTEM
from shared_base.core.audit import AuditEntry
from shared_base.core.errors import Invalid, NotFound
from shared_base.core.events import Event
from shared_base.core.periods import Month
from shared_base.occupancy.actions import close_month
from shared_base.occupancy.queries import document_of
from tests.factories.catalogue import make_base, make_studio

AT = datetime(2026, 9, 20, 4, tzinfo=UTC)
FIRST, LAST = date(2026, 9, 25), date(2026, 9, 27)
SHUT = SpecialSpan(FIRST, LAST, None, "中秋")


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session, opens="08:00", closes="02:00")


def enter(session: Session, base: Base, span: SpecialSpan = SHUT) -> None:
    special_days.enter(session, base, span=span, by=SYSTEM, at=AT)


def hours(session: Session, base: Base, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """The openings of the local days, as the database makes them."""
    statement = sa.text(
        f"select unnest(o.hours) from bases b cross join lateral"
        f" ({openings('b.id', 'b.timezone', 'cast(:first as date)', 'cast(:last as date)')}) o where b.id = :id"
    )
    found = session.scalars(statement, {"id": base.id, "first": first, "last": last})
    return [(piece.lower, piece.upper) for piece in found]


def test_a_day_on_which_the_base_stays_shut_has_no_opening_but_the_evening_before_runs_on(
    session: Session, base: Base
) -> None:
    enter(session, base, SpecialSpan(FIRST, FIRST, None, "盘点"))
    china = ZoneInfo("Asia/Shanghai")
    assert hours(session, base, FIRST - timedelta(days=1), FIRST + timedelta(days=1)) == [
        (datetime(2026, 9, 24, 8, tzinfo=china), datetime(2026, 9, 25, 2, tzinfo=china)),
        (datetime(2026, 9, 26, 8, tzinfo=china), datetime(2026, 9, 27, 2, tzinfo=china)),
    ]
    assert queries.opening_on(session, base.id, FIRST) is None


def test_a_base_without_opening_hours_opens_on_its_special_days(session: Session, base: Base) -> None:
    session.execute(sa.delete(OpeningHours).where(OpeningHours.base_id == base.id))
    enter(session, base, SpecialSpan(FIRST, FIRST, Opening(600, 1320), "开业"))
    assert len(hours(session, base, FIRST, LAST)) == 1
    assert queries.opening_on(session, base.id, FIRST) == Opening(600, 1320)
    assert queries.opening_on(session, base.id, LAST) is None


def test_a_whole_holiday_is_entered_at_once_again_in_parts_and_taken_back(session: Session, base: Base) -> None:
    enter(session, base)
    enter(session, base)
    enter(session, base, SpecialSpan(LAST, LAST, Opening(600, 1320), "中秋最后一天"))
    found = queries.special_days(session, base.id, FIRST, LAST)
    assert [(day.day.day, day.opening, day.note) for day in found] == [
        (25, None, "中秋"),
        (26, None, "中秋"),
        (27, Opening(600, 1320), "中秋最后一天"),
    ]
    assert special_days.withdraw(session, base, first=FIRST, last=LAST, by=SYSTEM, at=AT) == 3
    assert queries.special_days(session, base.id, FIRST, LAST) == []
    with pytest.raises(NotFound):
        special_days.withdraw(session, base, first=FIRST, last=LAST, by=SYSTEM, at=AT)
    kinds = list(session.scalars(sa.select(Event.kind).where(Event.base_id == base.id).order_by(Event.id)))
    assert kinds == ["base.special_days_entered"] * 2 + ["base.special_days_withdrawn"]
    audited = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject_table == "special_days")).all()
    assert sorted(audited) == ["delete"] * 3 + ["insert"] * 3 + ["update"]


@pytest.mark.parametrize(
    ("span", "field"),
    [
        (SpecialSpan(LAST, FIRST, None, "中秋"), "last"),
        (SpecialSpan(FIRST, FIRST + timedelta(days=LONGEST_SPAN), None, "中秋"), "last"),
        (SpecialSpan(FIRST, LAST, None, " "), "note"),
        (SpecialSpan(FIRST, LAST, None, "字" * 101), "note"),
        (SpecialSpan(date(1999, 1, 1), LAST, None, "中秋"), "first"),
        (SpecialSpan(FIRST, date.max, None, "中秋"), "last"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(session: Session, base: Base, span: SpecialSpan, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        enter(session, base, span)
    assert list(refused.value.extra["errors"]) == [field]
    assert queries.special_days(session, base.id, date(1999, 1, 1), date(2199, 1, 1)) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"opens_minute": 480, "closes_minute": None},
        {"opens_minute": None, "closes_minute": 480},
        {"opens_minute": 480, "closes_minute": 480},
        {"opens_minute": 480, "closes_minute": 1921},
    ],
)
def test_the_database_takes_whole_openings_only(session: Session, base: Base, columns: dict[str, int | None]) -> None:
    session.add(SpecialDay(base_id=base.id, day=FIRST, note="盘点", **columns))
    with pytest.raises(IntegrityError, match="special_days_within_a_day"):
        session.flush()


def test_a_search_for_a_studio_finds_none_while_the_base_stays_shut(session: Session, base: Base) -> None:
    studio = make_studio(session, base)
    enter(session, base)
    china = ZoneInfo("Asia/Shanghai")
    found = []
    for day in (24, 25, 26, 28):
        start = datetime(2026, 9, day, 20, tzinfo=china)
        end = start + timedelta(hours=5)
        free = free_studios(session, base_id=base.id, start=start, end=end, tenant_id=None)
        found.append([each.code for each in free])
    assert found == [[studio.code], [], [], [studio.code]]


def report(session: Session, base: Base) -> dict[str, object]:
    at = datetime(2026, 10, 2, tzinfo=UTC)
    with session.begin_nested() as undone:
        document = document_of(close_month(session, base=base, month=Month(2026, 9), by=SYSTEM, at=at))
        undone.rollback()
    session.expire_all()
    return document


def test_a_month_report_counts_special_days_and_its_inputs_tell_of_them(session: Session, base: Base) -> None:
    make_studio(session, base)
    before = report(session, base)
    enter(session, base)
    after = report(session, base)
    totals = [document["totals"]["open_seconds"] for document in (before, after)]  # type: ignore[index]
    assert totals[0] - totals[1] == 3 * 18 * 3600
    assert before["inputs"] != after["inputs"]
    # what was entered and taken back again is a month like any other
    special_days.withdraw(session, base, first=FIRST, last=LAST, by=SYSTEM, at=AT)
    assert report(session, base)["inputs"] == before["inputs"]


def test_a_day_beyond_the_month_changes_none_of_its_inputs(session: Session, base: Base) -> None:
    make_studio(session, base)
    before = report(session, base)
    enter(session, base, SpecialSpan(date(2026, 10, 1), date(2026, 10, 7), None, "国庆"))
    enter(session, base, SpecialSpan(date(2026, 8, 30), date(2026, 8, 30), None, "盘点"))
    assert report(session, base)["inputs"] == before["inputs"]


ZONES = {
    "Asia/Shanghai": date(2026, 9, 25),
    "America/New_York": date(2026, 3, 8),
    "Europe/London": date(2026, 10, 25),
    "Australia/Lord_Howe": date(2026, 4, 5),
    "America/Havana": date(2026, 11, 1),
}
openings_of_day = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda it: (it[0], it[0] + it[1]))


def wall(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """A skipped time falls after the gap, one shown twice is the later."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    both = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = [instant for instant in both if instant.astimezone(zone).replace(tzinfo=None) == naive]
    return max(shown) if shown else both[0]


def _minutes(pieces: list[tuple[datetime, datetime]]) -> set[datetime]:
    minute = timedelta(minutes=1)
    return {start + number * minute for start, end in pieces for number in range((end - start) // minute)}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.sampled_from(sorted(ZONES)),
    usual=openings_of_day,
    later=st.none() | st.tuples(st.integers(-3, 3), openings_of_day),
    special=st.dictionaries(st.integers(-3, 3), st.none() | openings_of_day, max_size=5),
)
def test_openings_are_what_going_through_the_days_one_by_one_gives(
    session: Session,
    place: str,
    usual: tuple[int, int],
    later: tuple[int, tuple[int, int]] | None,
    special: dict[int, tuple[int, int] | None],
) -> None:
    middle, zone = ZONES[place], ZoneInfo(place)
    days = {number: middle + timedelta(days=number) for number in range(-3, 4)}
    with session.begin_nested() as undone:
        base = make_base(session, timezone=place)
        session.execute(sa.delete(OpeningHours).where(OpeningHours.base_id == base.id))
        changes = days[later[0]] if later else None
        for valid, hours_of in ((Range(None, changes), usual), (Range(changes, None), later[1] if later else None)):
            if hours_of:
                opens, closes = hours_of
                session.add(OpeningHours(base_id=base.id, valid=valid, opens_minute=opens, closes_minute=closes))
        session.flush()
        for number, own in special.items():
            span = SpecialSpan(days[number], days[number], Opening(*own) if own else None, "节日")
            special_days.enter(session, base, span=span, by=SYSTEM, at=AT)
        found = hours(session, base, days[-3], days[3])
        by_day = queries.openings_by_day(session, base.id, days[-3], days[3])
        undone.rollback()
    session.expire_all()
    pieces = []
    for number, day in days.items():
        rule = later[1] if later and number >= later[0] else usual
        holds = special.get(number, rule)
        assert by_day[day] == (Opening(*holds) if holds else None)
        if holds:
            start, end = (wall(zone, day, minute) for minute in holds)
            pieces += [(start, end)] if start < end else []
    assert _minutes(found) == _minutes(pieces)
    # openings that touch are one
    assert all(one[1] < other[0] for one, other in pairwise(found))
