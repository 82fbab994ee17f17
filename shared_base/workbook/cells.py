"""The kinds of cell: how each is written, what Excel may hold in its place, and what is expected when it is neither.

A parser takes a cell that is not blank and returns its value, or raises `Invalid` saying what is wrong. Excel's own
numbers, dates and times are accepted where the column is one; where Excel has already lost something (digits past the
15th, an instant's offset) the cell is refused, because no guess would be right.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from math import isfinite
from typing import Any
from zoneinfo import available_timezones

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from shared_base.core import periods
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.core.periods import DaySpan, Month
from shared_base.workbook.texts import UNPRINTABLE, Phrase, folded, prose


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
# A year outside of these is a slip of the hand (0206, 9999), and open ends are left blank.
_FIRST_YEAR, _LAST_YEAR = 1990, 2199

_FEN = re.compile(r"-?\d{1,15}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_AREA = re.compile(r"(\d{1,8})(\.\d{1,4})?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_DIVISION = re.compile(r"\d{6}", re.ASCII)
_CODE = re.compile(r"[^\s;,/\\]+")


@dataclass(frozen=True)
class Choice:
    """A value of a closed list; `zh` are its Chinese names, the first being the one shown."""

    value: str
    zh: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of cell. `expected` describes it over `limits`; `as_text` asks Excel to keep what is typed as it is."""

    name: str
    expected: Phrase
    parse: Callable[[RawCell], Any]
    limits: Mapping[str, int] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    as_text: bool = True


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
    written = folded(as_written(raw))
    if not pattern.fullmatch(written):
        raise Invalid(N_("%(text)s is not a whole number of that size"), text=written)
    return int(written)


def parse_fen(raw: RawCell) -> int:
    """An amount of integer fen, zero or more."""
    amount = parse_signed_fen(raw)
    if amount < 0:
        raise Invalid(N_("%(text)s is below zero"), text=str(amount))
    return amount


def parse_signed_fen(raw: RawCell) -> int:
    """An amount of integer fen of either sign: only a payment's correction may be below zero."""
    return _integer(raw, _FEN)


def parse_minutes(raw: RawCell) -> int:
    """A length in whole minutes, at most a day."""
    minutes = _integer(raw, _COUNT)
    if minutes > _MINUTES_A_DAY:
        raise Invalid(N_("%(text)s minutes are more than a day"), text=str(minutes))
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


