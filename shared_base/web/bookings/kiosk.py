"""签到台: a tablet at the door reads passes: by a hand scanner, by its camera, or typed; so does the desk's phone."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.dialects.postgresql import Range

from shared_base.bookings import pass_codes, passes
from shared_base.bookings.pass_refusals import PassRefused
from shared_base.bookings.queries import open_bookings
from shared_base.core.errors import NotFound, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import said, translate
from shared_base.http.transactions import writes
from shared_base.occupancy import arrivals
from shared_base.web.bookings.passes import pass_key
from shared_base.web.current import current_base

bp = Blueprint("kiosk", __name__)

#: who comes next, as far ahead and as many as a wall shows
COMING_WITHIN, MOST_COMING = timedelta(hours=3), 8
#: refusals that the clock or the desk mends, as against those that are somebody's mistake
SOFT = frozenset({"too_early", "used", "unconfirmed"})


def _screen(status: int = 200, **result: Any) -> tuple[str, int]:
    """The screen: the result of a scan, or ready for the next one. Everybody in the hall reads it: it names nobody."""
    base, at = current_base(), now()
    waiting = open_bookings(session(), current_actor(), base.id, Range(at, at + COMING_WITHIN))
    coming = [row for row in waiting if row.state == "confirmed"][:MOST_COMING]
    values: dict[str, Any] = {"base": base, "at": at, "coming": coming, "shown": "", "done": None, "refusal": None}
    return render_template("bookings/kiosk.html", **(values | result)), status


@bp.get("/kiosk")
@allow(*STAFF)
def show() -> Any:
    return _screen()


@bp.post("/kiosk")
@allow(*STAFF)
@writes
def check_in() -> Any:
    """Let in whoever shows the pass, or say in big words why not."""
    base = current_base()
    try:
        booking = arrivals.check_in_by_pass(
            session(),
            shown=request.form.get("pass", ""),
            key=pass_key(),
            base_id=base.id,
            by=current_actor(),
            at=now(),
        )
    except SharedBaseError as error:
        return _screen(error.status, refusal=_in_words(error))
    return _screen(done=booking)


def _in_words(error: SharedBaseError) -> dict[str, Any]:
    reason = error.reason if isinstance(error, PassRefused) else "other"
    return {
        "title": translate(error.title),
        "text": said(error),
        "reason": reason,
        "tone": "overdue" if reason in SOFT else "live",
    }


@bp.get("/p/<code>")
@allow(*STAFF, *TENANT)
def opened(code: str) -> Any:
    """The address in the QR code, opened by a phone: for staff the check-in, for the tenant the pass itself."""
    if current_actor().is_staff:
        return _screen(shown=code)
    return redirect(url_for("bookings.show_pass", booking_id=_booking_of(code)), 303)


def _booking_of(code: str) -> Any:
    pass_id = pass_codes.read(pass_key(), code)
    found = passes.find(session(), pass_id) if pass_id else None
    if found is None:
        raise NotFound(N_("There is no such pass among yours; show it at the front desk."))
    return found.booking_id
