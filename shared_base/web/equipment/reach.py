"""Whose kit, crew and samples the reader may look at, and which bookings hold one of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Space
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.http.extensions import session
from shared_base.http.identity import current_actor
from shared_base.resources.models import Allocation, LotClaim
from shared_base.tenancy.models import Tenant
from shared_base.web.current import BaseChoice, base_choices, current_base

#: how many of the bookings to come a page lists
MOST_HELD = 200


def served_base() -> BaseChoice:
    """The current base, where the reader serves it."""
    base = current_base()
    if not current_actor().serves(base.id):
        raise NotFound(N_("There is no such base among those you serve."))
    return base


def served_ids() -> list[UUID]:
    """The bases that the reader serves."""
    return [base.id for base in base_choices() if current_actor().serves(base.id)]


def run_ids() -> list[UUID]:
    """The bases that the reader runs: there they enter and change."""
    return [base.id for base in base_choices() if runs(base.id)]


def runs(base_id: UUID) -> bool:
    """Whether the reader may enter and change what the base has; the front desk only looks it up."""
    return current_actor().serves(base_id, "operator")


def run_base() -> BaseChoice:
    """The current base, where the reader runs it."""
    base = current_base()
    if not runs(base.id):
        raise NotFound(N_("There is no such base among those you run."))
    return base


def held(resource_ids: Collection[UUID], at: datetime) -> list[Any]:
    """The bookings that hold one of these now or later, in order of time, with whom to call: one statement."""
    taken = [
        sa.select(table.booking_id).where(
            table.live, table.resource_id.in_(resource_ids), sa.func.upper(table.during) > at
        )
        for table in (Allocation, LotClaim)
    ]
    query = (
        sa.select(
            Booking.id,
            Booking.code,
            Booking.title,
            Booking.during,
            Booking.state,
            Space.code.label("studio"),
            Tenant.name.label("tenant"),
            Tenant.contact_name,
            Tenant.contact_phone,
        )
        .join(Space, Space.id == Booking.studio_id)
        .join(Tenant, Tenant.id == Booking.tenant_id)
        .where(Booking.id.in_(sa.union_all(*taken)))
        .order_by(Booking.starts_at, Booking.id)
        .limit(MOST_HELD)
    )
    return list(session().execute(query))
