"""Area caps and bands: one measure for the enterprise, shared out among its leases month by month."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared_base.subsidies.facts import LeaseMonth


@dataclass(frozen=True)
class AreaShare:
    """The stretch `[start, end)` of the enterprise's area that a lease takes in a month, in m², the cap applied."""

    start: Decimal
    end: Decimal

    @property
    def counted(self) -> Decimal:
        """Square metres of the lease that count."""
        return self.end - self.start

    def within(self, lower: Decimal, upper: Decimal) -> Decimal:
        """Square metres of the stretch that lie in the band `[lower, upper)`."""
        return max(Decimal(0), min(self.end, upper) - max(self.start, lower))


def shared_out(rows: Iterable[LeaseMonth], cap: Decimal | None) -> Mapping[str, AreaShare]:
    """Each lease's stretch of area in one month, by lease ref: the largest lease first, then by ref, up to `cap`."""
    shares: dict[str, AreaShare] = {}
    taken = Decimal(0)
    for row in sorted(rows, key=lambda row: (-row.area_m2, row.lease_ref)):
        end = taken + row.area_m2
        if cap is not None:
            end = min(end, cap)
        shares[row.lease_ref] = AreaShare(taken, max(taken, end))
        taken = shares[row.lease_ref].end
    return shares
