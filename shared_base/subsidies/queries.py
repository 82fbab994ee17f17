"""Reading what a claim is computed from, a constant number of statements whatever the months and leases; and claims.

Row-level security shows a tenant its own rows and staff those of their bases; the filters here say the same again.
"""

import unicodedata
from collections.abc import Collection, Sequence
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
class LeasePlace:
    """A lease of the claimant: its dates for the clock, and what documents call its base and spaces."""

    lease_id: UUID
    base_id: UUID
    base_name: str
    base_division: str
    spaces: str
    dates: LeaseDates


@dataclass(frozen=True)
class Facts:
    """All that a claim of one enterprise for some months is computed from."""

    places: tuple[LeasePlace, ...]
    frozen: frozenset[BaseMonth]
    lease_months: tuple[LeaseMonth, ...]
    payments: tuple[RentPayment, ...]

    @property
    def lease_dates(self) -> tuple[LeaseDates, ...]:
        return tuple(place.dates for place in self.places)


def claimant(session: Session, uscc: str) -> Tenant:
    """The enterprise of a USCC, however it is typed, if the caller may see it; else `UnknownTenant`."""
    written = unicodedata.normalize("NFKC", uscc).strip().upper()
    found = session.scalar(sa.select(Tenant).where(Tenant.uscc == written))
    if found is None:
        raise UnknownTenant(N_("There is no enterprise %(uscc)s, or it is not yours to see."), uscc=uscc)
    return found


def admitting_bases(session: Session, tenant_id: UUID) -> frozenset[UUID]:
    """The bases that admitted the enterprise, as far as the caller may see them."""
    return frozenset(session.scalars(sa.select(Admission.base_id).where(Admission.tenant_id == tenant_id)))


def has_leases_elsewhere(session: Session, tenant_id: UUID, known_bases: Collection[UUID]) -> bool:
    """Whether the enterprise has a lease in a base that is not among those known: also in one the caller cannot see."""
    known = sa.literal(sorted(known_bases), UUIDS)
    return bool(session.scalar(sa.select(sa.func.leases_elsewhere(tenant_id, known))))


def lease_places(session: Session, tenant: Tenant) -> tuple[LeasePlace, ...]:
    """All leases of the enterprise that the caller may see, with their bases' recognition; sorted by ref."""
    spaces = (
        sa.select(
            sa.func.string_agg(Space.code + " " + Space.name, pg.aggregate_order_by(sa.literal("、"), Space.code))
        )
        .join(LeaseSpace, LeaseSpace.space_id == Space.id)
        .where(LeaseSpace.lease_id == Lease.id)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Lease.id, Lease.ref, Lease.term, Base, spaces)
        .join(Base, Base.id == Lease.base_id)
        .where(Lease.tenant_id == tenant.id)
        .order_by(Lease.ref)
        .options(selectinload(Base.recognitions))
    ).all()
    return tuple(
        LeasePlace(
            lease_id=lease_id,
            base_id=base.id,
            base_name=base.name,
            base_division=base.division_code,
            spaces=space_names or "",
            dates=LeaseDates(
                ref=ref,
                base_code=base.code,
                first=term.lower,
                last=term.upper - timedelta(days=1),
                recognised=tuple(_days(recognition) for recognition in base.recognitions),
                operator_space=base.operator_uscc == tenant.uscc,
            ),
        )
        for lease_id, ref, term, base, space_names in rows
    )


def facts_of(session: Session, tenant: Tenant, places: tuple[LeasePlace, ...], months: Sequence[Month]) -> Facts:
    """The frozen reports' rows, the months frozen and the payments for `months`; nothing is read of a live lease."""
    codes = {place.base_id: place.dates.base_code for place in places}
    reports = _newest_reports(session, list(codes), months)
    return Facts(
        places=places,
        frozen=frozenset((codes[report.base_id], Month.of(report.month)) for report in reports),
        lease_months=_lease_months(session, tenant, places, [report.report_id for report in reports]),
        payments=_payments(session, places, months),
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


def _lease_months(
    session: Session, tenant: Tenant, places: tuple[LeasePlace, ...], report_ids: list[UUID]
) -> tuple[LeaseMonth, ...]:
    bases = {place.base_id: place for place in places}
    rows = session.scalars(
        sa.select(ReportLease)
        .where(ReportLease.tenant_id == tenant.id, ReportLease.report_id == sa.any_(sa.literal(report_ids, UUIDS)))
        .order_by(ReportLease.month, ReportLease.lease_ref)
    )
    return tuple(
        LeaseMonth(
            lease_ref=row.lease_ref,
            uscc=row.uscc,
            base_code=bases[row.base_id].dates.base_code,
            base_division=bases[row.base_id].base_division,
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
        )
        for row in rows
    )


def _payments(session: Session, places: tuple[LeasePlace, ...], months: Sequence[Month]) -> tuple[RentPayment, ...]:
    refs = {place.lease_id: place.dates.ref for place in places}
    payment = tenancy.RentPayment
    rows = session.scalars(
        sa.select(payment)
        .where(
            payment.lease_id == sa.any_(sa.literal(list(refs), UUIDS)),
            payment.service_month.between(months[0].first, months[-1].first),
        )
        .order_by(payment.paid_on, payment.ref)
    )
    return tuple(
        RentPayment(
            ref=row.ref,
            lease_ref=refs[row.lease_id],
            service_month=Month.of(row.service_month),
            paid_on=row.paid_on,
            kind=row.kind,
            amount_fen=row.amount_fen,
            invoice_no=row.invoice_no,
        )
        for row in rows
    )
