"""The three statements of a booking: lock what is wanted, look how things stand, write it down.

READ COMMITTED: a statement sees what was committed when it began. So the locks are a statement of their own, and what
they protect is read by the next (`docs/decisions/0008-writing-a-booking.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from shared_base.bookings.openings import local_days, openings
from shared_base.bookings.rows import BookingRow, Claim, Situation, Wanted
from shared_base.bookings.terms import NAMES, Terms, rule_joins, term, terms_columns
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


# A row for each time asked, in order; its columns are the fields of `Situation`. `except_bookings`: bookings that move
# are not in their own way. Their allocations are live, and live ranges of a resource never overlap: so resource and
# range name one.
def _look(times: str) -> Direct:
    return Direct(f"""
    select s.base_id, b.code as base_code, b.name as base_name, b.timezone,
           s.code as studio_code, s.name as studio_name, s.kind as studio_kind, s.scene, s.area_m2,
           {terms_columns("s.buffer_minutes")},
           exists (select from booking_quotas q where q.base_id = b.id and q.valid @> lower(touched.days)
                   and (q.tenant_id is null or q.tenant_id = t.id) and (q.plan is null or q.plan = a.plan)) as quotas,
           s.in_service @> touched.days as in_service, cast(lower(s.in_service) as text) as service_first,
           cast(upper(s.in_service) - 1 as text) as service_last,
           opening.hours @> asked.range as open, lower(near.range) as opening_from, upper(near.range) as opening_to,
           exists (select from outages x where x.base_id = b.id and x.during && asked.range
                   and x.cancelled_at is null and (x.resource_id is null or x.resource_id in (s.id, :host_id)))
             as outages,
           s.id in (select spaces_let_to_others(b.id, :tenant_id, touched.days)) as let_to_others,
           exists (
             select from (values (s.id, tstzrange(lower(asked.range) - make_interval(mins => case when :setting_up
                                                    then {term("buffer_before")} else 0 end),
                                                  upper(asked.range) + make_interval(mins =>
                                                    {term("buffer_after", "s.buffer_minutes")}))),
                                 (cast(:host_id as uuid), asked.range)) as claim (resource_id, range)
             cross join lateral busy_ranges(array[claim.resource_id], claim.range) busy
             where claim.resource_id is not null and not exists (
               select from allocations own where own.booking_id = any(:except_bookings) and own.live
               and own.resource_id = busy.resource_id and own.during = busy.during)) as taken,
           t.name as tenant_name, t.uscc as tenant_uscc, a.tenant_id is not null as admitted, t.suspension_reason,
           h.id is not null as host_found, h.stage_name as host_stage_name, h.born_on as host_born_on,
           h.real_name_checked_at is not null as host_checked, h.guardian_consent_at is not null as host_consent,
           h.left_at is not null as host_left
    from {times} as wanted (starts, ends, number)
    cross join lateral (select tstzrange(wanted.starts, wanted.ends) as range) asked
    join spaces s on s.id = :studio_id
    join bases b on b.id = s.base_id
    cross join lateral (select {local_days("wanted.starts", "wanted.ends", "b.timezone")} as days) touched
    cross join lateral ({openings("b.id", "b.timezone", "lower(touched.days) - 1", "upper(touched.days)")}) opening
    left join lateral (select r as range from unnest(opening.hours) r
                       where upper(r) > wanted.starts order by r limit 1) near on true
    {rule_joins("b.id", "s.id", "lower(touched.days)")}
    left join tenants t on t.id = :tenant_id
    left join admissions a on a.tenant_id = t.id and a.base_id = b.id
    left join hosts h on h.id = :host_id and h.tenant_id = :tenant_id
    order by wanted.number
    """)  # noqa: S608 (composed of our own expressions)


# The planner keeps its plan for one time; of an array it does not know how long it is, and plans anew for each.
_LOOK_ONCE = _look("(values (cast(:start as timestamptz), cast(:end as timestamptz), 1))")
_LOOK = _look("unnest(:starts, :ends) with ordinality")


# One statement: a booking whose code exists already is not written, the caller draws another; a claim that somebody
# took past the locks is counted, and events are written only if all that is wanted is held.
_WRITE = Direct("""
    with given as materialized (
      select * from unnest(cast(:codes as text[]), :starts, :ends, :payloads)
        with ordinality as g (code, starts, ends, payload, number)
    ), booking as (
      insert into bookings (code, base_id, studio_id, tenant_id, host_id, title, platform, during, state,
                            created_at, created_by, changed_at, hold_until, buffer_before, buffer_after, early_minutes,
                            grace_minutes, cancel_minutes, needs, series_id, occurrence_at)
      select g.code, :base_id, :studio_id, :tenant_id, :host_id, :title, :platform, tstzrange(g.starts, g.ends),
             :state, :at, :actor_id, :at, :hold_until, :buffer_before, :buffer_after, :early_minutes, :grace_minutes,
             :cancel_minutes, :needs, :series_id, case when cast(:series_id as uuid) is not null then g.starts end
      from given g
      on conflict (code) do nothing
      returning id, code, tenant_id, base_id
    ), made as (
      select b.id, b.tenant_id, b.base_id, g.number, g.payload from booking b join given g on g.code = b.code
    ), claimed as materialized (
      select claim.resource_id, m.id, m.tenant_id, m.base_id, tstzrange(claim.lower, claim.upper) as during,
             claim.purpose
      from unnest(cast(:claim_numbers as integer[]), :resources, :lowers, :uppers, cast(:purposes as text[]))
        as claim (number, resource_id, lower, upper, purpose)
      join made m on m.number = claim.number
    ), held as (
      insert into allocations (resource_id, booking_id, tenant_id, base_id, during, purpose)
      select * from claimed
      on conflict do nothing
      returning 1
    ), counted as (
      insert into lot_claims (resource_id, booking_id, tenant_id, base_id, during, quantity)
      select lot.resource_id, m.id, m.tenant_id, m.base_id, tstzrange(g.starts, g.ends), lot.quantity
      from unnest(cast(:lots as uuid[]), cast(:quantities as integer[])) as lot (resource_id, quantity)
      cross join made m join given g on g.number = m.number
    ), told as (
      insert into events (at, kind, subject_id, base_id, tenant_id, actor_id, actor_label, payload)
      select :at, :event, m.id, m.base_id, m.tenant_id, :actor_id, :actor_label, m.payload
      from made m where (select count(*) from held) = (select count(*) from claimed) order by m.number
    )
    select m.number, m.id, (select count(*) from held) = (select count(*) from claimed) from made m order by m.number
