"""Writing what a deed on a series does to its row and to its bookings: one statement for any number of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from shared_base.bookings import holding, picking, rules
from shared_base.bookings.models_series import Series
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.quotas import check_quotas
from shared_base.bookings.recurrence import Recurrence
from shared_base.bookings.rows import BookingRow, Situation, Wanted
from shared_base.bookings.series import SeriesRow, Target
from shared_base.bookings.weighing import Weighed, crossing, weigh
from shared_base.core.actor import Actor
from shared_base.core.events import event_row, record_events
from shared_base.core.retry import Again

_RELEASE = sa.text("""
    with lots as (update lot_claims set live = false where booking_id = any(:bookings) and live)
    update allocations set live = false where booking_id = any(:bookings) and live
""")

_HOLD = sa.text("""
    insert into allocations (resource_id, booking_id, tenant_id, base_id, during, purpose)
    select claim.resource_id, claim.booking_id, :tenant_id, :base_id, tstzrange(claim.lower, claim.upper), claim.purpose
    from unnest(cast(:resources as uuid[]), cast(:bookings as uuid[]), cast(:lowers as timestamptz[]),
                cast(:uppers as timestamptz[]), cast(:purposes as text[]))
      as claim (resource_id, booking_id, lower, upper, purpose)
    on conflict do nothing
    returning 1
""")

_HOLD_LOTS = sa.text("""
    insert into lot_claims (resource_id, booking_id, tenant_id, base_id, during, quantity)
    select lot.resource_id, lot.booking_id, :tenant_id, :base_id, tstzrange(lot.lower, lot.upper), lot.quantity
    from unnest(cast(:lots as uuid[]), cast(:bookings as uuid[]), cast(:lowers as timestamptz[]),
                cast(:uppers as timestamptz[]), cast(:quantities as integer[]))
      as lot (resource_id, booking_id, lower, upper, quantity)
""")

_CHANGE = sa.text("""
    update bookings b
    set studio_id = new.studio_id, host_id = new.host_id, during = tstzrange(new.lower, new.upper), title = new.title,
        platform = new.platform, needs = new.needs, buffer_before = new.buffer_before, buffer_after = new.buffer_after,
        changed_at = :at, version = b.version + 1
    from unnest(cast(:bookings as uuid[]), cast(:studios as uuid[]), cast(:hosts as uuid[]),
                cast(:lowers as timestamptz[]), cast(:uppers as timestamptz[]), cast(:titles as text[]),
                cast(:platforms as text[]), cast(:needs as jsonb[]), cast(:befores as integer[]),
                cast(:afters as integer[]))
      as new (id, studio_id, host_id, lower, upper, title, platform, needs, buffer_before, buffer_after)
    where b.id = new.id
""")

_KEEP = sa.text("""
    update bookings b
    set own_fields = (select array_agg(distinct f order by f) from unnest(b.own_fields || cast(new.own as text[])) f)
    from unnest(cast(:bookings as uuid[]), cast(:owns as text[])) as new (id, own)
    where b.id = new.id
""")

_CALL_OFF = sa.text("""
    update bookings set state = 'cancelled', cancelled_at = :at, cancel_reason = :reason, changed_at = :at,
      version = version + 1
    where id = any(:bookings)
""")

# Taken out first, put in again after: shifted by a day, each would for a moment stand where the next one is. What was
# cancelled beyond an end that was brought forward gives up its place to one that is moved there.
_UNLABEL = sa.text("""
    update bookings set series_id = null, occurrence_at = null
    where id = any(:bookings) or (series_id = :series and occurrence_at = any(:times))
""")
_RELABEL = sa.text("""
    update bookings b set series_id = :series, occurrence_at = new.occurrence_at
    from unnest(cast(:bookings as uuid[]), cast(:times as timestamptz[])) as new (id, occurrence_at)
    where b.id = new.id
