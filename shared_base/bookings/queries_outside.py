"""The bookings ahead that a change of opening hours leaves outside of them: somebody has to call their tenants."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.openings import openings

_OUTSIDE = sa.text(f"""
    select seen.id from bases b
    cross join lateral (select tstzrange(cast(cast(:first as date) as timestamp) at time zone b.timezone,
                                         cast(cast(:last as date) + 2 as timestamp) at time zone b.timezone) as range)
      asked
    cross join lateral ({openings("b.id", "b.timezone", "cast(:first as date) - 1", "cast(:last as date) + 2")}) opening
    cross join lateral seen_bookings(b.id, asked.range) seen
    where b.id = :base_id and seen.state in ('held', 'requested', 'confirmed')
      and cast(seen.starts_at at time zone b.timezone as date) between :first and cast(:last as date) + 1
      and not opening.hours @> tstzrange(seen.starts_at, coalesce(seen.released_at, upper(seen.during)))
    order by seen.starts_at, seen.id
""")  # noqa: S608 (composed of our own expressions)


def outside_openings(session: Session, base_id: UUID, first: date, last: date) -> list[UUID]:
    """The bookings ahead that begin on the local days, or in the night after, and reach past the opening hours."""
    return list(session.scalars(_OUTSIDE, {"base_id": base_id, "first": first, "last": last}))
