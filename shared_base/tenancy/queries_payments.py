"""Reading rent payments and what is owed, always as somebody."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, selectinload

from shared_base.catalogue.models import Base
from shared_base.core.actor import Actor
from shared_base.core.fields import pattern
from shared_base.core.periods import Month, months_between
from shared_base.tenancy.errors import UnknownPayment
from shared_base.tenancy.models import Lease, RentPayment, Tenant
from shared_base.tenancy.queries_leases import rent_free_of, term_of
from shared_base.tenancy.queries_leases import visible as visible_leases
from shared_base.tenancy.rent import days_in, rent_due


@dataclass(frozen=True)
class PaymentRow:
    """A payment in the ledger; a negative amount is a red-letter correction (红字) of `corrects_ref`."""

    id: UUID
    ref: str
    lease_id: UUID
    lease_ref: str
    tenant_name: str
    base_code: str
    service_month: date
    paid_on: date
    kind: str
    amount_fen: int
    invoice_no: str | None
    corrects_ref: str | None
    taken_back_fen: int  #: what corrections have taken back of it so far
    note: str | None
    recorded_at: datetime


@dataclass(frozen=True)
class PaymentFilter:
    """What the ledger is narrowed to; None: not."""

    base_id: UUID | None = None
    tenant_id: UUID | None = None
    lease_id: UUID | None = None
    month: Month | None = None
    kind: str | None = None
    search: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = [
            column == value
            for column, value in (
                (RentPayment.base_id, self.base_id),
                (RentPayment.tenant_id, self.tenant_id),
                (RentPayment.lease_id, self.lease_id),
                (RentPayment.service_month, self.month and self.month.first),
                (RentPayment.kind, self.kind),
            )
            if value is not None
        ]
        if self.search and self.search.strip():
            anywhere = pattern(self.search)
            columns = (RentPayment.ref, RentPayment.invoice_no, Lease.ref, Tenant.name)
            found.append(sa.or_(*(column.ilike(anywhere) for column in columns)))
        return found


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """The payments an actor may see: of the bases they serve or review, of the tenants they act for."""
    if actor.is_admin:
        return sa.true()
    return sa.or_(RentPayment.base_id.in_(actor.bases), RentPayment.tenant_id.in_(actor.tenants))


def payment_for(session: Session, actor: Actor, payment_id: UUID) -> RentPayment:
    """The payment, or `UnknownPayment` when there is none or it is not theirs."""
    found = session.scalar(sa.select(RentPayment).where(RentPayment.id == payment_id, visible(actor)))
    if found is None:
        raise UnknownPayment
    return found


def taken_back_fen(session: Session, payment_id: UUID) -> int:
    """What the corrections of a payment have taken back of it, in fen, above 0; asked under its lease's lock."""
    found = session.scalar(sa.select(_taken_back(payment_id)))
    return int(found or 0)


def _taken_back(of: Any) -> sa.ScalarSelect[Any]:
    correction = aliased(RentPayment)
    total = sa.func.coalesce(-sa.func.sum(correction.amount_fen), 0)
    return sa.select(sa.cast(total, sa.BigInteger)).where(correction.corrects_id == of).scalar_subquery()


#: what the ledger is ordered by, the newest first
Key = tuple[date, UUID]


def list_payments(
    session: Session, actor: Actor, narrowed: PaymentFilter, *, after: Key | None = None, limit: int
) -> list[PaymentRow]:
    """At most `limit` of the actor's payments, the last paid first, those behind the key `after`."""
    original = aliased(RentPayment)
    statement: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            RentPayment.id,
            RentPayment.ref,
            RentPayment.lease_id,
            Lease.ref,
            Tenant.name,
            Base.code,
            RentPayment.service_month,
            RentPayment.paid_on,
            RentPayment.kind,
            RentPayment.amount_fen,
            RentPayment.invoice_no,
            original.ref,
            _taken_back(RentPayment.id),
            RentPayment.note,
            RentPayment.recorded_at,
        )
        .join(Lease, Lease.id == RentPayment.lease_id)
        .join(Tenant, Tenant.id == RentPayment.tenant_id)
        .join(Base, Base.id == RentPayment.base_id)
        .outerjoin(original, original.id == RentPayment.corrects_id)
        .where(visible(actor), *narrowed.conditions())
    )
    if after is not None:
        key, last = sa.tuple_(RentPayment.paid_on, RentPayment.id), sa.tuple_(*map(sa.literal, after))
        statement = statement.where(key < last)
    ordered = statement.order_by(RentPayment.paid_on.desc(), RentPayment.id.desc()).limit(limit)
    return [PaymentRow(*row) for row in session.execute(ordered)]