""")


# — the series' own row


def times(recurrence: Recurrence, *, left_out: Iterable[datetime] = ()) -> dict[str, Any]:
    """A recurrence as columns; `left_out`: further occurrences that do not take place."""
    return {
        "rrule": str(recurrence.rule),
        "timezone": recurrence.zone.key,
        "first_start": recurrence.first,
        "duration_seconds": int(recurrence.length.total_seconds()),
        "exdates": sorted({*recurrence.without, *left_out}),
        "rdates": list(recurrence.beside),
    }


def _stored(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: it.as_json() if isinstance(it, Needs) else it for name, it in columns.items()}


def rewrite(session: Session, series_id: UUID, recurrence: Recurrence, columns: Mapping[str, Any]) -> None:
    """Give a locked series other times and columns."""
    session.execute(
        sa.update(Series)
        .where(Series.id == series_id)
        .values(**times(recurrence), **_stored(columns), version=Series.version + 1)
        .execution_options(synchronize_session=False)
    )


def insert_following(
    session: Session,
    held: SeriesRow,
    recurrence: Recurrence,
    columns: Mapping[str, Any],
    on_conflict: str,
    *,
    by: Actor,
    at: datetime,
) -> UUID:
    """A series of the following part: what the whole asked for, with what is changed of it."""
    kept = {
        "base_id": held.base_id,
        "tenant_id": held.tenant_id,
        "studio_id": held.studio_id,
        "host_id": held.host_id,
        "title": held.title,
        "platform": held.platform,
        "needs": held.needs_json,
    }
    values = kept | _stored(columns) | times(recurrence)
    made: UUID = session.execute(
        sa.insert(Series)
        .values(**values, on_conflict=on_conflict, split_from=held.id, created_at=at, created_by=by.user_id)
        .returning(Series.id)
    ).scalar_one()
    return made


def relabel(session: Session, series_id: UUID, occurrences: Mapping[UUID, datetime]) -> None:
    """Make bookings the occurrences of a series that begin, by its rule, at those times."""
    values = {"series": series_id, "bookings": list(occurrences), "times": list(occurrences.values())}
    session.execute(_UNLABEL, values)
    session.execute(_RELABEL, values)


# — its bookings


def place(
    session: Session, targets: Sequence[Target], *, by: Actor, at: datetime, skip: bool
) -> tuple[list[BookingRow], list[Weighed]]:
    """Make of each booking what is wanted of it, those that move under the locks of both places.

    Returns what was changed, and what could not be had; with `skip` that stays where it was, and on record as an
    exception of its series, while its words change all the same. Without, nothing is written if anything is in the way.
    """
    movers, blocked = [it for it in targets if it.moves], list[tuple[Target, Weighed]]()
    weighed = _weighed(session, movers, by=by, at=at)
    while conflicts := [pair for pair in weighed if pair[1].blockers]:
        blocked += conflicts
        if not skip:
            return [], [it for _target, it in sorted(blocked, key=lambda pair: pair[1].wanted.start)]
        blocked += _in_the_way(conflicts, [pair for pair in weighed if not pair[1].blockers])
        movers = [target for target, it in weighed if not it.blockers]
        weighed = _weighed(session, movers, by=by, at=at)
    if weighed:
        spoken_of = next((it.situation for _target, it in weighed if it.situation.quotas), weighed[0][1].situation)
        ids = [target.booking.id for target in movers]
        check_quotas(session, [it.wanted for _target, it in weighed], spoken_of, by=by, except_bookings=ids)
        _hold_anew(session, weighed)
    staying = [_stay(target) for target, _it in blocked]
    _keep(session, [(target, own) for target, (_stays, own) in zip((it for it, _w in blocked), staying, strict=True)])
    situations = {target.booking.id: it.situation for target, it in weighed}
    still = [it for it in targets if not it.moves] + [stays for stays, _own in staying]
    done = _change(session, [*(target for target, _it in weighed), *still], situations, by=by, at=at)
    return done, [it for _target, it in sorted(blocked, key=lambda pair: pair[1].wanted.start)]


def _in_the_way(
    staying: Sequence[tuple[Target, Weighed]], moving: Iterable[tuple[Target, Weighed]]
) -> list[tuple[Target, Weighed]]:
    """Those whose new place is where one stays that should have left it; they stay too, and may be in the way again."""
    left, found, queue = list(moving), list[tuple[Target, Weighed]](), [target for target, _it in staying]
    while queue:
        held = queue.pop().booking
        lower, upper = (
            held.start - timedelta(minutes=held.buffer_before),
            held.end + timedelta(minutes=held.buffer_after),
        )
        for pair in left:
            target, it = pair
            wants = it.claims[0]
            if target.studio_id == held.studio_id:
                meet = wants.start < upper and lower < wants.end
            else:  # in two studios: the same host, units and people
                meet = target.start < held.end and held.start < target.end
            if meet:
                zone = it.situation.zone
                times = {"start": lower.astimezone(zone).isoformat(), "end": upper.astimezone(zone).isoformat()}
                it.blockers.append(it.busy | times | {"kind": "series"})
                found.append(pair)
                queue.append(target)
        left = [pair for pair in left if not pair[1].blockers]
    return found


def _stay(target: Target) -> tuple[Target, list[str]]:
    """The target without its move, and what of it therefore is the occurrence's own from now on."""
    held = target.booking
    own = {
        "time": (target.start, target.end) != (held.start, held.end),
        "studio": target.studio_id != held.studio_id,
        "host": target.host_id != held.host_id,
        "needs": target.needs != held.needs,
    }
    stays = replace(
        target, start=held.start, end=held.end, studio_id=held.studio_id, host_id=held.host_id, needs=held.needs
    )
    return stays, [name for name, differs in own.items() if differs]


