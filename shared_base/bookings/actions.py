"""Booking a studio, and changing what is booked: everything a deed needs is taken together, or nothing is.

`docs/decisions/0008-writing-a-booking.md` tells why the statements stand in this order.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings import holding, passes, picking, rules
from shared_base.bookings.blocking import taken
from shared_base.bookings.changing import SAME, Unchanged, change
from shared_base.bookings.codes import new_code
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.picking import Picked
from shared_base.bookings.queries import get_booking_for_update, get_bookings_for_update
from shared_base.bookings.quotas import check_quotas
from shared_base.bookings.rows import BookingRow, Situation, Wanted, new_row
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_
from shared_base.core.retry import Again

#: how often a request looks again when what was in its way vanished before it could lock anything
MOST_LOOKS = 3
MOST_CODES = 5

__all__ = [
    "SAME",
    "Unchanged",
    "approve",
    "book",
    "cancel",
    "confirm_hold",
    "decline",
    "describe",
    "extend",
    "mark_checked_in",
    "mark_completed",
    "mark_no_show",
    "move",
    "release_early",
    "release_hold",
    "swap",
    "undo_check_in",
]


def book(
    session: Session,
    *,
    studio_id: UUID,
    tenant_id: UUID,
    start: datetime,
    end: datetime,
    title: str | None,
    by: Actor,
    at: datetime,
    platform: str | None = None,
    host_id: UUID | None = None,
    needs: Needs = NOTHING,
    hold: bool = False,
) -> BookingRow:
    """Book the studio for the tenant from `start` to `end`, through midnight and month ends, with all that it needs.

    The booking is `confirmed`; `requested` where the rules want the staff's word for a tenant's; or with `hold` it is
    `held` until `hold_until`, to be confirmed. Three statements, and two or three more for kit, crew and samples.

    Raises `Taken` (409, with blockers and alternatives) when a booking, an outage or a lease of the whole room stands
    in the way, or too few of something are free; `Invalid`, `OutsideOpening`, `NotInService`, `MayNotBook`,
    `AgainstRule`, `OverQuota`, `HostNotReady`, `NotFound` or `Forbidden` for what the rules refuse. Nothing was written
    when it raises. Meant to run under `retrying`.
    """
    title = text_line(title, "title", longest=rules.LONGEST_TITLE) or ""
    platform = text_line(platform, "platform", longest=rules.LONGEST_PLATFORM)
    rules.check_range(start, end)
    wanted = Wanted(studio_id, tenant_id, host_id, start, end)
    situation, picked = lock_and_look(session, [wanted], needs, at=at)
    return _book(
        session, wanted, situation[0], picked[0], needs, title=title, platform=platform, hold=hold, by=by, at=at
    )


def _book(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    picked: Picked,
    needs: Needs,
    *,
    title: str,
    platform: str | None,
    hold: bool,
    by: Actor,
    at: datetime,
) -> BookingRow:
    rules.check_wanted(wanted, situation, by=by, at=at)
    if situation.blocked or picked.missing:
        raise taken(session, wanted, situation, picked, needs, by=by)
    check_quotas(session, [wanted], situation, by=by)
    terms = situation.terms
    state = rules.first_state(situation, hold=hold, by=by)
    hold_until = rules.hold_end(wanted, terms, at=at) if state == "held" else None
    row = new_row(
        wanted, situation, title=title, platform=platform, at=at, state=state, hold_until=hold_until, needs=needs
    )
    claims = wanted.claims(terms, picked.resources)
    for _ in range(MOST_CODES):
        row = replace(row, code=new_code())
        written = holding.write(session, [holding.ToWrite(row, claims, picked.lots)], at=at, by=by)
        if written:
            return replace(row, id=written[0])
    raise Again


def lock_and_look(
    session: Session,
    wanted: Sequence[Wanted],
    needs: Needs,
    *,
    at: datetime,
    except_bookings: Sequence[UUID] = (),
    also_lock: frozenset[UUID] = frozenset(),
) -> tuple[list[Situation], list[Picked]]:
    """How things stand for each of the times, read after the locks, and what would be picked for it.

    One booking whose time is seen to be taken locks nothing: under a rush on one slot only the first wave waits. A hold
    in the way that has lapsed is given up here and now.
    """
    resources = {wanted[0].studio_id} | ({wanted[0].host_id} if wanted[0].host_id else set()) | also_lock
    single = len(wanted) == 1 and not except_bookings
    window = (wanted[0].start, wanted[0].end)
    for _ in range(MOST_LOOKS):
        picked = [Picked() for _ in wanted]
        if not needs:
            locked = holding.lock(session, resources, unless_busy=window if single else None)
        elif single and holding.is_busy(session, resources, *window):
            locked = False
        else:
            picked = _lock_with_needs(session, wanted, needs, resources, except_bookings)
            locked = True
        situations = holding.look(session, wanted, except_bookings=except_bookings)
        if situations is None:
            raise NotFound(N_("There is no such studio; choose one from the list of studios."))
        in_the_way = any(it.taken for it in situations) or any(it.missing for it in picked)
        if in_the_way and holding.lapse(session, at=at, base_id=situations[0].base_id):
            continue  # given up here, or by somebody who has yet to commit
        first = situations[0]
        if locked or first.blocked or (wanted[0].host_id and not first.host_found):
            return situations, picked
    raise Again  # what stood in the way went and came each time we looked


def _lock_with_needs(
    session: Session,
    wanted: Sequence[Wanted],
    needs: Needs,
    resources: set[UUID],
    except_bookings: Sequence[UUID],
) -> list[Picked]:
    """Kinds and roles first, then what was picked of them and all the rest, in id order; samples are read last."""
    base_id = holding.base_of(session, wanted[0].studio_id)
    if base_id is None:
        raise NotFound(N_("There is no such studio; choose one from the list of studios."))
    kinds = picking.lock_kinds(session, needs, base_id=base_id)
    picked = picking.pick(session, kinds, wanted, except_bookings=except_bookings)
    mine = {it for one in picked for it, _ in one.resources} | {sample for sample, _ in needs.samples}
    holding.lock(session, resources | mine)
    picking.pick_samples(session, needs, wanted, picked, base_id=base_id, except_bookings=except_bookings)
    return picked


def move(
    session: Session,
    *,
    booking: BookingRow,
    by: Actor,
    at: datetime,
    studio_id: UUID | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    host_id: UUID | Unchanged | None = SAME,
    needs: Needs | Unchanged = SAME,
    version: int | None = None,
) -> BookingRow:
    """Give the booking another studio, time, host or kit; what is not given stays. Refusals as in `book`, `WrongState`.

    The old allocations are released and the new ones inserted under the locks of both, so the booking is never in its
    own way. One that runs keeps its start; in another studio it holds that from `at` on, and the old one until its
    clean-down is done. `version`: the one that the caller had read; another one raises `Stale`.
    """
    held = get_booking_for_update(session, booking.id)
    rules.check_changeable(held, by=by, version=version)
    wants = held.needs if isinstance(needs, Unchanged) else needs
    wanted = Wanted(
        studio_id=studio_id or held.studio_id,
        tenant_id=held.tenant_id,
        host_id=held.host_id if isinstance(host_id, Unchanged) else host_id,
        start=start or held.start,
        end=end or held.end,
    )
    rules.check_range(wanted.start, wanted.end)
    changed = _changed(held, wanted, wants)
    if not changed:
        return held
    if held.state == "checked_in" and wanted.studio_id != held.studio_id:
        wanted = replace(wanted, held_from=max(at.replace(microsecond=0), wanted.start))
    before = frozenset(it for it in (held.studio_id, held.host_id) if it)
    situations, picks = lock_and_look(session, [wanted], wants, at=at, except_bookings=[held.id], also_lock=before)
    situation, picked = situations[0], picks[0]
    if situation.base_id != held.base_id:
        raise NotFound(N_("There is no such studio in this base; choose one from its list of studios."))
    rules.check_moved(held, wanted, situation, by=by, at=at)
    if situation.blocked or picked.missing:
        raise taken(session, wanted, situation, picked, wants, by=by, except_booking=held.id)
    check_quotas(session, [wanted], situation, by=by, except_bookings=[held.id])
    terms = situation.terms
    holding.move_claims(session, held, wanted, wanted.claims(terms, picked.resources), picked.lots)
    changes = {
        "studio_id": wanted.studio_id,
        "host_id": wanted.host_id,
        "during": Range(wanted.start, wanted.end),
        "buffer_before": terms.buffer_before,
        "buffer_after": terms.buffer_after,
        "needs": wants.as_json(),
    }
    return change(session, held, "booking.moved", changes, by=by, at=at, own=changed)


def _changed(held: BookingRow, wanted: Wanted, wants: Needs) -> set[str]:
    """Which of the things that a series decides differ from what is booked."""
    differs = {
        "time": (wanted.start, wanted.end) != (held.start, held.end),
        "studio": wanted.studio_id != held.studio_id,
        "host": wanted.host_id != held.host_id,
        "needs": wants != held.needs,
    }
    return {name for name, is_so in differs.items() if is_so}


def extend(session: Session, *, booking: BookingRow, end: datetime, by: Actor, at: datetime) -> BookingRow:
    """Let the booking end later; `Taken` when somebody comes after it."""
    if end <= booking.end:
        raise faulty("end", N_("An extension ends later than the booking does now."))
    return move(session, booking=booking, end=end, by=by, at=at)


def swap(
    session: Session, *, first: BookingRow, second: BookingRow, by: Actor, at: datetime
) -> tuple[BookingRow, BookingRow]:
    """Let two bookings of a base exchange their studios, each keeping its time, host and kit.

    Both are released before either is held anew: what one leaves the other may take. So a refusal (as in `move`) leaves
    a transaction that has to be undone. A booking that runs cannot be swapped (`WrongState`).
    """
    one, other = get_bookings_for_update(session, [first.id, second.id])
    for held in (one, other):
        rules.check_changeable(held, by=by)
        rules.check_swappable(held)
    if one.base_id != other.base_id or one.studio_id == other.studio_id:
        raise faulty("second", N_("Choose two bookings of one base in two different studios."))
    # the kinds of both before any resource, as everywhere: nobody waits crosswise
    picking.lock_kinds(session, one.needs.and_also(other.needs), base_id=one.base_id)
    before = frozenset(it for held in (one, other) for it in (held.studio_id, held.host_id) if it)
    holding.lock(session, set(before))
    for held in (one, other):
        holding.release(session, held.id)
    done = [_into(session, held, rival, by=by, at=at, also_lock=before) for held, rival in ((one, other), (other, one))]
    return done[0], done[1]


def _into(
    session: Session,
    held: BookingRow,
    rival: BookingRow,
    *,
    by: Actor,
    at: datetime,
    also_lock: frozenset[UUID],
) -> BookingRow:
    """Hold anew in the rival's studio what a booking that gave up everything wants."""
    wanted = Wanted(rival.studio_id, held.tenant_id, held.host_id, held.start, held.end)
    situations, picks = lock_and_look(
        session, [wanted], held.needs, at=at, except_bookings=[held.id], also_lock=also_lock
    )
    situation, picked = situations[0], picks[0]
    rules.check_moved(held, wanted, situation, by=by, at=at)
    if situation.blocked or picked.missing:
        raise taken(session, wanted, situation, picked, held.needs, by=by, except_booking=held.id)
    terms = situation.terms
    holding.hold(session, held, wanted, wanted.claims(terms, picked.resources), picked.lots)
    changes = {
        "studio_id": wanted.studio_id,
        "buffer_before": terms.buffer_before,
        "buffer_after": terms.buffer_after,
    }
    told = {"swapped_with": {"id": str(rival.id), "code": rival.code}}
    return change(session, held, "booking.moved", changes, by=by, at=at, own={"studio"}, **told)


