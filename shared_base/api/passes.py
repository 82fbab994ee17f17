"""`/bookings/{id}/pass` and `/bookings/check-in-by-pass`: what a tenant's people show at the door, and who reads it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, url_for
from pydantic import Field

from shared_base.api.booking_documents import BookingOut, document
from shared_base.api.conventions import Code, In, Out, answers, iso, json_response
from shared_base.api.examples import PASS_CODE, PASS_OUT, example
from shared_base.api.idempotency import effect
from shared_base.bookings import pass_codes, passes
from shared_base.bookings.queries import booking_for
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.queries import base as base_of
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session, settings
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.occupancy import arrivals

bp = APIBlueprint("api_passes", __name__, tag="Bookings")


class PassOut(Out, json_schema_extra=example(PASS_OUT)):
    """A booking's pass. Whoever shows `url` as a QR code, or `code`, is let in once between `from` and `until`."""

    booking_id: UUID = Field(description="The booking that it opens the door for.")
    code: str = Field(description="52 letters and digits; case, blanks and hyphens do not matter.")
    url: str = Field(description="What the QR code says.")
    from_: datetime = Field(alias="from", description="The doors are open for it from then on.")
    until: datetime = Field(description="It opens nothing after this.")
    issued_at: datetime = Field(description="When it was made.")
    used_at: datetime | None = Field(description="When somebody was let in by it; else null.")


class ShownIn(In, json_schema_extra=example({"pass": PASS_CODE, "base": "HRB"})):
    pass_: str = Field(alias="pass", min_length=1, max_length=500, description="As scanned: the code or its address.")
    base: Code | None = Field(
        default=None,
        description="The door's base, by its code: a pass of another is refused. Default: any of yours.",
    )


@bp.post("/bookings/<uuid:booking_id>/pass")
@allow(*STAFF, *TENANT)
@answers(201, PassOut, 404, 409, text="Made; the pass before opens nothing any more.")
@effect
def issue(booking_id: UUID) -> Response:
    """Make a pass for a confirmed booking. The one before it, if any, opens nothing any more."""
    booking = booking_for(session(), current_actor(), booking_id)
    made = passes.issue(session(), booking=booking, by=current_actor(), at=now())
    return json_response(_pass(booking, made), 201, {"Location": url_for("api_passes.show", booking_id=booking_id)})


@bp.get("/bookings/<uuid:booking_id>/pass")
@allow(*STAFF, *TENANT)
@answers(200, PassOut, 404)
def show(booking_id: UUID) -> Response:
    """The booking's pass; 404 while it has none."""
    actor = current_actor()
    booking = booking_for(session(), actor, booking_id)
    may = actor.serves(booking.base_id) or actor.acts_for(booking.tenant_id)
    made = passes.pass_of(session(), booking_id) if may else None
    if made is None:
        raise NotFound(N_("This booking has no pass yet: make one."))
    return json_response(_pass(booking, made))


@bp.post("/bookings/check-in-by-pass")
@allow(*STAFF)
@bp.input(ShownIn, arg_name="body")
@answers(200, BookingOut, 404, 409, 429)
@effect
def check_in(body: ShownIn) -> Response:
    """Let in whoever shows the pass: uses it up and begins the stay.

    404 when it is none of ours (`type` ends in `pass-unknown`); 409 with `reason` when it opens nothing now:
    `too_early`, `over`, `used`, `revoked`, `cancelled`, `unconfirmed`, `elsewhere`. 429 for whoever guesses.
    """
    booking = arrivals.check_in_by_pass(
        session(),
        shown=body.pass_,
        key=pass_codes.key_of(settings().secret_key),
        base_id=base_of(session(), body.base).id if body.base else None,
        by=current_actor(),
        at=now(),
    )
    return json_response(document(booking))


def _pass(booking: BookingRow, made: passes.PassRow) -> dict[str, Any]:
    code = pass_codes.write(pass_codes.key_of(settings().secret_key), made.id)
    return {
        "booking_id": str(booking.id),
        "code": code,
        "url": settings().base_url + url_for("kiosk.opened", code=code),
        "from": iso(booking.doors_open, booking.timezone),
        "until": iso(booking.until, booking.timezone),
        "issued_at": iso(made.issued_at, booking.timezone),
        "used_at": iso(made.used_at, booking.timezone),
    }
