"""互换: two bookings exchange their studios; what will be is shown before it is done."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from shared_base.bookings import actions, rules
from shared_base.bookings.errors import Taken
from shared_base.bookings.queries import Filter, list_bookings
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.web.bookings import refusals
from shared_base.web.bookings.bookings import bp
from shared_base.web.bookings.scope import own_booking

#: more than that overlap no booking of a base that a person would look through
MOST_PARTNERS = 300


def _refusal(booking: BookingRow) -> SharedBaseError | None:
    """Why the booking cannot be swapped by this person, whatever the other is."""
    try:
        rules.check_changeable(booking, by=current_actor())
        rules.check_swappable(booking)
    except SharedBaseError as refusal:
        return refusal
    return None


def _partners(booking: BookingRow) -> list[BookingRow]:
    """The bookings of other studios that overlap it and that the reader may change, by studio."""
    overlapping = Filter(start=booking.start, end=booking.end, base_id=booking.base_id)
    found = list_bookings(session(), current_actor(), overlapping, limit=MOST_PARTNERS)
    others = [row for row in found if row.studio_id != booking.studio_id and _refusal(row) is None]
    return sorted(others, key=lambda row: (row.studio_code, row.start))


def _page(booking: BookingRow, chosen: UUID | None, refused: dict[str, Any] | None = None) -> str:
    refusal = _refusal(booking)
    partners = [] if refusal else _partners(booking)
    return render_template(
        "bookings/swap.html", booking=booking, partners=partners, refused=refused,
        refusal=said(refusal) if refusal else None,
        partner=next((row for row in partners if row.id == chosen), None),
    )  # fmt: skip


def _chosen(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@bp.get("/<uuid:booking_id>/swap")
@allow(*STAFF, *TENANT)
def swap(booking_id: UUID) -> str:
    """With whom; and, once chosen (`?with=`), what will be."""
    return _page(own_booking(booking_id), _chosen(request.args.get("with")))


@bp.post("/<uuid:booking_id>/swap")
@allow(*STAFF, *TENANT)
@writes
def exchange(booking_id: UUID) -> Any:
    """Do it, both or neither."""
    booking = own_booking(booking_id)
    chosen = _chosen(request.form.get("with"))
    if chosen is None:
        flash(_("Choose the booking to swap with."), "danger")
        return _page(booking, None), 422
    partner = own_booking(chosen)
    try:
        with session().begin_nested():
            actions.swap(session(), first=booking, second=partner, by=current_actor(), at=now())
    except Taken as taken:
        # the ways out of a booking alone are none of a swap
        told = refusals.in_words(taken, booking.start, booking.end, to=lambda **_instead: "")
        return _page(booking, chosen, told | {"alternatives": []}), taken.status
    except SharedBaseError as error:
        flash(said(error), "danger")
        return _page(booking, chosen), error.status
    names = {"one": booking.code, "first": partner.studio_code, "other": partner.code, "second": booking.studio_code}
    flash(_("Swapped: %(one)s is in %(first)s, %(other)s in %(second)s.", **names), "success")
    return redirect(url_for("bookings.show", booking_id=booking.id), 303)
