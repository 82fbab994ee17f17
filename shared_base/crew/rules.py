"""What may be said of the crew and its shifts: values in, clean values or a refusal out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range

from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

LONGEST_NAME = 100
LONGEST_PHONE = 40
LONGEST_SHIFT = timedelta(hours=24)
#: how many days one deed may fill with shifts
LONGEST_RUN = 92
DAY_MINUTES = 1440


@dataclass(frozen=True)
class ShiftPlan:
    """A shift, or the same one on several days.

    `begins` and `ends` are clock times in minutes from local midnight; an end not after the beginning is the next
    day's. `last` None: one day only. `weekdays` are 0 (Monday) to 6; none: every day from `first` to `last`.
    """

    first: date
    begins: int
    ends: int
    last: date | None = None
    weekdays: frozenset[int] = frozenset()

    def days(self) -> list[date]:
        """The local days on which a shift begins; `Invalid` when there is none, or the run is too long."""
        last = self.last or self.first
        if last < self.first:
            raise faulty("last", N_("The last day is before the first."))
        if (last - self.first).days >= LONGEST_RUN:
            raise faulty("last", N_("At most %(days)s days can be planned in one go."), days=LONGEST_RUN)
        every = [self.first + timedelta(days=number) for number in range((last - self.first).days + 1)]
        chosen = [day for day in every if not self.weekdays or day.weekday() in self.weekdays]
        if not chosen:
            raise faulty("weekdays", N_("None of these weekdays lies between the first and the last day."))
        return chosen

    def ranges(self, zone: ZoneInfo) -> list[Range[datetime]]:
        """The shifts as instants, cut in the base's zone, in order."""
        ends = self.ends if self.ends > self.begins else self.ends + DAY_MINUTES
        return [shift_range(_instant(day, self.begins, zone), _instant(day, ends, zone)) for day in self.days()]


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    clock = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001  the zone's own clock
    return clock.replace(tzinfo=zone).astimezone(UTC)


def shift_range(start: datetime, end: datetime) -> Range[datetime]:
    """`[start, end)` of one shift: aware, on whole seconds, in order, at most a day; else `Invalid`."""
    assert start.tzinfo is not None
    assert end.tzinfo is not None
    if end <= start:
        raise faulty("ends", N_("A shift ends after it begins; for a night the end is on the next day."))
    if end - start > LONGEST_SHIFT:
        raise faulty("ends", N_("A shift lasts at most 24 hours; enter two of them with a rest between."))
    return Range(start.astimezone(UTC).replace(microsecond=0), end.astimezone(UTC).replace(microsecond=0))


def guarded(shift: Range[datetime], rest_minutes: int) -> Range[datetime]:
    """The shift and the rest that follows it: two of one member that overlap would leave them without rest."""
    assert shift.upper is not None
    return Range(shift.lower, shift.upper + timedelta(minutes=rest_minutes))


def too_close(shifts: Sequence[Range[datetime]], rest_minutes: int) -> tuple[Range[datetime], Range[datetime]] | None:
    """The first two of these shifts, which are in order, that leave less than the rest between them."""
    for before, after in pairwise(shifts):
        if guarded(before, rest_minutes).overlaps(after):
            return before, after
    return None


def shown(shift: Range[datetime], zone: ZoneInfo) -> str:
    """A shift as a message names it, by the base's clock: `2026-11-21 20:00–2026-11-22 02:00`, short within a day."""
    assert shift.lower is not None
    assert shift.upper is not None
    start, end = shift.lower.astimezone(zone), shift.upper.astimezone(zone)
    return (
        f"{start:%Y-%m-%d %H:%M}–{end:%H:%M}"
        if start.date() == end.date()
        else (f"{moment(start, zone)}–{moment(end, zone)}")
    )


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as a message names it, by the base's clock."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
