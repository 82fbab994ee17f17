"""Booking a studio, and changing what is booked: everything a deed needs is taken together, or nothing is.

`docs/decisions/0008-writing-a-booking.md` tells why the statements stand in this order.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings import holding, rules
from shared_base.bookings.availability import taken
from shared_base.bookings.codes import new_code
from shared_base.bookings.models import Booking
from shared_base.bookings.queries import get_booking, get_booking_for_update
from shared_base.bookings.rows import BookingRow, Claim, Situation, Wanted, new_row
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_
from shared_base.core.retry import Again

#: how often a request looks again when what was in its way vanished before it could lock anything
MOST_LOOKS = 3
MOST_CODES = 5


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
) -> BookingRow:
    """Book the studio for the tenant from `start` to `end`, through midnight and month ends, at any length.

    Three statements. Raises `Taken` (409, with blockers and alternatives) when a booking, an outage or a lease of the
    whole room stands in the way; `Invalid`, `OutsideOpening`, `NotInService`, `MayNotBook`, `HostNotReady`, `NotFound`
    or `Forbidden` for what the rules refuse. Nothing was written when it raises. Meant to run under `retrying`.
    """
    title = text_line(title, "title", longest=rules.LONGEST_TITLE) or ""
    platform = text_line(platform, "platform", longest=rules.LONGEST_PLATFORM)
    rules.check_range(start, end)
    wanted = Wanted(studio_id, tenant_id, host_id, start, end)
    situation = _lock_and_look(session, wanted)
    rules.check_wanted(wanted, situation, by=by, at=at)
    claims = wanted.claims(situation.buffer_minutes)
    if situation.blocked:
        raise taken(session, wanted, situation, claims, by=by)
    return _write(session, wanted, situation, claims, title=title, platform=platform, by=by, at=at)


def _lock_and_look(session: Session, wanted: Wanted) -> Situation:
    """The situation, read after the locks; or without any when something is in the way already."""
    resources = {wanted.studio_id} | ({wanted.host_id} if wanted.host_id else set())
    for _ in range(MOST_LOOKS):
        locked = holding.lock(session, resources, unless_busy=(wanted.start, wanted.end))
        situation = holding.look(session, wanted)
        if situation is None:
            raise NotFound(N_("There is no such studio; choose one from the list of studios."))
        if locked or situation.blocked or (wanted.host_id and not situation.host_found):
            return situation
    raise Again  # what stood in the way went and came each time we looked


def _write(
    session: Session,
    wanted: Wanted,
    situation: Situation,
    claims: Sequence[Claim],
    *,
    title: str,
    platform: str | None,
    by: Actor,
    at: datetime,
) -> BookingRow:
    row = new_row(wanted, situation, title=title, platform=platform, at=at)
    columns = {
        "base_id": situation.base_id,
        "studio_id": wanted.studio_id,
        "tenant_id": wanted.tenant_id,
        "host_id": wanted.host_id,
        "title": title,
        "platform": platform,
        "start": wanted.start,
        "end": wanted.end,
        "at": at,
    }
    for _ in range(MOST_CODES):
        code = new_code()
        written = holding.write(session, claims, columns | {"code": code}, after=row.as_json(), by=by)
        if written.id is None:
            continue  # the code is somebody's: draw another
        if written.held < len(claims):
            raise Again  # somebody wrote past the locks; the next look sees them
        return replace(row, id=written.id, code=code)
    raise Again


class Unchanged:
    """The type of `SAME`: a field that is not given, where None would mean: take it away."""


SAME: Final = Unchanged()


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
    version: int | None = None,
) -> BookingRow:
    """Give the booking another studio, time or host; what is not given stays. Refusals as in `book`, and `WrongState`.

    The old allocations are released and the new ones inserted under the locks of both, so the booking is never in its
    own way. One that runs keeps its start; in another studio it holds that from `at` on, and the old one until its
    clean-down is done. `version`: the one that the caller had read; another one raises `Stale`.
    """
    held = get_booking_for_update(session, booking.id)
    rules.check_changeable(held, by=by, version=version)
    wanted = Wanted(
        studio_id=studio_id or held.studio_id,
        tenant_id=held.tenant_id,
        host_id=held.host_id if isinstance(host_id, Unchanged) else host_id,
        start=start or held.start,
        end=end or held.end,
    )
    rules.check_range(wanted.start, wanted.end)
    if held.state == "checked_in" and wanted.studio_id != held.studio_id:
        wanted = replace(wanted, held_from=max(at.replace(microsecond=0), wanted.start))
    holding.lock(session, {it for it in (wanted.studio_id, held.studio_id, wanted.host_id, held.host_id) if it})
    situation = holding.look(session, wanted, except_booking=held.id)
    if situation is None or situation.base_id != held.base_id:
        raise NotFound(N_("There is no such studio in this base; choose one from its list of studios."))
    rules.check_moved(held, wanted, situation, by=by, at=at)
    claims = wanted.claims(situation.buffer_minutes)
    if situation.blocked:
        raise taken(session, wanted, situation, claims, by=by, except_booking=held.id)
    holding.move_claims(session, held, claims, live_from=wanted.held_from)
    changes = {
        "studio_id": wanted.studio_id,
        "host_id": wanted.host_id,
        "during": Range(wanted.start, wanted.end),
    }
    return _change(session, held, "booking.moved", changes, by=by, at=at)


def extend(session: Session, *, booking: BookingRow, end: datetime, by: Actor, at: datetime) -> BookingRow:
    """Let the booking end later; `Taken` when somebody comes after it."""
    if end <= booking.end:
        raise faulty("end", N_("An extension ends later than the booking does now."))
    return move(session, booking=booking, end=end, by=by, at=at)


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
    return _change(session, held, "booking.described", changes, by=by, at=at)


def cancel(session: Session, *, booking: BookingRow, by: Actor, at: datetime, reason: str | None = None) -> BookingRow:
    """Call the booking off: it counts nowhere and holds nothing. From its start on only the desk may.

    Staff who cancel a tenant's booking say why; a tenant need not.
    """
    held = get_booking_for_update(session, booking.id)
    state = rules.check_move(held, "cancelled", by=by, at=at)
    why = text_line(reason, "reason", longest=rules.LONGEST_REASON, required=not by.acts_for(held.tenant_id))
    holding.release(session, held.id)
    changes = {"state": state, "cancelled_at": at, "cancel_reason": why}
    return _change(session, held, "booking.cancelled", changes, by=by, at=at)


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
    return _change(session, held, "booking.completed", changes, by=by, at=at)


def mark_no_show(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> BookingRow:
    """Nobody came: the booking stays on record as booked until now, the rest of its time is free for others."""
    held = get_booking_for_update(session, booking.id)
    changes: dict[str, Any] = {"state": rules.check_move(held, "no_show", by=by, at=at)}
    moment = at.replace(microsecond=0)
    if moment < held.end:
        holding.cut(session, held.id, moment, clean=False)
        changes["released_at"] = moment
    return _change(session, held, "booking.no_show", changes, by=by, at=at)


def release_early(
    session: Session, *, booking: BookingRow, by: Actor, at: datetime, until: datetime | None = None
) -> BookingRow:
    """Give the room back at `until` (default: now), before its scheduled end; after the clean-down it is free."""
    held = get_booking_for_update(session, booking.id)
    rules.check_changeable(held, by=by)
    moment = rules.release_time(held, until or at, at=at)
    holding.cut(session, held.id, moment, clean=True)
    return _change(session, held, "booking.released", {"released_at": moment}, by=by, at=at)


def _enter(session: Session, booking: BookingRow, move: str, *, by: Actor, at: datetime) -> BookingRow:
    held = get_booking_for_update(session, booking.id)
    state = rules.check_move(held, move, by=by, at=at)
    return _change(session, held, f"booking.{move}", {"state": state}, by=by, at=at)


def _change(
    session: Session, held: BookingRow, kind: str, changes: dict[str, Any], *, by: Actor, at: datetime
) -> BookingRow:
    """Write the change of a locked booking and the event that tells it: what differs, before and after."""
    session.execute(
        sa.update(Booking)
        .where(Booking.id == held.id)
        .values(**changes, changed_at=at, version=Booking.version + 1)
        .execution_options(synchronize_session=False)
    )
    changed = get_booking(session, held.id)
    before, after = held.as_json(), changed.as_json()
    differs = [name for name in after if after[name] != before[name]]
    payload: dict[str, Any] = {
        "before": {name: before[name] for name in differs},
        "after": {name: after[name] for name in differs},
    }
    if "cancel_reason" in changes:
        payload["reason"] = changed.cancel_reason
    event = event_row(kind, by=by, at=at, subject_id=held.id, base_id=held.base_id, tenant_id=held.tenant_id, **payload)
    record_events(session, [event])
    return changed
