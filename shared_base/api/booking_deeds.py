"""`/bookings/{id}/…`: what becomes of a booking. Each deed answers with the booking as it then stands."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from shared_base.api.booking_documents import BookingOut, Crew, Equipment, Samples, document, listed, needs_of
from shared_base.api.conventions import In, Instant, Out, Text, answers, json_response
from shared_base.api.examples import MOVE_IN, OTHER_BOOKING, SWAPPED_OUT, example
from shared_base.api.idempotency import effect
from shared_base.bookings import actions
from shared_base.bookings.changing import SAME, Unchanged
from shared_base.bookings.errors import Taken
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries import booking_for
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.occupancy import stays

bp = APIBlueprint("api_booking_deeds", __name__, tag="Bookings")


class ReasonIn(In, json_schema_extra=example({"reason": "主播生病"})):
    reason: Text = Field(default="", description="Why; staff who cancel or decline a tenant's booking must say.")


class DeskIn(In, json_schema_extra=example({"at": "2026-11-21T19:55:00+08:00"})):
    at: Instant | None = Field(default=None, description="When it really was; default now. Staff only, never ahead.")


class ExtensionIn(In, json_schema_extra=example({"end": "2026-11-22T03:00:00+08:00"})):
    end: Instant = Field(description="The new end.")


class ReleaseIn(In, json_schema_extra=example({"until": "2026-11-22T01:00:00+08:00"})):
    until: Instant | None = Field(default=None, description="When the studio is given back; default now.")


class MoveIn(In, json_schema_extra=example(MOVE_IN)):
    """What is not given stays as it is; `null` takes the host away. Kit, when given, is given whole."""

    studio_id: UUID | None = Field(default=None, description="The new studio, of the same base.")
    start: Instant | None = Field(default=None, description="The new start.")
    end: Instant | None = Field(default=None, description="The new end.")
    host_id: UUID | None = Field(default=None, description="Who presents (主播) from now on; null: nobody named.")
    equipment: Equipment | None = Field(default=None, description="All the equipment it needs from now on.")
    crew: Crew | None = Field(default=None, description="All the crew it needs from now on.")
    samples: Samples | None = Field(default=None, description="All the samples it needs from now on.")
    version: int | None = Field(default=None, description="The version that was read; 409 if it changed since.")


class SwapIn(In, json_schema_extra=example({"with_id": OTHER_BOOKING})):
    with_id: UUID = Field(description="The booking that it changes studios with.")


class SwappedOut(Out, json_schema_extra=example(SWAPPED_OUT)):
    """Both bookings, each in the other's studio."""

    bookings: list[BookingOut] = Field(description="The booking of the path first, then that of `with_id`.")


class NothingIn(In, json_schema_extra=example({})):
    """No fields."""


def _mine(booking_id: UUID) -> BookingRow:
    return booking_for(session(), current_actor(), booking_id)


