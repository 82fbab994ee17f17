"""通行码: the pass of a booking, large enough for a scanner, on paper and on the phone, also without a network."""

from pathlib import Path
from typing import Any
from uuid import UUID

import segno
from flask import Response, current_app, flash, make_response, redirect, render_template, send_from_directory, url_for
from flask_babel import gettext as _

from shared_base.bookings import pass_codes, passes
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import NotFound, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session, settings
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.web.bookings.bookings import bp
from shared_base.web.bookings.scope import may_change, own_booking

#: a scanner reads the code through a scratched screen: a quarter of it may be unreadable
CORRECTION = "Q"


def pass_key() -> bytes:
    """The key with which this house seals its passes."""
    return pass_codes.key_of(settings().secret_key)


def pass_address(code: str) -> str:
    """What the QR code says: opened by the desk's own phone it leads to the check-in."""
    return settings().base_url + url_for("kiosk.opened", code=code)


def _own(booking_id: UUID) -> BookingRow:
    """The booking, for those who may have its pass: its tenant and the staff of its base."""
    booking = own_booking(booking_id)
    if not may_change(booking):
        raise NotFound(N_("There is no such booking among yours."))
    return booking


def _page(booking: BookingRow, status: int = 200) -> Response:
    shown, at = passes.pass_of(session(), booking.id), now()
    code = pass_codes.write(pass_key(), shown.id) if shown else ""
    ready = booking.state == "confirmed" and at < booking.until
    response = make_response(
        render_template(
            "bookings/pass.html",
            booking=booking,
            shown=shown,
            # what stands in the way beside the hour, which the page says anyway
            void=shown is not None and (shown.used_at is not None or not ready),
            may_issue=ready,
            groups=pass_codes.in_groups(code),
            picture=segno.make(pass_address(code), error=CORRECTION).svg_data_uri(scale=8, border=4) if code else None,
            at=at,
        ),
        status,
    )
    # the phone keeps the page for as long as it opens a door, and no longer (`static/src/js/pass-worker.js`)
    if shown and shown.used_at is None and ready:
        response.headers["Pass-Until"] = str(int(booking.until.timestamp()))
    return response


@bp.get("/<uuid:booking_id>/pass")
@allow(*STAFF, *TENANT)
def show_pass(booking_id: UUID) -> Response:
    """The booking's pass, or how to get one."""
    return _page(_own(booking_id))


@bp.post("/<uuid:booking_id>/pass")
@allow(*STAFF, *TENANT)
@writes
def issue_pass(booking_id: UUID) -> Any:
    """A new pass; the one before opens nothing any more."""
    booking = _own(booking_id)
    replaced = passes.pass_of(session(), booking.id) is not None
    try:
        passes.issue(session(), booking=booking, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(said(error), "danger")
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    if replaced:
        flash(_("This is the new pass; the one before opens nothing any more."), "success")
    return redirect(url_for("bookings.show_pass", booking_id=booking_id), 303)


@bp.get("/pass-worker.js")
@allow()
def pass_worker() -> Response:
    """The service worker: a browser grants it the pages below its own address, which are those of bookings."""
    address: str = current_app.jinja_env.globals["asset"]("pass-worker.js")  # type: ignore[operator]
    folder = Path(str(current_app.static_folder)) / "dist"
    response = send_from_directory(folder, Path(address).name, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response
