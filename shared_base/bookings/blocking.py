"""What stands in the way of a booking, named to the unit, and what is free instead."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import picking
from shared_base.bookings.availability import most_alike
from shared_base.bookings.errors import Taken
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.openings import local_days, openings
from shared_base.bookings.picking import Picked, Short
from shared_base.bookings.rows import Claim, Situation, Wanted
from shared_base.bookings.rules import local
from shared_base.core.actor import Actor
from shared_base.core.i18n import N_

#: how many other studios a refusal names
MOST_ALTERNATIVES = 5
#: how far ahead it looks for the next free time of the same studio
NEXT_SLOT_WITHIN = timedelta(days=14)
#: how many beginnings are tried for one at which the kit is free as well
MOST_BEGINNINGS = 60

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

# Whoever could have served: their names, so that what is busy can be named to the unit.
_CANDIDATES = sa.text("""
    select u.id, 'unit' as kind, u.tag as name from equipment_units u
    where u.kind_id = any(:of) and u.retired_at is null and (u.fixed_to is null or u.fixed_to = :studio_id)
    union all
    select m.id, 'crew', m.name from crew_members m join crew_skills s on s.crew_id = m.id
    where s.role_id = any(:of) and m.left_at is null
    union all
    select s.id, 'sample', s.code from samples s where s.id = any(:of)
""")

# Lots are counted, not held: whose numbers they are is told where the caller sees them.
_LOT_HOLDERS = sa.text("""
    select c.resource_id, lower(c.during) as start, upper(c.during) as end, c.booking_id, c.base_id, c.tenant_id,
           b.code, b.title, t.name as tenant
    from lot_claims c join bookings b on b.id = c.booking_id left join tenants t on t.id = c.tenant_id
    where c.resource_id = any(:lots) and c.live and c.during && tstzrange(:first, :last)
    order by 2, 1
""")

_OUTAGES = sa.text("""
    select coalesce(x.resource_id, :studio_id) as resource_id, lower(x.during) as start, upper(x.during) as end,
           x.reason
    from outages x
    where x.base_id = :base_id and x.during && tstzrange(:start, :end) and x.cancelled_at is null
      and (x.resource_id is null or x.resource_id = any(:resources))
    order by 2, 3
""")

# What is left of the openings once outages and busy time are cut out. A busy range is lengthened by our own
# buffers, which have to end before it begins and begin after it ends.
_GAPS = sa.text(f"""
    select lower(gap) as start, upper(gap) as end
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
      select coalesce(range_agg(tstzrange(
               lower(r.during) - make_interval(mins => case when r.resource_id = s.id then :after else 0 end),
               upper(r.during) + make_interval(mins => case when r.resource_id = s.id then :before else 0 end))),
             '{{}}') as ranges
      from busy_ranges(array_remove(array[s.id, cast(:host_id as uuid)], null),
                       tstzrange(:start - make_interval(mins => :before),
                                 :horizon + make_interval(mins => :after))) r) busy
    cross join lateral unnest((opening.hours * service.days * tstzmultirange(ahead.range)) - shut.ranges - busy.ranges)
      as gap
    where upper(gap) - lower(gap) >= :length
      and s.id not in (select spaces_let_to_others(b.id, :tenant_id, ahead.days))
    order by 1 limit :most
""")  # noqa: S608 (composed of our own expressions)

# When something of the kit comes free again: those moments, too, are beginnings worth a try.
_RETURNS = sa.text("""
    select distinct upper(r.during) as at
    from busy_ranges(:resources, tstzrange(:start, :horizon)) r
    where upper(r.during) < :horizon order by 1 limit :most
