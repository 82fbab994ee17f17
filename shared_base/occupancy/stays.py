"""What really happened in a studio. Every deed appends one statement; none is ever edited.

Deeds of one booking follow one another: its row is locked first, as by every deed of the room `bookings`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions as bookings
from shared_base.bookings.queries import get_booking_for_update
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor
from shared_base.core.errors import Forbidden
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.core.i18n import N_
from shared_base.occupancy import queries, rules
from shared_base.occupancy.errors import UnknownStay, WrongStay
from shared_base.occupancy.models import Stay, StayRecord


def check_in(
    session: Session, *, booking: BookingRow, by: Actor, at: datetime, arrived_at: datetime | None = None
) -> Stay:
    """They are in the studio since `arrived_at` (default: now; only staff may say otherwise).

    Moves the booking to `checked_in`; refusals are those of `bookings.actions.mark_checked_in`, `BadStay`, `WrongStay`.
    """
    arrived = _moment(arrived_at, booking, by=by, at=at)
    held = bookings.mark_checked_in(session, booking=booking, by=by, at=at)
    rules.check_stay(arrived, None, at=at)
    return record_check_in(session, booking=held, arrived_at=arrived, by=by, at=at)


def record_check_in(session: Session, *, booking: BookingRow, arrived_at: datetime, by: Actor, at: datetime) -> Stay:
    """Open a stay of the booking in its present studio, past the booking's state; `WrongStay` while one is open."""
    if queries.open_stay(session, booking.id) is not None:
        raise WrongStay(N_("%(code)s is checked in already; check it out first."), code=booking.code)
    return _state(session, booking, None, studio_id=booking.studio_id, checked_in_at=arrived_at, by=by, at=at)


def check_out(
    session: Session, *, booking: BookingRow, by: Actor, at: datetime, left_at: datetime | None = None
) -> Stay:
    """They left at `left_at` (default: now; only staff may say otherwise). Moves the booking to `completed`.

    An overrun lengthens the stay, however late; a check-out before the check-in is refused (`BadStay`).
    """
    left = _moment(left_at, booking, by=by, at=at)
    held = bookings.mark_completed(session, booking=booking, by=by, at=at)
    return record_check_out(session, booking=held, left_at=left, by=by, at=at)


def record_check_out(session: Session, *, booking: BookingRow, left_at: datetime, by: Actor, at: datetime) -> Stay:
    """Close the booking's open stay, past the booking's state; `WrongStay` when none is open."""
    stay = queries.open_stay(session, booking.id)
    if stay is None:
        raise WrongStay(N_("%(code)s is not checked in; correct its stay instead."), code=booking.code)
    rules.check_stay(stay.checked_in_at, left_at, at=at)
    return _state(session, booking, stay, checked_out_at=left_at, by=by, at=at)


def undo_check_in(session: Session, *, booking: BookingRow, reason: str, by: Actor, at: datetime) -> None:
    """It was somebody else: the booking waits again, its open stay never was."""
    why = _reason(reason)
    held = bookings.undo_check_in(session, booking=booking, by=by, at=at)
    stay = queries.open_stay(session, held.id)
    if stay is not None:
        _state(session, held, stay, voided=True, reason=why, by=by, at=at)


def move(session: Session, *, booking: BookingRow, by: Actor, at: datetime, **changes: Any) -> BookingRow:
    """Move a booking as `bookings.actions.move` does; one that runs and changes its studio goes on as a second stay."""
    stay = queries.open_stay(session, booking.id)
    moved = bookings.move(session, booking=booking, by=by, at=at, **changes)
    if stay is not None and stay.studio_id != moved.studio_id:
        now = rules.whole_second(at)
        _state(session, moved, stay, checked_out_at=max(now, stay.checked_in_at), by=by, at=at)
        _state(session, moved, None, studio_id=moved.studio_id, checked_in_at=now, by=by, at=at)
    return moved


def record_missed_stay(
    session: Session,
    *,
    booking: BookingRow,
    checked_in_at: datetime,
    checked_out_at: datetime,
    reason: str,
    by: Actor,
    at: datetime,
) -> Stay:
    """Record a stay that nobody noted when it happened: use that a report would miss. For staff, with the reason.

    The booking's state stays: what has ended is final.
    """
    held = _held(session, booking, by=by)
    came, left = rules.whole_second(checked_in_at), rules.whole_second(checked_out_at)
    rules.check_stay(came, left, at=at)
    return _state(
        session,
        held,
        None,
        studio_id=held.studio_id,
        checked_in_at=came,
        checked_out_at=left,
        reason=_reason(reason),
        by=by,
        at=at,
    )


