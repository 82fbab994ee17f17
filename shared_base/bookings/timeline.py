"""The timeline of a base (排期): one statement, its JSON made by the database, and what changed since.

The parts of an answer come as JSON texts and are put together as they are: nobody on the way reads a bookings row.

A row of `bookings` is an array, in the order of `COLUMNS`; instants are seconds since 1970 (UTC). `before` and `after`
are the minutes that the booking holds its studio beyond its own time, so that whoever drags another beside it is warned
without asking. A tenant sees its own bookings; of all others it sees busy time, set-up and clean-down included, and not
whose it is.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings.openings import local_days, openings
from shared_base.core.actor import Actor
from shared_base.core.database import Direct
from shared_base.core.errors import NotFound
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

COLUMNS = (
    "id", "code", "studio", "start", "end", "state", "title", "tenant", "version", "hold_until", "before", "after",
)  # fmt: skip
#: the longest stretch that one answer shows
LONGEST = timedelta(days=62)
#: a change is stamped before it is committed: a feed asks again for the last seconds, and the version tells repeats
COMMIT_LAG = timedelta(seconds=10)

_SEEN = "(:sees_base or b.tenant_id = any(:tenants))"

_ROW = """
    json_build_array(b.id, b.code, s.code, cast(extract(epoch from b.starts_at) as bigint),
                     cast(extract(epoch from coalesce(b.released_at, upper(b.during))) as bigint),
                     b.state, b.title, t.name, b.version, cast(extract(epoch from b.hold_until) as bigint),
                     b.buffer_before, coalesce(b.buffer_after, s.buffer_minutes))
"""

_BOOKINGS = f"""
    select coalesce(json_agg({_ROW}), '[]')
    from seen_bookings(:base_id, tstzrange(:start, :end)) b
    join spaces s on s.id = b.studio_id left join tenants t on t.id = b.tenant_id
    where b.state <> 'cancelled' and {_SEEN}
"""  # noqa: S608 (composed of our own expressions)

_CHANGED = f"""
    select coalesce(json_agg({_ROW}), '[]')
    from bookings b join spaces s on s.id = b.studio_id left join tenants t on t.id = b.tenant_id
    where b.base_id = :base_id and b.changed_at > :since and {_SEEN}
"""  # noqa: S608 (composed of our own expressions)

# For whoever sees the whole base, nothing is merely busy.
_BUSY = """
    select coalesce(json_agg(json_build_array(s.code, cast(extract(epoch from lower(busy.during)) as bigint),
                                              cast(extract(epoch from upper(busy.during)) as bigint))
                             order by s.code, lower(busy.during)), '[]')
    from studios cross join lateral busy_ranges(studios.ids, tstzrange(:start, :end)) busy
    join spaces s on s.id = busy.resource_id
    where not exists (select from own where own.resource_id = busy.resource_id and own.during = busy.during)
"""
_OWN = """
    studios as materialized (
      select array_agg(id) as ids from spaces where base_id = :base_id and kind = 'studio' and not :sees_base),
    own as materialized (
      select a.resource_id, a.during from studios
      cross join lateral seen_allocations(studios.ids, tstzrange(:start, :end)) a where a.tenant_id = any(:tenants))
"""

_OUTAGES = """
    select coalesce(json_agg(json_build_array(s.code, cast(extract(epoch from lower(x.during)) as bigint),
                                              cast(extract(epoch from upper(x.during)) as bigint), x.reason)
                             order by x.id), '[]')
    from outages x left join spaces s on s.id = x.resource_id
    where x.base_id = :base_id and x.during && tstzrange(:start, :end) and x.cancelled_at is null
"""

_STUDIOS = """
    select coalesce(json_agg(json_build_object('id', s.id, 'code', s.code, 'name', s.name, 'scene', s.scene,
      'floor', s.floor, 'area_m2', trim_scale(s.area_m2), 'buffer_minutes', s.buffer_minutes) order by s.code), '[]')
    from spaces s, days where s.base_id = :base_id and s.kind = 'studio' and s.in_service && days.days
