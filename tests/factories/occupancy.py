"""Stays as rows, past the rules: history."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.occupancy.models import Stay, StayRecord
from tests.factories.catalogue import LONG_AGO


def make_stay(session: Session, booking: Booking, came: datetime, left: datetime | None, **columns: Any) -> Stay:
    """A stay of the booking's tenant in its studio from `came` to `left` (None: never checked out)."""
    stay_id = session.scalars(
        sa.insert(StayRecord)
        .values(
            {
                "stay_id": sa.func.uuidv7(),
                "revision": 1,
                "booking_id": booking.id,
                "studio_id": booking.studio_id,
                "base_id": booking.base_id,
                "tenant_id": booking.tenant_id,
                "checked_in_at": came,
                "checked_out_at": left,
                "recorded_at": LONG_AGO,
                "recorder_label": "前台",
                **columns,
            }
        )
        .returning(StayRecord.stay_id)
    ).one()
    return session.get_one(Stay, stay_id)
