"""What is due and what is paid, lease by lease and month by month, for many leases at once; always as somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from shared_base.core.actor import Actor
from shared_base.core.periods import Month
from shared_base.tenancy.models import Lease
from shared_base.tenancy.queries_leases import visible
from shared_base.tenancy.queries_payments import MonthAccount, _account, _net


@dataclass(frozen=True)
class LeaseAccount:
    """A lease with its months so far; the lease has its tenant and rent-free days loaded."""

    lease: Lease
    months: Sequence[MonthAccount]

    @property
    def due_fen(self) -> int:
        """Rent and property fee that fell due over all months."""
        return sum(month.rent_due_fen + month.property_fee_due_fen for month in self.months)

    @property
    def paid_fen(self) -> int:
        """Rent and property fee that were paid over all months, corrections netted."""
        return sum(month.rent_paid_fen + month.property_fee_paid_fen for month in self.months)

    @property
    def owed_fen(self) -> int:
        """What is still to pay; below 0: paid ahead. A month paid twice makes up for one that was not."""
        return self.due_fen - self.paid_fen

    @property
    def since(self) -> Month | None:
        """The first month that is not paid in full, where something is owed at all."""
        return next((month.month for month in self.months if month.owed_fen > 0), None) if self.owed_fen > 0 else None


def lease_accounts(
    session: Session, actor: Actor, *, through: Month, base_id: UUID | None = None, tenant_id: UUID | None = None
) -> list[LeaseAccount]:
    """The actor's leases of a base, of a tenant, or of both, with every month to `through`; by number.

    Four statements, however many leases.
    """
    wanted = sa.select(Lease).where(visible(actor)).order_by(Lease.ref)
    if base_id is not None:
        wanted = wanted.where(Lease.base_id == base_id)
    if tenant_id is not None:
        wanted = wanted.where(Lease.tenant_id == tenant_id)
    leases = session.scalars(wanted.options(selectinload(Lease.rent_free), selectinload(Lease.tenant))).all()
    net = _net(session, [lease.id for lease in leases])
    return [LeaseAccount(lease, _account(lease, net[lease.id], through)) for lease in leases]


@dataclass(frozen=True)
class MonthDues:
    """What fell due in a month over several leases, and what of it was paid; rent and property fee, in fen."""

    month: Month
    due_fen: int
    paid_fen: int

    @property
    def owed_fen(self) -> int:
        """What is still to pay; below 0: more was paid than fell due."""
        return self.due_fen - self.paid_fen


def by_month(accounts: Sequence[LeaseAccount]) -> list[MonthDues]:
    """The accounts' months, summed over the leases, the oldest first."""
    due: dict[Month, int] = {}
    paid: dict[Month, int] = {}
    for account in accounts:
        for each in account.months:
            due[each.month] = due.get(each.month, 0) + each.rent_due_fen + each.property_fee_due_fen
            paid[each.month] = paid.get(each.month, 0) + each.rent_paid_fen + each.property_fee_paid_fen
    return [MonthDues(month, due[month], paid[month]) for month in sorted(due)]