""")


def blockers(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    picked: Picked,
    *,
    by: Actor,
    except_booking: UUID | None = None,
) -> list[dict[str, Any]]:
    """What stands in the way, as JSON: bookings, outages, a lease, and what there is too little of.

    `start` and `end` of a booking are the time that it holds the resource, its buffers included. A booking's code,
    tenant and title only where seen. `shortage` counts what is `wanted` and `free` of a kind, role or sample; what
    holds the others follows, one by one.
    """
    names = _names(session, wanted, situation, picked.missing)
    lots = [short.of for short in picked.missing if short.what == "samples"]
    claims = wanted.claims(situation.terms, [(it, None) for it in names if it not in _rooms(wanted)])
    found = [_shortage(short, wanted, situation) for short in picked.missing]
    rows = list(session.connection().execute(_HOLDERS, _of_claims(claims)))
    if lots:
        times = {"lots": lots, "first": wanted.start, "last": wanted.end}
        rows += session.connection().execute(_LOT_HOLDERS, times)
    found += [
        _holder(row, names[row.resource_id], situation, by=by)
        for row in rows
        if row.booking_id is None or row.booking_id != except_booking
    ]
    if situation.outages or picked.missing:
        values = {"base_id": situation.base_id, "start": wanted.begin, "end": wanted.end}
        values |= {"studio_id": wanted.studio_id, "resources": list(names)}
        found += [
            _blocker("outage", row.resource_id, names[row.resource_id], row, situation) | {"reason": row.reason}
            for row in session.connection().execute(_OUTAGES, values)
        ]
    if situation.let_to_others:
        named = _named(wanted.studio_id, names[wanted.studio_id])
        found.append({"kind": "lease", **named, "start": None, "end": None})
    return found


def _rooms(wanted: Wanted) -> tuple[UUID | None, ...]:
    return (wanted.studio_id, wanted.host_id)


#: what a resource is called: its kind and its name
Name = tuple[str, str | None]


def _names(session: Session, wanted: Wanted, situation: Situation, missing: Sequence[Short]) -> dict[UUID, Name]:
    names: dict[UUID, Name] = {wanted.studio_id: ("studio", situation.studio_code)}
    if wanted.host_id:
        names[wanted.host_id] = ("host", situation.host_stage_name)
    if missing:
        values = {"of": [short.of for short in missing], "studio_id": wanted.studio_id}
        rows = session.connection().execute(_CANDIDATES, values)
        names |= {row.id: (row.kind, row.name) for row in rows}
    return names


def _of_claims(claims: Sequence[Claim]) -> dict[str, Any]:
    return {
        "resources": [claim.resource_id for claim in claims],
        "lowers": [claim.start for claim in claims],
        "uppers": [claim.end for claim in claims],
        "first": min(claim.start for claim in claims),
        "last": max(claim.end for claim in claims),
    }


def _shortage(short: Short, wanted: Wanted, situation: Situation) -> dict[str, Any]:
    return {
        "kind": "shortage",
        "resource_id": str(short.of),
        "resource_kind": short.what,
        "resource": short.name,
        "code": short.code,
        "wanted": short.wanted,
        "free": short.free,
        "start": _iso(wanted.start, situation.zone),
        "end": _iso(wanted.end, situation.zone),
    }


def _named(resource_id: UUID, name: Name) -> dict[str, Any]:
    return {"resource_id": str(resource_id), "resource_kind": name[0], "resource": name[1]}


def _blocker(kind: str, resource_id: UUID, name: Name, row: Any, situation: Situation) -> dict[str, Any]:
    return {
        "kind": kind,
        **_named(resource_id, name),
        "start": _iso(row.start, situation.zone),
        "end": _iso(row.end, situation.zone),
    }


def _holder(row: Any, name: Name, situation: Situation, *, by: Actor) -> dict[str, Any]:
    """Busy time; whose it is only where both the database and the actor's own scope show it."""
    blocker = _blocker("booking", row.resource_id, name, row, situation)
    if row.code is not None and (by.is_admin or row.base_id in by.bases or row.tenant_id in by.tenants):
        blocker["booking"] = {"code": row.code, "tenant": row.tenant, "title": row.title}
    return blocker


