"""Passes (通行码): who shows a booking's QR code at the door is let in once, while the doors are open for it.

A pass is a row without a secret; its code is computed (`pass_codes`). Deeds with a pass lock its booking first, as all
deeds with a booking do: two scans at once follow one another, and the second finds the pass used.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.errors import WrongState
from shared_base.bookings.models_passes import BookingPass
from shared_base.bookings.pass_refusals import (
    PassCancelled,
    PassElsewhere,
    PassOver,
    PassRefused,
    PassRevoked,
    PassTooEarly,
    PassUnconfirmed,
    PassUsed,
)
from shared_base.bookings.queries import get_booking_for_update
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.database import transaction
from shared_base.core.errors import Forbidden
from shared_base.core.events import event_row, record_events
from shared_base.core.i18n import N_


@dataclass(frozen=True)
class PassRow:
    """A pass as it stands. Instants are UTC."""

    id: UUID
    booking_id: UUID
    tenant_id: UUID
    base_id: UUID
    issued_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


_ROWS: sa.Select[*tuple[Any, ...]] = sa.select(
    BookingPass.id,
    BookingPass.booking_id,
    BookingPass.tenant_id,
    BookingPass.base_id,
    BookingPass.issued_at,
    BookingPass.revoked_at,
    BookingPass.used_at,
)


def pass_of(session: Session, booking_id: UUID) -> PassRow | None:
    """The booking's pass: the one that was not replaced; None while it has none."""
    row = session.execute(_ROWS.where(BookingPass.booking_id == booking_id, BookingPass.revoked_at.is_(None))).first()
    return PassRow(*row) if row else None


def find(session: Session, pass_id: UUID) -> PassRow | None:
    """The pass, as far as the session's actor may see it."""
    row = session.execute(_ROWS.where(BookingPass.id == pass_id)).first()
    return PassRow(*row) if row else None


def issue(session: Session, *, booking: BookingRow, by: Actor, at: datetime) -> PassRow:
    """A new pass for the booking; the one before opens nothing any more.

    For its tenant and the staff of its base, while it is confirmed and not over (`WrongState`).
    """
    held = get_booking_for_update(session, booking.id)
    if not by.serves(held.base_id) and not by.acts_for(held.tenant_id):
        raise Forbidden(N_("Only the tenant and the base's staff may have its pass."))
    if held.state != "confirmed" or at >= held.until:
        raise WrongState(
            N_("%(code)s needs no pass now: a confirmed booking has one until it is checked in or over."),
            extra={"state": held.state},
            code=held.code,
        )
    revoke(session, booking_id=held.id, at=at)
    pass_id = session.scalar(
        sa.insert(BookingPass)
        .values(booking_id=held.id, tenant_id=held.tenant_id, base_id=held.base_id, issued_at=at)
        .returning(BookingPass.id)
    )
    assert pass_id is not None
    _tell(session, "pass.issued", held, pass_id, by=by, at=at)
    return PassRow(pass_id, held.id, held.tenant_id, held.base_id, at, None, None)


def revoke(session: Session, *, booking_id: UUID, at: datetime) -> None:
    """The booking's pass opens nothing any more: it was cancelled, or a newer pass takes its place."""
    session.execute(
        sa.update(BookingPass)
        .where(BookingPass.booking_id == booking_id, BookingPass.revoked_at.is_(None))
        .values(revoked_at=at)
        .execution_options(synchronize_session=False)
    )


def redeem(session: Session, *, pass_id: UUID, base_id: UUID | None, by: Actor, at: datetime) -> BookingRow:
    """Use the pass up and return its booking, locked, for its check-in; or raise the `PassRefused` that says why not.

    `base_id`: the base at whose door it is shown; None: any that `by` serves.
    """
    shown = find(session, pass_id)
    if shown is None or not by.serves(shown.base_id) or (base_id is not None and shown.base_id != base_id):
        raise PassElsewhere
    booking = get_booking_for_update(session, shown.booking_id)
    current = find(session, pass_id)
    assert current is not None, "passes are never deleted"
    refusal = refused(booking, current, at=at)
    if refusal is not None:
        raise refusal
    session.execute(
        sa.update(BookingPass)
        .where(BookingPass.id == pass_id)
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )
    _tell(session, "pass.used", booking, pass_id, by=by, at=at)
    return booking


def refused(booking: BookingRow, shown: PassRow, *, at: datetime) -> PassRefused | None:
    """Why the pass opens nothing at `at`; None: it opens. The reason that helps most comes first."""
    if booking.state == "cancelled":
        return PassCancelled(booking)
    if shown.used_at is not None:
        return PassUsed(booking, shown.used_at)
    if shown.revoked_at is not None:
        return PassRevoked(booking)
    if booking.state == "checked_in":
        return PassUsed(booking, None)
    if booking.state in ("completed", "no_show") or at >= booking.until:
        return PassOver(booking)
    if booking.state != "confirmed":
        return PassUnconfirmed(booking)
    return PassTooEarly(booking) if at < booking.doors_open else None


def record_refusal(
    session: Session, refusal: PassRefused, *, pass_id: UUID | None, base_id: UUID | None, by: Actor, at: datetime
) -> None:
    """Keep that a pass was refused, in a short transaction of its own: the refusal undoes the request's.

    The event belongs to the pass's booking; without a genuine pass, to the base (or, at none, to the person) that was
    shown something. What was shown is not kept: people hold payment codes before a scanner, too.
    """
    seen = find(session, pass_id) if pass_id else None
    with transaction(session.get_bind().engine, SYSTEM) as beside:
        # a pass of another base is hidden from whoever reads it here, not from the house
        known = seen or (find(beside, pass_id) if pass_id else None)
        subject = known.booking_id if known else pass_id or base_id or by.user_id
        if subject is None:
            return
        event = event_row(
            "pass.refused",
            by=by,
            at=at,
            subject_id=subject,
            base_id=known.base_id if known else base_id,
            tenant_id=known.tenant_id if known else None,
            refusal=refusal.reason,
            pass_id=str(pass_id) if pass_id else None,
            shown_at=str(base_id) if base_id else None,
        )
        record_events(beside, [event])


def _tell(session: Session, kind: str, booking: BookingRow, pass_id: UUID, *, by: Actor, at: datetime) -> None:
    event = event_row(
        kind,
        by=by,
        at=at,
        subject_id=booking.id,
        base_id=booking.base_id,
        tenant_id=booking.tenant_id,
        pass_id=str(pass_id),
    )
    record_events(session, [event])
