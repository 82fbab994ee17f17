"""The board of today (今日): who is on air, who is about to come, who should be here, and what is free."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.availability import free_studios
from shared_base.bookings.queries import open_bookings
from shared_base.bookings.rows import BookingRow, FreeStudio
from shared_base.core.actor import Actor

#: how far ahead an arrival is on the board
ARRIVING_WITHIN = timedelta(hours=2)


@dataclass(frozen=True)
class Board:
    """The bookings that concern the desk now, each in one list, by start; and the studios free at this minute."""

    live: list[BookingRow]  #: checked in, and the time is not over
    overrunning: list[BookingRow]  #: checked in, and the time is over
    arriving: list[BookingRow]  #: begin within two hours
    overdue: list[BookingRow]  #: have begun, and nobody has checked in
    free: list[FreeStudio]
    #: by studio in use, the booking that comes into it next, if within two hours; who should be there already is first
    next: dict[UUID, BookingRow]


def board(session: Session, actor: Actor, *, base_id: UUID, at: datetime) -> Board:
    """The board of a base at `at`, as far as the actor sees its bookings; two statements."""
    rows = open_bookings(session, actor, base_id, Range(at, at + ARRIVING_WITHIN))
    live = [row for row in rows if row.state == "checked_in"]
    waiting = [row for row in rows if row.state == "confirmed"]
    minute = at.replace(second=0, microsecond=0)
    in_use = {row.studio_id for row in live}
    return Board(
        live=[row for row in live if row.until > at],
        overrunning=[row for row in live if row.until <= at],
        arriving=[row for row in waiting if row.start > at],
        overdue=[row for row in waiting if row.start <= at],
        free=free_studios(session, base_id=base_id, start=minute, end=minute + timedelta(minutes=1), tenant_id=None),
        next={row.studio_id: row for row in reversed(waiting) if row.studio_id in in_use},
    )
