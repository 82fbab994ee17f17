"""A month is cut where its own clock says, also when the clock is put on or back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_base.core.periods import Month
from shared_base.occupancy.slices import Bucket, MonthSlices, slices_of

#: zone, month, its hours
MONTHS = [
    ("Asia/Shanghai", "2026-09", 720),
    ("Asia/Kathmandu", "2026-05", 744),  # 45 minutes past the hour of UTC
    ("America/New_York", "2026-03", 743),
    ("America/New_York", "2026-11", 721),
    ("Europe/London", "2026-10", 745),
    ("Australia/Lord_Howe", "2026-10", 743.5),  # half an hour on
    ("Australia/Lord_Howe", "2026-04", 720.5),
    ("America/Havana", "2026-11", 721),  # midnight twice, on the 1st
    ("Africa/Cairo", "2026-04", 719),  # no midnight on the 24th
    ("Pacific/Apia", "2011-12", 720),  # no 30th at all
]


def cut(zone: str, month: str) -> MonthSlices:
    return slices_of(Month.parse(month), ZoneInfo(zone))


@pytest.mark.parametrize(("zone", "month", "hours"), MONTHS)
def test_every_quarter_of_an_hour_lies_in_the_day_and_hour_that_the_local_clock_shows(
    zone: str, month: str, hours: float
) -> None:
    slices = cut(zone, month)
    assert slices.length == hours * 3600
    bounds = [*slices.starts, slices.length]
    for number, (start, end) in enumerate(pairwise(bounds)):
        for second in range(start, end, 900):
            local = (slices.midnights[0] + timedelta(seconds=second)).astimezone(ZoneInfo(zone))
            assert slices.hour_of[number] == local.hour
            assert slices.days[slices.day_of[number]] == local.date()


def test_the_hour_shown_twice_counts_both_times_and_the_one_left_out_nothing() -> None:
    for zone, month, hour, seconds in (
        ("America/New_York", "2026-11", 1, 31 * 3600),
        ("America/New_York", "2026-03", 2, 30 * 3600),
        ("America/Havana", "2026-11", 0, 31 * 3600),
    ):
        slices = cut(zone, month)
        lengths = [b - a for a, b in zip(slices.starts, [*slices.starts[1:], slices.length], strict=True)]
        assert slices.by_hour(lengths)[hour] == seconds
        assert sum(slices.by_day(lengths)) == slices.length


def test_a_month_begins_with_the_first_of_two_midnights() -> None:
    slices = cut("America/Havana", "2026-11")
    assert slices.midnights[0] == datetime(2026, 11, 1, 4, tzinfo=UTC)


@given(
    pieces=st.lists(
        st.tuples(st.integers(0, 720 * 3600), st.integers(0, 720 * 3600)).map(lambda pair: (min(pair), max(pair))),
        max_size=20,
    )
)
def test_what_begins_and_ends_in_each_slice_tells_how_much_of_it_is_filled(pieces: list[tuple[int, int]]) -> None:
    slices = cut("Asia/Shanghai", "2026-09")
    hours = [3600 * number for number in range(720)]
    assert list(slices.starts) == hours

    def bucket(second: int) -> Bucket:
        return Bucket(min(second // 3600, 719) + 1, 1, second)

    filled = slices.seconds_by_slice([bucket(start) for start, _ in pieces], [bucket(end) for _, end in pieces])
    assert filled == [sum(max(0, min(end, hour + 3600) - max(start, hour)) for start, end in pieces) for hour in hours]
