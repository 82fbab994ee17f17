"""What a rule says, as values that a page or a mail puts into its reader's language."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from shared_base.bookings.rrule import Rule, Weekday

Kind = Literal["daily", "weekly", "month_days", "month_weekdays", "other"]
WEEK = frozenset(range(7))


@dataclass(frozen=True)
class Wording:
    """`daily`: every `interval` days; `weekly`: on `weekdays` every `interval` weeks; `month_days`: on days of the
    month (-1: the last) and `month_weekdays`: on the nth weekday (-1: the last), every `interval` months. `other`: a
    rule that is best read as it is written.
    """

    kind: Kind
    interval: int = 1
    weekdays: tuple[Weekday, ...] = ()
    days: tuple[int, ...] = ()
    count: int | None = None
    last_day: date | None = None  #: on which it may still begin, in the anchor zone


def wording(rule: Rule, *, first: date, zone: ZoneInfo) -> Wording:
    """What the rule says when its first day is `first`, in its anchor zone."""
    until = rule.until.astimezone(zone).date() if isinstance(rule.until, datetime) else rule.until
    kind, weekdays, days = _kind(rule, first)
    return Wording(kind, rule.interval, weekdays, days, rule.count, until)


def _kind(rule: Rule, first: date) -> tuple[Kind, tuple[Weekday, ...], tuple[int, ...]]:
    parts = rule.by_parts
    match rule.freq:
        case "DAILY" if not parts:
            return "daily", (), ()
        case "WEEKLY" if parts <= {"by_day"}:
            weekdays = rule.by_day or (Weekday(0, first.weekday()),)
            if {wanted.day for wanted in weekdays} == WEEK and rule.interval == 1:
                return "daily", (), ()
            return "weekly", weekdays, ()
        case "MONTHLY" if parts <= {"by_month_day"}:
            return "month_days", (), rule.by_month_day or (first.day,)
        case "MONTHLY" if parts == {"by_day"} and all(wanted.ordinal for wanted in rule.by_day):
            return "month_weekdays", rule.by_day, ()
        case "MONTHLY" if parts == {"by_day", "by_set_pos"} and len(rule.by_day) == len(rule.by_set_pos) == 1:
            (wanted,), (place,) = rule.by_day, rule.by_set_pos
            if not wanted.ordinal:
                return "month_weekdays", (Weekday(place, wanted.day),), ()
    return "other", (), ()
