"""Writing many bookings at once: the occurrences of a series, in a statement for each set of terms that they have."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings import holding, rules
from shared_base.bookings.actions import MOST_CODES
from shared_base.bookings.codes import new_code
from shared_base.bookings.needs import Needs
from shared_base.bookings.quotas import check_quotas
from shared_base.bookings.rows import BookingRow, new_row
from shared_base.bookings.weighing import Weighed
from shared_base.core.actor import Actor
from shared_base.core.retry import Again


def write_all(
    session: Session,
    *,
    free: Sequence[Weighed],
    title: str,
    platform: str | None,
    needs: Needs,
    series_id: UUID,
    by: Actor,
    at: datetime,
) -> list[BookingRow]:
    """Book the times that were found to be free, under the locks they were found under, in their order.

    Quotas count all of them together (`OverQuota`). Meant to run under `retrying`.
    """
    spoken_of = next((it.situation for it in free if it.situation.quotas), free[0].situation)
    check_quotas(session, [it.wanted for it in free], spoken_of, by=by)
    rows = []
    for it in free:
        state = rules.first_state(it.situation, hold=False, by=by)
        row = new_row(
            it.wanted, it.situation, title=title, platform=platform, at=at, state=state, series_id=series_id,
            needs=needs,
        )  # fmt: skip
        rows.append(replace(row, code=new_code()))
    ids: dict[int, UUID] = {}
    for _ in range(MOST_CODES):
        # one statement for each set of terms that the days bring: a rule may change within the year
        for numbers in _alike({n: row for n, row in enumerate(rows) if n not in ids}):
            bookings = [holding.ToWrite(rows[n], free[n].claims, free[n].picked.lots) for n in numbers]
            written = holding.write(session, bookings, at=at, by=by, series_id=series_id)
            ids |= {numbers[place]: booking_id for place, booking_id in written.items()}
        if len(ids) == len(rows):
            break
        # a code was somebody's: those bookings draw another
        rows = [row if n in ids else replace(row, code=new_code()) for n, row in enumerate(rows)]
    else:
        raise Again
    return [replace(row, id=ids[n]) for n, row in enumerate(rows)]


def _alike(rows: Mapping[int, BookingRow]) -> list[list[int]]:
    """The places of rows that a statement writes together: those of the same state and terms."""
    heaps: dict[tuple[Any, ...], list[int]] = {}
    for number, row in rows.items():
        terms = (row.buffer_before, row.buffer_after, row.early_minutes, row.grace_minutes, row.cancel_minutes)
        heaps.setdefault((row.state, *terms), []).append(number)
    return list(heaps.values())
