"""Booking many times at once: the occurrences of a series, checked and written in a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings import holding, rules
from shared_base.bookings.actions import MOST_CODES, lock_and_look
from shared_base.bookings.blocking import blockers
from shared_base.bookings.codes import new_code
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.picking import Picked
from shared_base.bookings.quotas import check_quotas
from shared_base.bookings.rows import BookingRow, Situation, Wanted, new_row
from shared_base.core.actor import Actor
from shared_base.core.errors import SharedBaseError
from shared_base.core.fields import text_line
from shared_base.core.retry import Again

#: refusals are described one by one, with who holds what; past so many the rest is told without
MOST_DESCRIBED = 50


@dataclass(frozen=True)
class Request:
    """What every one of the times asks for."""

    studio_id: UUID
    tenant_id: UUID
    host_id: UUID | None = None
    title: str | None = None
    platform: str | None = None
    needs: Needs = NOTHING


@dataclass(frozen=True)
class Refused:
    """A time that cannot be booked: by the rules (`error`), or for what stands in the way (`blockers`, as JSON)."""

    start: datetime
    end: datetime
    error: SharedBaseError | None = None
    blockers: Sequence[dict[str, Any]] = ()


@dataclass
class Checked:
    """Times in two heaps, under the locks: what can be booked, and what cannot."""

    wanted: list[Wanted] = field(default_factory=list)
    situations: list[Situation] = field(default_factory=list)
    picked: list[Picked] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def check_all(
    session: Session,
    *,
    request: Request,
    times: Sequence[tuple[datetime, datetime]],
    by: Actor,
    at: datetime,
    except_bookings: Sequence[UUID] = (),
) -> Checked:
    """Lock what the times need and see which of them can be booked; nothing is written.

    What no time can mend (somebody else's tenant, a suspended one, an unknown kind) is raised as `book` would.
    `except_bookings`: bookings that are about to be changed, whose holds do not count. Times must not overlap.
    """
    asked = []
    for start, end in times:
        rules.check_range(start, end)
        asked.append(Wanted(request.studio_id, request.tenant_id, request.host_id, start, end))
    found = Checked()
    if not asked:
        return found
    situations, picks = lock_and_look(session, asked, request.needs, at=at, except_bookings=except_bookings)
    rules.check_who(by, asked[0], situations[0])
    for wanted, situation, picked in zip(asked, situations, picks, strict=True):
        refusal = _refusal(session, wanted, situation, picked, by=by, at=at, described=len(found.refused))
        if refusal is not None:
            found.refused.append(refusal)
            continue
        found.wanted.append(wanted)
        found.situations.append(situation)
        found.picked.append(picked)
    return found


def _refusal(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    picked: Picked,
    *,
    by: Actor,
    at: datetime,
    described: int,
) -> Refused | None:
    try:
        rules.check_wanted(wanted, situation, by=by, at=at)
    except SharedBaseError as error:
        return Refused(wanted.start, wanted.end, error=error)
    if not situation.blocked and not picked.missing:
        return None
    known = described < MOST_DESCRIBED
    return Refused(
        wanted.start, wanted.end, blockers=blockers(session, wanted, situation, picked, by=by) if known else ()
    )


def book_all(
    session: Session,
    *,
    request: Request,
    times: Sequence[tuple[datetime, datetime]],
    series_id: UUID,
    skip: bool,
    by: Actor,
    at: datetime,
) -> tuple[list[BookingRow], list[Refused]]:
    """Book the times for a series: those that can be and, with `skip`, the list of those that cannot.

    Without `skip` one refused time refuses all: nothing is written, and the first part is empty. Quotas count all of
    them together (`OverQuota`). Meant to run under `retrying`; a year of nights is one look and one write.
    """
    found = check_all(session, request=request, times=times, by=by, at=at)
    if not found.wanted or (found.refused and not skip):
        return [], found.refused
    return write_all(session, request=request, found=found, series_id=series_id, by=by, at=at), found.refused


def write_all(
    session: Session, *, request: Request, found: Checked, series_id: UUID, by: Actor, at: datetime
) -> list[BookingRow]:
    """Book the times that were found to be free, under the locks they were found under; `OverQuota` as `book_all`."""
    spoken_of = next((it for it in found.situations if it.quotas), found.situations[0])
    check_quotas(session, found.wanted, spoken_of, by=by)
    title = text_line(request.title, "title", longest=rules.LONGEST_TITLE) or ""
    platform = text_line(request.platform, "platform", longest=rules.LONGEST_PLATFORM)
    rows = []
    for wanted, situation in zip(found.wanted, found.situations, strict=True):
        state = rules.first_state(situation, hold=False, by=by)
        row = new_row(
            wanted, situation, title=title, platform=platform, at=at, state=state, series_id=series_id,
            needs=request.needs,
        )  # fmt: skip
        rows.append(replace(row, code=new_code()))
    ids: dict[int, UUID] = {}
    for _ in range(MOST_CODES):
        # one statement for each set of terms that the days bring: a rule may change within the year
        for numbers in _alike({n: row for n, row in enumerate(rows) if n not in ids}):
            bookings = [_to_write(rows[n], found, n) for n in numbers]
            written = holding.write(session, bookings, at=at, by=by, series_id=series_id)
            ids |= {numbers[place]: booking_id for place, booking_id in written.items()}
        if len(ids) == len(rows):
            break
        # a code was somebody's: those bookings draw another
        rows = [row if n in ids else replace(row, code=new_code()) for n, row in enumerate(rows)]
    else:
        raise Again
    return [replace(row, id=ids[n]) for n, row in enumerate(rows)]


def _to_write(row: BookingRow, found: Checked, number: int) -> holding.ToWrite:
    picked = found.picked[number]
    return holding.ToWrite(
        row, found.wanted[number].claims(found.situations[number].terms, picked.resources), picked.lots
    )


def _alike(rows: Mapping[int, BookingRow]) -> list[list[int]]:
    """The places of rows that a statement writes together: those of the same state and terms."""
    heaps: dict[tuple[Any, ...], list[int]] = {}
    for number, row in rows.items():
        terms = (row.buffer_before, row.buffer_after, row.early_minutes, row.grace_minutes, row.cancel_minutes)
        heaps.setdefault((row.state, *terms), []).append(number)
    return list(heaps.values())
