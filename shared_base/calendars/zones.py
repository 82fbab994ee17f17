"""Which zone a TZID means: an IANA name, Outlook's name of one, or what the file itself says of it (VTIMEZONE)."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from shared_base.calendars.content_lines import Component
from shared_base.calendars.errors import EntryRefused
from shared_base.core.i18n import N_

#: in the database of zones, but no place
_NO_PLACES = {"Factory", "localtime", "posixrules"}
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(?:00)?", re.ASCII)


@cache
def _known() -> dict[str, str]:
    """Names by their lower-case form: files write them as they like."""
    return {name.lower(): name for name in available_timezones() - _NO_PLACES} | {
        name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()
    }


class Zones:
    """The zones of one file. `home`: the base's own, which stands for any with the same constant offset."""

    def __init__(self, components: Iterable[Component], home: ZoneInfo) -> None:
        self.home = home
        self._described = {
            name.value.strip().strip('"'): component
            for component in components
            if component.name == "VTIMEZONE" and (name := component.first("TZID")) is not None
        }

    def resolve(self, tzid: str) -> ZoneInfo:
        """The zone that the file calls `tzid`. Raises `EntryRefused` for one that nobody knows."""
        tzid = tzid.strip()
        named = self._named(tzid)
        described = self._described.get(tzid)
        if named is None and described is not None:
            place = described.first("X-LIC-LOCATION")
            named = (self._named(place.value) if place else None) or self._constant(described)
        if named is None:
            raise EntryRefused(
                N_("Nobody knows the time zone “%(zone)s”: choose a place such as Asia/Shanghai and export again."),
                zone=tzid[:60],
            )
        return ZoneInfo(named)

    def _named(self, name: str) -> str | None:
        """By its own name, or by the end of a path (`/mozilla.org/20050126_1/Asia/Shanghai`)."""
        parts = name.strip().strip("/").split("/")
        return next(
            (found for size in (len(parts), 3, 2, 1) if (found := _known().get("/".join(parts[-size:]).lower()))), None
        )

    def _constant(self, described: Component) -> str | None:
        """A zone that never changes its clock, by its offset; what changes it by rules of its own is not guessed at."""
        offsets = {offset.value for part in described.parts for offset in part.all("TZOFFSETTO")}
        found = _OFFSET.fullmatch(next(iter(offsets))) if len(offsets) == 1 else None
        if found is None:
            return None
        sign, hours, minutes = found[1], int(found[2]), int(found[3])
        if _constant_offset(self.home) == (sign, hours, minutes):
            return self.home.key
        # POSIX counts the other way round: Etc/GMT-8 is east of Greenwich
        turned = f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "UTC"
        return _known().get(turned.lower()) if minutes == 0 else None


@cache
def _constant_offset(zone: ZoneInfo) -> tuple[str, int, int] | None:
    """The zone's offset if it has one only, today and for years."""
    offsets = {datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in range(1, 13)}
    offset = offsets.pop()
    if offsets or offset is None:
        return None
    minutes = round(offset / timedelta(minutes=1))
    return ("-" if minutes < 0 else "+", *divmod(abs(minutes), 60))
