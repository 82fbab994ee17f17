"""The leases that a month saw, with the days and the dues that claims are computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared_base.core.money import plain
from shared_base.core.periods import DaySpan, Month
from shared_base.tenancy.rent import MonthDays, days_in, rent_due

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LeaseOfMonth:
    """A lease in force on some day of the month."""

    id: UUID
    tenant_id: UUID
    ref: str
    uscc: str
    area_m2: Decimal
    #: first and last day in force, both included
    term: DaySpan
    rent_free: tuple[DaySpan, ...]
    monthly_rent_fen: int
    property_fee_fen: int
    days: MonthDays
    month: Month

    @classmethod
    def read(cls, row: Mapping[str, Any], month: Month) -> "LeaseOfMonth":
        """From a row of `month_leases` as JSON: dates are half-open there."""
        term = _span(row["first"], row["until"])
        rent_free = tuple(_span(*days) for days in row["rent_free"] or ())
        return cls(
            id=UUID(row["id"]),
            tenant_id=UUID(row["tenant_id"]),
            ref=row["ref"],
            uscc=row["uscc"],
            area_m2=Decimal(row["area_m2"]),
            term=term,
            rent_free=rent_free,
            monthly_rent_fen=row["monthly_rent_fen"],
            property_fee_fen=row["property_fee_fen"],
            days=days_in(month, term, rent_free),
            month=month,
        )

    @property
    def m2_days(self) -> Decimal:
        return self.area_m2 * self.days.in_force

    def holds(self, day: date) -> bool:
        return self.term.days_within(day, day) == 1

    def as_json(self, *, recognised: bool) -> dict[str, Any]:
        """The row of the report. Rent is due for payable days, a property fee for all days in force."""
        of_month = self.days.of_month
        return {
            "ref": self.ref,
            "uscc": self.uscc,
            "area_m2": plain(self.area_m2),
            "days_in_force": self.days.in_force,
            "payable_days": self.days.payable,
            "days_of_month": of_month,
            "rent_due_fen": rent_due(self.monthly_rent_fen, self.days.payable, of_month),
            "property_fee_due_fen": rent_due(self.property_fee_fen, self.days.in_force, of_month),
            "recognised": recognised,
        }

    def as_input(self) -> list[Any]:
        """What the figures rest on, as far as the month sees it: a lease prolonged later is the same input."""
        first, last = self.month.first, self.month.last
        assert self.term.first is not None
        assert self.term.last is not None
        return [
            self.ref,
            self.uscc,
            plain(self.area_m2),
            max(first, self.term.first).isoformat(),
            min(last, self.term.last).isoformat(),
            self.days.payable,
            self.monthly_rent_fen,
            self.property_fee_fen,
        ]


def _span(first: str, until: str) -> DaySpan:
    return DaySpan(date.fromisoformat(first), date.fromisoformat(until) - ONE_DAY)


def leased_by_day(leases: Sequence[LeaseOfMonth], days: Sequence[date]) -> dict[date, Decimal]:
    """Square metres under lease on each day."""
    return {day: sum((lease.area_m2 for lease in leases if lease.holds(day)), Decimal(0)) for day in days}
