"""What really happened: stays (append-only) and the frozen month reports made of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.audit import append_only
from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import BASES, EVERYTHING, after_tables, protect


class StayRecord(Model):
    """One statement about a stay: in, out, or a correction of either with its reason. Never edited.

    The newest statement (`revision`) about a stay is what counts; `stays` holds it.
    """

    __tablename__ = "stay_records"
    __table_args__ = (
        sa.UniqueConstraint("stay_id", "revision", name="stay_records_one_statement_a_revision"),
        # A check-out before its check-in is refused.
        sa.CheckConstraint("checked_out_at >= checked_in_at", name="stay_records_out_after_in"),
        sa.CheckConstraint(
            "extract(microseconds from checked_in_at) % 1000000 = 0"
            " and (checked_out_at is null or extract(microseconds from checked_out_at) % 1000000 = 0)",
            name="stay_records_whole_seconds",
        ),
        sa.CheckConstraint("not voided or reason is not null", name="stay_records_void_explained"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"], ["bookings.tenant_id", "bookings.id"], name="stay_records_booking_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "studio_id"], ["spaces.base_id", "spaces.id"], name="stay_records_studio_fkey"
        ),
        sa.Index("stay_records_booking", "booking_id"),
    )

    id: Mapped[UUID] = uuid_key()
    stay_id: Mapped[UUID]
    revision: Mapped[int] = mapped_column(sa.Integer)
    booking_id: Mapped[UUID]
    studio_id: Mapped[UUID]
    base_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    checked_in_at: Mapped[datetime]
    checked_out_at: Mapped[datetime | None]
    voided: Mapped[bool] = mapped_column(server_default=sa.false(), doc="the stay never was")
    reason: Mapped[str | None] = mapped_column(doc="why, for a correction")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", name="stay_records_recorder_fkey"))
    recorder_label: Mapped[str]


protect(StayRecord, tenant_writes=True)
append_only(StayRecord)


class Stay(Model):
    """The newest statement about each stay: use as it happened (booking, studio, from, to).

    Written only by the trigger on `stay_records`, so that the two cannot part.
    """

    __tablename__ = "stays"
    __table_args__ = (
        sa.Index("stays_booking", "booking_id"),
        # who is in the studios now: the desk's board asks every few seconds
        sa.Index("stays_open", "base_id", postgresql_where=sa.text("checked_out_at is null and not voided")),
        # the month report reads a base's stays by time; one that runs is open-ended
        sa.Index(
            "stays_base_span",
            "base_id",
            sa.text("tstzrange(checked_in_at, checked_out_at, '[]')"),
            postgresql_using="gist",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(sa.Integer)
    booking_id: Mapped[UUID]
    studio_id: Mapped[UUID]
    base_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    checked_in_at: Mapped[datetime]
    checked_out_at: Mapped[datetime | None]
    voided: Mapped[bool] = mapped_column(server_default=sa.false())


protect(Stay, write="false")
after_tables(
    """
CREATE FUNCTION keep_newest_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
  -- one statement for all inserted rows: an import of a year stays set-based
  INSERT INTO stays (id, revision, booking_id, studio_id, base_id, tenant_id, checked_in_at, checked_out_at, voided)
  SELECT DISTINCT ON (stay_id) stay_id, revision, booking_id, studio_id, base_id, tenant_id,
         checked_in_at, checked_out_at, voided
  FROM written ORDER BY stay_id, revision DESC
  ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, booking_id = excluded.booking_id,
    studio_id = excluded.studio_id, base_id = excluded.base_id, tenant_id = excluded.tenant_id,
    checked_in_at = excluded.checked_in_at, checked_out_at = excluded.checked_out_at, voided = excluded.voided
  WHERE stays.revision < excluded.revision;
  RETURN NULL;
END $$
"""
)
after_tables(
    "CREATE TRIGGER stay_records_keep_newest AFTER INSERT ON stay_records REFERENCING NEW TABLE AS written"
    " FOR EACH STATEMENT EXECUTE FUNCTION keep_newest_stay()"
)


class MonthReport(Model):
    """A base's frozen month (使用率报表). Revision 1 is the closing; later ones are a person's, with a reason."""

    __tablename__ = "month_reports"
    __table_args__ = (
        # Promise 5: exactly one revision 1 a base and month, however many schedulers run or die.
        sa.UniqueConstraint("base_id", "month", "revision", name="month_reports_one_of_each_revision"),
        sa.UniqueConstraint("base_id", "id", name="month_reports_base_and_id"),
        sa.CheckConstraint("extract(day from month) = 1", name="month_reports_month_is_a_month"),
        sa.CheckConstraint("revision >= 1", name="month_reports_revision_counts"),
        sa.CheckConstraint(
            "(revision = 1) = (reason is null) and (revision = 1 or revised_by is not null)",
            name="month_reports_revision_is_a_persons",
        ),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="month_reports_digest_shape"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="month_reports_base_fkey"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    month: Mapped[date]
    revision: Mapped[int] = mapped_column(sa.Integer)
    closed_at: Mapped[datetime]
    canonical: Mapped[bytes] = mapped_column(doc="the exact bytes hashed: RFC 8785, all but digest and closed_at")
    digest: Mapped[str] = mapped_column(doc="SHA-256 of `canonical`, hex")
    totals: Mapped[dict[str, Any]] = mapped_column(doc="the document's totals, for lists and charts of many months")
    reason: Mapped[str | None]
    changes: Mapped[dict[str, Any] | None] = mapped_column(doc="what a later revision changed, figure by figure")
    revised_by: Mapped[str | None] = mapped_column(doc="the person's name, as it was")
    closed_by: Mapped[str] = mapped_column(doc="`scheduler`, `system`, or a person's name")


# it holds every tenant's figures: for staff and reviewers of the base only
protect(MonthReport, tenant=None)
append_only(MonthReport)


class ReportLease(Model):
    """A lease as a frozen report saw it: one row of the report's `leases`, readable by the tenant it concerns."""

    __tablename__ = "report_leases"
    __table_args__ = (
        sa.PrimaryKeyConstraint("report_id", "lease_ref", name="report_leases_pkey"),
        sa.ForeignKeyConstraint(
            ["base_id", "report_id"], ["month_reports.base_id", "month_reports.id"], name="report_leases_report_fkey"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="report_leases_tenant_fkey"),
        sa.Index("report_leases_tenant", "tenant_id", "month"),
    )

    report_id: Mapped[UUID]
    lease_ref: Mapped[str]
    lease_id: Mapped[UUID]
    base_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    uscc: Mapped[str]
    month: Mapped[date]
    revision: Mapped[int] = mapped_column(sa.Integer)
    report_digest: Mapped[str]
    area_m2: Mapped[Decimal] = mapped_column(sa.Numeric(12, 4))
    days_in_force: Mapped[int] = mapped_column(sa.Integer)
    payable_days: Mapped[int] = mapped_column(sa.Integer)
    days_of_month: Mapped[int] = mapped_column(sa.Integer)
    rent_due_fen: Mapped[int]
    property_fee_due_fen: Mapped[int]
    recognised: Mapped[bool]


