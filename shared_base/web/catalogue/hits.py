"""The bookings that a closure or other hours hit: whom to call about them, and one-tap ways out."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from shared_base.bookings.alternatives_for_hits import WaysOut, ways_out
from shared_base.bookings.rows import BookingRow
from shared_base.http.extensions import now, session
from shared_base.http.formatting import span
from shared_base.tenancy.models import Tenant
from shared_base.web.bookings.forms import wall

#: how many of the bookings that something hits its page lists
MOST_HITS = 200


def contacts_of(bookings: Sequence[BookingRow]) -> dict[UUID, Any]:
    """Name and telephone of the bookings' tenants, by tenant."""
    query = sa.select(Tenant.id, Tenant.contact_name, Tenant.contact_phone).where(
        Tenant.id.in_({booking.tenant_id for booking in bookings})
    )
    return {row.id: row for row in session().execute(query)}


def offers(bookings: Sequence[BookingRow], *, returns: str) -> Mapping[UUID, list[dict[str, Any]]]:
    """By booking, its ways out as `label` and `url`: the form for moving it, filled, which comes back to `returns`."""
    found = ways_out(session(), bookings, at=now())
    return {booking.id: _ways(booking, found.get(booking.id, WaysOut()), returns) for booking in bookings}


def _ways(booking: BookingRow, found: WaysOut, returns: str) -> list[dict[str, Any]]:
    def way(label: Any, **instead: Any) -> dict[str, Any]:
        return {"label": label, "url": url_for("bookings.move", booking_id=booking.id, **instead, next=returns)}

    ways = [
        way(" · ".join(part for part in (studio.code, studio.scene) if part), studio=studio.id)
        for studio in found.studios
    ]
    if found.next:
        start, end = found.next
        ways.append(
            way(
                _("This studio, %(time)s", time=span(start, end, booking.timezone).striptags()),
                start=wall(start),
                end=wall(end),
            )
        )
    return ways
