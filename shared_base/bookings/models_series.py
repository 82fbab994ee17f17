"""Series (系列): one rule, many bookings. Each occurrence is a booking of its own and may go its own way."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import protect


class Series(Model):
    """A recurrence rule (RFC 5545) and what every occurrence of it asks for, unless it was changed by itself.

    Times are those of the anchor zone's wall clock: 20:00 in New York stays 20:00 there and moves in Beijing.
    """

    __tablename__ = "booking_series"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "id", name="booking_series_tenant_and_id"),
        sa.CheckConstraint("duration_seconds > 0", name="booking_series_duration_positive"),
        sa.CheckConstraint("length(title) <= 200", name="booking_series_title_length"),
        sa.CheckConstraint("on_conflict in ('refuse', 'skip')", name="booking_series_on_conflict_known"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="booking_series_tenant_fkey"),
        sa.ForeignKeyConstraint(
            ["base_id", "studio_id"], ["spaces.base_id", "spaces.id"], name="booking_series_studio_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "host_id"], ["hosts.tenant_id", "hosts.id"], name="booking_series_host_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "split_from"],
            ["booking_series.tenant_id", "booking_series.id"],
            name="booking_series_split_fkey",
        ),
        sa.Index("booking_series_base", "base_id", "id"),
        sa.Index("booking_series_tenant", "tenant_id", "id"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    studio_id: Mapped[UUID]
    host_id: Mapped[UUID | None]
    title: Mapped[str] = mapped_column(server_default="")
    platform: Mapped[str | None]
    rrule: Mapped[str] = mapped_column(doc="RFC 5545 §3.3.10, without DTSTART and with an end (COUNT or UNTIL)")
    timezone: Mapped[str] = mapped_column(doc="IANA name: the wall clock that the rule follows")
    first_start: Mapped[datetime] = mapped_column(doc="DTSTART as an instant")
    duration_seconds: Mapped[int] = mapped_column(sa.Integer)
    exdates: Mapped[list[datetime]] = mapped_column(
        pg.ARRAY(sa.TIMESTAMP(timezone=True)), server_default="{}", doc="occurrences left out"
    )
    rdates: Mapped[list[datetime]] = mapped_column(
        pg.ARRAY(sa.TIMESTAMP(timezone=True)), server_default="{}", doc="starts beside the rule's"
    )
    needs: Mapped[dict[str, Any]] = mapped_column(
        server_default=sa.text("'{}'"), doc="equipment, crew and samples, as a request names them"
    )
    on_conflict: Mapped[str] = mapped_column(server_default="refuse")
    split_from: Mapped[UUID | None] = mapped_column(doc="the series of which this is the following part")
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", name="booking_series_creator_fkey"))
    version: Mapped[int] = mapped_column(sa.Integer, server_default="1", doc="rises with every change")


protect(Series, tenant_writes=True)
