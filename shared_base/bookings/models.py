"""Bookings (预订): a tenant has a studio for one range of time, through midnight and month ends."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.catalogue.models import Base, Space
from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import BASES, EVERYTHING, TENANTS, after_tables, protect
from shared_base.resources.models import bounded
from shared_base.tenancy.models import Host, Tenant

#: the states of a booking; what may follow what stands in `rules`
STATES = ("held", "requested", "confirmed", "checked_in", "completed", "no_show", "cancelled")


class Booking(Model):
    """One studio for one range. Its allocations hold the studio and the host; its events say who moved it and when."""

    __tablename__ = "bookings"
    __table_args__ = (
        sa.UniqueConstraint("code", name="bookings_code_unique"),
        sa.UniqueConstraint("ref", name="bookings_ref_unique"),
        sa.UniqueConstraint("tenant_id", "id", name="bookings_tenant_and_id"),
        sa.CheckConstraint(
            "state in ('held', 'requested', 'confirmed', 'checked_in', 'completed', 'no_show', 'cancelled')",
            name="bookings_state_known",
        ),
        sa.CheckConstraint("(state = 'held') = (hold_until is not null)", name="bookings_hold_expires"),
        sa.CheckConstraint(
            "buffer_before between 0 and 720 and buffer_after between 0 and 720"
            " and early_minutes between 0 and 1440 and grace_minutes between 0 and 1440"
            " and cancel_minutes between 0 and 525600",
            name="bookings_terms_bounded",
        ),
        sa.CheckConstraint("(series_id is null) = (occurrence_at is null)", name="bookings_series_occurrence"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "series_id"], ["booking_series.tenant_id", "booking_series.id"], name="bookings_series_fkey"
        ),
        sa.CheckConstraint(bounded("during"), name="bookings_during_bounded"),
        sa.CheckConstraint(
            "released_at is null or released_at >= lower(during) and released_at < upper(during)",
            name="bookings_released_within",
        ),
        sa.CheckConstraint("(state = 'cancelled') = (cancelled_at is not null)", name="bookings_cancelled_when"),
        sa.CheckConstraint("length(title) <= 200", name="bookings_title_length"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="bookings_tenant_fkey"),
        sa.ForeignKeyConstraint(["base_id", "studio_id"], ["spaces.base_id", "spaces.id"], name="bookings_studio_fkey"),
        # a rival's host cannot be named, whatever the request says
        sa.ForeignKeyConstraint(["tenant_id", "host_id"], ["hosts.tenant_id", "hosts.id"], name="bookings_host_fkey"),
        sa.Index("bookings_base_during", "base_id", "during", postgresql_using="gist"),
        sa.Index("bookings_base_start", "base_id", "starts_at"),
        sa.Index("bookings_studio_start", "studio_id", "starts_at"),
        sa.Index("bookings_tenant_start", "tenant_id", "starts_at"),
        sa.Index("bookings_base_changed", "base_id", "changed_at"),
        # an occurrence of a series is booked once, whoever extends it and however often
        sa.Index("bookings_occurrence_once", "series_id", "occurrence_at", unique=True),
        # what lapses, and what waits for somebody's word: few
        sa.Index("bookings_held", "hold_until", postgresql_where=sa.text("state = 'held'")),
        sa.Index("bookings_requested", "base_id", postgresql_where=sa.text("state = 'requested'")),
        # who should have come: the scheduler asks every few seconds, and never about history that was imported
        sa.Index(
            "bookings_expected",
            "starts_at",
            postgresql_where=sa.text("state = 'confirmed' and created_at < upper(during)"),
        ),
        # who is on air now: few, however long the history
        sa.Index("bookings_running", "base_id", postgresql_where=sa.text("state = 'checked_in'")),
    )

    id: Mapped[UUID] = uuid_key()
    code: Mapped[str] = mapped_column(doc="what people read and say: BK-7F3K9Q")
    ref: Mapped[str | None] = mapped_column(doc="the operator's own number, from the workbook")
    base_id: Mapped[UUID]
    studio_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    host_id: Mapped[UUID | None]
    host_name: Mapped[str | None] = mapped_column(doc="who presented, as the workbook's history wrote it")
    title: Mapped[str] = mapped_column(server_default="")
    platform: Mapped[str | None] = mapped_column(doc="抖音, 快手, 淘宝, …")
    during: Mapped[Range[datetime]] = mapped_column(pg.TSTZRANGE, doc="scheduled; half-open")
    # Under row-level security no index on a range serves (its operators are not leakproof), one on an instant does.
    starts_at: Mapped[datetime] = mapped_column(sa.Computed("lower(during)", persisted=True))
    released_at: Mapped[datetime | None] = mapped_column(doc="given back early: the schedule ends here")
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", name="bookings_creator_fkey"))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(doc="the last change: the live timeline asks for what is newer")
    version: Mapped[int] = mapped_column(sa.Integer, server_default="1", doc="rises with every change")
    # What was added later stands at the end: `seen_bookings` returns the columns in the table's order.
    hold_until: Mapped[datetime | None] = mapped_column(doc="a hold that nobody confirms lapses then")
    # The rules under which it was booked go with it: a rule that changes later changes nothing that was agreed.
    buffer_before: Mapped[int] = mapped_column(sa.Integer, server_default="0", doc="minutes held before, to set up")
    buffer_after: Mapped[int | None] = mapped_column(sa.Integer, doc="minutes held after; null: the studio's own")
    early_minutes: Mapped[int] = mapped_column(sa.Integer, server_default="60", doc="check-in opens so long before")
    grace_minutes: Mapped[int] = mapped_column(sa.Integer, server_default="15", doc="a no-show so long after the start")
    cancel_minutes: Mapped[int] = mapped_column(sa.Integer, server_default="0", doc="the tenant cancels until then")
    series_id: Mapped[UUID | None]
    occurrence_at: Mapped[datetime | None] = mapped_column(doc="which one of the series: its start by the rule")
    own_fields: Mapped[list[str]] = mapped_column(
        pg.ARRAY(sa.Text()), server_default="{}", doc="what was changed for this occurrence alone: the series leaves it"
    )
    needs: Mapped[dict[str, Any]] = mapped_column(
        server_default=sa.text("'{}'"), doc="equipment by kind, crew by role, samples: as asked for (`bookings.needs`)"
    )

    # the base comes with the studio (one composite key), so there is no key of its own to follow
    base: Mapped[Base] = relationship(primaryjoin="foreign(Booking.base_id) == Base.id", viewonly=True, lazy="raise")
    studio: Mapped[Space] = relationship(lazy="raise")
    tenant: Mapped[Tenant] = relationship(lazy="raise")
    host: Mapped[Host | None] = relationship(lazy="raise", overlaps="tenant")


protect(Booking, tenant_writes=True)

# The bookings of a base within a time, as far as the caller may see them: the policy's own words, but as a condition
# beside the index instead of a barrier before it (`&&` is not leakproof, so under the policy every row would be read).
# A migration that adds a column to the table makes the function anew.
after_tables(
    f"""
