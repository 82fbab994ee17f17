"""Arrivals: what happens at the door when somebody comes, each in one transaction with the stay that it begins."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.bookings import actions as bookings
from shared_base.bookings import pass_codes, passes
from shared_base.bookings.pass_refusals import PassRefused, PassUnknown
from shared_base.bookings.queries import get_booking
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor
from shared_base.core.errors import Forbidden
from shared_base.core.i18n import N_
from shared_base.occupancy import stays
from shared_base.people.attempts import Attempt, Limit

#: codes that are none of ours, from one account: a scanner that misreads does not reach it, a guesser gets nowhere
UNKNOWN_CODES = Limit(30, timedelta(minutes=5))


def check_in_by_pass(
    session: Session, *, shown: str, key: bytes, base_id: UUID | None, by: Actor, at: datetime
) -> BookingRow:
    """Check in whoever shows this code: uses the pass up, begins the stay; the booking as it then stands.

    `shown`: as scanned or typed; `key`: `pass_codes.key_of` the house's secret; `base_id`: the door's base (None: any
    that `by` serves). Raises a `PassRefused`, which is kept as an event, or `TooManyAttempts` for whoever guesses.
    """
    if not by.is_staff:
        raise Forbidden(N_("Passes are read at the front desk: show yours there."))
    guess = Attempt(session.get_bind().engine, shared={f"pass:{by.user_id}": UNKNOWN_CODES})
    guess.count(at=at)
    pass_id = pass_codes.read(key, shown)
    try:
        if pass_id is None:
            raise PassUnknown
        guess.succeeded()
        booking = passes.redeem(session, pass_id=pass_id, base_id=base_id, by=by, at=at)
    except PassRefused as refusal:
        passes.record_refusal(session, refusal, pass_id=pass_id, base_id=base_id, by=by, at=at)
        raise
    stays.check_in(session, booking=booking, by=by, at=at)
    return get_booking(session, booking.id)


def walk_in(
    session: Session,
    *,
    studio_id: UUID,
    tenant_id: UUID,
    end: datetime,
    by: Actor,
    at: datetime,
    title: str | None = None,
    host_id: UUID | None = None,
) -> BookingRow:
    """Somebody stands at the desk: book the studio from this minute to `end` and check them in, or neither.

    For staff. Refusals are those of `bookings.actions.book` and `stays.check_in`.
    """
    if not by.is_staff:
        raise Forbidden(N_("Only the front desk books somebody in who is there already; book the studio instead."))
    booking = bookings.book(
        session,
        studio_id=studio_id,
        tenant_id=tenant_id,
        start=at.replace(second=0, microsecond=0),
        end=end,
        title=title,
        host_id=host_id,
        by=by,
        at=at,
    )
    stays.check_in(session, booking=booking, by=by, at=at)
    return get_booking(session, booking.id)
