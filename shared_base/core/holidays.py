"""China's calendar of work and rest, as the State Council publishes it: holidays, and days worked instead (调休).

The notice for a year comes out in the November before. Until the installed release of `chinesecalendar` holds it, the
year is *not published*: its days are what the weekday says, and whoever shows or prices one says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from chinese_calendar.constants import Holiday as _Named
from chinese_calendar.constants import holidays as _HOLIDAYS
from chinese_calendar.constants import workdays as _WORKDAYS

from shared_base.core.i18n import N_

Kind = Literal["workday", "weekend", "holiday", "workday_instead"]

#: how the calendar names its holidays → what we call them
NAMES: Mapping[str, str] = {
    "New Year's Day": N_("New Year's Day"),
    "Spring Festival": N_("Spring Festival"),
    "Tomb-sweeping Day": N_("Tomb-sweeping Day"),
    "Labour Day": N_("Labour Day"),
    "Dragon Boat Festival": N_("Dragon Boat Festival"),
    "National Day": N_("National Day"),
    "Mid-autumn Festival": N_("Mid-autumn Festival"),
    "Anti-Fascist 70th Day": N_("Victory Day"),
}
assert NAMES.keys() == {named.value for named in _Named}, "a holiday that nobody has named"

_YEARS = frozenset(day.year for day in _HOLIDAYS)


@dataclass(frozen=True)
class DayKind:
    """What a calendar day is.

    `workday_instead` is a weekend day worked for a holiday; `holiday` names the holiday behind either. Where the year
    is not `published`, the kind is the weekday's alone.
    """

    kind: Kind
    holiday: str | None
    published: bool

    @property
    def is_rest(self) -> bool:
        return self.kind in ("weekend", "holiday")


@dataclass(frozen=True)
class HolidaySpan:
    """Holidays on end: first and last day, both included, their names, and the days worked instead, in order."""

    first: date
    last: date
    names: tuple[str, ...]
    worked_instead: tuple[date, ...]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def is_published(year: int) -> bool:
    """Whether the calendar of that year is known here."""
    return year in _YEARS


def kind_of(day: date) -> DayKind:
    """What the day is; never an error, whatever the year."""
    by_weekday: Kind = "weekend" if day.weekday() >= 5 else "workday"
    if not is_published(day.year):
        return DayKind(by_weekday, None, published=False)
    if day in _HOLIDAYS:
        return DayKind("holiday", NAMES[_HOLIDAYS[day]], published=True)
    if day in _WORKDAYS and by_weekday == "weekend":
        return DayKind("workday_instead", NAMES[_WORKDAYS[day]], published=True)
    return DayKind(by_weekday, None, published=True)


def spans_of(year: int) -> list[HolidaySpan]:
    """The holidays that begin in the year, days on end as one, by date; empty while the year is not published."""
    return [_span(first, last) for first, last in _runs() if first.year == year]


def _runs() -> Iterator[tuple[date, date]]:
    """First and last day of each run of holidays on end; one may run into the next year."""
    for first in sorted(day for day in _HOLIDAYS if day - timedelta(days=1) not in _HOLIDAYS):
        last = first
        while last + timedelta(days=1) in _HOLIDAYS:
            last += timedelta(days=1)
        yield first, last


def _span(first: date, last: date) -> HolidaySpan:
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    named = tuple(dict.fromkeys(_HOLIDAYS[day] for day in days))
    # the same holiday comes again next year: its days of work lie within a fortnight of it
    near = (first - timedelta(days=14), last + timedelta(days=14))
    worked = sorted(day for day, name in _WORKDAYS.items() if name in named and near[0] <= day <= near[1])
    return HolidaySpan(first, last, tuple(NAMES[name] for name in named), tuple(worked))
