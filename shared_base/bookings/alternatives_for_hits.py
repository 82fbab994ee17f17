"""What to offer the bookings that a closure hits: another studio at the same time, and the next free time of their own.

As `availability.alternatives`, but for all of them together: three statements, whatever their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.bookings.openings import local_days, openings
from shared_base.bookings.rows import BookingRow
from shared_base.bookings.terms import rule_joins, term

#: how many other studios each booking is offered
MOST_STUDIOS = 3
#: how far ahead the next free time is looked for
WITHIN = timedelta(days=14)
#: a time that is offered begins on one
QUARTER = timedelta(minutes=15)
#: what somebody still waits for, or is in
STANDING = ("held", "requested", "confirmed", "checked_in")
#: nothing is held longer before or after a booking (`booking_rules_buffers_bounded`)
_LONGEST_BUFFER = timedelta(minutes=720)


class Instead(NamedTuple):
    """A studio that is free for the whole time of a booking."""

    id: UUID
    code: str
    name: str
    scene: str | None


@dataclass(frozen=True)
class WaysOut:
    """What a booking that is hit could do: studios free at its time, the nearest first, and when its own is next."""

    studios: tuple[Instead, ...] = ()
    next: tuple[datetime, datetime] | None = None


_OPENINGS = openings("base.id", "base.timezone", "lower(ahead.days) - 1", "upper(ahead.days)")
_HITS = f"""
    hit as materialized (
      select h.* from unnest(:ids, :studios, :tenants, :hosts, :starts, :ends, :live)
        as h (id, studio_id, tenant_id, host_id, starts, ends, live)
    ), base as materialized (
      select b.id, b.timezone from bases b where b.id = :base_id
    ), opening as materialized (
      select o.hours from base
      cross join lateral (select {local_days(":first", ":last", "base.timezone")} as days) ahead
      cross join lateral ({_OPENINGS}) o
    ), shut as materialized (
      select x.resource_id, range_agg(x.during) as ranges from outages x
      where x.base_id = :base_id and x.during && tstzrange(:first, :last) and x.cancelled_at is null
      group by x.resource_id
    )
"""  # noqa: S608 (composed of our own expressions)
_BEFORE = f"make_interval(mins => {term('buffer_before')})"
_AFTER = f"make_interval(mins => {term('buffer_after', 's.buffer_minutes')})"

# A multirange for each studio: whether a booking fits is one look, however much is booked around it.
_STUDIOS = f"""
    with {_HITS}, studio as materialized (
      select s.* from spaces s where s.base_id = :base_id and s.kind = 'studio'
    ), busy as materialized (
      select r.resource_id, range_agg(r.during) as ranges
      from (select array_agg(id) as ids from studio) known
      cross join lateral busy_ranges(known.ids, tstzrange(:first - :buffer, :last + :buffer)) r
      group by r.resource_id
    )
    select hit.id as hit_id, found.id, found.code, found.name, found.scene
    from hit
    cross join base
    cross join opening
    join studio own on own.id = hit.studio_id
    cross join lateral (select {local_days("hit.starts", "hit.ends", "base.timezone")} as days,
                               tstzrange(hit.starts, hit.ends) as range) asked
    cross join lateral (
      select s.id, s.code, s.name, s.scene from studio s
      {rule_joins("base.id", "s.id", "lower(asked.days)")}
      left join busy on busy.resource_id = s.id
      where s.id <> own.id and s.in_service @> asked.days and opening.hours @> asked.range
        and not exists (select from shut where (shut.resource_id = s.id or shut.resource_id is null)
                        and shut.ranges && asked.range)
        and (busy.ranges && tstzrange(hit.starts - {_BEFORE}, hit.ends + {_AFTER})) is not true
        and s.id not in (select spaces_let_to_others(base.id, hit.tenant_id, asked.days))
      order by s.scene is not distinct from own.scene desc, abs(s.area_m2 - own.area_m2), s.code
      limit :most
    ) found
