"""Whose booking, at which base: what is not the reader's is not found; a page shows the time of its booking's base."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import g

from shared_base.bookings.queries import booking_for
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.models import Space
from shared_base.http.extensions import now, session
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.tenancy.models import Host
from shared_base.web.current import base_choices, current_base_or_none


def own_booking(booking_id: UUID) -> BookingRow:
    """The booking, if it is theirs to see; from here on the page is about its base, whichever was chosen before."""
    booking = booking_for(session(), current_actor(), booking_id)
    chosen = current_base_or_none()
    g.current_base = next((base for base in base_choices() if base.id == booking.base_id), chosen)
    g.zone = booking.timezone
    return booking


def may_change(booking: BookingRow) -> bool:
    """Whether the reader may do something to it at all: its tenant, or the staff of its base."""
    actor = current_actor()
    return actor.serves(booking.base_id) or actor.acts_for(booking.tenant_id)


def studios(base_id: UUID) -> list[Any]:
    """The base's studios that are not out of service for good: (id, code, name, scene, area_m2), by code."""
    today = now().astimezone(page_zone()).date()
    gone = sa.func.upper(Space.in_service) <= today
    query = (
        sa.select(Space.id, Space.code, Space.name, Space.scene, Space.area_m2)
        .where(Space.base_id == base_id, Space.kind == "studio", gone.is_not(True))
        .order_by(Space.code)
    )
    return list(session().execute(query))


def codes(space_ids: set[UUID]) -> dict[UUID, str]:
    """What stands on the doors."""
    if not space_ids:
        return {}
    return {
        row.id: row.code for row in session().execute(sa.select(Space.id, Space.code).where(Space.id.in_(space_ids)))
    }


def hosts_of(tenant_ids: list[UUID]) -> list[Any]:
    """Who presents for the tenants: (id, stage_name, tenant_id, checked), by name; without those who left."""
    query = (
        sa.select(Host.id, Host.stage_name, Host.tenant_id, Host.real_name_checked_at.is_not(None).label("checked"))
        .where(Host.tenant_id.in_(tenant_ids), Host.left_at.is_(None))
        .order_by(Host.stage_name, Host.id)
    )
    return list(session().execute(query))
