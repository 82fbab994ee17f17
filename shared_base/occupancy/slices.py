"""A month in its base's zone, cut where the local day or the local hour changes: also when the clock is put on or back.

Instants are whole seconds from the month's first. Days run from local midnight to local midnight (the first, where the
clock shows midnight twice); hours are what the wall clock shows, so that the hour shown twice counts both times and the
one left out counts nothing.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared_base.core.periods import Month

HOUR = 3600


class Bucket(NamedTuple):
    """Ends of pieces that fall in one slice: the slice's number from 1, how many, the sum of their seconds."""

    slice: int
    pieces: int
    seconds: int


@dataclass(frozen=True)
class MonthSlices:
    """`starts[i]` begins slice i, within the day `day_of[i]` (0 is the 1st) and the local hour `hour_of[i]`.

    `midnights`: the instants at which the days begin, and the one at which the last ends.
    """

    month: Month
    midnights: tuple[datetime, ...]
    starts: tuple[int, ...]
    length: int
    day_of: tuple[int, ...]
    hour_of: tuple[int, ...]

    @property
    def days(self) -> list[date]:
        return [self.month.first + timedelta(days=number) for number in range(self.month.days)]

    def seconds_by_slice(self, begins: Iterable[Bucket], ends: Iterable[Bucket]) -> list[int]:
        """How much of each slice the pieces fill together, from where they begin and end (both within the month).

        A piece that begins in a slice fills it from there on, one that ends takes the rest of it back; those that
        began before and have not ended fill it whole.
        """
        running = 0
        filled = [0] * len(self.starts)
        changes: dict[int, list[tuple[int, Bucket]]] = {}
        for sign, buckets in ((1, begins), (-1, ends)):
            for bucket in buckets:
                changes.setdefault(bucket.slice - 1, []).append((sign, bucket))
        for number, start in enumerate(self.starts):
            until = self.starts[number + 1] if number + 1 < len(self.starts) else self.length
            filled[number] = running * (until - start)
            for sign, bucket in changes.get(number, ()):
                filled[number] += sign * (bucket.pieces * until - bucket.seconds)
                running += sign * bucket.pieces
        assert running == 0, "every piece that begins ends"
        return filled

    def by_day(self, seconds: Iterable[int]) -> list[int]:
        """Seconds by slice, summed by local day."""
        return _summed(zip(self.day_of, seconds, strict=True), self.month.days)

    def by_hour(self, seconds: Iterable[int]) -> list[int]:
        """Seconds by slice, summed by the hour of the local clock, 0 to 23."""
        return _summed(zip(self.hour_of, seconds, strict=True), 24)


def _summed(pairs: Iterable[tuple[int, int]], number: int) -> list[int]:
    sums = [0] * number
    for key, seconds in pairs:
        sums[key] += seconds
    return sums


def slices_of(month: Month, zone: ZoneInfo) -> MonthSlices:
    """The month cut at every local midnight and every change of the local hour."""
    first = month.first
    midnights = tuple(
        datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        for day in (first + timedelta(days=number) for number in range(month.days + 1))
    )
    assert (midnights[0], midnights[-1]) == month.instants(zone)
    days = [_seconds(midnight, midnights[0]) for midnight in midnights]
    hours: dict[int, int] = {}
    for start, end, offset in _steady(midnights[0], midnights[-1], zone):
        # the hour shown at the start of a stretch of steady offset, then at each full hour of the local clock in it
        full_hours = range(start + (-(start + offset)) % HOUR, end, HOUR)
        for at in {start, *full_hours, *(day for day in days if start <= day < end)}:
            hours[at] = (at + offset) // HOUR % 24
    starts = sorted(hours)
    return MonthSlices(
        month=month,
        midnights=midnights,
        starts=tuple(starts),
        length=days[-1],
        day_of=tuple(bisect_right(days, start) - 1 for start in starts),
        hour_of=tuple(hours[start] for start in starts),
    )


def _seconds(instant: datetime, since: datetime) -> int:
    return (instant - since) // timedelta(seconds=1)


def _steady(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[int, int, int]]:
    """The stretches of `[start, end)` over which the zone keeps one offset: from, to, and local midnight's offset.

    From and to are seconds from `start`; the third, added to such a second, gives the seconds from a local midnight.
    """

    def offset(second: int) -> int:
        local = (start + timedelta(seconds=second)).astimezone(zone)
        assert local.tzinfo is not None
        shift = local.utcoffset()
        assert shift is not None
        return shift // timedelta(seconds=1)

    length = _seconds(end, start)
    epoch = _seconds(start, datetime(1970, 1, 1, tzinfo=UTC))
    began, held = 0, offset(0)
    for second in range(HOUR, length + HOUR, HOUR):
        if second < length and offset(second) == held:
            continue
        until = length
        if offset(min(second, length - 1)) != held:
            low, high = second - HOUR, min(second, length - 1)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == held else (low, middle)
            until = high
        yield began, until, epoch + held
        if until == length:
            return
        began, held = until, offset(until)
    if began < length:
        yield began, length, epoch + held
