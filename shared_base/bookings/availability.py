"""Which studios are free for the whole of a time, what stands in the way of one, and what is nearest to it instead.

Other tenants' bookings are busy time here and no more: they are read through `busy_ranges` and `busy_resources`, which
tell nobody whose they are.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.errors import Taken
from shared_base.bookings.openings import local_days, openings
from shared_base.bookings.rows import Claim, FreeStudio, Situation, Wanted
from shared_base.bookings.rules import local
from shared_base.catalogue.errors import UnknownBase
from shared_base.core.actor import Actor
from shared_base.core.database import Direct
from shared_base.core.i18n import N_

#: how many other studios a refusal names
MOST_ALTERNATIVES = 5
#: how far ahead it looks for the next free time of the same studio
NEXT_SLOT_WITHIN = timedelta(days=14)


# The clean-down after a booking must be free, too, and is each studio's own: busy resources are asked for once for
# every length of it that the base knows (one or two), not once for every studio.
def _free(base: str) -> str:
    """The free studios of the base that the condition `base` names (an expression over `bases b`)."""
    return f"""
    with asked as materialized (
      select b.id, {local_days(":start", ":end", "b.timezone")} as days, b.timezone from bases b
      where {base}
    ), opened as materialized (
      select asked.id, asked.days from asked
      cross join lateral ({openings("asked.id", "asked.timezone", "lower(asked.days) - 1", "upper(asked.days)")}) o
      where o.hours @> tstzrange(:start, :end)
    ), busy as materialized (
      select lengths.buffer_minutes, resource_id
      from (select distinct s.buffer_minutes from spaces s join asked on s.base_id = asked.id
            where s.kind = 'studio') lengths
      cross join lateral busy_resources(tstzrange(:start, :end + make_interval(mins => lengths.buffer_minutes)))
        as resource_id
    ), let as materialized (
      select space_id from opened
      cross join lateral spaces_let_to_others(opened.id, :tenant_id, opened.days) as space_id
    ), shut as materialized (
      select x.resource_id from outages x join asked on x.base_id = asked.id
      where x.during && tstzrange(:start, :end) and x.cancelled_at is null
    )
    select s.id, s.code, s.name, s.scene, s.area_m2, s.buffer_minutes
    from opened join spaces s on s.base_id = opened.id
    where s.kind = 'studio' and s.in_service @> opened.days
      and (cast(:scene as text) is null or s.scene = :scene)
      and (cast(:min_area_m2 as numeric) is null or s.area_m2 >= :min_area_m2)
      and not exists (select from shut where shut.resource_id is null)
      and s.id not in (select resource_id from shut where resource_id is not null)
      and (s.buffer_minutes, s.id) not in (select buffer_minutes, resource_id from busy)
      and s.id not in (select space_id from let)
    """  # noqa: S608 (composed of our own expressions)


_FREE_BY_CODE = Direct(_free("b.id = :base_id") + " order by s.code")
# The list is written by the database: an object for each studio here took longer than finding them all.
_FREE_AS_JSON = Direct(f"""
    select exists (select from bases where code = :base_code), cast(coalesce(
      (select json_agg(json_build_object('id', f.id, 'code', f.code, 'name', f.name, 'scene', f.scene,
                         'area_m2', trim_scale(f.area_m2), 'buffer_minutes', f.buffer_minutes, 'quote', null)
                       order by f.code) from ({_free("b.code = :base_code")}) f), '[]') as text)
""")  # noqa: S608
_FREE_LIKE = sa.text(
    _free("b.id = :base_id")
    + " order by s.scene is not distinct from cast(:like_scene as text) desc, abs(s.area_m2 - :like_area_m2), s.code"
    + " limit :most"
)

_HOLDERS = sa.text("""
    select busy.resource_id, lower(busy.during) as start, upper(busy.during) as end, a.booking_id, a.base_id,
           a.tenant_id, b.code, b.title, t.name as tenant
    from unnest(:resources, :lowers, :uppers) as claim (resource_id, lower, upper)
    cross join lateral busy_ranges(array[claim.resource_id], tstzrange(claim.lower, claim.upper)) busy
    left join seen_allocations(:resources, tstzrange(:first, :last)) a
      on a.resource_id = busy.resource_id and a.during = busy.during
    left join bookings b on b.id = a.booking_id
    left join tenants t on t.id = b.tenant_id
    order by 2, 1
