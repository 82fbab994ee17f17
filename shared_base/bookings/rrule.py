"""Recurrence rules (RFC 5545 §3.3.10, RRULE): parsed strictly, written in one form, and cut into local days.

A rule here says on which *days* something takes place; the time of day is the start's own. Its days within a window are
found by looking at each day of the window, so no rule, however it is written, takes longer than the window is wide.
A search for the next occurrence, as dateutil's, has no such bound: `FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31` keeps it busy
until the year 9999. The tests hold the two against each other.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from shared_base.core.errors import Invalid
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
SUB_DAILY = ("SECONDLY", "MINUTELY", "HOURLY", "BYHOUR", "BYMINUTE", "BYSECOND")
#: a text longer than this is no rule that a person or a calendar wrote
LONGEST = 500
#: the lists of numbers: the part's name, the field that holds it, its largest number, whether it counts from the end
LISTS = {
    "BYMONTH": ("by_month", 12, False),
    "BYWEEKNO": ("by_week_no", 53, True),
    "BYYEARDAY": ("by_year_day", 366, True),
    "BYMONTHDAY": ("by_month_day", 31, True),
    "BYSETPOS": ("by_set_pos", 366, True),
}
#: RFC 5545 §3.3.10: a part that has no meaning in a frequency
MEANINGLESS = {
    "BYWEEKNO": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYMONTHDAY": ("WEEKLY",),
}
_BY_DAY = re.compile(r"([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_COUNT = re.compile(r"\d{1,6}", re.ASCII)


class Weekday(NamedTuple):
    """A day of the week, Monday being 0; `ordinal` says the which of the month or year, -1 the last, 0 every."""

    ordinal: int
    day: int

    def __str__(self) -> str:
        return f"{self.ordinal or ''}{DAYS[self.day]}"


def refused(message: str, /, **values: Any) -> Invalid:
    """The rule is refused: the field `rrule`."""
    return faulty("rrule", message, **values)


@dataclass(frozen=True)
class Rule:
    """A rule as values, in the RFC's own terms: what a page puts into words, and what days are found by.

    `until` is a local day, the last that may begin an occurrence, or an instant (UTC), the last start itself.
    """

    freq: str
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[Weekday, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """The rule that `text` writes, with or without `RRULE:` before it; `Invalid` names what is wrong with it.

        A part that is unknown, given twice, or without meaning beside the others is refused, never ignored.
        """
        if len(text) > LONGEST:
            raise refused(N_("A rule has at most %(most)s characters; write it shorter."), most=LONGEST)
        parts: dict[str, str] = {}
        for part in text.strip().upper().removeprefix("RRULE:").split(";"):
            name, sign, value = part.partition("=")
            if not sign or not value:
                raise refused(
                    N_("“%(part)s” is no part of a rule; write for example FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=12."),
                    part=part[:40],
                )
            if name in parts:
                raise refused(N_("The rule says %(part)s twice; say it once."), part=name)
            parts[name] = value
        rule = cls(freq=_frequency(parts), **_values(parts))
        rule._check()
        return rule

    def __str__(self) -> str:
        """The rule in one canonical form; `Rule.parse` reads it back."""
        written = [f"FREQ={self.freq}"]
        if self.interval != 1:
            written.append(f"INTERVAL={self.interval}")
        for name, (field, _largest, _signed) in LISTS.items():
            if numbers := getattr(self, field):
                written.append(f"{name}={','.join(map(str, numbers))}")
        if self.by_day:
            written.append(f"BYDAY={','.join(map(str, self.by_day))}")
        if self.week_start:
            written.append(f"WKST={DAYS[self.week_start]}")
        if self.count is not None:
            written.append(f"COUNT={self.count}")
        elif isinstance(self.until, datetime):
            written.append(f"UNTIL={self.until.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        elif self.until is not None:
            written.append(f"UNTIL={self.until:%Y%m%d}")
        return ";".join(written)

    @property
    def by_parts(self) -> frozenset[str]:
        """Names of the fields that narrow the days."""
        return frozenset(
            field.name for field in fields(self) if field.name.startswith("by_") and getattr(self, field.name)
        )

    def ending(self, *, count: int | None = None, until: datetime | None = None) -> "Rule":
        """The same rule with that end instead of its own."""
        return replace(self, count=count, until=until)

    def days(self, first: date, last: date) -> Iterator[date]:
        """The rule's days from `first` (that of DTSTART, from which it counts) to `last`, whatever its own end.

        Dates that do not exist (31 April) are left out, as the RFC says. At most a year before `first` is looked at:
        a position in a set (BYSETPOS) counts the whole period, also what lies before the start.
        """
        rule = self._anchored(first)
        for _number, period in groupby(_days(_period_start(self, first), last), key=self._period):
            days = list(period)
            if (self._period(days[0]) - self._period(first)) % self.interval:
                continue
            found = [day for day in self._whole(days, last) if rule._has(day)]
            if self.by_set_pos:
                found = [found[at] for at in sorted(_places(self.by_set_pos, len(found)))]
            yield from (day for day in found if first <= day <= last)

    def _whole(self, days: list[date], last: date) -> list[date]:
        """A period that the window cuts off, up to its own end: its last Friday is not the window's."""
        if self.by_set_pos and days[-1] == last:
            number = self._period(last)
            while self._period(days[-1] + timedelta(days=1)) == number:
                days.append(days[-1] + timedelta(days=1))
        return days

    def _period(self, day: date) -> int:
        """The number of the day, week, month or year that holds the day: what INTERVAL counts."""
        match self.freq:
            case "DAILY":
                return day.toordinal()
            case "WEEKLY":
                return (day.toordinal() - 1 - self.week_start) // 7
            case "MONTHLY":
                return day.year * 12 + day.month
            case _:
                return day.year

    def _anchored(self, first: date) -> "Rule":
        """The rule with what it leaves to DTSTART (RFC 5545 §3.3.10) written out."""
        if not self.by_parts - {"by_month", "by_set_pos"}:
            if self.freq == "YEARLY":
                return replace(self, by_month=self.by_month or (first.month,), by_month_day=(first.day,))
            if self.freq == "MONTHLY":
                return replace(self, by_month_day=(first.day,))
        if self.freq == "WEEKLY" and not self.by_day:
            return replace(self, by_day=(Weekday(0, first.weekday()),))
        if self.by_week_no and not self.by_parts & {"by_day", "by_month_day", "by_year_day"}:
            return replace(self, by_day=(Weekday(0, first.weekday()),))
        return self

    def _has(self, day: date) -> bool:
        if self.by_month and day.month not in self.by_month:
            return False
        if self.by_month_day and not _counted(day.day, calendar.monthrange(day.year, day.month)[1], self.by_month_day):
            return False
        if self.by_year_day and not _counted(day.timetuple().tm_yday, _year_length(day), self.by_year_day):
            return False
        if self.by_week_no and not _counted(*_week_number(day, self.week_start), self.by_week_no):
            return False
        return not self.by_day or any(self._is(day, wanted) for wanted in self.by_day)

    def _is(self, day: date, wanted: Weekday) -> bool:
        if day.weekday() != wanted.day:
            return False
        if not wanted.ordinal:
            return True
        of_month = self.freq == "MONTHLY" or bool(self.by_month)
        number = day.day if of_month else day.timetuple().tm_yday
        length = calendar.monthrange(day.year, day.month)[1] if of_month else _year_length(day)
        return wanted.ordinal in ((number - 1) // 7 + 1, -((length - number) // 7 + 1))

    def _check(self) -> None:
        """RFC 5545 §3.3.10: which parts go together; and ours: there is an end."""
        for name, meaningless in MEANINGLESS.items():
            if LISTS[name][0] in self.by_parts and self.freq in meaningless:
                raise refused(
                    N_("%(part)s has no meaning with FREQ=%(freq)s; leave it out."), part=name, freq=self.freq
                )
        if any(wanted.ordinal for wanted in self.by_day) and (
            self.freq not in ("MONTHLY", "YEARLY") or self.by_week_no
        ):
            raise refused(N_("A numbered weekday such as 1FR goes with FREQ=MONTHLY or FREQ=YEARLY alone."))
        if self.by_set_pos and self.by_parts == {"by_set_pos"}:
            raise refused(N_("BYSETPOS chooses among what another part finds; give BYDAY or BYMONTHDAY as well."))
        if self.count is not None and self.until is not None:
            raise refused(N_("A rule ends by COUNT or by UNTIL, not by both; leave one out."))
        if self.count is None and self.until is None:
            raise refused(N_("The rule has no end: add how many times (COUNT) or until when (UNTIL)."))


def _frequency(parts: dict[str, str]) -> str:
    freq = parts.get("FREQ")
    for asked in (freq, *parts):
        if asked in SUB_DAILY:
            raise refused(
                N_("%(part)s is refused: a session takes place once a day at most, at the time of its start."),
                part=asked,
            )
    if freq not in FREQUENCIES:
        raise refused(N_("The rule's frequency is FREQ=DAILY, WEEKLY, MONTHLY or YEARLY; give one of them."))
    return str(freq)


def _values(parts: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in parts.items():
        if name in LISTS:
            field, largest, signed = LISTS[name]
            values[field] = _numbers(name, text, largest, signed)
        elif name == "BYDAY":
            values["by_day"] = _weekdays(text)
        elif name in ("COUNT", "INTERVAL"):
            if not _COUNT.fullmatch(text) or int(text) < 1:
                raise refused(N_("%(part)s is a whole number from 1 on, not %(text)s."), part=name, text=text[:40])
            values[name.lower()] = int(text)
        elif name == "UNTIL":
            values["until"] = _until(text)
        elif name == "WKST":
            if text not in DAYS:
                raise refused(N_("WKST is one of MO, TU, WE, TH, FR, SA, SU; give one of them."))
            values["week_start"] = DAYS.index(text)
        elif name != "FREQ":
            raise refused(N_("“%(part)s” is no part of a rule that is understood here; leave it out."), part=name[:40])
    return values


def _numbers(name: str, text: str, largest: int, signed: bool) -> tuple[int, ...]:
    numbers = set()
    for one in text.split(","):
        number = int(one) if _NUMBER.fullmatch(one) else 0
        if number == 0 or abs(number) > largest or (number < 0 and not signed):
            raise refused(
                N_("%(part)s holds numbers from 1 to %(largest)s, not %(text)s."),
                part=name,
                largest=largest,
                text=one[:40],
            )
        numbers.add(number)
    return tuple(sorted(numbers, key=lambda number: (number < 0, number)))


def _weekdays(text: str) -> tuple[Weekday, ...]:
    days = set()
    for one in text.split(","):
        match = _BY_DAY.fullmatch(one)
        ordinal = int(match[1] or 0) if match else 0
        if match is None or abs(ordinal) > 53:
            raise refused(N_("BYDAY holds weekdays such as MO, WE or 1FR, not %(text)s."), text=one[:40])
        days.add(Weekday(ordinal, DAYS.index(match[2])))
    return tuple(sorted(days, key=lambda day: (day.ordinal < 0, day.ordinal, day.day)))


def _until(text: str) -> date | datetime:
    """A day, or an instant in UTC: beside a start with a zone the RFC knows no local UNTIL (§3.3.10)."""
    try:
        if re.fullmatch(r"\d{8}", text, re.ASCII):
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
        if re.fullmatch(r"\d{8}T\d{6}Z", text, re.ASCII):
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise refused(
        N_("UNTIL is a day (20261231) or an instant in UTC with its Z (20261231T120000Z), not %(text)s."),
        text=text[:40],
    )


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _period_start(rule: Rule, first: date) -> date:
    match rule.freq:
        case "WEEKLY":
            return first - timedelta(days=(first.weekday() - rule.week_start) % 7)
        case "MONTHLY":
            return first.replace(day=1)
        case "YEARLY":
            return first.replace(month=1, day=1)
        case _:
            return first


def _places(positions: tuple[int, ...], length: int) -> set[int]:
    """Indices in a set of `length`: 1 is the first, -1 the last; what lies outside is nothing."""
    return {at - 1 if at > 0 else length + at for at in positions if abs(at) <= length}


def _counted(number: int, length: int, wanted: tuple[int, ...]) -> bool:
    """Whether the number, counted from the start or from the end (-1 is the last of `length`), is wanted."""
    return number in wanted or number - length - 1 in wanted


def _year_length(day: date) -> int:
    return 366 if calendar.isleap(day.year) else 365


def _week_number(day: date, week_start: int) -> tuple[int, int]:
    """The week of the year and how many weeks that year has: week 1 is the first with four days in it (§3.3.10)."""
    monday = day - timedelta(days=(day.weekday() - week_start) % 7)
    year = (monday + timedelta(days=3)).year
    starts = [_week_one(of, week_start) for of in (year, year + 1)]
    return (monday - starts[0]).days // 7 + 1, (starts[1] - starts[0]).days // 7


def _week_one(year: int, week_start: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=(fourth.weekday() - week_start) % 7)
