"""The support clock: it starts once for an enterprise and never stops.

Support years run in months from the first month ever in which the enterprise had a lease in force in a recognised base,
by the leases' own dates and whatever the period claimed. Gaps count and a move to another base does not reset it:
months 1–12 are support year 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared_base.core.periods import Month
from shared_base.subsidies.facts import LeaseDates, LeaseMonth


@dataclass(frozen=True)
class SupportClock:
    """Where an enterprise's support years start, and the lease that started them."""

    start: Month
    lease_ref: str

    def year_of(self, month: Month) -> int:
        """The support year (1, 2, 3, …) in which `month` lies."""
        assert month >= self.start, "a month that counts cannot lie before the clock it starts"
        return month.minus(self.start) // 12 + 1


def first_qualifying_month(lease: LeaseDates) -> Month | None:
    """The first month in which `lease` is in force and its base is recognised on some day; `None` if there is none."""
    if lease.operator_space:
        return None
    starts = []
    for span in lease.recognised:
        start = max(Month.of(lease.first), Month.of(span.first)) if span.first else Month.of(lease.first)
        end = min(Month.of(lease.last), Month.of(span.last)) if span.last else Month.of(lease.last)
        if start <= end:
            starts.append(start)
    return min(starts, default=None)


def support_clock(leases: Iterable[LeaseDates], qualifying: Iterable[LeaseMonth]) -> SupportClock | None:
    """The clock of an enterprise; `None` if no lease of it ever qualified.

    `qualifying` are the frozen rows that count: a month that a frozen report saw qualify started the clock at the
    latest, even if a date was corrected since. The lease named is the first by ref among those of the first month.
    """
    candidates = [(month, lease.ref) for lease in leases if (month := first_qualifying_month(lease))]
    candidates += [(row.month, row.lease_ref) for row in qualifying]
    if not candidates:
        return None
    start, ref = min(candidates)
    return SupportClock(start, ref)