""")

_IS_BUSY = Direct("select exists (select from busy_ranges(:ids, tstzrange(:start, :end)))")

_BASE_OF = Direct("select base_id from spaces where id = :id")

_LAPSE = Direct("select lapse_holds(:base_id, :at)")

_HOLD = sa.text("""
    insert into allocations (resource_id, booking_id, tenant_id, base_id, during, purpose)
    select claim.resource_id, :booking_id, :tenant_id, :base_id, tstzrange(claim.lower, claim.upper), claim.purpose
    from unnest(:resources, :lowers, :uppers, cast(:purposes as text[])) as claim (resource_id, lower, upper, purpose)
    on conflict do nothing
    returning 1
""")

_HOLD_LOTS = sa.text("""
    insert into lot_claims (resource_id, booking_id, tenant_id, base_id, during, quantity)
    select lot.resource_id, :booking_id, :tenant_id, :base_id, tstzrange(:start, :end), lot.quantity
    from unnest(cast(:lots as uuid[]), cast(:quantities as integer[])) as lot (resource_id, quantity)
""")

_RELEASE = sa.text("""
    with lots as (update lot_claims set live = false where booking_id = :booking_id and live)
    update allocations set live = false
    where booking_id = :booking_id and live and resource_id is distinct from cast(:but_not as uuid)
