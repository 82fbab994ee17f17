"""Who may use a base: tenants (入驻企业), memberships, hosts (主播), leases (入驻协议) and the rent paid for them."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.catalogue.models import Base, Space
from shared_base.core.audit import append_only, audited
from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import ACTOR, BASES, EVERYTHING, NO_REVIEWER, TENANTS, after_tables, protect
from shared_base.people.models import User
from shared_base.resources.models import Resource

TENANT_KINDS = ("mcn", "brand", "platform", "service")
PAYMENT_KINDS = ("rent", "property_fee", "utilities")


class Tenant(Model):
    """An enterprise in the base, known by its USCC (统一社会信用代码, GB 32100): canonical upper case, unique."""

    __tablename__ = "tenants"
    __table_args__ = (
        sa.UniqueConstraint("uscc", name="tenants_uscc_unique"),
        sa.CheckConstraint("uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name="tenants_uscc_shape"),
        sa.CheckConstraint("kind in ('mcn', 'brand', 'platform', 'service')", name="tenants_kind_known"),
        sa.CheckConstraint("division_code ~ '^[0-9]{6}$'", name="tenants_division_shape"),
        sa.CheckConstraint("(suspended_at is null) = (suspension_reason is null)", name="tenants_suspension_explained"),
    )

    id: Mapped[UUID] = uuid_key()
    uscc: Mapped[str]
    uscc_override_reason: Mapped[str | None] = mapped_column(
        doc="why a code whose check digit fails was accepted all the same; null for the others"
    )
    name: Mapped[str]
    kind: Mapped[str]
    division_code: Mapped[str | None]
    contact_name: Mapped[str | None]
    contact_phone: Mapped[str | None]
    suspended_at: Mapped[datetime | None] = mapped_column(doc="no new bookings while set")
    suspension_reason: Mapped[str | None]
    created_at: Mapped[datetime]

    admissions: Mapped[list["Admission"]] = relationship(lazy="raise")


class Admission(Model):
    """A tenant admitted to a base (入驻): its staff sees the tenant, the tenant books there."""

    __tablename__ = "admissions"
    __table_args__ = (
        sa.PrimaryKeyConstraint("tenant_id", "base_id", name="admissions_pkey"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="admissions_tenant_fkey"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="admissions_base_fkey"),
        sa.CheckConstraint("length(btrim(plan)) between 1 and 40", name="admissions_plan_given"),
        sa.Index("admissions_base", "base_id"),
    )

    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    since: Mapped[datetime]
    plan: Mapped[str | None] = mapped_column(doc="what it agreed with the base (基础, 旗舰): quotas may go by it")


protect(Admission)
_of_my_bases = f"exists (select from admissions a where a.tenant_id = tenants.id and a.base_id = ANY ({BASES}))"
protect(
    Tenant,
    read=f"{EVERYTHING} OR id = ANY ({TENANTS}) OR {_of_my_bases}",
    # staff enter a new enterprise before it is admitted anywhere; who may is the route's guard
    write=f"{NO_REVIEWER} AND ({EVERYTHING} OR cardinality({BASES}) > 0)",
)
audited(Tenant)
audited(Admission)

# A base admits an enterprise that another base entered: its staff may learn that the code is known, and no more.
after_tables(
    f"""