def _wanted(target: Target) -> Wanted:
    return Wanted(target.studio_id, target.booking.tenant_id, target.host_id, target.start, target.end)


def _weighed(session: Session, movers: Sequence[Target], *, by: Actor, at: datetime) -> list[tuple[Target, Weighed]]:
    """Each target that moves, weighed: together where studio, host and needs are the same, which most are."""
    if not movers:
        return []
    ids = [it.booking.id for it in movers]
    alike: dict[Any, list[Target]] = defaultdict(list)
    for it in movers:
        alike[it.studio_id, it.host_id, it.needs].append(it)
    needs = NOTHING
    for of_all in {it.needs for it in movers}:
        needs = needs.and_also(of_all)
    # the kinds of all of them before any resource, as everywhere: nobody waits crosswise
    picking.lock_kinds(session, needs, base_id=movers[0].booking.base_id)
    places = {it for target in movers for it in (target.studio_id, target.booking.studio_id)}
    people = {it for target in movers for it in (target.host_id, target.booking.host_id) if it}
    holding.lock(session, places | people)
    found = list[tuple[Target, Weighed]]()
    for group in alike.values():

        def check(number: int, situation: Situation, group: Sequence[Target] = group) -> None:
            target = group[number]
            rules.check_moved(target.booking, _wanted(target), situation, by=by, at=at)

        weighed = weigh(
            session,
            [_wanted(it) for it in group],
            group[0].needs,
            check=check,
            by=by,
            at=at,
            except_bookings=ids,
            except_codes=frozenset(it.booking.code for it in movers),
            also_lock=frozenset(places | people),
        )
        found += zip(group, weighed, strict=True)
    crossing([it for _target, it in found])
    return found


def _hold_anew(session: Session, weighed: Sequence[tuple[Target, Weighed]]) -> None:
    """Give up what the bookings hold and hold what they want; all of it is free under the locks."""
    booking = weighed[0][0].booking
    session.execute(_RELEASE, {"bookings": [target.booking.id for target, _it in weighed]})
    claims = [(target.booking.id, claim) for target, it in weighed for claim in it.claims]
    owner = {"tenant_id": booking.tenant_id, "base_id": booking.base_id}
    held = session.execute(
        _HOLD,
        owner
        | {
            "resources": [claim.resource_id for _id, claim in claims],
            "bookings": [booking_id for booking_id, _claim in claims],
            "lowers": [claim.start for _id, claim in claims],
            "uppers": [claim.end for _id, claim in claims],
            "purposes": [claim.purpose for _id, claim in claims],
        },
    ).all()
    if len(held) < len(claims):
        raise Again
    lots = [(target, lot, quantity) for target, it in weighed for lot, quantity in it.picked.lots]
    if lots:
        counted = {
            "lots": [lot for _target, lot, _quantity in lots],
            "bookings": [target.booking.id for target, _lot, _quantity in lots],
            "lowers": [target.start for target, _lot, _quantity in lots],
            "uppers": [target.end for target, _lot, _quantity in lots],
            "quantities": [quantity for _target, _lot, quantity in lots],
        }
        session.execute(_HOLD_LOTS, owner | counted)


