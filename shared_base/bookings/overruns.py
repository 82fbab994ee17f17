"""Sessions that run past their end while the next one waits: the next one's people are told, once, and offered a move.

A live stream is never cut. Who comes next hears of it before they leave home, and the desk sees it as an event.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.core.events import event_row, record_events

log = logging.getLogger(__name__)

#: the next booking is told when it begins within so long
SOON = timedelta(minutes=30)
#: what ended longer ago is no stream any more, but a check-out that somebody forgot
LONGEST_OVERRUN = timedelta(hours=6)

# Somebody who has come since shows that the room is theirs: then the older one was merely not checked out. Few rows
# run at a time (an index of their own), and the next of each is found by its studio and start.
_CLAIM = sa.text("""
    with running as (
      select b.id, b.studio_id, coalesce(b.released_at, upper(b.during)) as ended from bookings b
      where b.state = 'checked_in'
    ), over as (
      select * from running
      where ended <= :at and ended > cast(:at as timestamptz) - :longest
        and not exists (select from bookings later where later.studio_id = running.studio_id
                        and later.starts_at >= running.ended and later.state in ('checked_in', 'completed'))
    ), delayed as (
      select next.*, over.ended from over cross join lateral (
        select b.id, b.tenant_id, b.base_id, b.state, b.starts_at, upper(b.during) as ends_at from bookings b
        where b.studio_id = over.studio_id and b.starts_at >= over.ended
          and b.state in ('confirmed', 'requested', 'held')
        order by b.starts_at limit 1) next
      where next.state = 'confirmed' and next.starts_at <= cast(:at as timestamptz) + :soon and next.ends_at > :at
    ), told as (
      insert into booking_notices (booking_id, kind, tenant_id, base_id, at)
      select id, 'overrun before ' || cast(extract(epoch from starts_at) as bigint), tenant_id, base_id, :at
      from delayed
      on conflict do nothing
      returning booking_id
    )
    select d.id, d.tenant_id, d.base_id, d.ended from delayed d join told on told.booking_id = d.id
    order by d.starts_at, d.id
""")


def tell_overruns(engine: sa.Engine, clock: Clock) -> int:
    """Say to whom the session before theirs runs over; how many bookings. For a job, any number of them at once."""
    with transaction(engine, SYSTEM) as session:
        delayed = record_delays(session, at=clock.now())
    if delayed:
        log.info("overruns: %d waiting bookings told", len(delayed))
    return len(delayed)


def record_delays(session: Session, *, at: datetime) -> list[UUID]:
    """Write `booking.delayed_by_overrun` for each booking that waits for an overrun, once; their ids.

    The event says since when the studio should have been free. It names nobody who is in there: it is the waiting
    tenant's to read. What is free instead is looked up when it is told (`alternatives_for_hits.ways_out`).
    """
    found = session.execute(_CLAIM, {"at": at, "soon": SOON, "longest": LONGEST_OVERRUN}).all()
    rows = [
        event_row(
            "booking.delayed_by_overrun",
            by=SYSTEM,
            at=at,
            subject_id=row.id,
            base_id=row.base_id,
            tenant_id=row.tenant_id,
            overrun_since=row.ended.isoformat(),
        )
        for row in found
    ]
    record_events(session, rows)
    return [row.id for row in found]
