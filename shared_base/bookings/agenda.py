"""The agenda (日程): a person's own bookings of a base, day by day, and on which days there are any."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.database import Direct

# A night belongs to the evening on which it begins: one that has begun before the day is not counted again.
_COUNTS = Direct("""
    select cast(b.starts_at at time zone base.timezone as date) as day, count(*)
    from bases base cross join lateral seen_bookings(
      base.id, tstzrange(cast(:first as timestamp) at time zone base.timezone,
                         cast(:until as timestamp) at time zone base.timezone)) b
    where base.id = :base_id and b.state <> 'cancelled' and (:sees_base or b.tenant_id = any(:tenants))
      and b.starts_at >= cast(:first as timestamp) at time zone base.timezone
    group by 1
""")


def booked_days(session: Session, actor: Actor, *, base_id: UUID, first: date, days: int) -> dict[date, int]:
    """How many of the actor's bookings begin on each of the local days from `first`; days without any are left out."""
    values = {
        "base_id": base_id,
        "first": datetime.combine(first, datetime.min.time()),
        "until": datetime.combine(first + timedelta(days=days), datetime.min.time()),
        "sees_base": actor.is_admin or base_id in actor.bases,
        "tenants": list(actor.tenants),
    }
    return dict(_COUNTS.rows(session, values))
