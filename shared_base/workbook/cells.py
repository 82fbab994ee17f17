"""What may stand in a cell, and how each kind of value is parsed from it.

A parser takes a cell that is not blank and returns its value, or raises `Invalid` saying what is wrong. Excel's own
numbers, dates and times are accepted where the column is one; where Excel has already lost something (digits past the
15th, an instant's offset) the cell is refused, because no guess would be right.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from math import isfinite
from zoneinfo import available_timezones

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from shared_base.core import periods
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.core.periods import DaySpan, Month
from shared_base.workbook.texts import UNPRINTABLE, folded


@dataclass(frozen=True)
class Formula:
    """A cell of Excel that computes: refused, since what it shows depends on who opens it."""

    text: str


@dataclass(frozen=True)
class ExcelError:
    """A cell of Excel that shows `#N/A` and the like."""

    code: str


RawCell = str | int | float | bool | datetime | time | timedelta | Formula | ExcelError | None

#: Excel keeps this many digits of a number and silently zeroes the rest.
EXCEL_DIGITS = 15
_MINUTES_A_DAY = 1440
_LONGEST_BUFFER = 720
# A year outside of these is a slip of the hand (0206, 9999), and open ends are left blank. Old leases begin before
# 2000, bookings do not.
_FIRST_YEAR, _FIRST_YEAR_OF_INSTANTS, _LAST_YEAR = 1990, 2000, 2199

_FEN = re.compile(r"-?\d{1,15}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_AREA = re.compile(r"(\d{1,8})(\.\d{1,4})?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_DIVISION = re.compile(r"\d{6}", re.ASCII)
_CODE = re.compile(r"[^\s;,/\\]+")
_BASE_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}", re.ASCII)
_SCRIPT_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


def as_written(raw: RawCell) -> str:
    """The text of a cell whose column is text: a whole number that Excel kept intact counts as its digits."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        raise Invalid(N_("the cell holds TRUE or FALSE of Excel; format it as text and type it again"))
    if isinstance(raw, datetime | date | time | timedelta):
        raise Invalid(N_("the cell holds a date or time of Excel; format it as text and type it again"))
    if isinstance(raw, int | float):
        if not isfinite(raw) or raw != int(raw):
            raise Invalid(N_("the cell holds a number of Excel; format it as text and type it again"))
        if abs(raw) >= 10**EXCEL_DIGITS:
            raise Invalid(
                N_("Excel has lost the last digits of this number; format the cell as text and type it again")
            )
        return str(int(raw))
    raise AssertionError(f"formulas and errors are refused before a cell is parsed, not {raw!r}")


def _integer(raw: RawCell, pattern: re.Pattern[str]) -> int:
    """A whole number; Excel's `8453250.0` is one, `1e9`, `1_000`, `12.5` and `NaN` are not."""
    if isinstance(raw, float) and not raw.is_integer():
        raise Invalid(N_("%(text)s is not a whole number"), text=str(raw))
    written = folded(as_written(raw))
    if not pattern.fullmatch(written):
        raise Invalid(N_("%(text)s is not a whole number of this column's kind"), text=written)
    return int(written)


def parse_fen(raw: RawCell) -> int:
    """An amount of integer fen, zero or more."""
    amount = _integer(raw, _FEN)
    if amount < 0:
        raise Invalid(N_("%(text)s is below zero"), text=str(amount))
    return amount


def parse_paid_fen(raw: RawCell) -> int:
    """An amount of integer fen that changed hands: not zero; below zero it corrects another (红字)."""
    amount = _integer(raw, _FEN)
    if amount == 0:
        raise Invalid(N_("a payment of nothing is no payment"))
    return amount


def parse_buffer(raw: RawCell) -> int:
    """A clean-down in whole minutes, at most half a day."""
    minutes = _integer(raw, _COUNT)
    if minutes > _LONGEST_BUFFER:
        raise Invalid(N_("%(text)s minutes are more than half a day"), text=str(minutes))
    return minutes


def parse_area(raw: RawCell) -> Decimal:
    """An area in m², above zero, with at most four decimals; exact, never a float."""
    if isinstance(raw, float):
        # What Excel shows is 15 significant digits; the sixteenth and seventeenth are noise of binary fractions.
        raw = format(raw, f".{EXCEL_DIGITS}g")
    written = folded(as_written(raw))
    if not _AREA.fullmatch(written):
        raise Invalid(N_("%(text)s is not an area with at most four decimals"), text=written)
    area = Decimal(written)
    if area == 0:
        raise Invalid(N_("an area is above zero"))
    return area


def _plausible(day: date, written: str, first_year: int = _FIRST_YEAR) -> None:
    if not first_year <= day.year <= _LAST_YEAR:
        raise Invalid(
            N_("the year of %(text)s is not between %(first)s and %(last)s; leave an open end blank"),
            text=written,
            first=str(first_year),
            last=str(_LAST_YEAR),
        )


def parse_date(raw: RawCell) -> date:
    """A calendar day: ISO text, or a date of Excel without a time of day."""
    if isinstance(raw, datetime):
        if raw.time() != time(0):
            raise Invalid(N_("the cell holds a time of day too, where a date is expected"))
        day, written = raw.date(), raw.date().isoformat()
    else:
        written = folded(as_written(raw))
        day = periods.parse_date(written)
    _plausible(day, written)
    return day


def parse_month(raw: RawCell) -> Month:
    """A month: `YYYY-MM`, or the first of it, into which Excel turns what was typed so."""
    if isinstance(raw, datetime):
        if raw.day != 1 or raw.time() != time(0):
            raise Invalid(N_("the cell holds the day %(text)s, where a month is expected"), text=raw.date().isoformat())
        month = Month.of(raw.date())
    else:
        month = Month.parse(folded(as_written(raw)))
    _plausible(month.first, str(month))
    return month


