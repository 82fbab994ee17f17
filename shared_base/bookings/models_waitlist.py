"""The waitlist (候补): who wants a time that is taken, in the order in which they came."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import BASES, EVERYTHING, TENANTS, after_tables, protect
from shared_base.resources.models import bounded

#: waiting → offered (a hold is made for it) → taken, or waiting's end: expired (unanswered, or too late), withdrawn
WAITLIST_STATES = ("waiting", "offered", "taken", "expired", "withdrawn")


class WaitlistEntry(Model):
    """Somebody waits for a time: for one studio, or for any that fits. An offer is a hold, with the hold's expiry."""

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        sa.CheckConstraint(
            "state in ('waiting', 'offered', 'taken', 'expired', 'withdrawn')", name="waitlist_entries_state_known"
        ),
        sa.CheckConstraint(bounded("during"), name="waitlist_entries_during_bounded"),
        sa.CheckConstraint(
            "(state in ('offered', 'taken')) <= (offered_booking_id is not null)",
            name="waitlist_entries_offer_is_a_hold",
        ),
        sa.CheckConstraint("length(title) <= 200", name="waitlist_entries_title_length"),
        sa.CheckConstraint(
            "(state in ('waiting', 'offered')) = (ended_at is null)", name="waitlist_entries_ended_when_over"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="waitlist_entries_tenant_fkey"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="waitlist_entries_base_fkey"),
        sa.ForeignKeyConstraint(
            ["base_id", "studio_id"], ["spaces.base_id", "spaces.id"], name="waitlist_entries_studio_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "host_id"], ["hosts.tenant_id", "hosts.id"], name="waitlist_entries_host_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "offered_booking_id"],
            ["bookings.tenant_id", "bookings.id"],
            name="waitlist_entries_booking_fkey",
        ),
        sa.Index(
            "waitlist_entries_waiting", "base_id", "id", postgresql_where=sa.text("state in ('waiting', 'offered')")
        ),
        sa.Index("waitlist_entries_tenant", "tenant_id", "id"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    studio_id: Mapped[UUID | None] = mapped_column(doc="null: any that fits")
    host_id: Mapped[UUID | None]
    scene: Mapped[str | None]
    min_area_m2: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 4))
    during: Mapped[Range[datetime]] = mapped_column(pg.TSTZRANGE)
    title: Mapped[str] = mapped_column(server_default="")
    needs: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"), doc="equipment, crew, samples")
    state: Mapped[str] = mapped_column(server_default="waiting")
    offered_booking_id: Mapped[UUID | None]
    tried_at: Mapped[datetime | None] = mapped_column(doc="when it was last looked whether something is free for it")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", name="waitlist_entries_creator_fkey"))
    ended_at: Mapped[datetime | None]


protect(WaitlistEntry, tenant_writes=True)

# A tenant learns how many stand before it in line, and nothing else of them: not even that they are there, beyond the
# number. Before it are those who came earlier, wait for a time that overlaps its own, and could be given the same room.
after_tables(
    f"""
CREATE FUNCTION waitlist_place(of_entry uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT 1 + count(ahead.id)
  FROM waitlist_entries mine
  LEFT JOIN waitlist_entries ahead
    ON ahead.base_id = mine.base_id AND ahead.id < mine.id AND ahead.state = 'waiting' AND ahead.during && mine.during
    AND (ahead.studio_id IS NULL OR mine.studio_id IS NULL OR ahead.studio_id = mine.studio_id)
    AND (ahead.scene IS NULL OR mine.scene IS NULL OR ahead.scene = mine.scene)
  WHERE mine.id = of_entry AND mine.state = 'waiting'
    AND ({EVERYTHING} OR mine.base_id = ANY ({BASES}) OR mine.tenant_id = ANY ({TENANTS}))
  GROUP BY mine.id;
END
"""  # noqa: S608 (composed of our own conditions)
)
