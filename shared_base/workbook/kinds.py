"""The kinds of cell that columns are made of: what is expected, in both languages, and how it is parsed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.workbook import cells
from shared_base.workbook.cells import RawCell, as_written, checked_text
from shared_base.workbook.texts import Phrase, folded, prose


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


def text(limit: int) -> Kind:
    """Prose in one line: a name, a title, a reason."""
    return Kind(
        "text",
        Phrase(N_("one line of text, at most %(limit)s characters"), "一行文字，最多 %(limit)s 个字符"),
        lambda raw: checked_text(prose(as_written(raw)), limit),
        limits={"limit": limit},
    )


def reference_number(limit: int) -> Kind:
    """A number that people give to papers (`租字(2026)001号`, `HT/2026/01`): folded, otherwise free."""

    def parse(raw: RawCell) -> str:
        written = checked_text(folded(as_written(raw)), limit)
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


def code(limit: int) -> Kind:
    """A short code of ours that stands in addresses and lists, so without blanks and separators."""
    return Kind(
        "code",
        Phrase(
            N_("a code without blanks, semicolons, commas or slashes, at most %(limit)s characters"),
            "不含空格、分号、逗号、斜杠的编码，最多 %(limit)s 个字符",
        ),
        lambda raw: cells.parse_code(raw, limit),
        limits={"limit": limit},
    )


def codes(limit: int) -> Kind:
    """Codes joined by `;`, each once."""

    def parse(raw: RawCell) -> tuple[str, ...]:
        written = folded(as_written(raw))
        parts = [cells.parse_code(part.strip(), limit) for part in written.split(";") if part.strip()]
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


BASE_CODE = Kind(
    "code",
    Phrase(
        N_("a code of capital letters, digits and hyphens, at most 20, for example HRB"),
        "大写字母、数字和连字符组成的编码，最多 20 个字符，例如 HRB",
    ),
    cells.parse_base_code,
)
SCRIPT_CODE = Kind(
    "code",
    Phrase(
        N_("a code of small letters, digits, hyphens and underscores, at most 40, for example camera"),
        "小写字母、数字、连字符和下划线组成的编码，最多 40 个字符，例如 camera",
    ),
    cells.parse_script_code,
)
FEN = Kind(
    "fen",
    Phrase(
        N_("an amount in whole fen (1 yuan = 100 fen), digits only, for example 8453250"),
        "以分为单位的整数金额（1 元 = 100 分），只写数字，例如 8453250",
    ),
    cells.parse_fen,
    as_text=False,
)
PAID_FEN = Kind(
    "fen",
    Phrase(
        N_("an amount in whole fen (1 yuan = 100 fen), digits only; a red-letter correction below zero, as -660100"),
        "以分为单位的整数金额（1 元 = 100 分），只写数字；红字冲销写负数，如 -660100",
    ),
    cells.parse_paid_fen,
    as_text=False,
)
BUFFER = Kind(
    "minutes", Phrase(N_("whole minutes from 0 to 720"), "0 至 720 的整数分钟"), cells.parse_buffer, as_text=False
)
AREA = Kind(
    "area",
    Phrase(
        N_("an area in m², above zero, with at most four decimals, for example 88.25"),
        "以平方米为单位、大于零、最多四位小数的面积，例如 88.25",
    ),
    cells.parse_area,
    as_text=False,
)
DATE = Kind(
    "date",
    Phrase(N_("a date as YYYY-MM-DD, for example 2026-09-30"), "日期，写作 YYYY-MM-DD，例如 2026-09-30"),
    cells.parse_date,
)
MONTH = Kind(
    "month",
    Phrase(N_("a month as YYYY-MM, for example 2026-09"), "月份，写作 YYYY-MM，例如 2026-09"),
    cells.parse_month,
)
INSTANT = Kind(
    "instant",
    Phrase(
        N_("an ISO 8601 instant with its offset, for example 2026-09-30T22:00+08:00"),
        "带时区偏移的 ISO 8601 时刻，例如 2026-09-30T22:00+08:00",
    ),
    cells.parse_instant,
)
OPENING = Kind(
    "time",
    Phrase(N_("a time of day as HH:MM, for example 08:00"), "一天中的时刻，写作 HH:MM，例如 08:00"),
    cells.parse_opening,
)
CLOSING = Kind(
    "time",
    Phrase(
        N_("a time of day as HH:MM, 24:00 allowed; not after the opening means the next day"),
        "一天中的时刻，写作 HH:MM，可写 24:00；不晚于开门时间即为次日",
    ),
    cells.parse_closing,
)
USCC = Kind(
    "uscc",
    Phrase(
        N_("a unified social credit code of 18 characters, for example 91230102FC3F0X5MRW"),
        "18 位统一社会信用代码，例如 91230102FC3F0X5MRW",
    ),
    cells.parse_uscc,
)
DIVISION = Kind(
    "division",
    Phrase(
        N_("a division code of six digits (GB/T 2260), for example 230102"),
        "六位行政区划代码（GB/T 2260），例如 230102",
    ),
    cells.parse_division,
)
ZONE = Kind(
    "zone",
    Phrase(N_("the IANA name of a time zone, for example Asia/Shanghai"), "IANA 时区名，例如 Asia/Shanghai"),
    cells.parse_zone,
)
SPANS = Kind(
    "spans",
    Phrase(
        N_("spans of days, both included, joined by semicolons, for example 2026-03-01/2026-03-31"),
        "起止日期（首尾均含），多段用分号连接，例如 2026-03-01/2026-03-31",
    ),
    cells.parse_spans,
)
