"""What is not agreed yet: a hold is confirmed or given up by its tenant, a request is decided by the base's staff."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from shared_base.bookings import actions
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.web.bookings.bookings import bp, page
from shared_base.web.bookings.forms import ReasonForm
from shared_base.web.bookings.scope import own_booking

#: apart from the form for cancelling, which may stand on the same page
DECLINE = "decline-"


def _done(booking: BookingRow, deed: Callable[..., BookingRow], told: Callable[[BookingRow], str]) -> Any:
    """Do it and lead back to the booking; a refusal is said on its page."""
    try:
        done = deed(session(), booking=booking, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(said(error), "danger")
        return page(own_booking(booking.id)), error.status
    flash(told(done), "success")
    return redirect(url_for("bookings.show", booking_id=booking.id), 303)


@bp.post("/<uuid:booking_id>/confirmation")
@allow(*STAFF, *TENANT)
@writes
def confirm(booking_id: UUID) -> Any:
    """Make a booking of the hold; where the base wants to decide, a request."""

    def told(done: BookingRow) -> str:
        if done.state == "requested":
            text: str = _("%(code)s is asked for; the base decides.", code=done.code)
        else:
            text = _("%(code)s is booked: %(studio)s is yours for that time.", code=done.code, studio=done.studio_code)
        return text

    return _done(own_booking(booking_id), actions.confirm_hold, told)


@bp.post("/<uuid:booking_id>/hold-release")
@allow(*STAFF, *TENANT)
@writes
def let_go(booking_id: UUID) -> Any:
    """Give the hold up before it runs out."""
    return _done(own_booking(booking_id), actions.release_hold, lambda done: _("%(code)s is given up.", code=done.code))


@bp.post("/<uuid:booking_id>/approval")
@allow(*STAFF)
@writes
def approve(booking_id: UUID) -> Any:
    """The staff's yes to a request."""
    return _done(own_booking(booking_id), actions.approve, lambda done: _("%(code)s is approved.", code=done.code))


@bp.post("/<uuid:booking_id>/refusal")
@allow(*STAFF)
@writes
def decline(booking_id: UUID) -> Any:
    """The staff's no to a request, with the reason, which its tenant reads."""
    booking = own_booking(booking_id)
    form = ReasonForm(prefix=DECLINE)
    if not form.validate_on_submit():
        return page(booking, decline=form), 422

    def deed(*args: Any, **deed: Any) -> BookingRow:
        return actions.decline(*args, reason=form.reason.data, **deed)

    return _done(booking, deed, lambda done: _("%(code)s is declined.", code=done.code))
