"""The timeline of a base (排期): one statement, its JSON made by the database, and what changed since.

A row of `bookings` is an array, in the order of `COLUMNS`; instants are seconds since 1970 (UTC). A tenant sees its own
bookings; of all others it sees busy time, the clean-down included, and not whose it is.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.openings import local_days, openings
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

COLUMNS = ("id", "code", "studio", "start", "end", "state", "title", "tenant", "version")
#: the longest stretch that one answer shows
LONGEST = timedelta(days=62)
#: a change is stamped before it is committed: a feed asks again for the last seconds, and the version tells repeats
COMMIT_LAG = timedelta(seconds=10)

_SEEN = "(:sees_base or b.tenant_id = any(:tenants))"

_ROW = """
    json_build_array(b.id, b.code, s.code, cast(extract(epoch from b.starts_at) as bigint),
                     cast(extract(epoch from coalesce(b.released_at, upper(b.during))) as bigint),
                     b.state, b.title, t.name, b.version)
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
                                              cast(extract(epoch from upper(busy.during)) as bigint))), '[]')
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
                                              cast(extract(epoch from upper(x.during)) as bigint), x.reason)), '[]')
    from outages x left join spaces s on s.id = x.resource_id
    where x.base_id = :base_id and x.during && tstzrange(:start, :end) and x.cancelled_at is null
"""

_STUDIOS = """
    select coalesce(json_agg(json_build_object('id', s.id, 'code', s.code, 'name', s.name, 'scene', s.scene,
      'area_m2', trim_scale(s.area_m2), 'buffer_minutes', s.buffer_minutes) order by s.code), '[]')
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

_TIMELINE = sa.text(f"""
    with days as materialized ({_DAYS}), {_OWN}
    select cast(json_build_object('timezone', days.timezone, 'columns', cast(:columns as json),
      'as_of', cast(extract(epoch from cast(:at as timestamptz)) as bigint),
      'studios', ({_STUDIOS}), 'openings', ({_OPENINGS}), 'outages', ({_OUTAGES}),
      'bookings', ({_BOOKINGS}), 'busy', ({_BUSY})) as text)
    from days
""").bindparams(sa.bindparam("columns", type_=sa.JSON))  # noqa: S608

_CHANGES = sa.text(f"""
    with days as materialized ({_DAYS}), {_OWN}
    select cast(json_build_object('as_of', cast(extract(epoch from cast(:at as timestamptz)) as bigint),
      'outages', ({_OUTAGES}), 'bookings', ({_CHANGED}), 'busy', ({_BUSY})) as text)
    from days
""")  # noqa: S608


def timeline(session: Session, actor: Actor, *, base_id: UUID, start: datetime, end: datetime, at: datetime) -> str:
    """A base from `start` to `end` as JSON: `studios`, `openings`, `outages`, `bookings` (arrays of `COLUMNS`), `busy`.

    `openings` are `[start, end]`, `outages` `[studio or null for the whole base, start, end, reason]`, `busy`
    `[studio, start, end]`. `NotFound` for a base that is none of the actor's.
    """
    values = _asked(actor, base_id, start, end, at)
    return _answer(session, _TIMELINE, values | {"columns": list(COLUMNS)})


def changes_since(
    session: Session, actor: Actor, *, base_id: UUID, since: datetime, start: datetime, end: datetime, at: datetime
) -> str:
    """What the timeline's reader lacks, as JSON: bookings changed after `since` (the `as_of` of the answer before).

    They come in whatever state and time they now are: the reader drops what was cancelled or moved away, and skips a
    version that it has. `outages` and `busy` are told whole.
    """
    values = _asked(actor, base_id, start, end, at)
    return _answer(session, _CHANGES, values | {"since": since - COMMIT_LAG})


def _asked(actor: Actor, base_id: UUID, start: datetime, end: datetime, at: datetime) -> dict[str, Any]:
    if not start < end <= start + LONGEST:
        raise faulty("end", N_("A timeline shows at least a moment and at most %(days)s days."), days=LONGEST.days)
    return {
        "base_id": base_id,
        "start": start,
        "end": end,
        "at": at,
        "sees_base": actor.is_admin or base_id in actor.bases,
        "tenants": list(actor.tenants),
    }


def _answer(session: Session, statement: sa.TextClause, values: dict[str, Any]) -> str:
    answer: str | None = session.connection().scalar(statement, values)
    if answer is None:
        raise NotFound(N_("There is no such base among yours."))
    return answer