""")

_OUTAGES = sa.text("""
    select lower(x.during) as start, upper(x.during) as end, x.reason from outages x
    where x.base_id = :base_id and x.during && tstzrange(:start, :end) and x.cancelled_at is null
      and (x.resource_id is null or x.resource_id = :studio_id)
    order by 1, 2
""")

# What is left of the openings once outages and busy time are cut out. A busy range is lengthened to the front by our
# own clean-down, which has to end before it begins.
_NEXT_SLOT = sa.text(f"""
    select lower(gap) as start
    from bases b
    join spaces s on s.id = :studio_id and s.base_id = b.id
    cross join lateral (select tstzrange(:start, :horizon) as range,
                               {local_days(":start", ":horizon", "b.timezone")} as days) ahead
    cross join lateral ({openings("b.id", "b.timezone", "lower(ahead.days) - 1", "upper(ahead.days)")}) opening
    cross join lateral (
      select tstzmultirange(tstzrange(cast(lower(s.in_service) as timestamp) at time zone b.timezone,
                                      cast(upper(s.in_service) as timestamp) at time zone b.timezone)) as days) service
    cross join lateral (
      select coalesce(range_agg(x.during), '{{}}') as ranges from outages x
      where x.base_id = b.id and x.during && ahead.range and x.cancelled_at is null
        and (x.resource_id is null or x.resource_id = s.id)) shut
    cross join lateral (
      select coalesce(range_agg(tstzrange(lower(r.during) - make_interval(mins => case when r.resource_id = s.id
                                            then s.buffer_minutes else 0 end), upper(r.during))), '{{}}') as ranges
      from busy_ranges(array_remove(array[s.id, cast(:host_id as uuid)], null),
                       tstzrange(:start, :horizon + make_interval(mins => s.buffer_minutes))) r) busy
    cross join lateral unnest((opening.hours * service.days * tstzmultirange(ahead.range)) - shut.ranges - busy.ranges)
      as gap
    where upper(gap) - lower(gap) >= :length
      and s.id not in (select spaces_let_to_others(b.id, :tenant_id, ahead.days))
    order by 1 limit 1
""")  # noqa: S608 (composed of our own expressions)


def free_studios(
    session: Session,
    *,
    base_id: UUID,
    start: datetime,
    end: datetime,
    tenant_id: UUID | None,
    scene: str | None = None,
    min_area_m2: Decimal | None = None,
) -> list[FreeStudio]:
    """Studios of the base that the tenant could book from `start` to `end`, by code; empty while the base is closed.

    One statement: opening hours, service, outages, leases of others, bookings and the clean-down after them.
    """
    values = _asked(base_id, start, end, tenant_id) | {"scene": scene, "min_area_m2": min_area_m2}
    return [FreeStudio._make(row) for row in _FREE_BY_CODE.rows(session, values)]


def free_studios_as_json(
    session: Session,
    *,
    base_code: str,
    start: datetime,
    end: datetime,
    tenant_id: UUID | None,
    scene: str | None = None,
    min_area_m2: Decimal | None = None,
) -> str:
    """As `free_studios`, as the JSON array that the API answers with; `UnknownBase` for a code that no base has."""
    values = {"base_code": base_code, "start": start, "end": end, "tenant_id": tenant_id}
    ((known, items),) = _FREE_AS_JSON.rows(session, values | {"scene": scene, "min_area_m2": min_area_m2})
    if not known:
        raise UnknownBase(base_code)
    return str(items)


def _asked(base_id: UUID, start: datetime, end: datetime, tenant_id: UUID | None) -> dict[str, Any]:
    return {"base_id": base_id, "start": start, "end": end, "tenant_id": tenant_id}


def blockers(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    claims: Sequence[Claim],
    *,
    by: Actor,
    except_booking: UUID | None = None,
) -> list[dict[str, Any]]:
    """What stands in the way, as JSON: bookings, outages, a lease. A booking's code, tenant and title only where seen.

    `start` and `end` of a booking are the time that it holds the resource, its clean-down included.
    """
    holders = session.connection().execute(
        _HOLDERS,
        {
            "resources": [claim.resource_id for claim in claims],
            "lowers": [claim.start for claim in claims],
            "uppers": [claim.end for claim in claims],
            "first": min(claim.start for claim in claims),
            "last": max(claim.end for claim in claims),
        },
    )
    found = [
        _holder(row, wanted, situation, by=by)
        for row in holders
        if row.booking_id is None or row.booking_id != except_booking
    ]
    if situation.outages:
        values = _asked(situation.base_id, wanted.begin, wanted.end, None) | {"studio_id": wanted.studio_id}
        found += [
            _blocker("outage", wanted.studio_id, row, wanted, situation) | {"reason": row.reason}
            for row in session.connection().execute(_OUTAGES, values)
        ]
    if situation.let_to_others:
        found.append({"kind": "lease", **_named(wanted.studio_id, wanted, situation), "start": None, "end": None})
    return found


def _named(resource_id: UUID, wanted: Wanted, situation: Situation) -> dict[str, Any]:
    is_host = resource_id == wanted.host_id
    name = situation.host_stage_name if is_host else situation.studio_code
    return {"resource_id": str(resource_id), "resource_kind": "host" if is_host else "studio", "resource": name}


def _blocker(kind: str, resource_id: UUID, row: Any, wanted: Wanted, situation: Situation) -> dict[str, Any]:
    return {
        "kind": kind,
        **_named(resource_id, wanted, situation),
        "start": _iso(row.start, situation.zone),
        "end": _iso(row.end, situation.zone),
    }


def _holder(row: Any, wanted: Wanted, situation: Situation, *, by: Actor) -> dict[str, Any]:
    """Busy time; whose it is only where both the database and the actor's own scope show it."""
    blocker = _blocker("booking", row.resource_id, row, wanted, situation)
    if row.code is not None and (by.is_admin or row.base_id in by.bases or row.tenant_id in by.tenants):
        blocker["booking"] = {"code": row.code, "tenant": row.tenant, "title": row.title}
    return blocker


