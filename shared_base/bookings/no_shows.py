"""Marking who did not come: from the grace on, when nobody has checked in, the rest of the time is given to others.

One booking, one short transaction: `SKIP LOCKED` lets any number of schedulers work beside each other and beside the
desk that checks somebody in this very moment. Nothing is remembered between two looks but what the rows say.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions
from shared_base.bookings.queries import get_booking
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import Clock
from shared_base.core.database import transaction

log = logging.getLogger(__name__)

#: bookings of one look, so that the leader gets to look at its lock
AT_MOST = 500

# History that was imported after it had ended is final (`created_at < upper`; the index leaves it out as well). The
# grace also runs from the last change: a walk-in is entered late, an undone check-in may be done again.
_NEXT = sa.text("""
    select b.id from bookings b
    where b.state = 'confirmed' and b.created_at < upper(b.during) and b.starts_at <= :at
      and greatest(b.starts_at, b.changed_at) + make_interval(mins => b.grace_minutes) <= :at
      and b.id <> all(cast(:but_not as uuid[]))
    order by b.starts_at, b.id limit 1
    for no key update skip locked
""")


def mark_due_no_shows(engine: sa.Engine, clock: Clock) -> int:
    """Mark everybody who is overdue; how many. One that cannot be marked is told of and stops no other."""
    failed: set[UUID] = set()
    marked = 0
    for _ in range(AT_MOST):
        at = clock.now()
        booking_id: UUID | None = None
        try:
            with transaction(engine, SYSTEM) as session:
                booking_id = next_overdue(session, at=at, but_not=failed)
                if booking_id is None:
                    break
                mark_overdue(session, booking_id, at=at)
        except Exception:
            if booking_id is None:
                raise
            log.exception("no-shows: %s could not be marked; it is tried again", booking_id)
            failed.add(booking_id)
        else:
            marked += 1
    if marked:
        log.info("no-shows: %d marked", marked)
    return marked


def next_overdue(session: Session, *, at: datetime, but_not: Collection[UUID] = ()) -> UUID | None:
    """A booking whose people should have come, its row locked; None: there is none that nobody else works on."""
    found: UUID | None = session.scalar(_NEXT, {"at": at, "but_not": list(but_not)})
    return found


def mark_overdue(session: Session, booking_id: UUID, *, at: datetime) -> BookingRow:
    """Mark one that `next_overdue` found."""
    return actions.mark_no_show(session, booking=get_booking(session, booking_id), by=SYSTEM, at=at)
