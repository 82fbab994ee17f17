"""What may be said of bases and spaces: values in, clean values or a refusal out."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.dialects.postgresql import Range

from shared_base.core.fields import faulty, folded, text_line
from shared_base.core.i18n import N_

TIERS = ("large", "medium", "regional")
SPACE_KINDS = ("studio", "office", "sample_room", "hall")
DAY_MINUTES = 1440
LONGEST_NAME = 200
LONGEST_NOTES = 2000
LONGEST_BUFFER = 720
LONGEST_CREW_REST = 2880
LONGEST_FLOOR = 20
#: what `numeric(12, 4)` holds
LARGEST_AREA = Decimal(99_999_999)
AREA_PLACES = 4

_BASE_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}", re.ASCII)
_DIVISION = re.compile(r"\d{6}", re.ASCII)
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}", re.ASCII)
_CLOCK = re.compile(r"(\d{2}):(\d{2})", re.ASCII)


@dataclass(frozen=True)
class Opening:
    """A base's daily opening: minutes from local midnight; a close above 1440 is the next day's."""

    opens_minute: int
    closes_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens_minute < DAY_MINUTES:
            raise faulty("opens", N_("The opening time must lie between 00:00 and 23:59."))
        if not self.opens_minute < self.closes_minute <= self.opens_minute + DAY_MINUTES:
            raise faulty("closes", N_("A base closes after it opens, at most 24 hours later."))

    @classmethod
    def between(cls, opens: int, closes: int) -> "Opening":
        """From clock times (minutes, `24:00` is 1440): a close not after the opening is the next day's."""
        return cls(opens, closes if closes > opens else closes + DAY_MINUTES)

    def as_json(self) -> dict[str, int]:
        return {"opens_minute": self.opens_minute, "closes_minute": self.closes_minute}


def clock_minutes(text: str, field: str) -> int:
    """`08:30` as minutes from midnight; `24:00` is 1440."""
    match = _CLOCK.fullmatch(unicodedata.normalize("NFKC", text).strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or not 0 <= minutes <= DAY_MINUTES:
        raise faulty(field, N_("%(text)s is not a time of day; write it as 08:30."), text=text[:20])
    return minutes


def days(first: date | None, last: date | None, field: str) -> Range[date]:
    """Both days included, as PostgreSQL stores them: half-open; an empty end is open."""
    if first and last and last < first:
        raise faulty(
            field,
            N_("The last day %(last)s is before the first day %(first)s."),
            first=first.isoformat(),
            last=last.isoformat(),
        )
    if last == date.max:
        raise faulty(field, N_("Leave the last day empty when there is none."))
    return Range(first, last + timedelta(days=1) if last else None)


def notes(text: str | None) -> str | None:
    """What staff note for each other, on several lines; None when empty."""
    cleaned = (text or "").strip()
    if len(cleaned) > LONGEST_NOTES or "\0" in cleaned:
        raise faulty("notes", N_("The notes hold at most %(longest)s printable characters."), longest=LONGEST_NOTES)
    return cleaned or None


def base_code(text: str) -> str:
    """A base's code: capitals, digits and hyphens, at most 20."""
    code = unicodedata.normalize("NFKC", text).strip().upper()
    if not _BASE_CODE.fullmatch(code):
        raise faulty(
            "code", N_("%(code)s is not a base code; use up to 20 capitals, digits and hyphens."), code=code[:40]
        )
    return code


def space_code(text: str) -> str:
    """A space's code as it stands on the door: 1 to 40 characters."""
    code = text_line(unicodedata.normalize("NFKC", text), "code", longest=40, required=True)
    assert code is not None
    # the workbook joins the spaces of a lease by semicolons
    if ";" in code:
        raise faulty("code", N_("%(code)s cannot be used: a code holds no semicolon."), code=code)
    return code


def known_zone(name: str) -> ZoneInfo:
    """An IANA time zone that has a name of its own (`Asia/Shanghai`)."""
    if name not in available_timezones():
        raise faulty("timezone", N_("%(name)s is not a time zone; write it as Asia/Shanghai."), name=name[:60])
    return ZoneInfo(name)


def division(text: str) -> str:
    """Six digits of GB/T 2260; a place without districts (442000) is complete as it is."""
    code = folded(text)
    if not _DIVISION.fullmatch(code):
        raise faulty(
            "division_code",
            N_("%(code)s is not a division code; write six digits, for example 440113."),
            code=code[:20],
        )
    return code


def operator_uscc(text: str | None) -> str | None:
    """The operator's credit code in its one form, or None."""
    code = folded(text or "")
    if code and not _USCC.fullmatch(code):
        raise faulty(
            "operator_uscc",
            N_("%(code)s is not a unified social credit code: compare its 18 signs with the business licence."),
            code=code[:40],
        )
    return code or None


def area(square_metres: Decimal, field: str) -> Decimal:
    """An area above zero with at most four decimals: what is stored is what was entered."""
    if not square_metres.is_finite() or not 0 < square_metres <= LARGEST_AREA:
        raise faulty(field, N_("The area must be a number above 0, in square metres."))
    if square_metres != square_metres.quantize(Decimal(1).scaleb(-AREA_PLACES)):
        raise faulty(field, N_("The area has more than four decimals; round it as the lease or the plan does."))
    return square_metres


def one_of(value: str, choices: tuple[str, ...], field: str) -> str:
    """One of the known words."""
    if value not in choices:
        raise faulty(
            field,
            N_("%(value)s is not known here; choose one of %(choices)s."),
            value=value[:40],
            choices=", ".join(choices),
        )
    return value


def buffer(minutes: int) -> int:
    """Minutes of clean-down after each booking, at most half a day."""
    if not 0 <= minutes <= LONGEST_BUFFER:
        raise faulty("buffer_minutes", N_("The clean-down must last between 0 and 720 minutes."))
    return minutes


def crew_rest(minutes: int) -> int:
    """Minutes of rest between two shifts of one member of the crew, at most two days."""
    if not 0 <= minutes <= LONGEST_CREW_REST:
        raise faulty("crew_rest_minutes", N_("The rest between two shifts must last between 0 and 2880 minutes."))
    return minutes
