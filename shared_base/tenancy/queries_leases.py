"""Reading leases, always as somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, joinedload, selectinload

from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.fields import pattern
from shared_base.core.periods import DaySpan
from shared_base.tenancy.errors import UnknownLease
from shared_base.tenancy.models import Lease, LeaseSpace, Tenant


@dataclass(frozen=True)
class LeaseRow:
    """A lease in a list; `first` and `last` are days of the base's zone, both included."""

    id: UUID
    ref: str
    tenant_id: UUID
    tenant_name: str
    tenant_uscc: str
    base_id: UUID
    base_code: str
    area_m2: Decimal
    first: date
    last: date
    monthly_rent_fen: int
    property_fee_fen: int
    spaces: list[str]  #: codes of the spaces let whole

    def stands(self, on: date) -> Literal["upcoming", "in_force", "ended"]:
        return "upcoming" if on < self.first else "ended" if on > self.last else "in_force"


@dataclass(frozen=True)
class LeaseFilter:
    """What a list of leases is narrowed to; None: not. `standing` is judged on the day asked for."""

    base_id: UUID | None = None
    tenant_id: UUID | None = None
    standing: Literal["upcoming", "in_force", "ended"] | None = None
    search: str | None = None

    def conditions(self, on: date) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = []
        if self.base_id:
            found.append(Lease.base_id == self.base_id)
        if self.tenant_id:
            found.append(Lease.tenant_id == self.tenant_id)
        if self.standing:
            day = sa.literal(on)
            stands: dict[str, sa.ColumnElement[bool]] = {
                "upcoming": sa.func.lower(Lease.term) > day,
                "in_force": Lease.term.contains(on),
                "ended": sa.func.upper(Lease.term) <= day,
            }
            found.append(stands[self.standing])
        if self.search and self.search.strip():
            anywhere = pattern(self.search)
            found.append(sa.or_(*(c.ilike(anywhere) for c in (Lease.ref, Tenant.name, Tenant.uscc))))
        return found


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """The leases an actor may see: of the bases they serve or review, of the tenants they act for."""
    if actor.is_admin:
        return sa.true()
    return sa.or_(Lease.base_id.in_(actor.bases), Lease.tenant_id.in_(actor.tenants))


def lease_for(session: Session, actor: Actor, lease_id: UUID) -> Lease:
    """The lease with tenant, base, spaces and rent-free days, or `UnknownLease` when it is not theirs."""
    return _one(session, sa.select(Lease).where(Lease.id == lease_id, visible(actor)))


def lease_by_ref(session: Session, actor: Actor, ref: str) -> Lease:
    """As `lease_for`, by the operator's number."""
    return _one(session, sa.select(Lease).where(Lease.ref == ref.strip(), visible(actor)))


def get_lease_for_update(session: Session, lease_id: UUID) -> Lease:
    """The lease as it stands now, its row locked: changes of a lease and its payments follow one another."""
    session.execute(sa.select(Lease.id).where(Lease.id == lease_id).with_for_update(key_share=True))
    return _one(session, sa.select(Lease).where(Lease.id == lease_id))


def _one(session: Session, statement: sa.Select[Lease]) -> Lease:
    found = session.scalar(
        statement.options(
            joinedload(Lease.tenant),
            joinedload(Lease.base),
            selectinload(Lease.rent_free),
            selectinload(Lease.spaces).joinedload(LeaseSpace.space),
        ).execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownLease
    return found


def term_of(lease: Lease) -> DaySpan:
    """The lease's days, both included."""
    return span_of(lease.term)


def span_of(days: Range[date]) -> DaySpan:
    """A stored range of days as people write it: both included."""
    return DaySpan(days.lower, days.upper - timedelta(days=1) if days.upper else None)


def rent_free_of(lease: Lease) -> list[DaySpan]:
    """The lease's rent-free periods, both days included, in order."""
    return [span_of(free.days) for free in sorted(lease.rent_free, key=lambda free: free.days.lower or date.min)]


@dataclass(frozen=True)
class Clash:
    """A lease that lets one of the spaces on some of the days; `first` is the first such day."""

    space: str
    ref: str
    tenant_name: str
    first: date
    last: date


def clashes(
    session: Session, space_ids: Sequence[UUID], term: Range[date], *, but_not: UUID | None = None
) -> list[Clash]:
    """Who lets one of the spaces during the term; asked under the locks of the spaces' resources."""
    common = LeaseSpace.term * sa.cast(term, LeaseSpace.term.type)
    found = session.execute(
        sa.select(Space.code, Lease.ref, Tenant.name, sa.func.lower(common), sa.func.upper(common))
        .join(LeaseSpace, LeaseSpace.space_id == Space.id)
        .join(Lease, Lease.id == LeaseSpace.lease_id)
        .join(Tenant, Tenant.id == Lease.tenant_id)
        .where(
            LeaseSpace.space_id.in_(space_ids),
            LeaseSpace.term.overlaps(term),
            LeaseSpace.lease_id.is_distinct_from(but_not),
        )
        .order_by(Space.code, Lease.ref)
    )
    return [Clash(code, ref, name, first, upper - timedelta(days=1)) for code, ref, name, first, upper in found]


def list_leases(
    session: Session, actor: Actor, narrowed: LeaseFilter, *, on: date, after: str | None = None, limit: int
) -> list[LeaseRow]:
    """At most `limit` of the actor's leases by their number, those behind the number `after`."""
    whole = sa.and_(LeaseSpace.space_id == Space.id, LeaseSpace.lease_id == Lease.id)
    codes = sa.func.array(sa.select(Space.code).where(whole).order_by(Space.code).correlate(Lease).scalar_subquery())
    statement = (
        sa.select(
            Lease.id,
            Lease.ref,
            Lease.tenant_id,
            Tenant.name,
            Tenant.uscc,
            Lease.base_id,
            Base.code,
            Lease.area_m2,
            sa.func.lower(Lease.term),
            sa.func.upper(Lease.term) - 1,
            Lease.monthly_rent_fen,
            Lease.property_fee_fen,
            codes,
        )
        .join(Tenant, Tenant.id == Lease.tenant_id)
        .join(Base, Base.id == Lease.base_id)
        .where(visible(actor), *narrowed.conditions(on))
    )
    if after is not None:
        statement = statement.where(Lease.ref > after)
    return [LeaseRow(*row) for row in session.execute(statement.order_by(Lease.ref).limit(limit))]
