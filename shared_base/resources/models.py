"""What can be taken, by whom, and when: the one table of allocations under the one exclusion constraint."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import BASES, EVERYTHING, TENANTS, after_tables, protect

BOUNDED = "lower({0}) >= '2000-01-01T00:00Z' and upper({0}) <= '2200-01-01T00:00Z'"


def bounded(column: str) -> str:
    """The condition every range of instants keeps: not empty, half-open, finite, on whole seconds."""
    return (
        f"not isempty({column}) and lower_inc({column}) and not upper_inc({column})"
        f" and lower_inf({column}) is false and upper_inf({column}) is false and {BOUNDED.format(column)}"
        f" and extract(microseconds from lower({column})) % 1000000 = 0"
        f" and extract(microseconds from upper({column})) % 1000000 = 0"
    )


class Resource(Model):
    """Anything that one booking at a time can hold. Its row is what a booking locks, in id order."""

    __tablename__ = "resources"
    __table_args__ = (
        sa.CheckConstraint("kind in ('space', 'host', 'unit', 'crew', 'sample')", name="resources_kind_known"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="resources_base_fkey"),
    )

    id: Mapped[UUID] = uuid_key()
    kind: Mapped[str]
    base_id: Mapped[UUID | None] = mapped_column(doc="null: it belongs to no base (a host works anywhere)")


class Allocation(Model):
    """A resource held by a booking for a range of time (占用). Live ones of a resource never overlap."""

    __tablename__ = "allocations"
    __table_args__ = (
        # Promise 1: no resource is in two live allocations at one instant, whoever asks and however many at once.
        pg.ExcludeConstraint(
            ("resource_id", "="),
            ("during", "&&"),
            where=sa.text("live"),
            using="gist",
            name="allocations_never_two_at_once",
        ),
        sa.CheckConstraint(bounded("during"), name="allocations_during_bounded"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"],
            ["bookings.tenant_id", "bookings.id"],
            name="allocations_booking_fkey",
        ),
        # Availability asks for a base and a time. With the resource in it this index alone answers; without the base in
        # front the planner takes the constraint's own once there are a million rows, and reads forty times as long.
        sa.Index(
            "allocations_base_during",
            "base_id",
            "during",
            postgresql_using="gist",
            postgresql_include=["resource_id"],
            postgresql_where=sa.text("live"),
        ),
        sa.Index("allocations_booking", "booking_id"),
    )

    id: Mapped[UUID] = uuid_key()
    resource_id: Mapped[UUID] = mapped_column(sa.ForeignKey("resources.id", name="allocations_resource_fkey"))
    booking_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID] = mapped_column(sa.ForeignKey("bases.id", name="allocations_base_fkey"))
    during: Mapped[Range[datetime]] = mapped_column(pg.TSTZRANGE, doc="the booking's time and its buffer after it")
    live: Mapped[bool] = mapped_column(server_default=sa.true(), doc="false: given up; kept for the record")
    purpose: Mapped[str | None] = mapped_column(doc="the kind or role that it was picked for, by its code")


protect(Allocation, tenant_writes=True)

# Availability across tenants shows busy ranges only, never whose they are: the one door through row-level security.
after_tables(
    """
CREATE FUNCTION busy_ranges(of_resources uuid[], within tstzrange)
RETURNS TABLE (resource_id uuid, during tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.resource_id, a.during FROM allocations a
  WHERE a.live AND a.during && within AND a.resource_id = ANY (of_resources) ORDER BY 1, 2;
END
"""
)
after_tables(
    """
CREATE FUNCTION busy_resources(in_base uuid, within tstzrange) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.resource_id FROM allocations a WHERE a.live AND a.base_id = in_base AND a.during && within;
END
"""
)
# Who holds what within a time, as far as the caller may see it: the policy's own words, but beside the index instead of
# before it (`&&` is not leakproof, so under the policy every allocation would be read).
after_tables(
    f"""
CREATE FUNCTION seen_allocations(of_resources uuid[], within tstzrange) RETURNS SETOF allocations
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.* FROM allocations a
  WHERE a.live AND a.during && within AND a.resource_id = ANY (of_resources)
    AND ({EVERYTHING} OR a.base_id = ANY ({BASES}) OR a.tenant_id = ANY ({TENANTS}));
END
"""  # noqa: S608 (composed of our own conditions)
)


class LotClaim(Model):
    """A number of a counted lot, held by a booking for a time; its peak is checked under the lot's row lock."""

    __tablename__ = "lot_claims"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="lot_claims_quantity_positive"),
        sa.CheckConstraint(bounded("during"), name="lot_claims_during_bounded"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"], ["bookings.tenant_id", "bookings.id"], name="lot_claims_booking_fkey"
        ),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="lot_claims_base_fkey"),
        sa.Index("lot_claims_lot", "resource_id", "during", postgresql_using="gist", postgresql_where=sa.text("live")),
        sa.Index("lot_claims_booking", "booking_id"),
    )

    id: Mapped[UUID] = uuid_key()
    resource_id: Mapped[UUID] = mapped_column(sa.ForeignKey("resources.id", name="lot_claims_resource_fkey"))
    booking_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    during: Mapped[Range[datetime]] = mapped_column(pg.TSTZRANGE)
    quantity: Mapped[int] = mapped_column(sa.Integer)
    live: Mapped[bool] = mapped_column(server_default=sa.true(), doc="false: given up; kept for the record")


protect(LotClaim, tenant_writes=True)

# The most of a lot that bookings hold at one instant of a time: a claim's beginning, or the time's own, is where a peak
# can lie. `but_not`: bookings that are being changed and hold theirs anew.
after_tables(
    """
CREATE FUNCTION lot_peak(lot uuid, within tstzrange, but_not uuid[]) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  WITH held AS (
    SELECT c.during, c.quantity FROM lot_claims c
    WHERE c.resource_id = lot AND c.live AND c.during && within AND c.booking_id <> ALL (but_not)
  ), moments AS (
    SELECT greatest(lower(held.during), lower(within)) AS at FROM held
  )
  SELECT coalesce(max(sums.total), 0) FROM (
    SELECT sum(held.quantity) AS total FROM (SELECT DISTINCT at FROM moments) m JOIN held ON held.during @> m.at
    GROUP BY m.at) sums;
END
"""
)


class Outage(Model):
    """A time in which a space, or a whole base, cannot be used (停用: closure, repair, blackout).

    A fact, not an allocation: always accepted, may overlap others, stops new allocations, hits existing bookings.
    """

    __tablename__ = "outages"
    __table_args__ = (
        sa.UniqueConstraint("ref", name="outages_ref_unique"),
        sa.CheckConstraint(bounded("during"), name="outages_during_bounded"),
        sa.CheckConstraint("length(btrim(reason)) > 0", name="outages_reason_given"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="outages_base_fkey"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="outages_resource_fkey"),
        sa.Index("outages_base", "base_id", "during", postgresql_using="gist"),
    )

    id: Mapped[UUID] = uuid_key()
    ref: Mapped[str | None] = mapped_column(doc="the operator's own number, from the workbook")
    base_id: Mapped[UUID]
    resource_id: Mapped[UUID | None] = mapped_column(doc="null: the whole base")
    during: Mapped[Range[datetime]] = mapped_column(pg.TSTZRANGE)
    reason: Mapped[str]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None] = mapped_column(doc="called off; it then never counted")


audited(Outage)
