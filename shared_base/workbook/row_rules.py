"""What must hold between the cells of one row. Each rule yields the column to blame and what is wrong with it."""

from collections.abc import Iterator
from datetime import date

from shared_base.core.i18n import N_
from shared_base.workbook.columns import RowFault
from shared_base.workbook.rows import BaseRow, BookingRow, ClosureRow, LeaseRow, SpaceRow


def _in_order(first: date | None, last: date | None, column: str) -> Iterator[RowFault]:
    if first and last and last < first:
        yield (
            column,
            N_("the last day %(last)s is before the first day %(first)s"),
            {"first": first.isoformat(), "last": last.isoformat()},
        )


def of_base(row: BaseRow) -> Iterator[RowFault]:
    """A recognition has a beginning; its end may be open."""
    if row.recognised_from is None and (row.recognised_to or row.recognition_no):
        yield "recognised_from", N_("the first day of the recognition is missing"), {}
    yield from _in_order(row.recognised_from, row.recognised_to, "recognised_to")


def of_space(row: SpaceRow) -> Iterator[RowFault]:
    yield from _in_order(row.in_service_from, row.in_service_to, "in_service_to")


def of_closure(row: ClosureRow) -> Iterator[RowFault]:
    if row.end <= row.start:
        yield "end", N_("the closure ends before or when it begins"), {}


def of_lease(row: LeaseRow) -> Iterator[RowFault]:
    """A rent-free span has to touch the lease: one that lies outside is a slip in its year."""
    yield from _in_order(row.start_date, row.end_date, "end_date")
    for span in row.rent_free:
        if row.start_date <= row.end_date and span.days_within(row.start_date, row.end_date) == 0:
            yield (
                "rent_free",
                N_("the rent-free days %(first)s to %(last)s lie outside of the lease"),
                {"first": str(span.first), "last": str(span.last)},
            )


def of_booking(row: BookingRow) -> Iterator[RowFault]:
    """Order of the instants. Whether the room was open, and when the guests came, is history and never refused."""
    if row.end <= row.start:
        yield "end", N_("the booking ends before or when it begins"), {}
    elif row.released_at is not None and not row.start <= row.released_at <= row.end:
        yield "released_at", N_("a room is given back between the start and the end of its booking"), {}
    if row.checked_out_at is not None:
        if row.checked_in_at is None:
            yield "checked_out_at", N_("there is a check-out without a check-in"), {}
        elif row.checked_out_at < row.checked_in_at:
            yield "checked_out_at", N_("the check-out is before the check-in"), {}
