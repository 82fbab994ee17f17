"""How a series repeats: in words, and as the fields of a form."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names
from babel.lists import format_list
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import DateField, IntegerField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared_base.bookings.recurrence import MOST_OCCURRENCES, Recurrence
from shared_base.bookings.rrule import DAYS, Rule, Weekday
from shared_base.bookings.rrule_words import Wording, wording
from shared_base.http.language import locale_code, page_zone
from shared_base.web.bookings.forms import BookingForm

REPEATS = {
    "daily": _l("Every day"),
    "weekly": _l("On weekdays"),
    "month_day": _l("Every month on that date"),
    "month_weekday": _l("Every month on that weekday"),
}
#: clocks that slots for viewers abroad follow; any other IANA name may be typed
ZONES = (
    "Asia/Shanghai", "Asia/Tokyo", "Asia/Singapore", "Asia/Bangkok", "Asia/Jakarta", "Asia/Dubai", "Europe/London",
    "Europe/Paris", "Europe/Berlin", "America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo",
    "Australia/Sydney",
)  # fmt: skip
NIGHTS = 30


def in_words(recurrence: Recurrence) -> str:
    """`每周一、周三和周五，共 12 次`; a rule that has no plain words is told as it is written."""
    found = wording(recurrence.rule, first=recurrence.wall.date(), zone=recurrence.zone)
    said = _pattern(found, recurrence.rule)
    if found.count is not None:
        times = ngettext("%(num)s time", "%(num)s times", found.count)
        return str(_("%(pattern)s, %(times)s", pattern=said, times=times))
    if found.last_day is not None and found.kind != "other":
        day = format_date(found.last_day, "long", locale=locale_code())
        return str(_("%(pattern)s, until %(day)s", pattern=said, day=day))
    return said


def _pattern(found: Wording, rule: Rule) -> str:
    number: dict[str, Any] = {"n": found.interval}
    every = found.interval == 1
    text: str
    match found.kind:
        case "daily":
            text = _("every day") if every else _("every %(n)s days", **number)
        case "weekly":
            days = _listed(_day(wanted.day) for wanted in found.weekdays)
            text = _("every %(days)s", days=days) if every else _("every %(n)s weeks on %(days)s", days=days, **number)
        case "month_days":
            days = _listed(_("the last day") if day == -1 else _month_day(day) for day in found.days)
            text = _monthly(days, found.interval)
        case "month_weekdays":
            text = _monthly(_listed(_nth(wanted) for wanted in found.weekdays), found.interval)
        case _:
            text = _("by the rule %(rule)s", rule=str(rule))
    return text


def _monthly(days: str, interval: int) -> str:
    text: str = _("every month on %(days)s", days=days)
    return text if interval == 1 else str(_("every %(n)s months on %(days)s", days=days, n=interval))


def _month_day(day: int) -> str:
    text: str = _("day %(day)s", day=day) if day > 0 else _("the day %(day)s from the end", day=-day)
    return text


def _nth(wanted: Weekday) -> str:
    names = {
        1: _("the first %(day)s"), 2: _("the second %(day)s"), 3: _("the third %(day)s"), 4: _("the fourth %(day)s"),
        5: _("the fifth %(day)s"), -1: _("the last %(day)s"), -2: _("the last but one %(day)s"),
    }  # fmt: skip
    text = names.get(wanted.ordinal)
    if text is None:
        return str(_("%(day)s number %(n)s", day=_day(wanted.day), n=wanted.ordinal))
    return str(text % {"day": _day(wanted.day)})


def _day(weekday: int) -> str:
    """`Monday`, `周一`."""
    locale = locale_code()
    names = get_day_names("wide", locale=locale) if locale == "en" else get_day_names("abbreviated", locale=locale)
    return str(names[weekday])


def _listed(words: Iterable[str]) -> str:
    return str(format_list([str(word) for word in words], locale=locale_code()))


class SeriesForm(BookingForm):
    """A booking that repeats: the first of them, and how it goes on."""

    repeat = SelectField(_l("Repeats"), [InputRequired()])
    every = IntegerField(
        _l("Every how many"),
        [InputRequired(), NumberRange(1, 366)],
        default=1,
        description=_l("2: every second day, week or month"),
    )
    days = SelectMultipleField(
        _l("On these days"), [Optional()], widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
        description=_l("None chosen: the weekday of the start"),
    )  # fmt: skip
    ends = RadioField(_l("The series ends"), [InputRequired()], default="count")
    count = IntegerField(_l("Number of times"), [Optional(), NumberRange(1, MOST_OCCURRENCES)], default=NIGHTS)
    until = DateField(_l("Last day"), [Optional()])
    timezone = StringField(
        _l("Follows the clock of"), [Optional()], description=_l("A slot for viewers abroad stays at its time there")
    )

    def repeats(self) -> None:
        """Fill the choices of how it repeats."""
        self.repeat.choices = list(REPEATS.items())
        self.days.choices = [(name, _day(number)) for number, name in enumerate(DAYS)]
        self.ends.choices = [("count", _("after a number of times")), ("until", _("on a day"))]

    def begin(self) -> None:
        """What a booking becomes when it is to be repeated: every day, for a month."""
        self.repeat.data, self.every.data, self.ends.data, self.count.data = "daily", 1, "count", NIGHTS

    @property
    def anchor(self) -> str:
        return (self.timezone.data or "").strip() or page_zone().key

    def rrule(self, zone: ZoneInfo) -> str:
        """The rule that the fields describe, its day that of the start on the clock it follows."""
        start, _end = self.times
        first = start.astimezone(zone).date()
        parts = [_BY_REPEAT[self.repeat.data](self, first)]
        if self.every.data and self.every.data > 1:
            parts.append(f"INTERVAL={self.every.data}")
        if self.ends.data == "until":
            parts.append(f"UNTIL={self.until.data:%Y%m%d}" if self.until.data else "")
        else:
            parts.append(f"COUNT={self.count.data or 1}")
        return ";".join(part for part in parts if part)


def _weekly(form: SeriesForm, first: date) -> str:
    days = [day for day in form.days.data or [] if day in DAYS] or [DAYS[first.weekday()]]
    return f"FREQ=WEEKLY;BYDAY={','.join(days)}"


def _month_weekday(_form: SeriesForm, first: date) -> str:
    """The first Friday, the second …; the fifth is the last: not every month has five."""
    number = (first.day - 1) // 7 + 1
    return f"FREQ=MONTHLY;BYDAY={-1 if number == 5 else number}{DAYS[first.weekday()]}"


_BY_REPEAT = {
    "daily": lambda _form, _first: "FREQ=DAILY",
    "weekly": _weekly,
    "month_day": lambda _form, first: f"FREQ=MONTHLY;BYMONTHDAY={first.day}",
    "month_weekday": _month_weekday,
}
