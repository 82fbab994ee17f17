"""`/bookings`: to have a studio for a time, and what becomes of that."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, url_for
from pydantic import Field

from shared_base.api.conventions import (
    Code,
    In,
    Instant,
    Out,
    PageIn,
    Text,
    answers,
    decode_cursor,
    iso,
    json_response,
    listing,
)
from shared_base.api.idempotency import effect
from shared_base.bookings import actions
from shared_base.bookings.errors import Taken
from shared_base.bookings.queries import Filter, booking_for, list_bookings
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.queries import base as base_of
from shared_base.core.actor import Actor
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.occupancy import stays

bp = APIBlueprint("api_bookings", __name__, tag="Bookings")

State = Literal["confirmed", "checked_in", "completed", "no_show", "cancelled"]


class BookingIn(In):
    studio_id: UUID
    start: Instant
    end: Instant
    title: Text = ""
    tenant_id: UUID | None = Field(default=None, description="For whom; needed only by those who book for several.")
    host_id: UUID | None = Field(default=None, description="Who presents (主播).")
    platform: Text | None = Field(default=None, description="抖音, 快手, 淘宝, …")


class BookingOut(Out):
    """A booking. `end` is as scheduled; `released_at` where the room was given back early."""

    id: UUID
    code: str = Field(description="What people say: BK-7F3K9Q.")
    base: str
    studio_id: UUID
    studio: str = Field(description="The studio's code.")
    tenant_id: UUID
    host_id: UUID | None
    title: str
    platform: str | None
    start: datetime
    end: datetime
    released_at: datetime | None
    state: State
    version: int = Field(description="Rises with every change.")
    created_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None


class BookingsOut(Out):
    """A page of bookings, by start."""

    items: list[BookingOut]
    next_cursor: str | None


class BookingsIn(PageIn):
    from_: Instant | None = Field(default=None, alias="from", description="Bookings that end after it.")
    to: Instant | None = Field(default=None, description="Bookings that start before it.")
    base: Code | None = Field(default=None, description="A base's code.")
    studio_id: UUID | None = None
    state: State | None = None


class ReasonIn(In):
    reason: Text = Field(default="", description="Why; staff who cancel a tenant's booking must say.")


class DeskIn(In):
    at: Instant | None = Field(default=None, description="When it really was; default now. Staff only, never ahead.")


class ExtensionIn(In):
    end: Instant = Field(description="The new end.")


@bp.post("/bookings")
@allow(*STAFF, *TENANT)
@bp.input(BookingIn, arg_name="body")
@answers(201, BookingOut, 404, 409, text="Booked.")
@effect
def create(body: BookingIn) -> Response:
    """Book a studio for one range of time: through midnight and month ends, at any length, or not at all.

    409 names what is in the way (`blockers`) and what is free instead (`alternatives`).
    """
    actor = current_actor()
    try:
        booking = actions.book(
            session(),
            studio_id=body.studio_id,
            tenant_id=body.tenant_id or _only_tenant(actor),
            start=body.start,
            end=body.end,
            title=body.title,
            platform=body.platform,
            host_id=body.host_id,
            by=actor,
            at=now(),
        )
    except Taken as taken:
        raise _listed(taken) from None
    return json_response(_booking(booking), 201, {"Location": url_for("api_bookings.show", booking_id=booking.id)})


@bp.get("/bookings")
@allow()
@bp.input(BookingsIn, location="query", arg_name="asked")
@answers(200, BookingsOut, 404)
def index(asked: BookingsIn) -> Response:
    """Your bookings, by start."""
    narrowed = Filter(
        start=asked.from_,
        end=asked.to,
        base_id=base_of(session(), asked.base).id if asked.base else None,
        studio_id=asked.studio_id,
        states=[asked.state] if asked.state else [],
    )
    after = decode_cursor(asked.cursor, (datetime.fromisoformat, UUID))
    rows = list_bookings(session(), current_actor(), narrowed, after=after, limit=asked.limit + 1)
    keys = {str(row.id): (row.start.isoformat(), row.id) for row in rows}
    items = [_booking(row) for row in rows]
    return json_response(listing(items, asked.limit, lambda item: keys[item["id"]]))


@bp.get("/bookings/<uuid:booking_id>")
@allow()
@answers(200, BookingOut, 404)
def show(booking_id: UUID) -> Response:
    """One booking."""
    return json_response(_booking(booking_for(session(), current_actor(), booking_id)))


@bp.post("/bookings/<uuid:booking_id>/cancellation")
@allow(*STAFF, *TENANT)
@bp.input(ReasonIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def cancel(booking_id: UUID, body: ReasonIn) -> Response:
    """Cancel a booking that has not begun."""
    booking = booking_for(session(), current_actor(), booking_id)
    changed = actions.cancel(session(), booking=booking, reason=body.reason, by=current_actor(), at=now())
    return json_response(_booking(changed))


@bp.post("/bookings/<uuid:booking_id>/check-in")
@allow(*STAFF, *TENANT)
@bp.input(DeskIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def check_in(booking_id: UUID, body: DeskIn) -> Response:
    """The tenant has come: the stay begins."""
    booking = booking_for(session(), current_actor(), booking_id)
    stays.check_in(session(), booking=booking, by=current_actor(), at=now(), arrived_at=body.at)
    return json_response(_booking(booking_for(session(), current_actor(), booking_id)))


@bp.post("/bookings/<uuid:booking_id>/check-out")
@allow(*STAFF, *TENANT)
@bp.input(DeskIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def check_out(booking_id: UUID, body: DeskIn) -> Response:
    """The tenant has left: the stay ends, and what was left of the time is free again."""
    booking = booking_for(session(), current_actor(), booking_id)
    stays.check_out(session(), booking=booking, by=current_actor(), at=now(), left_at=body.at)
    return json_response(_booking(booking_for(session(), current_actor(), booking_id)))


@bp.post("/bookings/<uuid:booking_id>/extension")
@allow(*STAFF, *TENANT)
@bp.input(ExtensionIn, arg_name="body")
@answers(200, BookingOut, 404, 409)
@effect
def extend(booking_id: UUID, body: ExtensionIn) -> Response:
    """Keep the studio longer, if it is free; a live stream is extended without leaving the room."""
    booking = booking_for(session(), current_actor(), booking_id)
    if body.end <= booking.end:
        raise Invalid(N_("An extension ends later than the booking does now. To give time back, check out early."))
    try:
        changed = actions.move(session(), booking=booking, end=body.end, by=current_actor(), at=now())
    except Taken as taken:
        raise _listed(taken) from None
    return json_response(_booking(changed))


def _only_tenant(actor: Actor) -> UUID:
    if len(actor.tenants) != 1:
        raise Invalid(
            N_("Say for whom you book: give tenant_id."),
            extra={"errors": {"tenant_id": ["needed: you book for several"]}},
        )
    return next(iter(actor.tenants))


def _listed(taken: Taken) -> Taken:
    """The refusal with its alternatives as one list: another studio now, then this studio next."""
    instead = taken.alternatives
    flat: list[dict[str, Any]] = [{"kind": "another_studio", **studio} for studio in instead["studios"]]
    if instead["next"]:
        flat.append({"kind": "next_time", **instead["next"]})
    taken.extra = {"blockers": taken.blockers, "alternatives": flat}
    return taken


def _booking(row: BookingRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "code": row.code,
        "base": row.base_code,
        "studio_id": str(row.studio_id),
        "studio": row.studio_code,
        "tenant_id": str(row.tenant_id),
        "host_id": str(row.host_id) if row.host_id else None,
        "title": row.title,
        "platform": row.platform,
        "start": iso(row.start, row.timezone),
        "end": iso(row.end, row.timezone),
        "released_at": iso(row.released_at, row.timezone),
        "state": row.state,
        "version": row.version,
        "created_at": iso(row.created_at, row.timezone),
        "cancelled_at": iso(row.cancelled_at, row.timezone),
        "cancel_reason": row.cancel_reason,
    }
