"""Leases: their days, rent and the spaces they let whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared_base.catalogue.rules import area, days
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_
from shared_base.core.periods import DaySpan

LONGEST_REF = 60
#: 10 million 元 a month: a slip of the unit (元 for fen) is caught here
LARGEST_RENT_FEN = 1_000_000_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 30)


@dataclass(frozen=True)
class LeaseTerms:
    """What a lease says. Days are local and both included; money is fen a month; `space_ids` are let whole."""

    area_m2: Decimal
    first: date
    last: date
    monthly_rent_fen: int
    property_fee_fen: int = 0
    rent_free: Sequence[DaySpan] = ()
    space_ids: Sequence[UUID] = ()

    def cleaned(self) -> dict[str, Any]:
        """The lease's own columns, checked one by one; `Invalid` for the first that cannot be used."""
        check_spans(self)
        return {
            "area_m2": area(self.area_m2, "area_m2"),
            "term": days(self.first, self.last, "last"),
            "monthly_rent_fen": _monthly(self.monthly_rent_fen, "monthly_rent_fen"),
            "property_fee_fen": _monthly(self.property_fee_fen, "property_fee_fen"),
        }


def lease_ref(text: str) -> str:
    """The operator's number of a lease, as it stands on the contract."""
    return text_line(text, "ref", longest=LONGEST_REF, required=True) or ""


def check_spans(terms: LeaseTerms) -> None:
    """The days in order, and every rent-free period within them, once."""
    if terms.first < FIRST_DAY or terms.last > LAST_DAY:
        raise faulty("first", N_("The year must lie between 2000 and 2199."))
    if terms.last < terms.first:
        raise faulty(
            "last",
            N_("The last day %(last)s is before the first day %(first)s."),
            first=terms.first.isoformat(),
            last=terms.last.isoformat(),
        )
    before: DaySpan | None = None
    for span in sorted(terms.rent_free, key=lambda span: (span.first or terms.first, span.last or terms.last)):
        if span.first is None or span.last is None or span.first < terms.first or span.last > terms.last:
            raise faulty(
                "rent_free",
                N_("Rent-free days lie within the lease, from %(first)s to %(last)s."),
                first=terms.first.isoformat(),
                last=terms.last.isoformat(),
            )
        if before and before.last and span.first <= before.last:
            raise faulty("rent_free", N_("Two rent-free periods name the same day; let them follow one another."))
        before = span


def _monthly(fen: int, field: str) -> int:
    if not 0 <= fen <= LARGEST_RENT_FEN:
        raise faulty(field, N_("The amount a month lies between 0 and 10,000,000 yuan; compare the unit."))
    return fen


def cut_spans(spans: Sequence[DaySpan], last: date) -> list[DaySpan]:
    """What remains of the rent-free periods of a lease that now ends on `last`."""
    return [
        DaySpan(span.first, min(span.last or last, last)) for span in spans if span.first is None or span.first <= last
    ]
