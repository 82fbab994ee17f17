"""Which bookings and holds their people are reminded of now, each once: the row in `booking_notices` is the claim.

Set-based, and right for any number of schedulers: of two that look at once, the second waits for the first's row and
gets nothing. A notice names the time it is about, so a booking that was moved is reminded of its new one.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

#: so long before the start, the farthest first; what was booked or changed within that time is on everybody's mind
AHEAD = (timedelta(hours=24), timedelta(hours=1))
#: a hold is warned of so long before it lapses, unless it was made for little longer: its maker saw it begin
HOLD_ENDS = timedelta(minutes=10)
HOLD_FRESH = timedelta(minutes=20)

# From an hour ahead on only the nearer reminder is of use, however late the scheduler is: `nearest` keeps them apart.
_DUE = sa.text("""
    insert into booking_notices (booking_id, kind, tenant_id, base_id, at)
    select b.id, 'reminder ' || cast(:minutes as integer) || ' ' || cast(extract(epoch from b.starts_at) as bigint),
           b.tenant_id, b.base_id, :at
    from bookings b
    where b.state = 'confirmed' and b.created_at < upper(b.during)
      and b.starts_at > cast(:at as timestamptz) + :nearest and b.starts_at <= cast(:at as timestamptz) + :ahead
      and greatest(b.created_at, b.changed_at) <= b.starts_at - :ahead
    on conflict do nothing
    returning booking_id
""")

_ENDING = sa.text("""
    insert into booking_notices (booking_id, kind, tenant_id, base_id, at)
    select b.id, 'hold ends ' || cast(extract(epoch from b.hold_until) as bigint), b.tenant_id, b.base_id, :at
    from bookings b
    where b.state = 'held' and b.hold_until > :at and b.hold_until <= cast(:at as timestamptz) + :ahead
      and b.changed_at <= b.hold_until - :fresh
    on conflict do nothing
    returning booking_id
""")


def claim_reminders(session: Session, *, at: datetime) -> list[UUID]:
    """The bookings to be reminded of now. Whoever calls this tells their people in the same transaction."""
    found: list[UUID] = []
    for ahead, nearest in zip(AHEAD, (*AHEAD[1:], timedelta(0)), strict=True):
        values = {"at": at, "minutes": ahead // timedelta(minutes=1), "ahead": ahead, "nearest": nearest}
        found += session.scalars(_DUE, values)
    return found


def claim_ending_holds(session: Session, *, at: datetime) -> list[UUID]:
    """The holds that lapse soon and that nobody was warned of yet; to be told as `claim_reminders` says."""
    return list(session.scalars(_ENDING, {"at": at, "ahead": HOLD_ENDS, "fresh": HOLD_FRESH}))
