"""How figures are written for readers: hours, counts, areas, ratios, instants. Exact, and never a float."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared_base.core.periods import Month, parse_instant
from shared_base.occupancy.documents.words import Words

#: what stands where there is no figure: a ratio over nothing, a decision not taken
NONE = "—"
#: longer names are cut in tables: the code beside them identifies
LONGEST_NAME = 120


def hours_minutes(seconds: int) -> str:
    """`1,436:28`: whole minutes, the seconds cut off (they stand beside it, exact)."""
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else ''}{minutes // 60:,}:{minutes % 60:02d}"


def whole(number: int) -> str:
    """`5,171,330`."""
    return f"{number:,}"


def area(square_metres: str) -> str:
    """`50,235.5` of the contract's plain decimal `50235.5`."""
    return f"{Decimal(square_metres):,f}"


def percent(ratio: str | None) -> str:
    """`45.78%` of `0.4578`; a dash over a zero denominator."""
    return NONE if ratio is None else f"{Decimal(ratio).scaleb(2):,f}%"


def above_one(ratio: str | None) -> bool:
    return ratio is not None and Decimal(ratio) > 1


def moment(instant: str, zone: ZoneInfo) -> str:
    """`2026-10-01 02:00:00 UTC+08:00`: an ISO 8601 instant on the base's clock."""
    local = parse_instant(instant).astimezone(zone)
    offset = local.isoformat()[-6:]
    return f"{local:%Y-%m-%d %H:%M:%S} UTC{offset}"


def month_name(month: str, words: Words) -> str:
    """`2026年8月`, `August 2026`."""
    parsed = Month.parse(month)
    return words("month", year=parsed.year, month=parsed.month, name=words(f"month_{parsed.month}"))


def weekday(day: date, words: Words) -> str:
    """`六`, `Sat`."""
    return words(f"weekday_{day.isoweekday()}")


def shortened(text: str, longest: int = LONGEST_NAME) -> str:
    """`text`, cut with an ellipsis where it is longer than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
