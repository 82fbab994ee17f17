"""The rent that falls due for a month: pure arithmetic, shared by the tenant's account and the frozen month report."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from shared_base.core.money import Fen, rounded
from shared_base.core.periods import DaySpan, Month


@dataclass(frozen=True)
class MonthDays:
    """How a month divides for one lease, in days: in force, of these payable (not rent-free), and of the month."""

    in_force: int
    payable: int
    of_month: int


def rent_due(monthly_fen: int, payable_days: int, days_of_month: int) -> Fen:
    """Monthly rent × payable days ÷ days of the month, half up to the fen (contract, claim arithmetic, step 3)."""
    assert 0 <= payable_days <= days_of_month, (payable_days, days_of_month)
    return Fen(rounded(Fraction(monthly_fen * payable_days, days_of_month)))


def days_in(month: Month, term: DaySpan, rent_free: Iterable[DaySpan] = ()) -> MonthDays:
    """The days of a month under a lease's `term`; a day that two rent-free spans name is free once."""
    in_force = {day for day in range(1, month.days + 1) if _holds(term, month, day)}
    free = {day for span in rent_free for day in in_force if _holds(span, month, day)}
    return MonthDays(len(in_force), len(in_force) - len(free), month.days)


def _holds(span: DaySpan, month: Month, day: int) -> bool:
    date = month.first.replace(day=day)
    return (span.first is None or span.first <= date) and (span.last is None or date <= span.last)
