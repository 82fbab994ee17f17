"""Reading what a claim is computed from, a constant number of statements whatever the months and leases; and claims.

Row-level security shows a tenant its own rows and staff those of their bases; the filters here say the same again.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session, selectinload

from shared_base.catalogue.models import Base, Recognition, Space
from shared_base.core.actor import Actor
from shared_base.core.i18n import N_
from shared_base.core.periods import DaySpan, Month
from shared_base.occupancy.models import ReportLease
from shared_base.subsidies.errors import UnknownClaim, UnknownTenant
from shared_base.subsidies.facts import LeaseDates, LeaseMonth, RentPayment
from shared_base.subsidies.models import Claim
from shared_base.subsidies.reports_needed import BaseMonth
from shared_base.tenancy import models as tenancy
from shared_base.tenancy.models import Admission, Lease, LeaseSpace, Tenant

UUIDS = pg.ARRAY(pg.UUID(as_uuid=True))


@dataclass(frozen=True)
class LeaseOf:
    """A lease of the claimant: its dates for the clock, and what documents call its base and spaces."""

    dates: LeaseDates
    base_name: str
    spaces: str


@dataclass(frozen=True)
class Facts:
    """All that a claim of one enterprise for some months is computed from."""

    leases: tuple[LeaseOf, ...]
    frozen: frozenset[BaseMonth]
    lease_months: tuple[LeaseMonth, ...]
    payments: tuple[RentPayment, ...]


def claimant(session: Session, uscc: str) -> Tenant:
    """The enterprise of a USCC, however it is typed, if the caller may see it; else `UnknownTenant`."""
    written = unicodedata.normalize("NFKC", uscc).strip().upper()
    found = session.scalar(sa.select(Tenant).where(Tenant.uscc == written))
    if found is None:
        raise UnknownTenant(N_("There is no enterprise %(uscc)s, or it is not yours to see."), uscc=uscc)
    return found


def bases_of(session: Session, tenant: Tenant) -> Sequence[Base]:
    """The bases in which the enterprise has a lease, or had one when a month was frozen, that the caller may see."""
    let = sa.union(
        sa.select(Lease.base_id).where(Lease.tenant_id == tenant.id),
        sa.select(ReportLease.base_id).where(ReportLease.tenant_id == tenant.id),
    )
    query = sa.select(Base).where(Base.id.in_(let)).order_by(Base.code).options(selectinload(Base.recognitions))
    return session.scalars(query).all()


def admitting_bases(session: Session, tenant_id: UUID) -> frozenset[UUID]:
    """The bases that admitted the enterprise, as far as the caller may see them."""
    return frozenset(session.scalars(sa.select(Admission.base_id).where(Admission.tenant_id == tenant_id)))


def has_leases_elsewhere(session: Session, tenant_id: UUID, known_bases: Collection[UUID]) -> bool:
    """Whether the enterprise has a lease in a base that is not among those known: also in one the caller cannot see."""
    known = sa.literal(sorted(known_bases), UUIDS)
    return bool(session.scalar(sa.select(sa.func.leases_elsewhere(tenant_id, known))))


def facts_of(session: Session, tenant: Tenant, bases: Sequence[Base], months: Sequence[Month]) -> Facts:
    """What the claim of `months` is computed from: the rows of the newest frozen reports, the payments, and the dates
    of all leases ever (for the support clock; no other live lease is read)."""
    by_id = {base.id: base for base in bases}
    reports = _newest_reports(session, list(by_id), months)
    return Facts(
        leases=_leases(session, tenant, by_id),
        frozen=frozenset((by_id[report.base_id].code, Month.of(report.month)) for report in reports),
        lease_months=_lease_months(session, tenant, by_id, [report.report_id for report in reports]),
        payments=_payments(session, tenant, months),
    )


def claims_for(session: Session, by: Actor, *, tenant_id: UUID | None = None) -> Sequence[Claim]:
    """The claims that `by` may see, the newest first, with their tenants; of one tenant where given."""
    query = sa.select(Claim).where(_seen_by(by)).options(selectinload(Claim.tenant))
    if tenant_id:
        query = query.where(Claim.tenant_id == tenant_id)
    return session.scalars(query.order_by(Claim.created_at.desc(), Claim.id.desc())).all()


def claim_for(session: Session, by: Actor, *, code: str | None = None, claim_id: UUID | None = None) -> Claim:
    """One claim that `by` may see, by its code (in any case) or its id; else `UnknownClaim`."""
    assert (code is None) != (claim_id is None), "either a code or an id"
    which = Claim.id == claim_id if claim_id else Claim.code == (code or "").strip().upper()
    claim = session.scalar(sa.select(Claim).where(which, _seen_by(by)).options(selectinload(Claim.tenant)))
    if claim is None:
        raise UnknownClaim(N_("There is no claim %(code)s, or it is not yours to see."), code=code or claim_id)
    return claim


def _seen_by(by: Actor) -> sa.ColumnElement[bool]:
    if by.is_admin:
        return sa.true()
    return sa.or_(
        Claim.tenant_id.in_(by.tenants),
        Claim.base_ids.overlap(sa.literal(sorted(by.bases), UUIDS)),
    )


def _days(recognition: Recognition) -> DaySpan:
    upper = recognition.valid.upper
    return DaySpan(recognition.valid.lower, upper - timedelta(days=1) if upper else None)


class _Report(NamedTuple):
    """The newest revision of a frozen month."""

    base_id: UUID
    month: date
    report_id: UUID


def _newest_reports(session: Session, base_ids: list[UUID], months: Sequence[Month]) -> list[_Report]:
    frozen = sa.func.frozen_months(sa.literal(base_ids, UUIDS), months[0].first, months[-1].first).table_valued(
        sa.column("base_id", UUIDS.item_type), sa.column("month", sa.Date), sa.column("report_id", UUIDS.item_type)
    )
    rows = session.execute(sa.select(frozen.c.base_id, frozen.c.month, frozen.c.report_id))
    return [_Report(*row) for row in rows]


def _leases(session: Session, tenant: Tenant, bases: Mapping[UUID, Base]) -> tuple[LeaseOf, ...]:
    spaces = (
        sa.select(
            sa.func.string_agg(Space.code + " " + Space.name, pg.aggregate_order_by(sa.literal("、"), Space.code))
        )
        .join(LeaseSpace, LeaseSpace.space_id == Space.id)
        .where(LeaseSpace.lease_id == Lease.id)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Lease.ref, Lease.base_id, Lease.term, spaces).where(Lease.tenant_id == tenant.id).order_by(Lease.ref)
    )
    return tuple(
        LeaseOf(
            dates=LeaseDates(
                ref=ref,
                base_code=bases[base_id].code,
                first=term.lower,
                last=term.upper - timedelta(days=1),
                recognised=tuple(_days(recognition) for recognition in bases[base_id].recognitions),
                operator_space=bases[base_id].operator_uscc == tenant.uscc,
            ),
            base_name=bases[base_id].name,
            spaces=space_names or "",
        )
        for ref, base_id, term, space_names in rows
    )


def _lease_months(
    session: Session, tenant: Tenant, bases: Mapping[UUID, Base], report_ids: list[UUID]
) -> tuple[LeaseMonth, ...]:
    rows = session.scalars(
        sa.select(ReportLease)
        .where(ReportLease.tenant_id == tenant.id, ReportLease.report_id == sa.any_(sa.literal(report_ids, UUIDS)))
        .order_by(ReportLease.month, ReportLease.lease_ref)
    )
    return tuple(
        LeaseMonth(
            lease_ref=row.lease_ref,
            uscc=row.uscc,
            base_code=bases[row.base_id].code,
            base_division=bases[row.base_id].division_code,
            month=Month.of(row.month),
            area_m2=row.area_m2,
            days_in_force=row.days_in_force,
            payable_days=row.payable_days,
            days_of_month=row.days_of_month,
            rent_due_fen=row.rent_due_fen,
            property_fee_due_fen=row.property_fee_due_fen,
            recognised=row.recognised,
            report_digest=row.report_digest,
            report_revision=row.revision,
            operator_space=bases[row.base_id].operator_uscc == row.uscc,
        )
        for row in rows
    )


def _payments(session: Session, tenant: Tenant, months: Sequence[Month]) -> tuple[RentPayment, ...]:
    payment = tenancy.RentPayment
    rows = session.execute(
        sa.select(payment, Lease.ref)
        .join(Lease, Lease.id == payment.lease_id)
        .where(
            payment.tenant_id == tenant.id,
            Lease.tenant_id == tenant.id,
            payment.service_month.between(months[0].first, months[-1].first),
        )
        .order_by(payment.paid_on, payment.ref)
    )
    return tuple(
        RentPayment(
            ref=row.ref,
            lease_ref=lease_ref,
            service_month=Month.of(row.service_month),
            paid_on=row.paid_on,
            kind=row.kind,
            amount_fen=row.amount_fen,
            invoice_no=row.invoice_no,
        )
        for row, lease_ref in rows
    )
