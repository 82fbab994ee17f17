"""Months, spans of days and instants. A month or a day is cut in a base's own zone, never in UTC."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_

#: the zone of dates that belong to no base: when a claim is made, when a firm is registered
CHINA = ZoneInfo("Asia/Shanghai")

MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month; orders and counts like one."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1900 <= self.year <= 9998):
            raise Invalid(N_("%(text)s is not a month; write it as YYYY-MM, for example 2026-09."), text=str(self))

    @classmethod
    def parse(cls, text: str) -> "Month":
        match = MONTH.fullmatch(text.strip())
        if not match:
            raise Invalid(N_("%(text)s is not a month; write it as YYYY-MM, for example 2026-09."), text=text)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def plus(self, months: int) -> "Month":
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def minus(self, other: "Month") -> int:
        """How many months after `other` this one is."""
        return (self.year - other.year) * 12 + self.month - other.month

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return self.plus(1).first - timedelta(days=1)

    @property
    def days(self) -> int:
        return self.last.day

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """`[m0, m1)`: local midnight of the 1st to local midnight of the next 1st, as UTC instants."""
        return (
            datetime(self.year, self.month, 1, tzinfo=zone).astimezone(UTC),
            datetime(self.plus(1).year, self.plus(1).month, 1, tzinfo=zone).astimezone(UTC),
        )


def months_between(first: Month, last: Month) -> Iterator[Month]:
    """Every month from `first` to `last`, both included."""
    month = first
    while month <= last:
        yield month
        month = month.plus(1)


def parse_months(text: str) -> list[Month]:
    """`2026-09`, or a span `2025-01/2026-09`, both ends included."""
    first, slash, last = text.partition("/")
    start = Month.parse(first)
    end = Month.parse(last) if slash else start
    if end < start:
        raise Invalid(N_("The span %(text)s ends before it begins; write the earlier month first."), text=text)
    return list(months_between(start, end))


def parse_claim_period(text: str) -> list[Month]:
    """The months of a claim period: a year (`2026`), a quarter (`2026Q3`) or months (`2026-01/2026-06`)."""
    text = text.strip()
    if re.fullmatch(r"\d{4}", text, re.ASCII):
        return list(months_between(Month(int(text), 1), Month(int(text), 12)))
    if match := re.fullmatch(r"(\d{4})Q([1-4])", text, re.ASCII):
        start = Month(int(match[1]), int(match[2]) * 3 - 2)
        return list(months_between(start, start.plus(2)))
    if re.fullmatch(r"\d{4}-\d{2}(/\d{4}-\d{2})?", text, re.ASCII):
        return parse_months(text)
    raise Invalid(
        N_("%(text)s is not a period; write a year (2026), a quarter (2026Q3) or months (2026-01/2026-06)."), text=text
    )


@dataclass(frozen=True)
class DaySpan:
    """Days from `first` to `last`, both included; an open end is `None`."""

    first: date | None
    last: date | None

    def __post_init__(self) -> None:
        if self.first and self.last and self.last < self.first:
            raise Invalid(
                N_("The last day %(last)s is before the first day %(first)s."),
                first=self.first.isoformat(),
                last=self.last.isoformat(),
            )

    def days_within(self, first: date, last: date) -> int:
        """How many of the days `first..last` (both included) lie in the span."""
        start = max(first, self.first) if self.first else first
        end = min(last, self.last) if self.last else last
        return max(0, (end - start).days + 1)

    def touches(self, month: Month) -> bool:
        return self.days_within(month.first, month.last) > 0


INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?([Zz]|[+-]\d{2}:?\d{2})?", re.ASCII
)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant **with offset**, as UTC; without one it is refused. `24:00` is the next day's midnight."""
    match = INSTANT.fullmatch(text.strip())
    if not match:
        raise Invalid(
            N_("%(text)s is not an instant; write it with its offset, for example 2026-09-30T22:00+08:00."), text=text
        )
    if not match[6]:
        raise Invalid(N_("%(text)s has no offset; add one, for example %(text)s+08:00."), text=text)
    hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
    next_day = hour == 24
    if (next_day and (minute or second)) or hour > 24 or minute > 59 or second > 59:
        raise Invalid(N_("%(text)s is not a time of day."), text=text)
    offset = "+00:00" if match[6] in "Zz" else match[6]
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{0 if next_day else hour:02d}:{minute:02d}:{second:02d}{offset}")
        moment = moment.replace(microsecond=int((match[5] or "0").ljust(6, "0")))
        return (moment + timedelta(days=1 if next_day else 0)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(N_("%(text)s is not a day of the calendar."), text=text) from None


def parse_date(text: str) -> date:
    """An ISO date, `2026-09-30`."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII):
            raise ValueError
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("%(text)s is not a date; write it as 2026-09-30."), text=text) from None


def parse_day_span(text: str) -> DaySpan:
    """`2026-03-01/2026-03-31`, both days included."""
    first, slash, last = text.partition("/")
    if not slash:
        raise Invalid(N_("%(text)s is not a span of days; write it as 2026-03-01/2026-03-31."), text=text)
    return DaySpan(parse_date(first), parse_date(last))