"""  # noqa: S608 (composed of our own expressions)

# What is left of the openings once outages and what others hold are cut out. A booking does not stand in its own way;
# what others hold of the studio is lengthened by what ours needs around it.
_NEXT = f"""
    with {_HITS}, wanted as materialized (
      select hit.id, hit.studio_id as resource_id, true as room from hit
      union all select hit.id, hit.host_id, false from hit where hit.host_id is not null
    ), known as materialized (
      select array_agg(distinct resource_id) as ids from wanted
    ), taken as materialized (
      select r.resource_id, r.during, a.booking_id
      from known
      cross join lateral busy_ranges(known.ids, tstzrange(:first - :buffer, :last + :buffer)) r
      left join seen_allocations(known.ids, tstzrange(:first - :buffer, :last + :buffer)) a
        on a.resource_id = r.resource_id and a.during = r.during
    ), around as materialized (
      select hit.id, {_BEFORE} as before, {_AFTER} as after from hit
      cross join base
      join spaces s on s.id = hit.studio_id
      {rule_joins("base.id", "s.id", "cast(hit.starts at time zone base.timezone as date)")}
    ), busy as materialized (
      select wanted.id, range_agg(case when wanted.room then tstzrange(lower(taken.during) - around.after,
                                                                       upper(taken.during) + around.before)
                                  else taken.during end) as ranges
      from wanted join taken on taken.resource_id = wanted.resource_id and taken.booking_id is distinct from wanted.id
      join around on around.id = wanted.id
      group by wanted.id
    )
    select hit.id as hit_id, slot.starts, slot.starts + (hit.ends - hit.starts) as ends
    from hit
    cross join base
    cross join opening
    join spaces s on s.id = hit.studio_id
    left join busy on busy.id = hit.id
    cross join lateral (select tstzrange(greatest(hit.starts, :soonest), greatest(hit.starts, :soonest) + :within)
                        as range) ahead
    cross join lateral (
      select tstzmultirange(tstzrange(cast(lower(s.in_service) as timestamp) at time zone base.timezone,
                                      cast(upper(s.in_service) as timestamp) at time zone base.timezone)) as days
    ) service
    cross join lateral (
      select coalesce(range_agg(piece), '{{}}') as ranges
      from shut cross join lateral unnest(shut.ranges) piece where shut.resource_id is null or shut.resource_id = s.id
    ) closed
    cross join lateral (
      select lower(gap) as starts
      from unnest((opening.hours * service.days * tstzmultirange(ahead.range)) - closed.ranges
                  - coalesce(busy.ranges, '{{}}')) gap
      where upper(gap) - lower(gap) >= hit.ends - hit.starts
      order by 1 limit 1
    ) slot
    where not hit.live and s.id not in (select spaces_let_to_others(
      base.id, hit.tenant_id, {local_days("lower(ahead.range)", "upper(ahead.range)", "base.timezone")}))
"""  # noqa: S608 (composed of our own expressions)


def _typed(statement: str) -> sa.TextClause:
    ids, instants = pg.ARRAY(pg.UUID(as_uuid=True)), pg.ARRAY(sa.TIMESTAMP(timezone=True))
    kinds: dict[str, Any] = dict.fromkeys(("ids", "studios", "tenants", "hosts"), ids)
    kinds |= {"starts": instants, "ends": instants, "live": pg.ARRAY(sa.Boolean())}
    return sa.text(statement).bindparams(*(sa.bindparam(name, type_=kind) for name, kind in kinds.items()))


_STUDIOS_FOR_HITS, _NEXT_FOR_HITS = _typed(_STUDIOS), _typed(_NEXT)


def ways_out(session: Session, hits: Sequence[BookingRow], *, at: datetime) -> dict[UUID, WaysOut]:
    """By booking, for those that have not ended, what is free instead. All are of one base, which the caller serves.

    One that is live is offered studios from now on, and no later time.
    """
    standing = [booking for booking in hits if booking.state in STANDING and booking.until > at]
    if not standing:
        return {}
    assert len({booking.base_id for booking in standing}) == 1
    soonest = _next_quarter(at)
    begins = [max(booking.start, at) if booking.state == "checked_in" else booking.start for booking in standing]
    values = {
        "base_id": standing[0].base_id,
        "ids": [booking.id for booking in standing],
        "studios": [booking.studio_id for booking in standing],
        "tenants": [booking.tenant_id for booking in standing],
        "hosts": [booking.host_id for booking in standing],
        "starts": begins,
        "ends": [booking.end for booking in standing],
        "live": [booking.state == "checked_in" for booking in standing],
        "first": min(begins),
        "last": max(booking.end for booking in standing),
        "buffer": _LONGEST_BUFFER,
    }
    studios: dict[UUID, list[Instead]] = {}
    for row in session.execute(_STUDIOS_FOR_HITS, values | {"most": MOST_STUDIOS}):
        studios.setdefault(row.hit_id, []).append(Instead(row.id, row.code, row.name, row.scene))
    ahead = {"soonest": soonest, "within": WITHIN, "last": max(soonest, *begins) + WITHIN}
    slots = {row.hit_id: (row.starts, row.ends) for row in session.execute(_NEXT_FOR_HITS, values | ahead)}
    return {booking.id: WaysOut(tuple(studios.get(booking.id, ())), slots.get(booking.id)) for booking in standing}


def _next_quarter(moment: datetime) -> datetime:
    """The moment, or the next quarter of an hour: every zone of today shows it as one."""
    past = (moment - datetime(1970, 1, 1, tzinfo=UTC)) % QUARTER
    return moment if not past else moment + QUARTER - past
