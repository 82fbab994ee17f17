"""Reading tenants, always as somebody: what is not theirs is not found, by our own filter and by the database's."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import Actor
from shared_base.core.fields import pattern
from shared_base.tenancy.errors import UnknownTenant
from shared_base.tenancy.models import Admission, Host, Lease, Tenant


@dataclass(frozen=True)
class TenantRow:
    """A tenant in a list, with what a base's desk wants to know at a glance."""

    id: UUID
    uscc: str
    name: str
    kind: str
    division_code: str | None
    contact_name: str | None
    contact_phone: str | None
    suspended_at: datetime | None
    suspension_reason: str | None
    bases: list[str]  #: codes of the bases that it is admitted to, as far as the caller sees them
    hosts: int  #: in its team now
    leases: int  #: in force on the day asked for
    leased_m2: Decimal


@dataclass(frozen=True)
class TenantFilter:
    """What a list of tenants is narrowed to; None: not."""

    base_id: UUID | None = None
    kind: str | None = None
    suspended: bool | None = None
    search: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = []
        if self.base_id:
            found.append(admitted_to([self.base_id]))
        if self.kind:
            found.append(Tenant.kind == self.kind)
        if self.suspended is not None:
            found.append(Tenant.suspended_at.is_not(None) if self.suspended else Tenant.suspended_at.is_(None))
        if self.search and self.search.strip():
            anywhere = pattern(self.search)
            found.append(sa.or_(*(c.ilike(anywhere) for c in (Tenant.name, Tenant.uscc, Tenant.contact_name))))
        return found


def admitted_to(base_ids: Any) -> sa.ColumnElement[bool]:
    """The tenants admitted to one of the bases."""
    return sa.exists().where(Admission.tenant_id == Tenant.id, Admission.base_id.in_(base_ids))


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """The tenants an actor may see: those they act for, those admitted to the bases they serve or review."""
    if actor.is_admin:
        return sa.true()
    return sa.or_(Tenant.id.in_(actor.tenants), admitted_to(actor.bases))


def tenant_for(session: Session, actor: Actor, tenant_id: UUID) -> Tenant:
    """The tenant, or `UnknownTenant` when there is none or it is not theirs."""
    found = session.scalar(sa.select(Tenant).where(Tenant.id == tenant_id, visible(actor)))
    if found is None:
        raise UnknownTenant
    return found


def get_tenant_for_update(session: Session, tenant_id: UUID) -> Tenant:
    """The tenant as it stands now, its row locked: deeds on one tenant follow one another."""
    found = session.scalar(
        sa.select(Tenant)
        .where(Tenant.id == tenant_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownTenant
    return found


def admissions_of(session: Session, tenant_id: UUID) -> list[tuple[Base, datetime]]:
    """The bases that the tenant is admitted to, as far as the caller sees them, and since when; by code."""
    found = session.execute(
        sa.select(Base, Admission.since)
        .join(Admission, Admission.base_id == Base.id)
        .where(Admission.tenant_id == tenant_id)
        .order_by(Base.code)
    )
    return [(base, since) for base, since in found]


def plans_of_tenant(session: Session, tenant_id: UUID) -> dict[UUID, str]:
    """What the tenant agreed with the bases that admit it, by base; those with no plan are left out."""
    found = session.execute(
        sa.select(Admission.base_id, Admission.plan).where(
            Admission.tenant_id == tenant_id, Admission.plan.is_not(None)
        )
    )
    return {base_id: plan for base_id, plan in found if plan is not None}


def list_tenants(
    session: Session,
    actor: Actor,
    narrowed: TenantFilter,
    *,
    on: date,
    after: str | None = None,
    limit: int,
) -> list[TenantRow]:
    """At most `limit` of the actor's tenants by USCC, those behind the code `after`; leases as of the day `on`."""
    bases = (
        sa.select(sa.func.coalesce(sa.func.array_agg(sa.text("b.code order by b.code")), sa.text("'{}'")))
        .select_from(sa.join(Admission, Base.__table__.alias("b"), sa.text("b.id = admissions.base_id")))
        .where(Admission.tenant_id == Tenant.id)
        .scalar_subquery()
    )
    in_force = [Lease.tenant_id == Tenant.id, Lease.term.contains(on)]
    if narrowed.base_id:
        in_force.append(Lease.base_id == narrowed.base_id)
    statement = sa.select(
        Tenant.id,
        Tenant.uscc,
        Tenant.name,
        Tenant.kind,
        Tenant.division_code,
        Tenant.contact_name,
        Tenant.contact_phone,
        Tenant.suspended_at,
        Tenant.suspension_reason,
        bases,
        sa.select(sa.func.count()).where(Host.tenant_id == Tenant.id, Host.left_at.is_(None)).scalar_subquery(),
        sa.select(sa.func.count()).where(*in_force).scalar_subquery(),
        sa.select(sa.func.coalesce(sa.func.sum(Lease.area_m2), 0)).where(*in_force).scalar_subquery(),
    ).where(visible(actor), *narrowed.conditions())
    if after is not None:
        statement = statement.where(Tenant.uscc > after)
    return [TenantRow(*row) for row in session.execute(statement.order_by(Tenant.uscc).limit(limit))]


def count_tenants(session: Session, actor: Actor, narrowed: TenantFilter) -> int:
    found = sa.select(sa.func.count()).select_from(Tenant).where(visible(actor), *narrowed.conditions())
    return session.scalar(found) or 0