def _iso(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat()


def missing_needs(picked: Picked) -> Needs:
    """What there is too little of, as needs: as many of each as are lacking."""
    lacking = {what: [(it.key, it.wanted - it.free) for it in picked.missing if it.what == what] for what in _WHATS}
    return Needs(
        equipment=tuple((str(key), n) for key, n in lacking["equipment"]),
        crew=tuple((str(key), n) for key, n in lacking["crew"]),
        samples=tuple((key, n) for key, n in lacking["samples"] if isinstance(key, UUID)),
    )


_WHATS = ("equipment", "crew", "samples")


def alternatives(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    *,
    by: Actor,
    host_is_busy: bool = False,
    needs: Needs = NOTHING,
    missing: Needs = NOTHING,
) -> dict[str, Any]:
    """What is free instead, as JSON: `studios` at the same time (same scene first, then the nearest area), with the
    equipment; `next`, the next time at which the wanted studio, host and kit are free for as long; and `without`, what
    could be booked here and now once what is missing is given up. Another studio helps no busy host, and no lack of
    crew or samples.
    """
    studios = []
    if not host_is_busy and not missing.crew and not missing.samples:
        found = most_alike(
            session,
            base_id=situation.base_id,
            start=wanted.begin,
            end=wanted.end,
            tenant_id=wanted.tenant_id,
            scene=situation.scene,
            area_m2=situation.area_m2,
            equipment=needs.equipment,
            staff=by.serves(situation.base_id),
            most=MOST_ALTERNATIVES,
        )
        studios = [studio.as_json() for studio in found if studio.id != wanted.studio_id]
    start = _next_start(session, wanted, situation, needs)
    length, zone = wanted.end - wanted.begin, situation.zone
    only_kit = bool(missing) and not situation.blocked
    return {
        "studios": studios,
        "next": {"start": _iso(start, zone), "end": _iso(start + length, zone)} if start else None,
        "without": needs.without(missing).as_json() if only_kit else None,
    }


def _next_start(session: Session, wanted: Wanted, situation: Situation, needs: Needs) -> datetime | None:
    """The next beginning at which studio and host, and with needs enough of everything, are free for as long."""
    length, horizon = wanted.end - wanted.begin, wanted.end + NEXT_SLOT_WITHIN
    gaps = session.connection().execute(
        _GAPS,
        {
            "start": wanted.begin,
            "end": wanted.end,
            "tenant_id": wanted.tenant_id,
            "studio_id": wanted.studio_id,
            "host_id": wanted.host_id,
            "before": situation.terms.buffer_before,
            "after": situation.terms.buffer_after,
            "length": length,
            "horizon": horizon,
            "most": MOST_BEGINNINGS if needs else 1,
        },
    ).all()  # fmt: skip
    if not needs or not gaps:
        return gaps[0].start if gaps else None
    kinds = picking.known_kinds(session, needs, base_id=situation.base_id)
    resources = _everything(session, wanted, kinds)
    returns = session.connection().scalars(
        _RETURNS, {"resources": resources, "start": wanted.begin, "horizon": horizon, "most": 500}
    )
    beginnings = {gap.start for gap in gaps}
    beginnings |= {at for at in returns if any(gap.start <= at and at + length <= gap.end for gap in gaps)}
    tried = [
        Wanted(wanted.studio_id, wanted.tenant_id, wanted.host_id, start, start + length)
        for start in sorted(beginnings)[:MOST_BEGINNINGS]
    ]
    picked = picking.pick(session, kinds, tried)
    picking.pick_samples(session, needs, tried, picked, base_id=situation.base_id)
    return next((it.start for it, got in zip(tried, picked, strict=True) if not got.missing), None)


def _everything(session: Session, wanted: Wanted, asked: picking.Locked) -> list[UUID]:
    """Whoever and whatever could serve what is asked for."""
    of = [kind.id for kind in (*asked.kinds, *asked.roles)] + [sample for sample, _ in asked.needs.samples]
    rows = session.connection().execute(_CANDIDATES, {"of": of, "studio_id": wanted.studio_id})
    return [row.id for row in rows]


def taken(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    picked: Picked,
    needs: Needs,
    *,
    by: Actor,
    except_booking: UUID | None = None,
) -> Taken:
    """The refusal, with what stands in the way and what is free instead: a few statements, whatever the number."""
    found = blockers(session, wanted, situation, picked, by=by, except_booking=except_booking)
    host_is_busy = any(blocker["resource_kind"] == "host" for blocker in found)
    instead = alternatives(
        session, wanted, situation, by=by, host_is_busy=host_is_busy, needs=needs, missing=missing_needs(picked)
    )
    values: dict[str, Any] = {
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
    elif situation.taken:
        message = N_(
            "%(studio)s is taken between %(start)s and %(end)s: choose one of the free studios or another time."
        )
    else:
        short = picked.missing[0]
        message = N_(
            "Of %(name)s only %(free)s of %(wanted)s are free between %(start)s and %(end)s: take fewer, or choose"
            " another time."
        )
        values |= {"name": short.name, "free": short.free, "wanted": short.wanted}
    return Taken(message, extra={"blockers": found, "alternatives": instead}, **values)