@dataclass(frozen=True)
class MonthAccount:
    """One month of a lease: what was due and what was paid, corrections netted, in fen."""

    month: Month
    days_in_force: int
    payable_days: int
    rent_due_fen: int
    rent_paid_fen: int
    property_fee_due_fen: int
    property_fee_paid_fen: int
    utilities_paid_fen: int

    @property
    def owed_fen(self) -> int:
        """What is still to pay of rent and property fee; below 0: paid ahead."""
        return self.rent_due_fen - self.rent_paid_fen + self.property_fee_due_fen - self.property_fee_paid_fen


def account(session: Session, lease: Lease, *, through: Month) -> list[MonthAccount]:
    """A lease month by month, from its first to `through` (or its last); the lease has its rent-free days loaded."""
    return _account(lease, _net(session, [lease.id])[lease.id], through)


Net = dict[tuple[date, str], int]


def _net(session: Session, lease_ids: Iterable[UUID]) -> defaultdict[UUID, Net]:
    """Payments netted by lease, month and kind."""
    found = session.execute(
        sa.select(
            RentPayment.lease_id,
            RentPayment.service_month,
            RentPayment.kind,
            sa.cast(sa.func.sum(RentPayment.amount_fen), sa.BigInteger),
        )
        .where(RentPayment.lease_id.in_(lease_ids))
        .group_by(RentPayment.lease_id, RentPayment.service_month, RentPayment.kind)
    )
    net: defaultdict[UUID, Net] = defaultdict(dict)
    for lease_id, month, kind, fen in found:
        net[lease_id][month, kind] = fen
    return net


def _account(lease: Lease, net: Net, through: Month) -> list[MonthAccount]:
    term, free = term_of(lease), rent_free_of(lease)
    assert term.first is not None
    assert term.last is not None
    months = []
    for month in months_between(Month.of(term.first), min(Month.of(term.last), through)):
        days = days_in(month, term, free)
        months.append(
            MonthAccount(
                month=month,
                days_in_force=days.in_force,
                payable_days=days.payable,
                rent_due_fen=rent_due(lease.monthly_rent_fen, days.payable, days.of_month),
                rent_paid_fen=net.get((month.first, "rent"), 0),
                property_fee_due_fen=rent_due(lease.property_fee_fen, days.in_force, days.of_month),
                property_fee_paid_fen=net.get((month.first, "property_fee"), 0),
                utilities_paid_fen=net.get((month.first, "utilities"), 0),
            )
        )
    return months


@dataclass(frozen=True)
class Arrears:
    """What a lease owes over all its months so far, and the first month that is not paid in full."""

    lease_id: UUID
    lease_ref: str
    tenant_id: UUID
    tenant_name: str
    owed_fen: int
    since: Month


def arrears(session: Session, actor: Actor, *, base_id: UUID, through: Month) -> list[Arrears]:
    """The leases of a base that owe rent or property fee for the months to `through`, the largest debt first.

    Three statements, however many leases. A month paid twice makes up for one that was not.
    """
    leases = session.scalars(
        sa.select(Lease)
        .where(Lease.base_id == base_id, visible_leases(actor))
        .options(selectinload(Lease.rent_free), selectinload(Lease.tenant))
    ).all()
    net = _net(session, [lease.id for lease in leases])
    owing = [found for lease in leases if (found := _arrears(lease, _account(lease, net[lease.id], through)))]
    return sorted(owing, key=lambda one: (-one.owed_fen, one.lease_ref))


def _arrears(lease: Lease, months: Sequence[MonthAccount]) -> Arrears | None:
    owed = sum(month.owed_fen for month in months)
    if owed <= 0:
        return None
    since = next(month.month for month in months if month.owed_fen > 0)
    return Arrears(lease.id, lease.ref, lease.tenant_id, lease.tenant.name, owed, since)
