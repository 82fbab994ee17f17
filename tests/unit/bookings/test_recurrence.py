"""When a series takes place: across changes of the clock, to its end, cut in two, and moved."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared_base.bookings.recurrence import MOST_OCCURRENCES, Recurrence
from shared_base.bookings.rrule import Rule
from shared_base.core.errors import Invalid
from tests.unit.bookings.test_rrule import rules

SHANGHAI, NEW_YORK, LORD_HOWE = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
NIGHT = timedelta(hours=6)


def plan(
    rrule: str, start: datetime, *, zone: ZoneInfo | None = None, length: timedelta = NIGHT, **dates: list[datetime]
) -> Recurrence:
    assert isinstance(start.tzinfo, ZoneInfo)
    return Recurrence.plan(
        rrule=rrule, zone=zone or start.tzinfo, start=start, end=start.astimezone(UTC) + length, **dates
    )


def local(found: Recurrence, zone: ZoneInfo) -> list[str]:
    return [f"{start.astimezone(zone):%m-%d %H:%M}" for start, _end in found.occurrences]


def test_a_night_in_new_york_moves_in_beijing_when_new_york_changes_its_clocks() -> None:
    found = plan("FREQ=WEEKLY;COUNT=3", datetime(2026, 10, 24, 20, tzinfo=NEW_YORK))
    assert local(found, NEW_YORK) == ["10-24 20:00", "10-31 20:00", "11-07 20:00"]
    assert local(found, SHANGHAI) == ["10-25 08:00", "11-01 08:00", "11-08 09:00"]


def test_every_occurrence_lasts_the_same_elapsed_time_through_a_change_of_the_clock() -> None:
    found = plan("FREQ=DAILY;COUNT=3", datetime(2026, 3, 7, 22, tzinfo=NEW_YORK))
    assert {end - start for start, end in found.occurrences} == {NIGHT}
    # 22:00 and six hours is 04:00, but 05:00 where an hour was skipped
    assert [f"{end.astimezone(NEW_YORK):%H:%M}" for _start, end in found.occurrences] == ["05:00", "04:00", "04:00"]


def test_the_length_is_the_time_that_passes_also_over_a_change_of_the_clock() -> None:
    start, end = datetime(2026, 3, 7, 22, tzinfo=NEW_YORK), datetime(2026, 3, 8, 5, tzinfo=NEW_YORK)
    found = Recurrence.plan(rrule="FREQ=DAILY;COUNT=2", zone=NEW_YORK, start=start, end=end)
    assert found.length == NIGHT
    assert found.moved(start, start=start, end=end).length == NIGHT


def test_a_time_that_the_clock_skips_is_as_if_it_had_not_been_put_forward() -> None:
    found = plan("FREQ=DAILY;COUNT=3", datetime(2026, 3, 7, 2, 30, tzinfo=NEW_YORK), length=timedelta(hours=1))
    assert local(found, NEW_YORK) == ["03-07 02:30", "03-08 03:30", "03-09 02:30"]


def test_a_time_that_the_clock_shows_twice_is_the_first_of_the_two() -> None:
    found = plan("FREQ=DAILY;COUNT=2", datetime(2026, 10, 31, 1, 30, tzinfo=NEW_YORK), length=timedelta(hours=1))
    assert found.occurrences[1].start == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # at -04:00


def test_the_first_occurrence_is_the_instant_asked_for_also_at_its_second_showing() -> None:
    second = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1)
    found = plan("FREQ=DAILY;COUNT=3", second, length=timedelta(hours=1))
    assert found.occurrences[0].start == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    before, after = found.split(found.occurrences[1].start)
    assert before.occurrences + after.occurrences == found.occurrences


@settings(deadline=None)
@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.times(), st.sampled_from([NEW_YORK, LORD_HOWE, SHANGHAI]))
def test_a_daily_slot_shows_its_time_on_every_day_that_has_it(first: date, at: time, zone: ZoneInfo) -> None:
    at = at.replace(microsecond=0, fold=0)
    start = datetime.combine(first, at, tzinfo=zone)
    assume(start.astimezone(UTC).astimezone(zone).time() == at)
    found = plan("FREQ=DAILY;COUNT=400", start, length=timedelta(hours=1))
    assert len(found.occurrences) == 400
    for number, (begin, _end) in enumerate(found.occurrences):
        day = first + timedelta(days=number)
        shown = begin.astimezone(zone)
        assert shown.date() == day or shown.time() < time(1)  # a gap at midnight ends on the next day
        skipped = datetime.combine(day, at, tzinfo=zone).utcoffset() != shown.utcoffset()
        assert shown.time() == at or skipped


def test_an_end_by_date_includes_that_day_in_the_anchor_zone() -> None:
    start = datetime(2026, 11, 1, 20, tzinfo=NEW_YORK)
    assert len(plan("FREQ=DAILY;UNTIL=20261103", start).occurrences) == 3


def test_an_end_by_instant_includes_a_start_at_that_instant() -> None:
    start = datetime(2026, 11, 1, 20, tzinfo=SHANGHAI)
    assert len(plan("FREQ=DAILY;UNTIL=20261103T120000Z", start).occurrences) == 3
    assert len(plan("FREQ=DAILY;UNTIL=20261103T115959Z", start).occurrences) == 2


def test_a_start_on_a_day_that_the_rule_lacks_begins_with_its_next_day() -> None:
    found = plan("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", datetime(2026, 11, 3, 20, tzinfo=SHANGHAI))  # a Tuesday
    assert local(found, SHANGHAI) == ["11-06 20:00", "11-09 20:00", "11-13 20:00"]
    assert found.first == found.occurrences[0].start


def test_dates_are_left_out_and_added() -> None:
    start = datetime(2026, 11, 1, 20, tzinfo=SHANGHAI)
    out, extra = start + timedelta(days=1), start + timedelta(days=10, hours=1)
    found = plan("FREQ=DAILY;COUNT=3", start, without=[out], beside=[extra])
    assert local(found, SHANGHAI) == ["11-01 20:00", "11-03 20:00", "11-11 21:00"]


@pytest.mark.parametrize(
    ("rrule", "dates", "says"),
    [
        ("FREQ=DAILY;COUNT=1001", {}, "at most 1000"),
        ("FREQ=DAILY;COUNT=999999", {}, "at most 1000"),
        ("FREQ=DAILY;UNTIL=20290901", {}, "at most 1000"),
        ("FREQ=WEEKLY;UNTIL=20301101", {}, "at most three years"),
        ("FREQ=WEEKLY;UNTIL=99991231T000000Z", {}, "at most three years"),
        ("FREQ=YEARLY;COUNT=10", {}, "only 4 occurrences"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=5", {}, "no occurrence"),
        ("FREQ=DAILY;UNTIL=20261031", {}, "no occurrence"),
        ("FREQ=DAILY;COUNT=3", {"without": [1, 2, 3]}, "at least one"),
        ("FREQ=DAILY;COUNT=3", {"without": [4]}, "no occurrence of the rule"),
        ("FREQ=DAILY;COUNT=3", {"beside": [1.1]}, "overlap"),
        ("FREQ=DAILY;COUNT=3", {"beside": [2000]}, "more than three years"),
        ("FREQ=DAILY;COUNT=3", {"beside": [100000]}, "between 2000 and 2199"),
    ],
)
def test_what_has_no_end_no_place_or_overlaps_itself_is_refused(
    rrule: str, dates: dict[str, list[float]], says: str
) -> None:
    start = datetime(2026, 11, 1, 20, tzinfo=SHANGHAI)
    asked = {name: [start + timedelta(days=day - 1) for day in days] for name, days in dates.items()}
    with pytest.raises(Invalid, match=says):
        plan(rrule, start, **asked)


def test_occurrences_of_one_series_that_overlap_are_refused() -> None:
    start = datetime(2026, 11, 1, 20, tzinfo=SHANGHAI)
    assert len(plan("FREQ=DAILY;COUNT=3", start, length=timedelta(hours=24)).occurrences) == 3
    with pytest.raises(Invalid, match="overlap"):
        plan("FREQ=DAILY;COUNT=3", start, length=timedelta(hours=24, seconds=1))


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    """A planned recurrence with some dates left out and some added."""
    rule = draw(rules())
    zone = draw(st.sampled_from([SHANGHAI, NEW_YORK, LORD_HOWE]))
    hour, minute = draw(st.sampled_from([(20, 0), (2, 30), (1, 30), (0, 0), (2, 15)]))
    start = datetime.combine(draw(st.dates(date(2026, 1, 1), date(2027, 12, 31))), time(hour, minute), tzinfo=zone)
    within = start.date() + timedelta(days=draw(st.integers(30, 600)))
    if not all_starts(rule, start, within):
        rule = Rule("DAILY", count=1)
    starts = all_starts(rule, start, within)
    if draw(st.booleans()):
        rule = rule.ending(count=draw(st.integers(1, len(starts))))
        starts = starts[: rule.count]
    else:
        last = starts[-1] + draw(st.sampled_from([timedelta(0), timedelta(hours=1)]))
        rule = draw(st.sampled_from([replace(rule, count=None, until=within), rule.ending(until=last)]))
        starts = Recurrence(rule, zone, start.astimezone(UTC), timedelta(hours=1)).rule_starts
    left_out = draw(st.lists(st.sampled_from(starts), max_size=3, unique=True)) if len(starts) > 3 else []
    added = draw(st.lists(st.integers(0, 60), max_size=3, unique=True))
    # at that hour none of the others runs, in any of the zones
    extra = [starts[0].replace(hour=21, minute=30) + timedelta(days=days) for days in added]
    return Recurrence.plan(
        rrule=str(rule), zone=zone, start=start, end=start + timedelta(hours=1), without=left_out, beside=extra
    )


def all_starts(rule: Rule, start: datetime, last: date) -> tuple[datetime, ...]:
    assert isinstance(start.tzinfo, ZoneInfo)
    endless = replace(rule, count=None, until=last)
    return Recurrence(endless, start.tzinfo, start.astimezone(UTC), timedelta(hours=1)).rule_starts


@settings(deadline=None)
@given(recurrences(), st.data())
def test_the_two_parts_of_a_split_have_exactly_the_occurrences_of_the_whole(
    whole: Recurrence, data: st.DataObject
) -> None:
    assume(len(whole.occurrences) > 1)
    at = data.draw(st.sampled_from(whole.occurrences[1:])).start
    before, after = whole.split(at)
    assert before.occurrences == tuple(it for it in whole.occurrences if it.start < at)
    assert after.occurrences == tuple(it for it in whole.occurrences if it.start >= at)
    for part in (before, after):  # what is stored is read back the same
        again = Recurrence.plan(
            rrule=str(part.rule),
            zone=part.zone,
            start=part.first,
            end=part.first + part.length,
            without=part.without,
            beside=part.beside,
        )
        assert again.occurrences == part.occurrences


def test_a_count_is_shared_out_and_an_until_stays_with_what_follows() -> None:
    start = datetime(2026, 11, 1, 20, tzinfo=SHANGHAI)
    counted = plan("FREQ=DAILY;COUNT=10", start, without=[start + timedelta(days=1)])
    before, after = counted.split(start + timedelta(days=4))
    assert (str(before.rule), str(after.rule)) == ("FREQ=DAILY;COUNT=4", "FREQ=DAILY;COUNT=6")
    assert (len(before.without), after.without) == (1, ())
    before, after = plan("FREQ=DAILY;UNTIL=20261110", start).split(start + timedelta(days=4))
    assert (str(before.rule), str(after.rule)) == ("FREQ=DAILY;UNTIL=20261104T120000Z", "FREQ=DAILY;UNTIL=20261110")


def test_a_series_split_in_the_night_that_skips_its_time_shows_that_time_afterwards() -> None:
    whole = plan("FREQ=DAILY;COUNT=4", datetime(2026, 3, 7, 2, 30, tzinfo=NEW_YORK), length=timedelta(hours=1))
    _before, after = whole.split(whole.occurrences[1].start)
    assert local(after, NEW_YORK) == ["03-08 03:30", "03-09 02:30", "03-10 02:30"]


@settings(deadline=None)
@given(recurrences(), st.integers(-3 * 60, 3 * 60), st.data())
def test_a_move_shifts_every_occurrence_on_the_anchor_zones_clock(
    whole: Recurrence, minutes: int, data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from(whole.occurrences)).start
    start = at + timedelta(minutes=minutes)
    try:
        moved = whole.moved(at, start=start, end=start + timedelta(minutes=30))
    except Invalid:  # onto another day, which the rule cannot follow; or two of them now meet
        assume(False)
        raise
    assert len(moved.occurrences) == len(whole.occurrences)
    assert {end - begin for begin, end in moved.occurrences} == {timedelta(minutes=30)}
    for old, new in zip(whole.occurrences, moved.occurrences, strict=True):
        shift = new.start - old.start
        assert abs(shift - timedelta(minutes=minutes)) <= timedelta(
            hours=2
        )  # the clock changed in between, or it skips


def test_an_added_date_that_moves_within_its_day_turns_the_rules_days_where_those_pass_midnight() -> None:
    start, extra = datetime(2026, 11, 1, 0, 0, tzinfo=SHANGHAI), datetime(2026, 11, 20, 14, tzinfo=SHANGHAI)
    found = plan("FREQ=WEEKLY;BYDAY=SU;COUNT=2", start, beside=[extra])
    moved = found.moved(extra, start=extra - timedelta(hours=1), end=extra + NIGHT)
    assert local(moved, SHANGHAI) == ["10-31 23:00", "11-07 23:00", "11-20 13:00"]


def test_a_week_that_moves_past_midnight_turns_its_days() -> None:
    found = plan("FREQ=WEEKLY;BYDAY=SU,TU;COUNT=3", datetime(2026, 11, 1, 23, tzinfo=SHANGHAI))
    start = datetime(2026, 11, 2, 0, 30, tzinfo=SHANGHAI)
    moved = found.moved(found.first, start=start, end=start + NIGHT)
    assert local(moved, SHANGHAI) == ["11-02 00:30", "11-04 00:30", "11-09 00:30"]
    assert str(moved.rule) == "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3"


def test_a_rule_that_names_days_of_the_month_keeps_them() -> None:
    found = plan("FREQ=MONTHLY;BYDAY=1FR;COUNT=3", datetime(2026, 11, 6, 23, tzinfo=SHANGHAI))
    start = datetime(2026, 11, 7, 0, 30, tzinfo=SHANGHAI)
    with pytest.raises(Invalid, match="names its days"):
        found.moved(found.first, start=start, end=start + NIGHT)


def test_the_most_that_a_series_holds_is_found_quickly() -> None:
    start = datetime(2026, 11, 1, 20, tzinfo=SHANGHAI)
    assert len(plan(f"FREQ=DAILY;COUNT={MOST_OCCURRENCES}", start).occurrences) == MOST_OCCURRENCES
