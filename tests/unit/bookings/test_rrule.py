"""Recurrence rules: read strictly, written in one form, and the same days as another reader of the RFC finds."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from dateutil import rrule as dateutil
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared_base.bookings.rrule import LISTS, Rule, Weekday
from shared_base.core.errors import Invalid

NUMBERS = {
    name: st.lists(
        st.integers(1, largest).flatmap(lambda n, signed=signed: st.sampled_from([n, -n] if signed else [n])),
        max_size=3,
        unique=True,
    ).map(lambda found: tuple(sorted(found, key=lambda n: (n < 0, n))))
    for name, (_field, largest, signed) in LISTS.items()
}


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule that is not refused, of those that dateutil reads as the RFC has it."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    values: dict[str, object] = {"by_month": draw(NUMBERS["BYMONTH"])}
    plain = st.lists(st.integers(0, 6).map(lambda day: Weekday(0, day)), max_size=4, unique=True)
    numbered = st.lists(
        st.tuples(st.sampled_from([1, 2, 5, -1, -2]), st.integers(0, 6)).map(lambda it: Weekday(*it)),
        max_size=3,
        unique=True,
    )
    if freq != "WEEKLY":
        values["by_month_day"] = draw(NUMBERS["BYMONTHDAY"])
    if freq == "YEARLY" and draw(st.booleans()):
        values["by_year_day"] = draw(NUMBERS["BYYEARDAY"])
    # dateutil takes plain and numbered weekdays together for an intersection, and a week of the year without weekday
    # for all seven days of it: the RFC does not
    days = draw(numbered if freq in ("MONTHLY", "YEARLY") and draw(st.booleans()) else plain)
    values["by_day"] = tuple(sorted(days, key=lambda day: (day.ordinal < 0, day.ordinal, day.day)))
    if freq == "YEARLY" and days and not any(day.ordinal for day in days) and draw(st.booleans()):
        values["by_week_no"] = draw(NUMBERS["BYWEEKNO"])
    if any(values.values()) and draw(st.booleans()):
        values["by_set_pos"] = draw(st.sampled_from([(1,), (-1,), (2, -2), (1, 3, -1)]))
    return Rule(
        freq,
        interval=draw(st.integers(1, 4)),
        count=draw(st.integers(1, 999)),
        week_start=draw(st.sampled_from([0, 6, 3])),
        **values,  # type: ignore[arg-type]
    )


#: close before the last year that there is, where dateutil's search for a next day that never comes ends soon
LATE = st.dates(date(9988, 1, 1), date(9995, 12, 31))


@settings(deadline=None)
@given(rules(), LATE)
def test_a_rule_has_the_days_that_dateutil_finds(rule: Rule, first: date) -> None:
    # dateutil takes a position in the first week from the start on, in a month or year from its beginning
    assume(rule.freq != "WEEKLY" or not rule.by_set_pos or first.weekday() == rule.week_start)
    last = first + timedelta(days=800)
    ending = rule.ending(until=datetime.combine(last, time(), tzinfo=UTC))
    reference = dateutil.rrulestr(str(ending), dtstart=datetime.combine(first, time(), tzinfo=UTC))
    assert list(rule.days(first, last)) == [found.date() for found in reference]


@settings(deadline=None)
@given(rules())
def test_a_rule_written_down_is_read_back_the_same(rule: Rule) -> None:
    assert Rule.parse(str(rule)) == rule
    assert Rule.parse(f"RRULE:{str(rule).lower()}") == rule


@pytest.mark.parametrize("until", [date(2026, 12, 31), datetime(2026, 12, 31, 12, tzinfo=UTC)])
def test_an_end_is_a_day_or_an_instant_in_utc(until: date) -> None:
    rule = Rule("DAILY", until=until)
    assert Rule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no part of a rule"),
        ("FREQ", "no part of a rule"),
        ("FREQ=", "no part of a rule"),
        ("BYDAY=MO;COUNT=3", "frequency"),
        ("FREQ=FORTNIGHTLY;COUNT=3", "frequency"),
        ("FREQ=SECONDLY;COUNT=3", "once a day at most"),
        ("FREQ=MINUTELY;COUNT=3", "once a day at most"),
        ("FREQ=HOURLY;COUNT=3", "once a day at most"),
        ("FREQ=DAILY;BYHOUR=1,2;COUNT=3", "once a day at most"),
        ("FREQ=DAILY;BYMINUTE=30;COUNT=3", "once a day at most"),
        ("FREQ=DAILY;BYSECOND=0;COUNT=3", "once a day at most"),
        ("FREQ=DAILY", "no end"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "not by both"),
        ("FREQ=DAILY;COUNT=0", "from 1 on"),
        ("FREQ=DAILY;COUNT=-1", "from 1 on"),
        ("FREQ=DAILY;COUNT=１２", "from 1 on"),
        ("FREQ=DAILY;COUNT=1e3", "from 1 on"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=3", "from 1 on"),
        ("FREQ=DAILY;COUNT=3;COUNT=4", "twice"),
        ("FREQ=DAILY;BYEASTER=0;COUNT=3", "understood here"),
        ("FREQ=DAILY;DTSTART=20260101T000000Z;COUNT=3", "understood here"),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=3", "goes with FREQ=MONTHLY"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=3", "holds weekdays"),
        ("FREQ=MONTHLY;BYDAY=54FR;COUNT=3", "holds weekdays"),
        ("FREQ=WEEKLY;BYMONTHDAY=3;COUNT=3", "no meaning"),
        ("FREQ=MONTHLY;BYWEEKNO=3;COUNT=3", "no meaning"),
        ("FREQ=DAILY;BYYEARDAY=3;COUNT=3", "no meaning"),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3", "numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0;COUNT=3", "numbers from 1 to 31"),
        ("FREQ=YEARLY;BYMONTH=-1;COUNT=3", "numbers from 1 to 12"),
        ("FREQ=MONTHLY;BYSETPOS=1;COUNT=3", "chooses among"),
        ("FREQ=DAILY;UNTIL=20261231T200000", "with its Z"),
        ("FREQ=DAILY;UNTIL=20260231", "with its Z"),
        ("FREQ=DAILY;UNTIL=20261231T236100Z", "with its Z"),
        ("FREQ=DAILY;WKST=XX;COUNT=3", "WKST"),
        ("FREQ=DAILY;COUNT=3\nRDATE:20260101T000000Z", "from 1 on"),
        (f"FREQ=YEARLY;BYYEARDAY={','.join(['1'] * 300)};COUNT=1", "at most 500"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refusal:
        Rule.parse(text)
    assert "rrule" in refusal.value.extra["errors"]


def test_a_week_of_the_year_without_weekdays_takes_that_of_the_start() -> None:
    first = date(2026, 5, 12)  # a Tuesday, in week 20
    assert list(Rule.parse("FREQ=YEARLY;BYWEEKNO=20;COUNT=9").days(first, date(2028, 12, 31))) == [
        first,
        date(2027, 5, 18),
        date(2028, 5, 16),
    ]


def test_a_position_in_a_week_counts_the_days_before_the_start_as_well() -> None:
    rule = Rule.parse("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1;COUNT=2")
    friday = date(2026, 11, 6)
    assert list(rule.days(friday, friday + timedelta(days=12))) == [date(2026, 11, 9), date(2026, 11, 16)]


def test_plain_and_numbered_weekdays_add_up() -> None:
    rule = Rule.parse("FREQ=MONTHLY;BYDAY=MO,1FR;COUNT=9")
    days = list(rule.days(date(2026, 11, 1), date(2026, 11, 30)))
    assert days == [date(2026, 11, day) for day in (2, 6, 9, 16, 23, 30)]


def test_a_rule_that_never_occurs_is_found_out_within_its_window() -> None:
    for text in ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=1", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300;COUNT=1"):
        assert list(Rule.parse(text).days(date(2026, 1, 1), date(2029, 1, 1))) == []
