"""The rent that counts: what was really paid for a month by the cut-off, corrections netted, at most what was due."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared_base.core.periods import Month
from shared_base.subsidies.facts import LeaseMonth, RentPayment


@dataclass(frozen=True)
class Paid:
    """Net payments for one lease and month by the cut-off, in fen; never below 0."""

    rent_fen: int = 0
    property_fee_fen: int = 0


@dataclass(frozen=True)
class EligibleRent:
    """What counts of one lease in one month, in fen: rent, and the property fee where the policy includes it."""

    rent_due_fen: int
    rent_paid_fen: int
    fee_due_fen: int
    fee_paid_fen: int

    @property
    def rent_fen(self) -> int:
        return min(self.rent_due_fen, self.rent_paid_fen)

    @property
    def fee_fen(self) -> int:
        return min(self.fee_due_fen, self.fee_paid_fen)

    @property
    def due_fen(self) -> int:
        return self.rent_due_fen + self.fee_due_fen

    @property
    def paid_fen(self) -> int:
        return self.rent_paid_fen + self.fee_paid_fen

    @property
    def eligible_fen(self) -> int:
        return self.rent_fen + self.fee_fen


def net_paid(payments: Iterable[RentPayment], *, as_of: date) -> dict[tuple[str, Month], Paid]:
    """Payments made by `as_of` (that day included), netted by lease, service month and kind; a net below 0 is 0."""
    net: dict[tuple[str, Month], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for payment in payments:
        if payment.paid_on <= as_of:
            net[payment.lease_ref, payment.service_month][payment.kind] += payment.amount_fen
    return {key: Paid(max(0, kinds["rent"]), max(0, kinds["property_fee"])) for key, kinds in net.items()}


def eligible_rent(row: LeaseMonth, paid: Paid, *, with_property_fee: bool) -> EligibleRent:
    """The rent of `row` that counts. A property fee counts only where included, and only up to its own due."""
    return EligibleRent(
        rent_due_fen=row.rent_due_fen,
        rent_paid_fen=paid.rent_fen,
        fee_due_fen=row.property_fee_due_fen if with_property_fee else 0,
        fee_paid_fen=paid.property_fee_fen if with_property_fee else 0,
    )
