"""Bookings as rows, past the rules: history, and other people's bookings that stand in the way."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Space
from shared_base.resources.models import Allocation
from shared_base.tenancy.models import Host, Tenant
from tests.factories.catalogue import LONG_AGO

_numbers = count(1)
#: states that hold the resources
HOLDING = ("held", "requested", "confirmed", "checked_in")


def make_booking(
    session: Session,
    studio: Space,
    tenant: Tenant,
    start: datetime,
    end: datetime,
    *,
    state: str = "confirmed",
    host: Host | None = None,
    **columns: Any,
) -> Booking:
    """A booking in `state` with the allocations of it: live until given back while it holds its studio."""
    booking = Booking(
        **{
            "code": f"BK-{next(_numbers):06d}",
            "base_id": studio.base_id,
            "studio_id": studio.id,
            "tenant_id": tenant.id,
            "host_id": host.id if host else None,
            "title": "晚八点专场",
            "platform": "抖音",
            "during": Range(start, end),
            "state": state,
            "created_at": LONG_AGO,
            "changed_at": LONG_AGO,
            "cancelled_at": LONG_AGO if state == "cancelled" else None,
            "cancel_reason": "取消" if state == "cancelled" else None,
            **columns,
        }
    )
    session.add(booking)
    session.flush()
    until = (booking.released_at or end) + timedelta(minutes=studio.buffer_minutes)
    holders = [(studio.id, until)] + ([(host.id, booking.released_at or end)] if host else [])
    session.add_all(
        [
            Allocation(
                resource_id=resource_id,
                booking_id=booking.id,
                tenant_id=tenant.id,
                base_id=studio.base_id,
                during=Range(start, upper),
                live=state in HOLDING and upper > start,
            )
            for resource_id, upper in holders
            if upper > start
        ]
    )
    session.flush()
    return booking