def parse_instant(raw: RawCell) -> datetime:
    """An instant with its offset on a whole second, as UTC. Excel's date-times carry no offset and are refused."""
    if isinstance(raw, datetime):
        raise Invalid(
            N_("the cell holds a date-time of Excel, which has no offset; format it as text and type %(text)s+08:00"),
            text=raw.isoformat(timespec="seconds"),
        )
    written = folded(as_written(raw))
    instant = periods.parse_instant(written)
    _plausible(instant.date(), written, _FIRST_YEAR_OF_INSTANTS)
    if instant.microsecond:
        raise Invalid(N_("%(text)s is not on a whole second"), text=written)
    return instant


def parse_clock(raw: RawCell) -> int:
    """A time of day as minutes after midnight, `24:00` (1440) included; Excel's times are accepted."""
    if isinstance(raw, time | timedelta):
        length = (
            raw if isinstance(raw, timedelta) else timedelta(hours=raw.hour, minutes=raw.minute, seconds=raw.second)
        )
        minutes, rest = divmod(length, timedelta(minutes=1))
        written = str(raw)
        if isinstance(raw, time) and raw.microsecond:
            rest = timedelta(microseconds=1)
    else:
        written = folded(as_written(raw))
        match = _CLOCK.fullmatch(written)
        if not match or int(match[2]) > 59:
            raise Invalid(N_("%(text)s is not a time of day"), text=written)
        minutes, rest = int(match[1]) * 60 + int(match[2]), timedelta(0)
    if rest or not 0 <= minutes <= _MINUTES_A_DAY:
        raise Invalid(N_("%(text)s is not a time of day"), text=written)
    return minutes


def parse_opening(raw: RawCell) -> int:
    """When a base opens: a time of day before `24:00`, which would be the next day's `00:00`."""
    minutes = parse_clock(raw)
    if minutes == _MINUTES_A_DAY:
        raise Invalid(N_("a base does not open at 24:00; write 00:00"))
    return minutes


def parse_closing(raw: RawCell) -> int:
    """When a base closes, 1–1440: `00:00` is the midnight at the end of the day, as `24:00` is."""
    return parse_clock(raw) or _MINUTES_A_DAY


def parse_uscc(raw: RawCell) -> str:
    """A unified social credit code (GB 32100), canonical: upper case, half width, its check digit right."""
    written = folded(as_written(raw))
    try:
        return str(uscc.validate(written))
    except ValidationError:
        raise Invalid(
            N_("%(text)s is not a unified social credit code: its length, letters or check digit are wrong"),
            text=written,
        ) from None


def parse_division(raw: RawCell) -> str:
    """Six digits of GB/T 2260; places without districts (442000) are complete as they are."""
    written = folded(as_written(raw))
    if not _DIVISION.fullmatch(written):
        raise Invalid(N_("%(text)s is not a division code of six digits"), text=written)
    return written


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def parse_zone(raw: RawCell) -> str:
    """The IANA name of a time zone."""
    written = folded(as_written(raw))
    if written not in _zone_names():
        raise Invalid(N_("%(text)s is not the name of a time zone"), text=written)
    return written


def parse_spans(raw: RawCell) -> tuple[DaySpan, ...]:
    """Spans of days joined by `;`, put in order; two that share a day are refused, one of them being a slip."""
    spans = [periods.parse_day_span(part.strip()) for part in folded(as_written(raw)).split(";") if part.strip()]
    if not spans:
        raise Invalid(N_("there is no span of days between the semicolons"))
    for span in spans:
        assert span.first, "parse_day_span gives both days"
        assert span.last, "parse_day_span gives both days"
        _plausible(span.first, span.first.isoformat())
        _plausible(span.last, span.last.isoformat())
    spans.sort(key=lambda span: (span.first or date.min, span.last or date.max))
    for before, after in pairwise(spans):
        if before.last and after.first and after.first <= before.last:
            raise Invalid(N_("two of the spans share the day %(text)s"), text=after.first.isoformat())
    return tuple(spans)


def checked_text(written: str, limit: int) -> str:
    """`written` itself when it is one printable line of at most `limit` characters."""
    if UNPRINTABLE.search(written):
        raise Invalid(N_("the text holds a line break or a character that cannot be printed"))
    if len(written) > limit:
        raise Invalid(
            N_("the text has %(length)s characters, more than %(limit)s"), length=str(len(written)), limit=str(limit)
        )
    return written


def parse_code(raw: RawCell, limit: int) -> str:
    """A short code of ours, which stands in addresses and lists."""
    written = checked_text(folded(as_written(raw)), limit)
    if not _CODE.fullmatch(written):
        raise Invalid(N_("%(text)s holds a blank or one of ; , / \\"), text=written)
    return written


def parse_base_code(raw: RawCell) -> str:
    """The code of a base, canonical: upper case."""
    written = folded(as_written(raw)).upper()
    if not _BASE_CODE.fullmatch(written):
        raise Invalid(N_("%(text)s is not a code of capital letters, digits and hyphens"), text=written)
    return written


def parse_script_code(raw: RawCell) -> str:
    """A code that bookings ask for, canonical: small letters."""
    written = folded(as_written(raw)).lower()
    if not _SCRIPT_CODE.fullmatch(written):
        raise Invalid(N_("%(text)s is not a code of small letters, digits, hyphens and underscores"), text=written)
    return written