CREATE FUNCTION seen_bookings(in_base uuid, within tstzrange) RETURNS SETOF bookings
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT b.* FROM bookings b
  WHERE b.base_id = in_base AND b.during && within
    AND ({EVERYTHING} OR b.base_id = ANY ({BASES}) OR b.tenant_id = ANY ({TENANTS}));
END
"""  # noqa: S608 (composed of our own conditions)
)

# Holds that nobody confirmed in time, whosever they are: who books finds them in the way, the scheduler sweeps the
# rest. One that somebody else is confirming or giving up at this moment is left to them, and counted all the same.
after_tables(
    """
CREATE FUNCTION lapse_holds(in_base uuid, moment timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  WITH due AS (
    SELECT b.id FROM bookings b
    WHERE b.state = 'held' AND b.hold_until <= moment AND (in_base IS NULL OR b.base_id = in_base)
    FOR UPDATE SKIP LOCKED
  ), lapsed AS (
    UPDATE bookings b SET state = 'cancelled', cancelled_at = moment, hold_until = NULL, changed_at = moment,
      version = b.version + 1
    FROM due WHERE b.id = due.id RETURNING b.id, b.base_id, b.tenant_id
  ), allocations_given_up AS (
    UPDATE allocations a SET live = false FROM lapsed WHERE a.booking_id = lapsed.id AND a.live
  ), lots_given_up AS (
    UPDATE lot_claims c SET live = false FROM lapsed WHERE c.booking_id = lapsed.id AND c.live
  ), told AS (
    INSERT INTO events (at, kind, subject_id, base_id, tenant_id, actor_label, payload)
    SELECT moment, 'booking.hold_lapsed', lapsed.id, lapsed.base_id, lapsed.tenant_id, 'system',
           jsonb_build_object('before', jsonb_build_object('state', 'held'),
                              'after', jsonb_build_object('state', 'cancelled'))
    FROM lapsed
  )
  SELECT count(*) FROM bookings b
  WHERE b.state = 'held' AND b.hold_until <= moment AND (in_base IS NULL OR b.base_id = in_base);
END
"""
)
