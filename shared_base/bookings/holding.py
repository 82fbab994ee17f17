"""The three statements of a booking: lock what is wanted, look how things stand, write it down.

READ COMMITTED: a statement sees what was committed when it began. So the locks are a statement of their own, and what
they protect is read by the next (`docs/decisions/0008-writing-a-booking.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from shared_base.bookings.openings import local_days, openings
from shared_base.bookings.rows import BookingRow, Claim, Situation, Wanted
from shared_base.core.actor import Actor
from shared_base.core.database import Direct
from shared_base.core.retry import Again

# A request that already sees its time taken queues for no lock: under a rush on one slot only the first wave waits.
_LOCK_IF_FREE = Direct("""
    select id from resources
    where id = any(:ids) and not exists (select from busy_ranges(:ids, tstzrange(:start, :end)))
    order by id for no key update
""")

_LOCK = Direct("select id from resources where id = any(:ids) order by id for no key update")

# The columns are the fields of `Situation`, in their order. `except_booking`: a booking that moves is not in its own
# way. Its allocations are live, and live ranges of a resource never overlap: so resource and range name one.
_LOOK = Direct(f"""
    select s.base_id, b.code as base_code, b.name as base_name, b.timezone,
           s.code as studio_code, s.name as studio_name, s.kind as studio_kind, s.scene, s.area_m2, s.buffer_minutes,
           s.in_service @> touched.days as in_service, cast(lower(s.in_service) as text) as service_first,
           cast(upper(s.in_service) - 1 as text) as service_last,
           opening.hours @> tstzrange(:start, :end) as open, lower(near.range) as opening_from,
           upper(near.range) as opening_to,
           exists (select from outages x where x.base_id = b.id and x.during && tstzrange(:start, :end)
                   and x.cancelled_at is null and (x.resource_id is null or x.resource_id = s.id)) as outages,
           s.id in (select spaces_let_to_others(b.id, :tenant_id, touched.days)) as let_to_others,
           exists (
             select from (values (s.id, tstzrange(:start, :end + make_interval(mins => s.buffer_minutes))),
                                 (cast(:host_id as uuid), tstzrange(:start, :end))) as claim (resource_id, range)
             cross join lateral busy_ranges(array[claim.resource_id], claim.range) busy
             where claim.resource_id is not null and not exists (
               select from allocations own where own.booking_id = :except_booking and own.live
               and own.resource_id = busy.resource_id and own.during = busy.during)) as taken,
           t.name as tenant_name, t.uscc as tenant_uscc, a.tenant_id is not null as admitted, t.suspension_reason,
           h.id is not null as host_found, h.stage_name as host_stage_name, h.born_on as host_born_on,
           h.real_name_checked_at is not null as host_checked, h.guardian_consent_at is not null as host_consent,
           h.left_at is not null as host_left
    from spaces s
    join bases b on b.id = s.base_id
    cross join lateral (select {local_days(":start", ":end", "b.timezone")} as days) touched
    cross join lateral ({openings("b.id", "b.timezone", "lower(touched.days) - 1", "upper(touched.days)")}) opening
    left join lateral (select r as range from unnest(opening.hours) r
                       where upper(r) > :start order by r limit 1) near on true
    left join tenants t on t.id = :tenant_id
    left join admissions a on a.tenant_id = t.id and a.base_id = b.id
    left join hosts h on h.id = :host_id and h.tenant_id = :tenant_id
    where s.id = :studio_id
""")  # noqa: S608 (composed of our own expressions)

# All or nothing in one statement: a code that exists already writes nothing, the caller takes another; a claim that
# somebody took past the locks is counted, and the event is written only for a booking that holds all it wants.
_WRITE = Direct("""
    with booking as (
      insert into bookings (code, base_id, studio_id, tenant_id, host_id, title, platform, during, state,
                            created_at, created_by, changed_at)
      values (:code, :base_id, :studio_id, :tenant_id, :host_id, :title, :platform, tstzrange(:start, :end),
              'confirmed', :at, :actor_id, :at)
      on conflict (code) do nothing
      returning id, tenant_id, base_id
    ), held as (
      insert into allocations (resource_id, booking_id, tenant_id, base_id, during)
      select claim.resource_id, b.id, b.tenant_id, b.base_id, tstzrange(claim.lower, claim.upper)
      from booking b cross join unnest(:resources, :lowers, :uppers) as claim (resource_id, lower, upper)
      on conflict do nothing
      returning 1
    ), told as (
      insert into events (at, kind, subject_id, base_id, tenant_id, actor_id, actor_label, payload)
      select :at, 'booking.created', b.id, b.base_id, b.tenant_id, :actor_id, :actor_label, :payload
      from booking b where (select count(*) from held) = cardinality(:resources)
    )
    select b.id, (select count(*) from held) as held from booking b
