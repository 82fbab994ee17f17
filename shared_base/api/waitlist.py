"""`/waitlist`: who wants a time that is taken is offered it, in order of arrival, when it is free."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, url_for
from pydantic import Field

from shared_base.api.booking_documents import BookingOut, Crew, Equipment, Samples, document, needs_of, only_tenant
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
    number,
)
from shared_base.api.examples import WAIT_IN, WAIT_OUT, example, page
from shared_base.api.idempotency import effect
from shared_base.bookings import actions_waitlist
from shared_base.bookings.queries_waitlist import WaitlistFilter, WaitlistRow, entry_for, list_entries
from shared_base.catalogue.queries import base as base_of
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor

bp = APIBlueprint("api_waitlist", __name__, tag="Waitlist")

State = Literal["waiting", "offered", "taken", "expired", "withdrawn"]


class WaitIn(In, json_schema_extra=example(WAIT_IN)):
    base: Code = Field(description="The base's code.")
    start: Instant
    end: Instant
    studio_id: UUID | None = Field(default=None, description="One studio; default: any that fits.")
    scene: Text | None = Field(default=None, description="Where any studio will do: of this scene.")
    min_area_m2: Decimal | None = Field(
        default=None, gt=0, lt=100_000, decimal_places=4, description="Where any studio will do: of at least this area."
    )
    title: Text = Field(default="", description="What the session is called.")
    tenant_id: UUID | None = Field(default=None, description="For whom; needed only by those who book for several.")
    host_id: UUID | None = Field(default=None, description="Who presents (主播).")
    equipment: Equipment = Field(default=[], description="Any free units of a kind.")
    crew: Crew = Field(default=[], description="Anybody of the crew who is on shift and free.")
    samples: Samples = Field(default=[], description="Of the sample room: an id, or `{id, quantity}` of a lot.")


class OfferOut(Out):
    """What was offered: a hold, to be confirmed before `hold_until`."""

    booking_id: UUID = Field(description="The hold's id, among `/bookings`.")
    code: str = Field(description="What people say: BK-7F3K9Q.")
    studio: str = Field(description="The studio's code.")
    hold_until: datetime | None = Field(description="After this it goes to the next in line.")


class WaitOut(Out, json_schema_extra=example(WAIT_OUT)):
    """An entry of the waitlist."""

    id: UUID = Field(description="The entry's id.")
    base: str = Field(description="The base's code.")
    tenant_id: UUID = Field(description="Who waits.")
    studio_id: UUID | None = Field(description="The one studio waited for; null: any that fits.")
    studio: str | None = Field(description="The studio's code; null: any that fits.")
    host_id: UUID | None = Field(description="Who presents (主播); null: not said.")
    scene: str | None = Field(description="The scene waited for; null: any.")
    min_area_m2: float | None = Field(description="The least area waited for, in square metres; null: any.")
    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")
    title: str = Field(description="What the session is called.")
    needs: dict[str, Any] = Field(description="`equipment`, `crew` and `samples`, as asked for.")
    state: State = Field(description="`waiting` and `offered` go on; `taken`, `expired` and `withdrawn` are final.")
    place: int | None = Field(description="In line among those who wait for an overlapping time; only while waiting.")
    offer: OfferOut | None = Field(description="What is offered or was taken; null: nothing yet.")
    created_at: datetime = Field(description="When it was put on the list.")
    ended_at: datetime | None = Field(description="When it was taken, expired or withdrawn; else null.")


class WaitsOut(Out, json_schema_extra=page(WAIT_OUT)):
    """A page of entries, in order of arrival."""

    items: list[WaitOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class WaitsIn(PageIn):
    base: Code | None = Field(default=None, description="A base's code.")
    state: State | None = Field(default=None, description="Only entries in this state.")
    from_: Instant | None = Field(default=None, alias="from", description="Entries whose time ends after it.")
    to: Instant | None = Field(default=None, description="Entries whose time starts before it.")


@bp.post("/waitlist")
@allow(*STAFF, *TENANT)
@bp.input(WaitIn, arg_name="body")
@answers(201, WaitOut, 404, 409, text="On the list.")
@effect
def create(body: WaitIn) -> Response:
    """Wait for a time: for one studio, or for any that fits. What becomes free is held for whoever came first.

    An offer is a hold: confirm it (`POST /bookings/{id}/confirmation`, or `/waitlist/{id}/acceptance`) before
    `hold_until`. Unconfirmed it goes to the next in line, and the entry has expired.
    """
    actor = current_actor()
    entry = actions_waitlist.join(
        session(),
        base_id=base_of(session(), body.base).id,
        tenant_id=body.tenant_id or only_tenant(actor),
        studio_id=body.studio_id,
        scene=body.scene,
        min_area_m2=body.min_area_m2,
        host_id=body.host_id,
        start=body.start,
        end=body.end,
        title=body.title,
        needs=needs_of(body.equipment, body.crew, body.samples),
        by=actor,
        at=now(),
    )
    return json_response(_entry(entry), 201, {"Location": url_for("api_waitlist.show", entry_id=entry.id)})


@bp.get("/waitlist")
@allow()
@bp.input(WaitsIn, location="query", arg_name="asked")
@answers(200, WaitsOut, 404)
def index(asked: WaitsIn) -> Response:
    """Your entries, in order of arrival; staff read all of their base."""
    narrowed = WaitlistFilter(
        base_id=base_of(session(), asked.base).id if asked.base else None,
        states=[asked.state] if asked.state else [],
        start=asked.from_,
        end=asked.to,
    )
    after = decode_cursor(asked.cursor, (UUID,))
    rows = list_entries(session(), current_actor(), narrowed, after=after[0] if after else None, limit=asked.limit + 1)
    return json_response(listing([_entry(row) for row in rows], asked.limit, lambda item: (item["id"],)))


@bp.get("/waitlist/<uuid:entry_id>")
@allow()
@answers(200, WaitOut, 404)
def show(entry_id: UUID) -> Response:
    """One entry."""
    return json_response(_entry(entry_for(session(), current_actor(), entry_id)))


@bp.post("/waitlist/<uuid:entry_id>/acceptance")
@allow(*STAFF, *TENANT)
@answers(200, BookingOut, 404, 409, text="Booked, or asked for where the base approves.")
@effect
def accept(entry_id: UUID) -> Response:
    """Take what was offered: the hold becomes a booking."""
    entry = entry_for(session(), current_actor(), entry_id)
    booking = actions_waitlist.accept(session(), entry=entry, by=current_actor(), at=now())
    return json_response(document(booking))


@bp.post("/waitlist/<uuid:entry_id>/withdrawal")
@allow(*STAFF, *TENANT)
@answers(200, WaitOut, 404, 409)
@effect
def withdraw(entry_id: UUID) -> Response:
    """Wait no longer; what was offered goes to the next in line."""
    entry = entry_for(session(), current_actor(), entry_id)
    changed = actions_waitlist.withdraw(session(), entry=entry, by=current_actor(), at=now())
    return json_response(_entry(changed))


def _entry(row: WaitlistRow) -> dict[str, Any]:
    offer = None
    if row.booking_id:
        offer = {
            "booking_id": str(row.booking_id),
            "code": row.booking_code,
            "studio": row.booking_studio,
            "hold_until": iso(row.hold_until, row.timezone),
        }
    return {
        "id": str(row.id),
        "base": row.base_code,
        "tenant_id": str(row.tenant_id),
        "studio_id": str(row.studio_id) if row.studio_id else None,
        "studio": row.studio_code,
        "host_id": str(row.host_id) if row.host_id else None,
        "scene": row.scene,
        "min_area_m2": None if row.min_area_m2 is None else number(row.min_area_m2),
        "start": iso(row.start, row.timezone),
        "end": iso(row.end, row.timezone),
        "title": row.title,
        "needs": row.needs,
        "state": row.state,
        "place": row.place,
        "offer": offer,
        "created_at": iso(row.created_at, row.timezone),
        "ended_at": iso(row.ended_at, row.timezone),
    }
