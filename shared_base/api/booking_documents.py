"""A booking as the API takes and tells it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared_base.api.conventions import Code, In, Instant, Out, Text, iso
from shared_base.api.examples import BOOKING_IN, BOOKING_OUT, example, page
from shared_base.bookings.errors import Taken
from shared_base.bookings.needs import MOST_LINES, MOST_OF_ONE, Needs
from shared_base.bookings.queries_needs import Kit, kits
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.http.extensions import session

State = Literal["held", "requested", "confirmed", "checked_in", "completed", "no_show", "cancelled"]
Quantity = Annotated[int, Field(ge=1, le=MOST_OF_ONE)]


class EquipmentIn(In):
    kind: Code = Field(description="A kind of the base's equipment, by its code.", examples=["camera"])
    quantity: Quantity = Field(default=1, description="How many units.")


class CrewIn(In):
    role: Code = Field(description="A role of the base's crew, by its code.", examples=["director"])
    quantity: Quantity = Field(default=1, description="How many people.")


class SampleIn(In):
    id: UUID = Field(description="The sample's id, as `GET /samples` lists it.")
    quantity: Quantity = Field(default=1, description="More than one only of a counted lot.")


Equipment = Annotated[list[EquipmentIn], Field(max_length=MOST_LINES)]
Crew = Annotated[list[CrewIn], Field(max_length=MOST_LINES)]
Samples = Annotated[list[UUID | SampleIn], Field(max_length=MOST_LINES)]


def needs_of(equipment: Sequence[EquipmentIn], crew: Sequence[CrewIn], samples: Sequence[UUID | SampleIn]) -> Needs:
    """The needs that a request names; a sample is an id, or an id with a quantity."""
    return Needs.of(
        equipment=[(line.kind, line.quantity) for line in equipment],
        crew=[(line.role, line.quantity) for line in crew],
        samples=[(line.id, line.quantity) if isinstance(line, SampleIn) else (line, 1) for line in samples],
    )


class SessionIn(In):
    """What a booking and a series of bookings ask for alike."""

    studio_id: UUID = Field(description="The studio's id, as `GET /studios` and `/availability` list it.")
    start: Instant
    end: Instant
    title: Text = Field(default="", description="What the session is called; shown on calendars and at the desk.")
    tenant_id: UUID | None = Field(default=None, description="For whom; needed only by those who book for several.")
    host_id: UUID | None = Field(default=None, description="Who presents (主播).")
    platform: Text | None = Field(default=None, description="抖音, 快手, 淘宝, …")
    equipment: Equipment = Field(default=[], description="Any free units of a kind.")
    crew: Crew = Field(default=[], description="Anybody of the crew who is on shift and free.")
    samples: Samples = Field(default=[], description="Of the sample room: an id, or `{id, quantity}` of a lot.")

    @property
    def needs(self) -> Needs:
        return needs_of(self.equipment, self.crew, self.samples)


class BookingIn(SessionIn, json_schema_extra=example(BOOKING_IN)):
    hold: bool = Field(default=False, description="Only hold it: confirm before `hold_until`, or it lapses.")


class HeldUnitOut(Out):
    kind: str = Field(description="The code of its kind.")
    unit_id: UUID = Field(description="Its id, as `GET /equipment` lists it.")
    tag: str = Field(description="What stands on its label.")


class HeldCrewOut(Out):
    role: str | None = Field(description="The code of the role taken.")
    crew_id: UUID = Field(description="Id of whoever takes it.")
    name: str = Field(description="Their name.")


class HeldSampleOut(Out):
    id: UUID = Field(description="The sample's id.")
    code: str = Field(description="What stands on its label.")
    quantity: int = Field(description="How many of it; 1 of a single item.")


class BookingOut(Out, json_schema_extra=example(BOOKING_OUT)):
    """A booking. `end` is as scheduled; `released_at` where the room was given back early."""

    id: UUID = Field(description="Id of the booking, for `/bookings/{id}` and its deeds.")
    code: str = Field(description="What people say: BK-7F3K9Q.")
    base: str = Field(description="The base's code.")
    studio_id: UUID = Field(description="The studio's id.")
    studio: str = Field(description="The studio's code.")
    tenant_id: UUID = Field(description="Whose booking it is.")
    host_id: UUID | None = Field(description="Who presents (主播); null: not said.")
    title: str = Field(description="What the session is called; may be empty.")
    platform: str | None = Field(description="抖音, 快手, 淘宝, …; null: not said.")
    start: datetime = Field(description="Scheduled start, on the base's clock.")
    end: datetime = Field(description="Scheduled end, on the base's clock.")
    released_at: datetime | None = Field(description="When the studio was given back early; else null.")
    state: State = Field(description="`held` and `requested` are not certain yet; the last three are final.")
    hold_until: datetime | None = Field(description="When a hold lapses.")
    series_id: UUID | None = Field(description="The series that it belongs to; null: none.")
    version: int = Field(description="Rises with every change.")
    created_at: datetime = Field(description="When it was booked.")
    cancelled_at: datetime | None = Field(description="When it was cancelled; else null.")
    cancel_reason: str | None = Field(description="Why; null while not cancelled.")
    equipment: list[HeldUnitOut] = Field(description="The very units that are kept for it.")
    crew: list[HeldCrewOut] = Field(description="Who of the crew is there for it.")
    samples: list[HeldSampleOut] = Field(description="What it takes of the sample room.")


class BookingsOut(Out, json_schema_extra=page(BOOKING_OUT)):
    """A page of bookings, by start."""

    items: list[BookingOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


def documents(rows: Sequence[BookingRow]) -> list[dict[str, Any]]:
    """Bookings with what they hold; one statement for the kit of all that asked for any."""
    found = kits(session(), [row.id for row in rows if row.needs_json])
    return [_document(row, found.get(row.id) or Kit()) for row in rows]


def document(row: BookingRow) -> dict[str, Any]:
    """One booking with what it holds."""
    return documents([row])[0]


def _document(row: BookingRow, kit: Kit) -> dict[str, Any]:
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
        "hold_until": iso(row.hold_until, row.timezone),
        "series_id": str(row.series_id) if row.series_id else None,
        "version": row.version,
        "created_at": iso(row.created_at, row.timezone),
        "cancelled_at": iso(row.cancelled_at, row.timezone),
        "cancel_reason": row.cancel_reason,
        "equipment": [_only(line, "kind", "unit_id", "tag") for line in kit.equipment],
        "crew": [_only(line, "role", "crew_id", "name") for line in kit.crew],
        "samples": [_only(line, "id", "code", "quantity") for line in kit.samples],
    }


def _only(line: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: line[name] for name in names}


def listed(taken: Taken) -> Taken:
    """The refusal with its alternatives as one list: another studio now, this studio next, less kit here and now."""
    instead = taken.alternatives
    flat: list[dict[str, Any]] = [{"kind": "another_studio", **studio} for studio in instead["studios"]]
    if instead["next"]:
        flat.append({"kind": "next_time", **instead["next"]})
    if instead["without"] is not None:
        flat.append({"kind": "without_missing", **instead["without"]})
    taken.extra = {"blockers": taken.blockers, "alternatives": flat}
    return taken


def only_tenant(actor: Actor) -> UUID:
    """The one tenant that the caller acts for; whoever acts for several has to say for whom."""
    if len(actor.tenants) != 1:
        raise Invalid(
            N_("Say for whom you book: give tenant_id."),
            extra={"errors": {"tenant_id": ["needed: you book for several"]}},
        )
    return next(iter(actor.tenants))