CREATE FUNCTION known_enterprise(code text) RETURNS TABLE (id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT t.id, t.name FROM tenants t
  WHERE t.uscc = code AND {NO_REVIEWER} AND ({EVERYTHING} OR cardinality({BASES}) > 0);
END
"""  # noqa: S608 (composed of our own conditions)
)


class Membership(Model):
    """What a person may do: a role, everywhere (admin, reviewer), in a base, or in a tenant. One may hold several."""

    __tablename__ = "memberships"
    __table_args__ = (
        sa.CheckConstraint(
            "case when role = 'admin' then base_id is null and tenant_id is null"
            " when role = 'reviewer' then tenant_id is null"
            " when role in ('operator', 'front_desk') then base_id is not null and tenant_id is null"
            " when role in ('tenant_owner', 'tenant_scheduler') then tenant_id is not null and base_id is null"
            " else false end",
            name="memberships_role_and_scope",
        ),
        sa.CheckConstraint("ended_at is null or ended_at >= created_at", name="memberships_end_after_begin"),
        # a reviewer is never anything else: nobody reviews what they run
        pg.ExcludeConstraint(
            ("user_id", "="),
            (sa.text("((role = 'reviewer')::int)"), "<>"),
            where=sa.text("ended_at is null"),
            using="gist",
            name="memberships_reviewer_is_nothing_else",
        ),
        sa.Index(
            "memberships_once",
            "user_id",
            "role",
            "base_id",
            "tenant_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sa.text("ended_at is null"),
        ),
        sa.Index("memberships_base", "base_id"),
        sa.Index("memberships_tenant", "tenant_id"),
    )

    id: Mapped[UUID] = uuid_key()
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", name="memberships_user_fkey"))
    role: Mapped[str]
    base_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("bases.id", name="memberships_base_fkey"))
    tenant_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("tenants.id", name="memberships_tenant_fkey"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")
    tenant: Mapped[Tenant | None] = relationship(lazy="raise")
    base: Mapped[Base | None] = relationship(lazy="raise")


_my_own = f"user_id = {ACTOR}"
_in_scope = f"base_id = ANY ({BASES}) OR tenant_id = ANY ({TENANTS})"
# staff invite the owners of the tenants admitted to their bases
_of_admitted = (
    f"exists (select from admissions a where a.tenant_id = memberships.tenant_id and a.base_id = ANY ({BASES}))"
)
protect(
    Membership,
    read=f"{EVERYTHING} OR {_my_own} OR {_in_scope} OR {_of_admitted}",
    write=f"{NO_REVIEWER} AND ({EVERYTHING} OR role not in ('admin', 'reviewer') AND ({_in_scope} OR {_of_admitted}))",
)
audited(Membership)


class Host(Model):
    """A presenter of a tenant (主播): 16 or older, 16–17 with a guardian's consent.

    网络直播营销管理办法(试行) 2021, article 17.
    """

    __tablename__ = "hosts"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "id", name="hosts_tenant_and_id"),
        sa.UniqueConstraint("tenant_id", "id_number_hash", name="hosts_id_number_unique_in_tenant"),
        sa.CheckConstraint(
            "(real_name_checked_at is null) = (real_name_checked_by is null)", name="hosts_check_has_a_checker"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="hosts_tenant_fkey"),
        sa.ForeignKeyConstraint(["id"], ["resources.id"], name="hosts_resource_fkey"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    stage_name: Mapped[str]
    real_name: Mapped[str]
    id_number_masked: Mapped[str] = mapped_column(doc="GB 11643, first six and last four shown")
    id_number_hash: Mapped[bytes] = mapped_column(doc="HMAC-SHA256 of the number: tells a twin, reveals nothing")
    born_on: Mapped[date]
    real_name_checked_at: Mapped[datetime | None]
    real_name_checked_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", name="hosts_checker_fkey"))
    guardian_name: Mapped[str | None]
    guardian_consent_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    tenant: Mapped[Tenant] = relationship(lazy="raise")
    resource: Mapped[Resource] = relationship(lazy="raise")


# a front desk checks real names at the door: staff sees the hosts of the tenants admitted to its bases
_host_of_admitted = (
    f"exists (select from admissions a where a.tenant_id = hosts.tenant_id and a.base_id = ANY ({BASES}))"
)
protect(
    Host,
    read=f"{EVERYTHING} OR tenant_id = ANY ({TENANTS}) OR {_host_of_admitted}",
    write=f"{NO_REVIEWER} AND ({EVERYTHING} OR tenant_id = ANY ({TENANTS}) OR {_host_of_admitted})",
)
audited(Host, "id_number_hash")


class Lease(Model):
    """A tenant's contract for space in a base (入驻协议). Days are local and half-open here, inclusive for people."""

    __tablename__ = "leases"
    __table_args__ = (
        sa.UniqueConstraint("ref", name="leases_ref_unique"),
        sa.UniqueConstraint("tenant_id", "id", name="leases_tenant_and_id"),
        sa.CheckConstraint("area_m2 > 0", name="leases_area_positive"),
        sa.CheckConstraint(
            "not isempty(term) and not lower_inf(term) and not upper_inf(term)", name="leases_term_bounded"
        ),
        sa.CheckConstraint("monthly_rent_fen >= 0 and property_fee_fen >= 0", name="leases_rent_not_negative"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="leases_tenant_fkey"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="leases_base_fkey"),
        sa.Index("leases_base", "base_id"),
    )

    id: Mapped[UUID] = uuid_key()
    ref: Mapped[str]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    area_m2: Mapped[Decimal] = mapped_column(sa.Numeric(12, 4))
    term: Mapped[Range[date]] = mapped_column(pg.DATERANGE)
    monthly_rent_fen: Mapped[int]
    property_fee_fen: Mapped[int] = mapped_column(sa.BigInteger, server_default="0", doc="a month; 0: none")
    created_at: Mapped[datetime]

    tenant: Mapped[Tenant] = relationship(lazy="raise")
    base: Mapped[Base] = relationship(lazy="raise")
    spaces: Mapped[list["LeaseSpace"]] = relationship(lazy="raise", back_populates="lease")
    rent_free: Mapped[list["RentFree"]] = relationship(lazy="raise", order_by="RentFree.days")


protect(Lease)
audited(Lease)


class LeaseSpace(Model):
    """A space let whole under a lease: for these days only its tenant books it."""

    __tablename__ = "lease_spaces"
    __table_args__ = (
        sa.PrimaryKeyConstraint("lease_id", "space_id", name="lease_spaces_pkey"),
        # a space is let whole to one tenant at a time
        pg.ExcludeConstraint(("space_id", "="), ("term", "&&"), using="gist", name="lease_spaces_let_once"),
        sa.CheckConstraint("not isempty(term)", name="lease_spaces_term_not_empty"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lease_id"], ["leases.tenant_id", "leases.id"], name="lease_spaces_lease_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "space_id"], ["spaces.base_id", "spaces.id"], name="lease_spaces_space_fkey"
        ),
    )

    lease_id: Mapped[UUID]
    space_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    term: Mapped[Range[date]] = mapped_column(pg.DATERANGE)

    lease: Mapped[Lease] = relationship(lazy="raise", back_populates="spaces", overlaps="space")
    space: Mapped[Space] = relationship(lazy="raise", overlaps="lease,spaces")