""")

_HOLD = sa.text("""
    insert into allocations (resource_id, booking_id, tenant_id, base_id, during)
    select claim.resource_id, :booking_id, :tenant_id, :base_id, tstzrange(claim.lower, claim.upper)
    from unnest(:resources, :lowers, :uppers) as claim (resource_id, lower, upper)
    on conflict do nothing
    returning 1
""")

_RELEASE = sa.text("""
    update allocations set live = false
    where booking_id = :booking_id and live and resource_id is distinct from cast(:but_not as uuid)
""")

# What lies before `until` stays on record as held; where nothing does, the allocation is given up whole.
_CUT = sa.text("""
    update allocations a
    set during = case when cut.upper > lower(a.during) then tstzrange(lower(a.during), cut.upper) else a.during end,
        live = cut.upper > lower(a.during)
    from (
      select held.id, :until + make_interval(mins => case when :clean then coalesce(s.buffer_minutes, 0) else 0 end)
             as upper
      from allocations held left join spaces s on s.id = held.resource_id
      where held.booking_id = :booking_id and held.live
        and (cast(:only as uuid) is null or held.resource_id = :only)
    ) cut
    where a.id = cut.id and cut.upper < upper(a.during)
""")


@dataclass(frozen=True)
class Written:
    """What the one statement of a booking wrote. Without an id the code was taken; `held` counts the resources got."""

    id: UUID | None
    held: int


def lock(session: Session, resource_ids: set[UUID], *, unless_busy: tuple[datetime, datetime] | None = None) -> bool:
    """Lock the resources' rows in id order, so that two bookings of the same two never wait for each other crosswise.

    Waits for whoever holds one. With `unless_busy` nothing is locked, and False returned, when one of them is already
    seen to be taken within that time; False, too, when one does not exist.
    """
    values: dict[str, Any] = {"ids": sorted(resource_ids)}
    if unless_busy:
        values |= {"start": unless_busy[0], "end": unless_busy[1]}
    locked = (_LOCK_IF_FREE if unless_busy else _LOCK).rows(session, values)
    return len(locked) == len(resource_ids)


def look(session: Session, wanted: Wanted, *, except_booking: UUID | None = None) -> Situation | None:
    """How things stand for what is wanted, in one statement; None: there is no such space."""
    values = {
        "studio_id": wanted.studio_id,
        "tenant_id": wanted.tenant_id,
        "host_id": wanted.host_id,
        "start": wanted.begin,
        "end": wanted.end,
        "except_booking": except_booking,
    }
    found = _LOOK.rows(session, values)
    return Situation(*found[0]) if found else None


def _claim_values(claims: Sequence[Claim]) -> dict[str, Any]:
    return {
        "resources": [claim.resource_id for claim in claims],
        "lowers": [claim.start for claim in claims],
        "uppers": [claim.end for claim in claims],
    }


def write(
    session: Session, claims: Sequence[Claim], columns: dict[str, Any], *, after: dict[str, Any], by: Actor
) -> Written:
    """Insert booking, allocations and the event that tells `after` in one statement.

    Short of a resource (only somebody who wrote past the locks can cause that) nothing of it stays.
    """
    told = {"actor_id": by.user_id, "actor_label": by.label, "payload": Jsonb({"after": after})}
    found = _WRITE.rows(session, columns | _claim_values(claims) | told)
    if not found:
        return Written(None, 0)
    written = Written(*found[0])
    if written.held < len(claims):
        for table in ("allocations where booking_id", "bookings where id"):
            session.connection().execute(sa.text(f"delete from {table} = :id"), {"id": written.id})  # noqa: S608
    return written


def release(session: Session, booking_id: UUID, *, but_not: UUID | None = None) -> None:
    """Give up what the booking holds, all of it or all but one resource; the rows stay for the record."""
    session.connection().execute(_RELEASE, {"booking_id": booking_id, "but_not": but_not})


def cut(session: Session, booking_id: UUID, until: datetime, *, clean: bool, only: UUID | None = None) -> None:
    """Give up what the booking holds from `until` on; with `clean`, a studio is held through its clean-down."""
    values = {"booking_id": booking_id, "until": until, "clean": clean, "only": only}
    session.connection().execute(_CUT, values)


def hold(session: Session, booking: BookingRow, claims: Sequence[Claim]) -> None:
    """Hold the claims for a booking that exists; under the locks they are free, unless somebody wrote past them."""
    values = {"booking_id": booking.id, "tenant_id": booking.tenant_id, "base_id": booking.base_id}
    held = session.connection().execute(_HOLD, values | _claim_values(claims)).all()
    if len(held) < len(claims):
        raise Again


def move_claims(session: Session, booking: BookingRow, claims: Sequence[Claim], *, live_from: datetime | None) -> None:
    """Release the old allocations and hold the new. A live move leaves the old studio held until it is clean."""
    if live_from is None:
        release(session, booking.id)
    else:
        release(session, booking.id, but_not=booking.studio_id)
        cut(session, booking.id, live_from, clean=True, only=booking.studio_id)
    hold(session, booking, claims)
