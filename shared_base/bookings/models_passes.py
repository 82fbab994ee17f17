"""Passes (通行码): a booking's QR code at the door; and which notices a booking has had."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import protect


class BookingPass(Model):
    """A pass of a booking. What the code shows is not stored: it is computed from the id with the house's key."""

    __tablename__ = "booking_passes"
    __table_args__ = (
        # one at a time: a new pass revokes the one before
        sa.Index("booking_passes_one_valid", "booking_id", unique=True, postgresql_where=sa.text("revoked_at is null")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"], ["bookings.tenant_id", "bookings.id"], name="booking_passes_booking_fkey"
        ),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="booking_passes_base_fkey"),
    )

    id: Mapped[UUID] = uuid_key()
    booking_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None] = mapped_column(doc="single entry: a second scan is refused")


protect(BookingPass, tenant_writes=True)


class BookingNotice(Model):
    """That a booking's people were told something, so that they are told once: a reminder, an overrun before them."""

    __tablename__ = "booking_notices"
    __table_args__ = (
        sa.PrimaryKeyConstraint("booking_id", "kind", name="booking_notices_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"], ["bookings.tenant_id", "bookings.id"], name="booking_notices_booking_fkey"
        ),
    )

    booking_id: Mapped[UUID]
    kind: Mapped[str]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    at: Mapped[datetime]


protect(BookingNotice)
