"""Dates, times and lengths as iCalendar writes them (RFC 5545 §3.3.4–3.3.6), strictly."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared_base.calendars.content_lines import Property
from shared_base.calendars.errors import EntryRefused
from shared_base.calendars.zones import Zones
from shared_base.core.i18n import N_

_DATE = re.compile(r"\d{8}", re.ASCII)
_DATE_TIME = re.compile(r"(\d{8}T\d{6})(Z?)", re.ASCII)
_LENGTH = re.compile(
    r"\+?P(?:(?P<weeks>\d{1,4})W|(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?)",
    re.ASCII,
)


@dataclass(frozen=True)
class Moment:
    """A value as the file has it: an instant on the clock of `zone`; `floating`: the file named no zone."""

    local: datetime
    zone: ZoneInfo
    floating: bool = False

    @property
    def instant(self) -> datetime:
        return self.local.replace(tzinfo=self.zone).astimezone(UTC)


def moments(found: Property, zones: Zones) -> list[Moment | date]:
    """The values of a line: a `date` where it names a whole day. Raises `EntryRefused` for what is no time."""
    if found.parameters.get("VALUE", "").upper() == "PERIOD":
        raise EntryRefused(N_("Its added dates (RDATE) have lengths of their own: make separate events of them."))
    return [_moment(found.name, text.strip(), found.parameters.get("TZID"), zones) for text in found.value.split(",")]


def _moment(name: str, text: str, tzid: str | None, zones: Zones) -> Moment | date:
    try:
        if _DATE.fullmatch(text):
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
        if match := _DATE_TIME.fullmatch(text):
            local = datetime.strptime(match[1], "%Y%m%dT%H%M%S")  # noqa: DTZ007 (its zone follows)
            if not 2000 <= local.year < 2199:
                raise EntryRefused(N_("The year must lie between 2000 and 2199."))
            if match[2]:
                return Moment(local, ZoneInfo("UTC"))
            return Moment(local, zones.resolve(tzid)) if tzid else Moment(local, zones.home, floating=True)
    except ValueError:
        pass
    raise EntryRefused(N_("%(name)s says “%(text)s”, which is no date and time."), name=name, text=text[:40])


def length(text: str) -> timedelta:
    """A DURATION that is longer than nothing."""
    match = _LENGTH.fullmatch(text.strip())
    parts = {name: int(number) for name, number in match.groupdict().items() if number} if match else {}
    found = timedelta(**parts)
    if not found:
        raise EntryRefused(N_("Its length “%(text)s” is none; a booking needs an end after its start."), text=text[:40])
    return found