@bp.post("/bookings/<uuid:booking_id>/confirmation")
@allow(*STAFF, *TENANT)
@bp.input(NothingIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def confirm(booking_id: UUID, body: NothingIn) -> Response:
    """Make a booking of a hold, before it lapses; `requested` where the base approves bookings."""
    changed = actions.confirm_hold(session(), booking=_mine(booking_id), by=current_actor(), at=now())
    return json_response(document(changed))


@bp.post("/bookings/<uuid:booking_id>/approval")
@allow(*STAFF)
@bp.input(NothingIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def approve(booking_id: UUID, body: NothingIn) -> Response:
    """The base's word on a request: it takes place. Staff only."""
    changed = actions.approve(session(), booking=_mine(booking_id), by=current_actor(), at=now())
    return json_response(document(changed))


@bp.post("/bookings/<uuid:booking_id>/refusal")
@allow(*STAFF)
@bp.input(ReasonIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def decline(booking_id: UUID, body: ReasonIn) -> Response:
    """The base's word on a request: it does not take place, and why. Staff only."""
    booking = _mine(booking_id)
    changed = actions.decline(session(), booking=booking, reason=body.reason, by=current_actor(), at=now())
    return json_response(document(changed))


@bp.post("/bookings/<uuid:booking_id>/cancellation")
@allow(*STAFF, *TENANT)
@bp.input(ReasonIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def cancel(booking_id: UUID, body: ReasonIn) -> Response:
    """Cancel a booking that has not begun, or give up a hold or a request."""
    booking = _mine(booking_id)
    changed = actions.cancel(session(), booking=booking, reason=body.reason, by=current_actor(), at=now())
    return json_response(document(changed))


@bp.post("/bookings/<uuid:booking_id>/move")
@allow(*STAFF, *TENANT)
@bp.input(MoveIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def move(booking_id: UUID, body: MoveIn) -> Response:
    """Give it another studio, time, host or kit, all or nothing; one that is on air goes on in the other studio."""
    booking = _mine(booking_id)
    given = body.model_fields_set
    needs: Needs | Unchanged = SAME
    if given & {"equipment", "crew", "samples"}:
        asked = needs_of(body.equipment or [], body.crew or [], body.samples or [])
        needs = Needs(
            asked.equipment if "equipment" in given else booking.needs.equipment,
            asked.crew if "crew" in given else booking.needs.crew,
            asked.samples if "samples" in given else booking.needs.samples,
        )
    try:
        changed = stays.move(
            session(),
            booking=booking,
            studio_id=body.studio_id,
            start=body.start,
            end=body.end,
            host_id=body.host_id if "host_id" in given else SAME,
            needs=needs,
            version=body.version,
            by=current_actor(),
            at=now(),
        )
    except Taken as taken:
        raise listed(taken) from None
    return json_response(document(changed))


@bp.post("/bookings/<uuid:booking_id>/swap")
@allow(*STAFF, *TENANT)
@bp.input(SwapIn, arg_name="body")
@answers(200, SwappedOut, 404, 409)
@effect
def swap(booking_id: UUID, body: SwapIn) -> Response:
    """Let two bookings that you may both change exchange their studios; each keeps its time, host and kit."""
    first, second = _mine(booking_id), _mine(body.with_id)
    try:
        swapped = actions.swap(session(), first=first, second=second, by=current_actor(), at=now())
    except Taken as taken:
        raise listed(taken) from None
    return json_response({"bookings": [document(row) for row in swapped]})


@bp.post("/bookings/<uuid:booking_id>/check-in")
@allow(*STAFF, *TENANT)
@bp.input(DeskIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def check_in(booking_id: UUID, body: DeskIn) -> Response:
    """The tenant has come: the stay begins."""
    stays.check_in(session(), booking=_mine(booking_id), by=current_actor(), at=now(), arrived_at=body.at)
    return json_response(document(_mine(booking_id)))


@bp.post("/bookings/<uuid:booking_id>/check-out")
@allow(*STAFF, *TENANT)
@bp.input(DeskIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def check_out(booking_id: UUID, body: DeskIn) -> Response:
    """The tenant has left: the stay ends, and what was left of the time is free again."""
    stays.check_out(session(), booking=_mine(booking_id), by=current_actor(), at=now(), left_at=body.at)
    return json_response(document(_mine(booking_id)))


@bp.post("/bookings/<uuid:booking_id>/extension")
@allow(*STAFF, *TENANT)
@bp.input(ExtensionIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def extend(booking_id: UUID, body: ExtensionIn) -> Response:
    """Keep the studio longer, if it is free; a live stream is extended without leaving the room."""
    booking = _mine(booking_id)
    if body.end <= booking.end:
        raise Invalid(N_("An extension ends later than the booking does now. To give time back, check out early."))
    try:
        changed = actions.extend(session(), booking=booking, end=body.end, by=current_actor(), at=now())
    except Taken as taken:
        raise listed(taken) from None
    return json_response(document(changed))


@bp.post("/bookings/<uuid:booking_id>/release")
@allow(*STAFF, *TENANT)
@bp.input(ReleaseIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def release(booking_id: UUID, body: ReleaseIn) -> Response:
    """Give a running booking's studio back before its end; after the clean-down others may have it."""
    booking = _mine(booking_id)
    changed = actions.release_early(session(), booking=booking, until=body.until, by=current_actor(), at=now())
    return json_response(document(changed))
