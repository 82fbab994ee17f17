"""Rent-subsidy claims (申报). Computed, claimed, approved, paid and clawed back are separate figures."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key
from shared_base.core.row_security import BASES, EVERYTHING, NO_REVIEWER, TENANTS, after_tables, protect
from shared_base.tenancy.models import Tenant


class Claim(Model):
    """What a policy gives an enterprise for a period, computed from frozen reports and payments, and kept as built."""

    __tablename__ = "claims"
    __table_args__ = (
        sa.UniqueConstraint("code", name="claims_code_unique"),
        sa.CheckConstraint("state in ('draft')", name="claims_state_known"),
        sa.CheckConstraint("computed_fen >= 0", name="claims_computed_not_negative"),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="claims_digest_shape"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="claims_tenant_fkey"),
        sa.Index("claims_tenant", "tenant_id", "created_at"),
        sa.Index("claims_bases", "base_ids", postgresql_using="gin"),
    )

    id: Mapped[UUID] = uuid_key()
    code: Mapped[str] = mapped_column(doc="what people read and say: CL-7F3K9Q")
    tenant_id: Mapped[UUID]
    base_ids: Mapped[list[UUID]] = mapped_column(pg.ARRAY(pg.UUID(as_uuid=True)), doc="the bases its leases are in")
    policy_id: Mapped[str]
    policy_version: Mapped[str]
    period: Mapped[str]
    as_of: Mapped[date]
    state: Mapped[str] = mapped_column(server_default="draft")
    computed_fen: Mapped[int]
    canonical: Mapped[bytes] = mapped_column(doc="the exact bytes hashed (RFC 8785)")
    digest: Mapped[str]
    names: Mapped[dict[str, Any]] = mapped_column(
        doc="what documents print beside the codes: names, quoted clauses, the payments behind each line"
    )
    created_at: Mapped[datetime]
    created_by: Mapped[str]

    tenant: Mapped[Tenant] = relationship(lazy="raise")


protect(
    Claim,
    read=f"{EVERYTHING} OR tenant_id = ANY ({TENANTS}) OR base_ids && {BASES}",
    write=f"{NO_REVIEWER} AND ({EVERYTHING} OR tenant_id = ANY ({TENANTS}) OR base_ids && {BASES})",
)
audited(Claim, ignored=("canonical", "names"))

# A claim is the enterprise's, over all its bases. Staff who serve only some of them would compute it from part of its
# leases: that there are others must be known to them, which ones need not.
after_tables(
    """
CREATE FUNCTION leases_elsewhere(enterprise uuid, known_bases uuid[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT EXISTS (SELECT FROM leases l WHERE l.tenant_id = enterprise AND l.base_id <> ALL (known_bases))
      OR EXISTS (SELECT FROM report_leases r WHERE r.tenant_id = enterprise AND r.base_id <> ALL (known_bases));
END
"""
)
