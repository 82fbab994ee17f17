"""`/bookings`: to have a studio for a time, with host, kit, crew and samples. What becomes of it: `booking_deeds`."""

from datetime import datetime
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, url_for
from pydantic import Field

from shared_base.api.booking_documents import (
    BookingIn,
    BookingOut,
    BookingsOut,
    State,
    document,
    documents,
    listed,
    only_tenant,
)
from shared_base.api.conventions import Code, Instant, PageIn, answers, decode_cursor, json_response, listing
from shared_base.api.idempotency import effect
from shared_base.bookings import actions
from shared_base.bookings.errors import Taken
from shared_base.bookings.queries import Filter, booking_for, list_bookings
from shared_base.catalogue.queries import base as base_of
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor

bp = APIBlueprint("api_bookings", __name__, tag="Bookings")


class BookingsIn(PageIn):
    from_: Instant | None = Field(default=None, alias="from", description="Bookings that end after it.")
    to: Instant | None = Field(default=None, description="Bookings that start before it.")
    base: Code | None = Field(default=None, description="A base's code.")
    studio_id: UUID | None = Field(default=None, description="Only those in this studio.")
    state: State | None = Field(default=None, description="Only those in this state.")


@bp.post("/bookings")
@allow(*STAFF, *TENANT)
@bp.input(BookingIn, arg_name="body")
@answers(201, BookingOut, 404, 409, text="Booked, held, or asked for where the base approves.")
@effect
def create(body: BookingIn) -> Response:
    """Book a studio for one range of time, with all that it needs: through midnight and month ends, or not at all.

    409 names what is in the way (`blockers`), to the unit, and what is free instead (`alternatives`): another studio
    now, this studio next, or this one now without what is missing.
    """
    actor = current_actor()
    try:
        booking = actions.book(
            session(),
            studio_id=body.studio_id,
            tenant_id=body.tenant_id or only_tenant(actor),
            start=body.start,
            end=body.end,
            title=body.title,
            platform=body.platform,
            host_id=body.host_id,
            needs=body.needs,
            hold=body.hold,
            by=actor,
            at=now(),
        )
    except Taken as taken:
        raise listed(taken) from None
    return json_response(document(booking), 201, {"Location": url_for("api_bookings.show", booking_id=booking.id)})


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
    return json_response(listing(documents(rows), asked.limit, lambda item: keys[item["id"]]))


@bp.get("/bookings/<uuid:booking_id>")
@allow()
@answers(200, BookingOut, 404)
def show(booking_id: UUID) -> Response:
    """One booking."""
    return json_response(document(booking_for(session(), current_actor(), booking_id)))