""")

# What lies before `until` stays on record as held; where nothing does, the allocation is given up whole.
_CUT = sa.text("""
    with lots as (
      update lot_claims
      set during = case when :until > lower(during) then tstzrange(lower(during), :until) else during end,
          live = :until > lower(during)
      where booking_id = :booking_id and live and cast(:only as uuid) is null and :until < upper(during)
    )
    update allocations a
    set during = case when cut.upper > lower(a.during) then tstzrange(lower(a.during), cut.upper) else a.during end,
        live = cut.upper > lower(a.during)
    from (
      select held.id, :until + make_interval(mins => case when :clean and s.id is not null
               then coalesce(b.buffer_after, s.buffer_minutes) else 0 end) as upper
      from allocations held join bookings b on b.id = held.booking_id left join spaces s on s.id = held.resource_id
      where held.booking_id = :booking_id and held.live
        and (cast(:only as uuid) is null or held.resource_id = :only)
    ) cut
    where a.id = cut.id and cut.upper < upper(a.during)
""")


#: which event tells that a booking was made, by the state it begins in
EVENTS = {"confirmed": "booking.created", "held": "booking.held", "requested": "booking.requested"}


@dataclass(frozen=True)
class ToWrite:
    """A booking about to be written: its row with its code, the claims to hold, and numbers of lots."""

    row: BookingRow
    claims: Sequence[Claim]
    lots: Sequence[tuple[UUID, int]] = ()


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


def look(session: Session, wanted: Sequence[Wanted], *, except_bookings: Sequence[UUID] = ()) -> list[Situation] | None:
    """How things stand for each of the times, in one statement; None: there is no such space.

    All of them are for one studio, tenant and host: one booking, or the occurrences of a series.
    """
    first = wanted[0]
    values = {
        "studio_id": first.studio_id,
        "tenant_id": first.tenant_id,
        "host_id": first.host_id,
        "setting_up": first.held_from is None,
        "except_bookings": list(except_bookings),
    }
    if len(wanted) == 1:
        found = _LOOK_ONCE.rows(session, values | {"start": first.begin, "end": first.end})
    else:
        times = {"starts": [it.begin for it in wanted], "ends": [it.end for it in wanted]}
        found = _LOOK.rows(session, values | times)
    return [_situation(row) for row in found] or None


def _situation(row: tuple[Any, ...]) -> Situation:
    last = _FIRST_TERM + len(NAMES)
    values = (*row[:_FIRST_TERM], Terms(*row[_FIRST_TERM:last]), *row[last:])
    return Situation(*values)


_FIRST_TERM = [field.name for field in fields(Situation)].index("terms")


def write(
    session: Session, bookings: Sequence[ToWrite], *, at: datetime, by: Actor, series_id: UUID | None = None
) -> dict[int, UUID]:
    """Insert bookings, what they hold and the events that tell of them, in one statement; their ids by their place.

    A booking whose code is somebody's is not written and lacks there: draw another. `Again` when somebody who wrote
    past the locks took something: the transaction then has to be undone.
    """
    first = bookings[0]
    row, claims = first.row, [(n, claim) for n, it in enumerate(bookings, 1) for claim in it.claims]
    values = {
        "codes": [it.row.code for it in bookings],
        "starts": [it.row.start for it in bookings],
        "ends": [it.row.end for it in bookings],
        "payloads": [Jsonb({"after": it.row.as_json()}) for it in bookings],
        "base_id": row.base_id,
        "studio_id": row.studio_id,
        "tenant_id": row.tenant_id,
        "host_id": row.host_id,
        "title": row.title,
        "platform": row.platform,
        "state": row.state,
        "at": at,
        "actor_id": by.user_id,
        "actor_label": by.label,
        "hold_until": row.hold_until,
        "buffer_before": row.buffer_before,
        "buffer_after": row.buffer_after,
        "early_minutes": row.early_minutes,
        "grace_minutes": row.grace_minutes,
        "cancel_minutes": row.cancel_minutes,
        "needs": Jsonb(row.needs_json),
        "series_id": series_id,
        "event": EVENTS[row.state],
        "claim_numbers": [n for n, _ in claims],
        "resources": [claim.resource_id for _, claim in claims],
        "lowers": [claim.start for _, claim in claims],
        "uppers": [claim.end for _, claim in claims],
        "purposes": [claim.purpose for _, claim in claims],
        "lots": [lot for lot, _ in first.lots],
        "quantities": [number for _, number in first.lots],
    }
    found = _WRITE.rows(session, values)
    if found and not found[0][2]:
        raise Again
    return {number - 1: written for number, written, _ in found}


def is_busy(session: Session, resource_ids: set[UUID], start: datetime, end: datetime) -> bool:
    """Whether one of the resources is seen to be taken within that time, without a lock."""
    ((busy,),) = _IS_BUSY.rows(session, {"ids": list(resource_ids), "start": start, "end": end})
    return bool(busy)


def base_of(session: Session, space_id: UUID) -> UUID | None:
    """The base of a space; None: there is no such space."""
    found = _BASE_OF.rows(session, {"id": space_id})
    return found[0][0] if found else None


def lapse(session: Session, *, at: datetime, base_id: UUID | None = None) -> int:
    """Give up the holds that nobody confirmed in time, whosever they are (of one base, or of all); how many are due.

    One that somebody else is confirming or giving up at this moment is left to them, and counted: look again.
    """
    ((lapsed,),) = _LAPSE.rows(session, {"base_id": base_id, "at": at})
    return int(lapsed)


def release(session: Session, booking_id: UUID, *, but_not: UUID | None = None) -> None:
    """Give up what the booking holds, all of it or all but one resource; the rows stay for the record."""
    session.connection().execute(_RELEASE, {"booking_id": booking_id, "but_not": but_not})


def cut(session: Session, booking_id: UUID, until: datetime, *, clean: bool, only: UUID | None = None) -> None:
    """Give up what the booking holds from `until` on; with `clean`, a studio is held through its clean-down."""
    values = {"booking_id": booking_id, "until": until, "clean": clean, "only": only}
    session.connection().execute(_CUT, values)


def hold(
    session: Session, booking: BookingRow, wanted: Wanted, claims: Sequence[Claim], lots: Sequence[tuple[UUID, int]]
) -> None:
    """Hold the claims for a booking that exists, and numbers of lots for the whole of what is wanted.

    Under the locks they are free, unless somebody wrote past them.
    """
    values = {"booking_id": booking.id, "tenant_id": booking.tenant_id, "base_id": booking.base_id}
    claimed = {
        "resources": [claim.resource_id for claim in claims],
        "lowers": [claim.start for claim in claims],
        "uppers": [claim.end for claim in claims],
        "purposes": [claim.purpose for claim in claims],
    }
    held = session.connection().execute(_HOLD, values | claimed).all()
    if len(held) < len(claims):
        raise Again
    if lots:
        ids, quantities = [lot for lot, _ in lots], [number for _, number in lots]
        times = {"start": wanted.start, "end": wanted.end}
        session.connection().execute(_HOLD_LOTS, values | times | {"lots": ids, "quantities": quantities})


def move_claims(
    session: Session,
    booking: BookingRow,
    wanted: Wanted,
    claims: Sequence[Claim],
    lots: Sequence[tuple[UUID, int]],
) -> None:
    """Release the old allocations and hold the new. A live move leaves the old studio held until it is clean."""
    if wanted.held_from is None:
        release(session, booking.id)
    else:
        release(session, booking.id, but_not=booking.studio_id)
        cut(session, booking.id, wanted.held_from, clean=True, only=booking.studio_id)
    hold(session, booking, wanted, claims, lots)