def _keep(session: Session, exceptions: Sequence[tuple[Target, list[str]]]) -> None:
    if exceptions:
        owns = ["{" + ",".join(own) + "}" for _target, own in exceptions]
        session.execute(_KEEP, {"bookings": [target.booking.id for target, _own in exceptions], "owns": owns})


def _change(
    session: Session, targets: Sequence[Target], situations: Mapping[UUID, Situation], *, by: Actor, at: datetime
) -> list[BookingRow]:
    """Write the rows and the events that tell of them; what differs in nothing is left alone."""
    pairs = [(it.booking, _becomes(it, situations.get(it.booking.id), at)) for it in targets if it.changes]
    if not pairs:
        return []
    rows = [row for _held, row in pairs]
    session.execute(
        _CHANGE,
        {
            "at": at,
            "bookings": [row.id for row in rows],
            "studios": [row.studio_id for row in rows],
            "hosts": [row.host_id for row in rows],
            "lowers": [row.start for row in rows],
            "uppers": [row.end for row in rows],
            "titles": [row.title for row in rows],
            "platforms": [row.platform for row in rows],
            "needs": [Jsonb(row.needs_json) for row in rows],
            "befores": [row.buffer_before for row in rows],
            "afters": [row.buffer_after for row in rows],
        },
    )
    _tell(session, pairs, by=by, at=at)
    return sorted(rows, key=lambda row: row.start)


def _becomes(target: Target, situation: Situation | None, at: datetime) -> BookingRow:
    held = target.booking
    changed = replace(
        held,
        start=target.start,
        end=target.end,
        studio_id=target.studio_id,
        host_id=target.host_id,
        title=target.title,
        platform=target.platform,
        needs_json=target.needs.as_json(),
        changed_at=at,
        version=held.version + 1,
    )
    if situation is None:
        return changed
    return replace(
        changed,
        studio_code=situation.studio_code,
        studio_name=situation.studio_name,
        host_name=situation.host_stage_name,
        buffer_before=situation.terms.buffer_before,
        buffer_after=situation.terms.buffer_after,
    )


def _tell(session: Session, pairs: Sequence[tuple[BookingRow, BookingRow]], *, by: Actor, at: datetime) -> None:
    events = []
    for held, row in pairs:
        before, after = held.as_json(), row.as_json()
        differs = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        words_alone = set(differs) <= {"title", "platform"}
        events.append(
            event_row(
                "booking.described" if words_alone else "booking.moved",
                by=by,
                at=at,
                subject_id=row.id,
                base_id=row.base_id,
                tenant_id=row.tenant_id,
                before={name: before.get(name) for name in differs},
                after={name: after.get(name) for name in differs},
                series_id=str(row.series_id),
            )
        )
    record_events(session, events)


def call_off(
    session: Session, bookings: Sequence[BookingRow], reason: str | None, *, by: Actor, at: datetime
) -> list[BookingRow]:
    """Cancel locked bookings: they hold nothing any more."""
    ids = [it.id for it in bookings]
    session.execute(_RELEASE, {"bookings": ids})
    session.execute(_CALL_OFF, {"bookings": ids, "at": at, "reason": reason})
    events = [
        event_row(
            "booking.cancelled",
            by=by,
            at=at,
            subject_id=it.id,
            base_id=it.base_id,
            tenant_id=it.tenant_id,
            before={"state": it.state},
            after={"state": "cancelled"},
            reason=reason,
            series_id=str(it.series_id),
        )
        for it in bookings
    ]
    record_events(session, events)
    return [
        replace(it, state="cancelled", cancelled_at=at, cancel_reason=reason, changed_at=at, version=it.version + 1)
        for it in bookings
    ]