def describe(
    session: Session, *, booking: BookingRow, title: str | None, platform: str | None, by: Actor, at: datetime
) -> BookingRow:
    """Say anew what is on and where it is streamed."""
    held = get_booking_for_update(session, booking.id)
    rules.check_changeable(held, by=by)
    changes = {
        "title": text_line(title, "title", longest=rules.LONGEST_TITLE) or "",
        "platform": text_line(platform, "platform", longest=rules.LONGEST_PLATFORM),
    }
    own = {name for name, value in changes.items() if getattr(held, name) != value}
    if not own:
        return held
    return change(session, held, "booking.described", changes, by=by, at=at, own=own)


def confirm_hold(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """Make a booking of a hold, or a request where the rules want the staff's word. Lapsed: `WrongState`."""
    held = get_booking_for_update(session, booking.id)
    rules.check_hold(held, by=by, at=at)
    situations = holding.look(
        session, [Wanted(held.studio_id, held.tenant_id, held.host_id, held.start, held.end)], except_bookings=[held.id]
    )
    assert situations is not None, "its studio is there: a foreign key says so"
    state = "requested" if rules.wants_approval(situations[0], by=by) else "confirmed"
    kind = "booking.confirmed" if state == "confirmed" else "booking.requested"
    return change(session, held, kind, {"state": state, "hold_until": None}, by=by, at=at)


def release_hold(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """Give a hold up before it lapses."""
    held = get_booking_for_update(session, booking.id)
    rules.check_hold(held, by=by, at=at)
    holding.release(session, held.id)
    changes = {"state": "cancelled", "cancelled_at": at, "hold_until": None}
    return change(session, held, "booking.hold_released", changes, by=by, at=at)


def approve(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """The staff's word on a request: it takes place. Its time was held since it was asked for."""
    held = get_booking_for_update(session, booking.id)
    state = rules.check_move(held, "approved", by=by, at=at)
    return change(session, held, "booking.approved", {"state": state}, by=by, at=at)


def decline(session: Session, *, booking: BookingRow, reason: str, by: Actor, at: datetime) -> BookingRow:
    """The staff's word on a request: it does not take place, and why."""
    held = get_booking_for_update(session, booking.id)
    state = rules.check_move(held, "declined", by=by, at=at)
    why = text_line(reason, "reason", longest=rules.LONGEST_REASON, required=True)
    holding.release(session, held.id)
    changes = {"state": state, "cancelled_at": at, "cancel_reason": why}
    return change(session, held, "booking.declined", changes, by=by, at=at)


def cancel(session: Session, *, booking: BookingRow, by: Actor, at: datetime, reason: str | None = None) -> BookingRow:
    """Call the booking off: it counts nowhere and holds nothing. From its deadline on only the desk may.

    Staff who cancel a tenant's booking say why; a tenant need not.
    """
    held = get_booking_for_update(session, booking.id)
    state = rules.check_move(held, "cancelled", by=by, at=at)
    why = text_line(reason, "reason", longest=rules.LONGEST_REASON, required=not by.acts_for(held.tenant_id))
    holding.release(session, held.id)
    passes.revoke(session, booking_id=held.id, at=at)
    changes = {"state": state, "cancelled_at": at, "cancel_reason": why, "hold_until": None}
    return change(session, held, "booking.cancelled", changes, by=by, at=at)


def mark_checked_in(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """They are here. Whoever calls this records the stay as well (`occupancy`)."""
    return _enter(session, booking, "checked_in", by=by, at=at)


def undo_check_in(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """It was somebody else: the booking waits again. Whoever calls this voids the stay as well (`occupancy`)."""
    return _enter(session, booking, "check_in_undone", by=by, at=at)


def mark_completed(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """They have left. What is left of the time is given back; after the clean-down others may have it.

    Whoever calls this ends the stay as well (`occupancy`).
    """
    held = get_booking_for_update(session, booking.id)
    changes: dict[str, Any] = {"state": rules.check_move(held, "completed", by=by, at=at)}
    moment = at.replace(microsecond=0)
    if moment < held.until:
        holding.cut(session, held.id, moment, clean=True)
        changes["released_at"] = max(moment, held.start)
    return change(session, held, "booking.completed", changes, by=by, at=at)


def mark_no_show(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """Nobody came: the booking stays on record as booked until now, the rest of its time is free for others."""
    held = get_booking_for_update(session, booking.id)
    changes: dict[str, Any] = {"state": rules.check_move(held, "no_show", by=by, at=at)}
    moment = at.replace(microsecond=0)
    if moment < held.end:
        holding.cut(session, held.id, moment, clean=False)
        changes["released_at"] = moment
    return change(session, held, "booking.no_show", changes, by=by, at=at)


def release_early(
    session: Session, *, booking: BookingRow, by: Actor, at: datetime, until: datetime | None = None
) -> BookingRow:
    """Give the room back at `until` (default: now), before its scheduled end; after the clean-down it is free."""
    held = get_booking_for_update(session, booking.id)
    rules.check_changeable(held, by=by)
    moment = rules.release_time(held, until or at, at=at)
    holding.cut(session, held.id, moment, clean=True)
    return change(session, held, "booking.released", {"released_at": moment}, by=by, at=at)


def _enter(session: Session, booking: BookingRow, move: str, *, by: Actor, at: datetime) -> BookingRow:
    held = get_booking_for_update(session, booking.id)
    state = rules.check_move(held, move, by=by, at=at)
    return change(session, held, f"booking.{move}", {"state": state}, by=by, at=at)