"""

_OPENINGS = f"""
    select coalesce(json_agg(json_build_array(cast(extract(epoch from lower(r)) as bigint),
                                              cast(extract(epoch from upper(r)) as bigint)) order by r), '[]')
    from days cross join lateral ({openings(":base_id", "days.timezone", "lower(days.days) - 1", "upper(days.days)")}) o
    cross join lateral unnest(o.hours * tstzmultirange(tstzrange(:start, :end))) r
"""  # noqa: S608 (composed of our own expressions)

_DAYS = f"""
    select b.timezone, {local_days(":start", ":end", "b.timezone")} as days from bases b
    where b.id = :base_id and (:sees_base or exists (
      select from admissions a where a.base_id = b.id and a.tenant_id = any(:tenants)))
"""  # noqa: S608 (composed of our own expressions)

_TIMELINE = Direct(f"""
    with days as materialized ({_DAYS}), {_OWN}
    select cast(to_json(days.timezone) as text), cast(({_STUDIOS}) as text), cast(({_OPENINGS}) as text),
           cast(({_OUTAGES}) as text), cast(({_BOOKINGS}) as text), cast(({_BUSY}) as text)
    from days
""")  # noqa: S608

_CHANGES = Direct(f"""
    with days as materialized ({_DAYS}), {_OWN}
    select cast(({_OUTAGES}) as text), cast(({_CHANGED}) as text), cast(({_BUSY}) as text) from days
""")  # noqa: S608


@dataclass(frozen=True)
class Timeline:
    """A base within a time, each part a JSON text.

    `openings` are `[start, end]`, `outages` `[studio or null for the whole base, start, end, reason]`, `bookings`
    arrays of `COLUMNS`, `busy` `[studio, start, end]`.
    """

    timezone: str
    studios: str
    openings: str
    outages: str
    bookings: str
    busy: str

    def as_json(self) -> str:
        """All parts, and the names of the columns, as one JSON object."""
        return (
            f'{{"timezone":{self.timezone},"columns":{_COLUMNS_AS_JSON},"studios":{self.studios},'
            f'"openings":{self.openings},"outages":{self.outages},"bookings":{self.bookings},"busy":{self.busy}}}'
        )


@dataclass(frozen=True)
class Changes:
    """What the timeline's reader lacks, each part a JSON text as in `Timeline`; `outages` and `busy` are whole.

    Bookings come in whatever state and time they now are: the reader drops what was cancelled or moved away, and skips
    a version that it has.
    """

    outages: str
    bookings: str
    busy: str


_COLUMNS_AS_JSON = json.dumps(COLUMNS)


def timeline(session: Session, actor: Actor, *, base_id: UUID, start: datetime, end: datetime) -> Timeline:
    """A base from `start` to `end`, as far as the actor sees it. `NotFound` for a base that is none of the actor's."""
    return Timeline(*_answer(session, _TIMELINE, _asked(actor, base_id, start, end)))


def changes_since(
    session: Session, actor: Actor, *, base_id: UUID, since: datetime, start: datetime, end: datetime
) -> Changes:
    """What changed after `since`, the moment at which the answer before was read."""
    values = _asked(actor, base_id, start, end)
    return Changes(*_answer(session, _CHANGES, values | {"since": since - COMMIT_LAG}))


def _asked(actor: Actor, base_id: UUID, start: datetime, end: datetime) -> dict[str, Any]:
    if not start < end <= start + LONGEST:
        raise faulty("end", N_("A timeline shows at least a moment and at most %(days)s days."), days=LONGEST.days)
    return {
        "base_id": base_id,
        "start": start,
        "end": end,
        "sees_base": actor.is_admin or base_id in actor.bases,
        "tenants": list(actor.tenants),
    }


def _answer(session: Session, statement: Direct, values: dict[str, Any]) -> tuple[Any, ...]:
    found = statement.rows(session, values)
    if not found:
        raise NotFound(N_("There is no such base among yours."))
    return found[0]