def _plausible(day: date, written: str) -> None:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise Invalid(
            N_("the year of %(text)s is not between %(first)s and %(last)s; leave an open end blank"),
            text=written,
            first=str(_FIRST_YEAR),
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
    """An instant with its offset, as UTC. Excel's date-times carry no offset and are refused."""
    if isinstance(raw, datetime):
        raise Invalid(
            N_("the cell holds a date-time of Excel, which has no offset; format it as text and type %(text)s+08:00"),
            text=raw.isoformat(timespec="seconds"),
        )
    written = folded(as_written(raw))
    instant = periods.parse_instant(written)
    _plausible(instant.date(), written)
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


def _checked_text(written: str, limit: int) -> str:
    if UNPRINTABLE.search(written):
        raise Invalid(N_("the text holds a line break or a character that cannot be printed"))
    if len(written) > limit:
        raise Invalid(
            N_("the text has %(length)s characters, more than %(limit)s"), length=str(len(written)), limit=str(limit)
        )
    return written


def text(limit: int) -> Kind:
    """Prose in one line: a name, a title, a reason."""
    return Kind(
        "text",
        Phrase(N_("one line of text, at most %(limit)s characters"), "一行文字，最多 %(limit)s 个字符"),
        lambda raw: _checked_text(prose(as_written(raw)), limit),
        limits={"limit": limit},
    )


def reference_number(limit: int) -> Kind:
    """A number that people give to papers (`租字(2026)001号`, `HT/2026/01`): folded, otherwise free."""

    def parse(raw: RawCell) -> str:
        written = _checked_text(folded(as_written(raw)), limit)
        if ";" in written:
            raise Invalid(N_("%(text)s holds a semicolon, which joins several values"), text=written)
        return written

    return Kind(
        "ref",
        Phrase(
            N_("a reference without semicolons, at most %(limit)s characters"), "不含分号的编号，最多 %(limit)s 个字符"
        ),
        parse,
        limits={"limit": limit},
    )


def _parse_code(raw: RawCell, limit: int) -> str:
    written = _checked_text(folded(as_written(raw)), limit)
    if not _CODE.fullmatch(written):
        raise Invalid(N_("%(text)s holds a blank or one of ; , / \\"), text=written)
    return written


def code(limit: int) -> Kind:
    """A short code of ours that stands in addresses and lists, so without blanks and separators."""
    return Kind(
        "code",
        Phrase(
            N_("a code without blanks, semicolons, commas or slashes, at most %(limit)s characters"),
            "不含空格、分号、逗号、斜杠的编码，最多 %(limit)s 个字符",
        ),
        lambda raw: _parse_code(raw, limit),
        limits={"limit": limit},
    )


def codes(limit: int) -> Kind:
    """Codes joined by `;`, each once."""

    def parse(raw: RawCell) -> tuple[str, ...]:
        written = folded(as_written(raw))
        parts = [_parse_code(part.strip(), limit) for part in written.split(";") if part.strip()]
        if not parts:
            raise Invalid(N_("there is no code between the semicolons"))
        if twice := next((part for part in parts if parts.count(part) > 1), None):
            raise Invalid(N_("%(text)s is listed twice"), text=twice)
        return tuple(parts)

    return Kind(
        "codes",
        Phrase(
            N_("one or more codes joined by semicolons, for example S01;S02"),
            "一个或多个编码，用分号连接，例如 S01;S02",
        ),
        parse,
    )


def choice(expected: Phrase, *choices: Choice) -> Kind:
    """A value of a closed list, in English or Chinese."""
    values = {folded(word).casefold(): option.value for option in choices for word in (option.value, *option.zh)}

    def parse(raw: RawCell) -> str:
        written = folded(as_written(raw))
        value = values.get(written.casefold())
        if value is None:
            raise Invalid(N_("%(text)s is not one of the values of this column"), text=written)
        return value

    return Kind("choice", expected, parse, choices=choices)


FEN = Kind(
    "fen",
    Phrase(
        N_("an amount in whole fen (1 yuan = 100 fen), digits only, for example 8453250"),
        "以分为单位的整数金额（1 元 = 100 分），只写数字，例如 8453250",
    ),
    parse_fen,
    as_text=False,
)
SIGNED_FEN = Kind(
    "fen",
    Phrase(
        N_("an amount in whole fen (1 yuan = 100 fen), digits only; a red-letter correction below zero, as -660100"),
        "以分为单位的整数金额（1 元 = 100 分），只写数字；红字冲销写负数，如 -660100",
    ),
    parse_signed_fen,
    as_text=False,
)
MINUTES = Kind(
    "minutes", Phrase(N_("whole minutes from 0 to 1440"), "0 至 1440 的整数分钟"), parse_minutes, as_text=False
)
AREA = Kind(
    "area",
    Phrase(
        N_("an area in m², above zero, with at most four decimals, for example 88.25"),
        "以平方米为单位、大于零、最多四位小数的面积，例如 88.25",
    ),
    parse_area,
    as_text=False,
)
DATE = Kind(
    "date",
    Phrase(N_("a date as YYYY-MM-DD, for example 2026-09-30"), "日期，写作 YYYY-MM-DD，例如 2026-09-30"),
    parse_date,
)
MONTH = Kind(
    "month", Phrase(N_("a month as YYYY-MM, for example 2026-09"), "月份，写作 YYYY-MM，例如 2026-09"), parse_month
)
INSTANT = Kind(
    "instant",
    Phrase(
        N_("an ISO 8601 instant with its offset, for example 2026-09-30T22:00+08:00"),
        "带时区偏移的 ISO 8601 时刻，例如 2026-09-30T22:00+08:00",
    ),
    parse_instant,
)
OPENING = Kind(
    "time",
    Phrase(N_("a time of day as HH:MM, for example 08:00"), "一天中的时刻，写作 HH:MM，例如 08:00"),
    parse_opening,
)
CLOSING = Kind(
    "time",
    Phrase(
        N_("a time of day as HH:MM, 24:00 allowed; not after the opening means the next day"),
        "一天中的时刻，写作 HH:MM，可写 24:00；不晚于开门时间即为次日",
    ),
    parse_clock,
)
USCC = Kind(
    "uscc",
    Phrase(
        N_("a unified social credit code of 18 characters, for example 91230102FC3F0X5MRW"),
        "18 位统一社会信用代码，例如 91230102FC3F0X5MRW",
    ),
    parse_uscc,
)
DIVISION = Kind(
    "division",
    Phrase(
        N_("a division code of six digits (GB/T 2260), for example 230102"),
        "六位行政区划代码（GB/T 2260），例如 230102",
    ),
    parse_division,
)
ZONE = Kind(
    "zone",
    Phrase(N_("the IANA name of a time zone, for example Asia/Shanghai"), "IANA 时区名，例如 Asia/Shanghai"),
    parse_zone,
)
SPANS = Kind(
    "spans",
    Phrase(
        N_("spans of days, both included, joined by semicolons, for example 2026-03-01/2026-03-31"),
        "起止日期（首尾均含），多段用分号连接，例如 2026-03-01/2026-03-31",
    ),
    parse_spans,
)
