"""A booking's history in words: who did what when, and what it changed from and to."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.models import Space
from shared_base.core.events import Event
from shared_base.http.extensions import session
from shared_base.http.formatting import instant
from shared_base.tenancy.models import Host

#: event → words, tone, icon
KINDS: dict[str, tuple[Any, str, str]] = {
    "booking.created": (_l("Booked"), "booked", "calendar-check"),
    "booking.held": (_l("Held"), "held", "hourglass"),
    "booking.requested": (_l("Approval asked for"), "held", "user-question"),
    "booking.confirmed": (_l("Confirmed"), "booked", "calendar-check"),
    "booking.hold_released": (_l("Hold given up"), "cancelled", "x"),
    "booking.hold_lapsed": (_l("Hold has run out"), "cancelled", "clock-off"),
    "booking.approved": (_l("Approved"), "free", "check"),
    "booking.declined": (_l("Declined"), "cancelled", "ban"),
    "booking.moved": (_l("Moved"), "arriving", "arrows-move"),
    "booking.described": (_l("Described anew"), "neutral", "pencil"),
    "booking.checked_in": (_l("Checked in"), "live", "login-2"),
    "pass.issued": (_l("Pass made"), "neutral", "qrcode"),
    "pass.used": (_l("Came in with the pass"), "live", "qrcode"),
    "pass.refused": (_l("Pass refused at the door"), "overdue", "qrcode"),
    "booking.check_in_undone": (_l("Check-in taken back"), "overdue", "arrow-back-up"),
    "booking.completed": (_l("Checked out"), "neutral", "door-exit"),
    "booking.released": (_l("Gave the rest of the time back"), "free", "clock-off"),
    "booking.no_show": (_l("Marked as a no-show"), "no-show", "user-off"),
    "booking.cancelled": (_l("Cancelled"), "cancelled", "ban"),
    "booking.delayed_by_overrun": (_l("The session before it runs over"), "overdue", "clock"),
    "booking.hit_by_closure": (_l("Hit by a closure"), "overdue", "ban"),
    "stay.checked_in": (_l("Came at another time than noted"), "neutral", "clock"),
    "stay.checked_out": (_l("Left at another time than noted"), "neutral", "clock"),
    "stay.corrected": (_l("Stay corrected"), "held", "edit"),
    "stay.voided": (_l("Stay withdrawn"), "overdue", "circle-x"),
}

FIELDS = {
    "studio_id": _l("Studio"), "host_id": _l("Host"), "start": _l("Start"), "end": _l("End"), "title": _l("Title"),
    "platform": _l("Platform"), "released_at": _l("Given back at"), "checked_in_at": _l("Checked in"),
    "checked_out_at": _l("Checked out"),
}  # fmt: skip
INSTANTS = frozenset({"start", "end", "released_at", "checked_in_at", "checked_out_at"})
#: a stay's own event says more than the booking's only where the desk named another time than now
NAMED_LATER = timedelta(minutes=1)


def history(booking: BookingRow) -> list[dict[str, Any]]:
    """The events of the booking, newest first, as the `events` component takes them; three statements at most."""
    found = session().scalars(sa.select(Event).where(Event.subject_id == booking.id).order_by(Event.id.desc()))
    told = [event for event in found if event.kind in KINDS and not _said_already(event)]
    names = _names(event.payload for event in told)
    return [_in_words(event, names) for event in told]


def _said_already(event: Event) -> bool:
    """Whether the event of the booking beside it says the same: a check-in or check-out at the time it was noted."""
    field = {"stay.checked_in": "checked_in_at", "stay.checked_out": "checked_out_at"}.get(event.kind)
    if field is None:
        return False
    return abs(datetime.fromisoformat(event.payload["after"][field]) - event.at) < NAMED_LATER


def _names(payloads: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Codes of studios and names of hosts that the events mention, by id."""
    studios: set[UUID] = set()
    hosts: set[UUID] = set()
    for payload in payloads:
        for side in ("before", "after"):
            values = payload.get(side) or {}
            studios.update(UUID(values[name]) for name in ("studio_id",) if values.get(name))
            hosts.update(UUID(values[name]) for name in ("host_id",) if values.get(name))
    names: dict[str, str] = {}
    for ids, query in (
        (studios, sa.select(Space.id, Space.code).where(Space.id.in_(studios))),
        (hosts, sa.select(Host.id, Host.stage_name).where(Host.id.in_(hosts))),
    ):
        if ids:
            names |= {str(row[0]): row[1] for row in session().execute(query)}
    return names


def _in_words(event: Event, names: dict[str, str]) -> dict[str, Any]:
    what, tone, icon = KINDS[event.kind]
    lines = _changes(event, names)
    if event.payload.get("reason"):
        lines.append(_("Reason: %(reason)s", reason=event.payload["reason"]))
    return {
        "what": what,
        "who": _("the system") if event.actor_id is None else event.actor_label,
        "at": event.at,
        "tone": tone,
        "icon": icon,
        "detail": Markup("<br>").join(lines) if lines else None,
    }


def _changes(event: Event, names: dict[str, str]) -> list[Any]:
    """`Studio: A101 → A102`, one line a field; of a new booking its studio and time as they were then."""
    before, after = event.payload.get("before") or {}, event.payload.get("after") or {}
    lines = []
    for field, label in FIELDS.items():
        if field not in after or (before.get(field) == after[field] and before):
            continue
        new = _value(field, after[field], names)
        if before:
            lines.append(Markup("{}: {} → {}").format(label, _value(field, before.get(field), names), new))
        elif after[field]:
            lines.append(Markup("{}: {}").format(label, new))
    return lines


def _value(field: str, value: str | None, names: dict[str, str]) -> Any:
    if not value:
        return "—"
    if field in INSTANTS:
        return instant(datetime.fromisoformat(value))
    return names.get(value, "—") if field.endswith("_id") else value
