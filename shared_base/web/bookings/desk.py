"""What happens at the door: they come, they leave, they never came. One tap each, from the booking or the board."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from shared_base.bookings import actions
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow, safe_next
from shared_base.http.identity import current_actor
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.occupancy import stays
from shared_base.web.bookings.bookings import bp, page
from shared_base.web.bookings.forms import ReasonForm
from shared_base.web.bookings.scope import own_booking


def _done(booking: BookingRow, deed: Callable[[], Any], told: str) -> Any:
    """Do it, and go back to where the button was; what was refused is said there and changes nothing."""
    back = safe_next(request.form.get("next"), url_for("bookings.show", booking_id=booking.id))
    try:
        with session().begin_nested():
            deed()
    except SharedBaseError as error:
        flash(said(error), "danger")
    else:
        flash(told, "success")
    return redirect(back, 303)


@bp.post("/<uuid:booking_id>/check-in")
@allow(*STAFF, *TENANT)
@writes
def check_in(booking_id: UUID) -> Any:
    booking = own_booking(booking_id)
    return _done(
        booking,
        lambda: stays.check_in(session(), booking=booking, by=current_actor(), at=now()),
        _("%(studio)s is live: %(code)s was checked in.", studio=booking.studio_code, code=booking.code),
    )


@bp.post("/<uuid:booking_id>/check-out")
@allow(*STAFF, *TENANT)
@writes
def check_out(booking_id: UUID) -> Any:
    """They have left; what was left of their time is free for others after the clean-down."""
    booking = own_booking(booking_id)
    names = {"code": booking.code, "studio": booking.studio_code}
    told = _("%(code)s was checked out of %(studio)s.", **names)
    if now() < booking.until:
        told = _("%(code)s was checked out of %(studio)s; the rest of its time is free for others.", **names)
    return _done(booking, lambda: stays.check_out(session(), booking=booking, by=current_actor(), at=now()), told)


@bp.post("/<uuid:booking_id>/no-show")
@allow(*STAFF)
@writes
def no_show(booking_id: UUID) -> Any:
    booking = own_booking(booking_id)
    return _done(
        booking,
        lambda: actions.mark_no_show(session(), booking=booking, by=current_actor(), at=now()),
        _("%(code)s is on record as a no-show; the rest of its time is free.", code=booking.code),
    )


@bp.post("/<uuid:booking_id>/check-in-undoing")
@allow(*STAFF)
@writes
def undo_check_in(booking_id: UUID) -> Any:
    """It was somebody else: the booking waits again, and its stay is withdrawn with the reason."""
    booking = own_booking(booking_id)
    form = ReasonForm(prefix="undo-")
    if "next" in request.form and form.validate():
        return _done(
            booking,
            lambda: stays.undo_check_in(
                session(), booking=booking, reason=form.reason.data, by=current_actor(), at=now()
            ),
            _("%(code)s waits for its tenant again.", code=booking.code),
        )
    if not form.validate_on_submit():
        return page(booking, undo=form), 422
    try:
        stays.undo_check_in(session(), booking=booking, reason=form.reason.data, by=current_actor(), at=now())
    except SharedBaseError as error:
        status = form.refuse(error)
        return page(booking, undo=form), status
    flash(_("%(code)s waits for its tenant again.", code=booking.code), "success")
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)
