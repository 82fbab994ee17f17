"""待审批: what tenants ask for and the base decides, by start, with what stands around it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from shared_base.bookings import actions
from shared_base.bookings.queries_requests import MOST_SHOWN, requests_of
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.web.bookings.forms import ReasonForm
from shared_base.web.bookings.scope import own_booking
from shared_base.web.current import current_base

bp = Blueprint("approvals", __name__, url_prefix="/approvals")


def _shown(refused: UUID | None = None, reason: ReasonForm | None = None) -> str:
    """The page; `reason` is the form of the request `refused` that was sent in vain."""
    base = current_base()
    waiting = requests_of(session(), current_actor(), base.id)
    forms = {
        it.booking.id: reason if reason and it.booking.id == refused else ReasonForm(formdata=None) for it in waiting
    }
    for booking_id, form in forms.items():
        # several forms on one page: each label belongs to a field of its own
        form.reason.id = f"reason-{booking_id}"
    return render_template(
        "bookings/approvals.html", base=base, waiting=waiting, forms=forms, at=now(), most=MOST_SHOWN
    )


@bp.get("")
@allow(*STAFF)
def index() -> str:
    return _shown()


def _answered(booking_id: UUID, deed: Callable[[], Any], told: str, reason: ReasonForm | None = None) -> Any:
    """Answer, and go on where the eye was: at the request that came after this one. `reason`: the form to mend."""
    order = [it.booking.id for it in requests_of(session(), current_actor(), current_base().id)]
    place = order.index(booking_id) if booking_id in order else len(order)
    following = [*order[place + 1 :], *order[:place][::-1]]
    try:
        with session().begin_nested():
            deed()
    except SharedBaseError as error:
        if reason is not None and "reason" in error.extra.get("errors", {}):
            status = reason.refuse(error)
            return _shown(booking_id, reason), status
        flash(said(error), "danger")
        following = [booking_id]
    else:
        flash(told, "success")
    return redirect(url_for("approvals.index", _anchor=f"request-{following[0]}" if following else None), 303)


@bp.post("/<uuid:booking_id>/approval")
@allow(*STAFF)
@writes
def approve(booking_id: UUID) -> Any:
    booking = own_booking(booking_id)
    return _answered(
        booking.id,
        lambda: actions.approve(session(), booking=booking, by=current_actor(), at=now()),
        _("%(code)s is approved; its tenant is told.", code=booking.code),
    )


@bp.post("/<uuid:booking_id>/refusal")
@allow(*STAFF)
@writes
def decline(booking_id: UUID) -> Any:
    """Not so: its time is free again, and its tenant reads why."""
    booking = own_booking(booking_id)
    form = ReasonForm()
    if not form.validate_on_submit():
        return _shown(booking.id, form), 422
    reason = form.reason.data
    return _answered(
        booking.id,
        lambda: actions.decline(session(), booking=booking, reason=reason, by=current_actor(), at=now()),
        _("%(code)s is declined; its tenant reads why.", code=booking.code),
        reason=form,
    )