def correct_stay(
    session: Session,
    *,
    stay_id: UUID,
    checked_in_at: datetime,
    checked_out_at: datetime | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> Stay:
    """State the stay's times anew, with the reason. A frozen month shows it in its next revision. For staff."""
    held, stay = _held_stay(session, stay_id, by=by)
    came = rules.whole_second(checked_in_at)
    left = rules.whole_second(checked_out_at) if checked_out_at else None
    rules.check_stay(came, left, at=at)
    return _state(session, held, stay, checked_in_at=came, checked_out_at=left, reason=_reason(reason), by=by, at=at)


def void_stay(session: Session, *, stay_id: UUID, reason: str, by: Actor, at: datetime) -> Stay:
    """State that the stay never was, with the reason: it then counts nowhere. For staff."""
    held, stay = _held_stay(session, stay_id, by=by)
    return _state(session, held, stay, voided=True, reason=_reason(reason), by=by, at=at)


def _held(session: Session, booking: BookingRow, *, by: Actor) -> BookingRow:
    if not by.serves(booking.base_id):
        raise Forbidden(N_("Only the base's staff corrects what was recorded; call the front desk."))
    return get_booking_for_update(session, booking.id)


def _held_stay(session: Session, stay_id: UUID, *, by: Actor) -> tuple[BookingRow, Stay]:
    """The stay as it stands, its booking locked; `UnknownStay` for one that is not the caller's to see."""
    booking_id = queries.stay(session, stay_id).booking_id
    held = get_booking_for_update(session, booking_id)
    if not by.serves(held.base_id):
        raise (
            UnknownStay
            if not by.acts_for(held.tenant_id)
            else Forbidden(N_("Only the base's staff corrects what was recorded; call the front desk."))
        )
    stay = queries.stay(session, stay_id)
    if stay.voided:
        raise WrongStay(N_("This stay of %(code)s was withdrawn; record a new one instead."), code=held.code)
    return held, stay


def _moment(told: datetime | None, booking: BookingRow, *, by: Actor, at: datetime) -> datetime:
    """The second at which it happened. Only the desk, which saw it, may name another one than now."""
    if told is None:
        return rules.whole_second(at)
    if not by.serves(booking.base_id):
        raise Forbidden(N_("Only the base's staff may name the time; leave it out and it is now."))
    return rules.whole_second(told)


def _reason(reason: str) -> str:
    why = text_line(reason, "reason", longest=rules.LONGEST_REASON, required=True)
    assert why is not None
    return why


_STATEMENT = ("studio_id", "checked_in_at", "checked_out_at", "voided")
#: what a statement is called in the events, by what it changes
_KINDS = {"voided": "stay.voided", "reason": "stay.corrected", "checked_out_at": "stay.checked_out"}


def _state(session: Session, booking: BookingRow, stay: Stay | None, *, by: Actor, at: datetime, **told: Any) -> Stay:
    """Append a statement about the stay (a new one: None); what is not told stays as it stood."""
    before = {name: getattr(stay, name) for name in _STATEMENT} if stay else {}
    row = session.execute(
        sa.insert(StayRecord)
        .values(
            {
                "stay_id": stay.id if stay else sa.func.uuidv7(),
                "revision": stay.revision + 1 if stay else 1,
                "booking_id": booking.id,
                "base_id": booking.base_id,
                "tenant_id": booking.tenant_id,
                "recorded_at": at,
                "recorded_by": by.user_id,
                "recorder_label": by.label,
                **before,
                **told,
            }
        )
        .returning(StayRecord.stay_id)
    ).one()
    stated = queries.stay(session, row.stay_id)
    kind = next((_KINDS[name] for name in _KINDS if told.get(name)), "stay.checked_in")
    _tell(session, kind, booking, stated, by=by, at=at, before=before, reason=told.get("reason"))
    return stated


def _tell(
    session: Session,
    kind: str,
    booking: BookingRow,
    stay: Stay,
    *,
    by: Actor,
    at: datetime,
    before: dict[str, Any],
    reason: str | None,
) -> None:
    after = {name: getattr(stay, name) for name in _STATEMENT}
    event = event_row(
        kind,
        by=by,
        at=at,
        subject_id=booking.id,
        base_id=booking.base_id,
        tenant_id=booking.tenant_id,
        stay_id=str(stay.id),
        revision=stay.revision,
        before={name: _json(value) for name, value in before.items()} or None,
        after={name: _json(value) for name, value in after.items()},
        reason=reason,
    )
    record_events(session, [event])


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