def _iso(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat()


def alternatives(session: Session, wanted: Wanted, situation: Situation, *, host_is_busy: bool) -> dict[str, Any]:
    """What is free instead, as JSON: `studios` at the same time (same scene first, then the nearest area), and `next`,
    the next time at which the wanted studio (and host) is free for as long. Another studio helps no busy host.
    """
    studios = []
    if not host_is_busy:
        values = _asked(situation.base_id, wanted.begin, wanted.end, wanted.tenant_id) | {
            "scene": None,
            "min_area_m2": None,
            "like_scene": situation.scene,
            "like_area_m2": situation.area_m2,
            "most": MOST_ALTERNATIVES,
        }
        studios = [FreeStudio._make(row).as_json() for row in session.connection().execute(_FREE_LIKE, values)]
    length = wanted.end - wanted.begin
    values = _asked(situation.base_id, wanted.begin, wanted.end, wanted.tenant_id) | {
        "studio_id": wanted.studio_id,
        "host_id": wanted.host_id,
        "length": length,
        "horizon": wanted.end + NEXT_SLOT_WITHIN,
    }
    start = session.connection().scalar(_NEXT_SLOT, values)
    return {
        "studios": studios,
        "next": {"start": _iso(start, situation.zone), "end": _iso(start + length, situation.zone)} if start else None,
    }


def taken(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    claims: Sequence[Claim],
    *,
    by: Actor,
    except_booking: UUID | None = None,
) -> Taken:
    """The refusal, with what stands in the way and what is free instead: three statements, whatever the number."""
    found = blockers(session, wanted, situation, claims, by=by, except_booking=except_booking)
    host_is_busy = any(blocker["resource_kind"] == "host" for blocker in found)
    instead = alternatives(session, wanted, situation, host_is_busy=host_is_busy)
    values = {
        "studio": situation.studio_code,
        "start": local(wanted.start, situation.zone),
        "end": local(wanted.end, situation.zone),
    }
    if host_is_busy:
        message = N_("The host is taken between %(start)s and %(end)s: choose another host or another time.")
    elif situation.let_to_others:
        message = N_("%(studio)s is let whole to another tenant: choose one of the other studios.")
    elif situation.outages:
        message = N_(
            "%(studio)s is closed between %(start)s and %(end)s: choose one of the free studios or another time."
        )
    else:
        message = N_(
            "%(studio)s is taken between %(start)s and %(end)s: choose one of the free studios or another time."
        )
    return Taken(message, extra={"blockers": found, "alternatives": instead}, **values)