protect(LeaseSpace)
audited(LeaseSpace)

# Whether a space is let whole to somebody else must be known to whoever looks for a room; to whom, need not.
after_tables(
    """
CREATE FUNCTION spaces_let_to_others(in_base uuid, but_not uuid, days daterange) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT l.space_id FROM lease_spaces l
  WHERE l.base_id = in_base AND l.term && days AND l.tenant_id IS DISTINCT FROM but_not;
END
"""
)


class RentFree(Model):
    """Days of a lease on which no rent is due (免租期)."""

    __tablename__ = "lease_rent_free"
    __table_args__ = (
        pg.ExcludeConstraint(("lease_id", "="), ("days", "&&"), using="gist", name="lease_rent_free_once"),
        sa.CheckConstraint("not isempty(days)", name="lease_rent_free_not_empty"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lease_id"], ["leases.tenant_id", "leases.id"], name="lease_rent_free_lease_fkey"
        ),
    )

    id: Mapped[UUID] = uuid_key()
    lease_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    days: Mapped[Range[date]] = mapped_column(pg.DATERANGE)


protect(RentFree)
audited(RentFree)


class RentPayment(Model):
    """Money received for a lease and a month of service. Append-only: a red-letter row (红字) nets a mistake."""

    __tablename__ = "rent_payments"
    __table_args__ = (
        sa.UniqueConstraint("ref", name="rent_payments_ref_unique"),
        sa.CheckConstraint("kind in ('rent', 'property_fee', 'utilities')", name="rent_payments_kind_known"),
        sa.CheckConstraint("amount_fen <> 0", name="rent_payments_amount_not_zero"),
        sa.CheckConstraint("extract(day from service_month) = 1", name="rent_payments_service_month_is_a_month"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lease_id"], ["leases.tenant_id", "leases.id"], name="rent_payments_lease_fkey"
        ),
        sa.ForeignKeyConstraint(["corrects_id"], ["rent_payments.id"], name="rent_payments_corrects_fkey"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="rent_payments_base_fkey"),
        sa.Index("rent_payments_lease", "lease_id", "service_month"),
        sa.Index("rent_payments_base", "base_id", "paid_on"),
    )

    id: Mapped[UUID] = uuid_key()
    ref: Mapped[str]
    lease_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    base_id: Mapped[UUID]
    service_month: Mapped[date] = mapped_column(doc="the 1st of the month that the money is for")
    paid_on: Mapped[date]
    kind: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(doc="negative: a red-letter correction")
    invoice_no: Mapped[str | None]
    corrects_id: Mapped[UUID | None]
    note: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", name="rent_payments_recorder_fkey"))

    lease: Mapped[Lease] = relationship(lazy="raise")


protect(RentPayment)
audited(RentPayment)
append_only(RentPayment)