protect(ReportLease)
append_only(ReportLease)

# A tenant who builds a claim must know which months are frozen, and in which revision, without reading the report.
after_tables(
    """
CREATE FUNCTION frozen_months(of_bases uuid[], first date, last date)
RETURNS TABLE (base_id uuid, month date, revision integer, report_id uuid, digest text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT DISTINCT ON (r.base_id, r.month) r.base_id, r.month, r.revision, r.id, r.digest
  FROM month_reports r WHERE r.base_id = ANY (of_bases) AND r.month BETWEEN first AND last
  ORDER BY r.base_id, r.month, r.revision DESC;
END
"""
)

# What a month report reads, in the operator's own names (studio codes, USCCs), each row once. SECURITY DEFINER, because
# the report of a base must be the same whoever closes it, and because under row-level security no index on a range can
# be used (`&&` is not leakproof): a month is read in the time of a month, however long the history. Who may not see the
# whole base sees nothing.
_OF_WHOLE_BASE = f"({EVERYTHING} OR in_base = ANY ({BASES}))"
_STUDIOS = "SELECT p.id, p.code FROM spaces p WHERE p.base_id = in_base AND p.kind = 'studio'"

after_tables(
    f"""
CREATE FUNCTION month_bookings(in_base uuid, since timestamptz, until timestamptz)
RETURNS TABLE (studio text, uscc text, starts timestamptz, ends timestamptz, state text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT p.code, t.uscc, lower(b.during), coalesce(b.released_at, upper(b.during)), b.state
  FROM bookings b JOIN ({_STUDIOS}) p ON p.id = b.studio_id JOIN tenants t ON t.id = b.tenant_id
  WHERE b.base_id = in_base AND b.during && tstzrange(since, until)
    AND b.state NOT IN ('cancelled', 'held', 'requested') AND {_OF_WHOLE_BASE};
END
"""  # noqa: S608 (composed of our own conditions)
)
# `ends`: checked out; or, never checked out (`auto_closed`), the scheduled end, or the check-in if that is later.
after_tables(
    f"""
CREATE FUNCTION month_stays(in_base uuid, since timestamptz, until timestamptz)
RETURNS TABLE (studio text, uscc text, starts timestamptz, ends timestamptz, auto_closed boolean, corrected boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT p.code, t.uscc, s.checked_in_at, e.ends, s.checked_out_at IS NULL, s.revision > 1
  FROM stays s JOIN ({_STUDIOS}) p ON p.id = s.studio_id JOIN tenants t ON t.id = s.tenant_id
  JOIN bookings b ON b.id = s.booking_id
  CROSS JOIN LATERAL (
    SELECT coalesce(s.checked_out_at, greatest(s.checked_in_at, coalesce(b.released_at, upper(b.during)))) AS ends) e
  WHERE s.base_id = in_base AND tstzrange(s.checked_in_at, s.checked_out_at, '[]') && tstzrange(since, until)
    AND (e.ends > since OR s.checked_in_at >= since) AND NOT s.voided AND b.state <> 'cancelled' AND {_OF_WHOLE_BASE};
END
"""  # noqa: S608 (composed of our own conditions)
)
after_tables(
    f"""
CREATE FUNCTION month_leases(in_base uuid, days daterange)
RETURNS TABLE (id uuid, tenant_id uuid, ref text, uscc text, area_m2 numeric, term daterange, monthly_rent_fen bigint,
               property_fee_fen bigint, rent_free datemultirange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT l.id, l.tenant_id, l.ref, t.uscc, l.area_m2, l.term, l.monthly_rent_fen, l.property_fee_fen,
         coalesce((SELECT range_agg(f.days) FROM lease_rent_free f WHERE f.lease_id = l.id), '{{}}')
  FROM leases l JOIN tenants t ON t.id = l.tenant_id
  WHERE l.base_id = in_base AND l.term && days AND {_OF_WHOLE_BASE};
END
"""  # noqa: S608 (composed of our own conditions)
)
