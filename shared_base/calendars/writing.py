"""Bookings as an iCalendar object (RFC 5545), the same bytes for the same bookings."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vDuration, vText, vUri

from shared_base.calendars.rows import Appointment
from shared_base.calendars.vtimezones import vtimezone
from shared_base.calendars.words import WORDS

PRODUCT = "-//Shared Base//Shared Base//EN"
#: how soon a client should ask again
REFRESH = timedelta(minutes=15)
#: rises when the same bookings are written in another way, so that clients read them anew
FORM = 1
STATUS = {"held": "TENTATIVE", "requested": "TENTATIVE", "cancelled": "CANCELLED"}


@dataclass(frozen=True)
class Place:
    """Where the calendar comes from: the installation's public address, and the language of its words."""

    base_url: str
    locale: str

    @property
    def host(self) -> str:
        """What makes a booking's id one in the world."""
        return urlsplit(self.base_url).hostname or "localhost"

    def text(self, key: str, **values: str) -> str:
        return WORDS[self.locale][key].format(**values)


def fingerprint(found: Sequence[Appointment], *, name: str, place: Place, staff: bool) -> str:
    """What changes when the calendar would: known before it is written, so that an unchanged one never is."""
    return hashlib.sha256(repr((FORM, name, place, staff, list(found))).encode()).hexdigest()[:32]


def feed(found: Sequence[Appointment], *, name: str, place: Place, staff: bool) -> bytes:
    """A calendar to subscribe to. `staff`: whose bookings they are is part of their titles."""
    calendar = _calendar()
    # the library takes what it does not know for written already: as text it is escaped
    title = vText(place.text("calendar", name=name))
    calendar.add("name", title)  # RFC 7986, and what clients read before it
    calendar.add("x-wr-calname", title)
    if found:
        calendar.add("x-wr-timezone", found[0].timezone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    _fill(calendar, found, place=place, staff=staff)
    return bytes(calendar.to_ical())


def invitation(found: Appointment, *, place: Place, organizer: str | None = None) -> bytes:
    """One booking to keep. With an `organizer` (a mail address) it says METHOD:PUBLISH, for the mail it goes with.

    PUBLISH, not REQUEST (RFC 5546 §3.2): the studio is booked already, nobody is asked, nobody reads a reply. A later
    mail with the same UID and a higher SEQUENCE replaces it; a cancelled booking says STATUS:CANCELLED.
    """
    calendar = _calendar()
    if organizer:
        calendar.add("method", "PUBLISH")
    _fill(calendar, [found], place=place, staff=False, organizer=organizer)
    return bytes(calendar.to_ical())


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _fill(
    calendar: Calendar,
    found: Sequence[Appointment],
    *,
    place: Place,
    staff: bool,
    organizer: str | None = None,
) -> None:
    for zone in sorted({one.timezone for one in found}):
        own = [one for one in found if one.timezone == zone]
        calendar.add_component(vtimezone(zone, min(one.start for one in own), max(one.end for one in own)))
    for one in found:
        calendar.add_component(_event(one, place=place, staff=staff, organizer=organizer))


def _event(one: Appointment, *, place: Place, staff: bool, organizer: str | None) -> Event:
    zone = ZoneInfo(one.timezone)
    url = f"{place.base_url}/bookings/{one.id}"
    event = Event()
    event.add("uid", f"{one.id}@{place.host}")
    event.add("sequence", one.version)
    # without a METHOD, and with PUBLISH, the stamp is that of the last revision (RFC 5545 §3.8.7.2)
    event.add("dtstamp", _second(one.changed_at))
    event.add("created", _second(one.created_at))
    event.add("last-modified", _second(one.changed_at))
    event.add("dtstart", one.start.astimezone(zone))
    event.add("dtend", one.until.astimezone(zone))
    event.add("status", STATUS.get(one.state, "CONFIRMED"))
    event.add("transp", "TRANSPARENT" if one.state in ("cancelled", "no_show") else "OPAQUE")
    title = one.title or one.code
    event.add("summary", f"{title} · {one.tenant_name}" if staff and one.tenant_name else title)
    named = one.studio_name.startswith(one.studio_code)
    room = one.studio_name if named else f"{one.studio_code} {one.studio_name}"
    event.add("location", ", ".join(part for part in (one.base_name, room, one.floor) if part))
    event.add("description", "\n".join([*_lines(one, place=place, staff=staff), url]))
    event.add("url", vUri(url))
    if organizer:
        person = vCalAddress(f"mailto:{organizer}")
        person.params["CN"] = one.base_name
        event.add("organizer", person)
    return event


def _lines(one: Appointment, *, place: Place, staff: bool) -> list[str]:
    lines = [place.text("code", value=one.code)]
    if one.state == "held" and one.hold_until:
        until = one.hold_until.astimezone(ZoneInfo(one.timezone))
        lines.append(place.text("held", value=f"{until:%Y-%m-%d %H:%M}"))
    elif one.state == "cancelled" and one.cancel_reason:
        lines.append(place.text("cancelled", value=one.cancel_reason))
    elif one.state in ("requested", "no_show"):
        lines.append(place.text(one.state))
    kit = [f"{name} × {number}" if number > 1 else name for name, number in one.kit]
    told = {
        "tenant": one.tenant_name if staff else None,
        "host": one.host_name,
        "platform": one.platform,
        "kit": place.text("list").join(kit),
    }
    return lines + [place.text(key, value=value) for key, value in told.items() if value]


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
