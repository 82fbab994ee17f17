"""What a claim is computed from: frozen report rows, payments and the dates of leases, as plain values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared_base.core.periods import DaySpan, Month


@dataclass(frozen=True)
class LeaseMonth:
    """One lease in one month, as the base's frozen month report recorded it (its `leases` row).

    `area_m2` in square metres; `days_in_force` and `payable_days` (in force and not rent-free) are days of the month's
    `days_of_month`; dues are whole fen. `recognised`: the base was recognised on some day of the month.
    `report_digest` and `report_revision` name the report that says so. `operator_space`: the tenant is the base's
    operator, so the lease counts nowhere.
    """

    lease_ref: str
    uscc: str
    base_code: str
    base_division: str
    month: Month
    area_m2: Decimal
    days_in_force: int
    payable_days: int
    days_of_month: int
    rent_due_fen: int
    property_fee_due_fen: int
    recognised: bool
    report_digest: str
    report_revision: int
    operator_space: bool = False


@dataclass(frozen=True)
class RentPayment:
    """Money paid for one service month of a lease; a negative amount is a red-letter correction.

    `kind` is `rent`, `property_fee` or `utilities`; the last never counts.
    """

    ref: str
    lease_ref: str
    service_month: Month
    paid_on: date
    kind: str
    amount_fen: int
    invoice_no: str | None = None


@dataclass(frozen=True)
class LeaseDates:
    """A lease's own days (both included) and its base's recognition periods: what the support clock looks at.

    `operator_space`: the tenant is the base's operator, so the lease counts nowhere.
    """

    ref: str
    base_code: str
    first: date
    last: date
    recognised: tuple[DaySpan, ...]
    operator_space: bool
