"""A booking as the API takes and tells it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from shared_base.api.conventions import Code, In, Instant, Out, Text, iso
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
    quantity: Quantity = 1


class CrewIn(In):
    role: Code = Field(description="A role of the base's crew, by its code.", examples=["director"])
    quantity: Quantity = 1


class SampleIn(In):
    id: UUID
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

    studio_id: UUID
    start: Instant
    end: Instant
    title: Text = ""
    tenant_id: UUID | None = Field(default=None, description="For whom; needed only by those who book for several.")
    host_id: UUID | None = Field(default=None, description="Who presents (主播).")
    platform: Text | None = Field(default=None, description="抖音, 快手, 淘宝, …")
    equipment: Equipment = Field(default=[], description="Any free units of a kind.")
    crew: Crew = Field(default=[], description="Anybody of the crew who is on shift and free.")
    samples: Samples = Field(default=[], description="Of the sample room: an id, or `{id, quantity}` of a lot.")

    @property
    def needs(self) -> Needs:
        return needs_of(self.equipment, self.crew, self.samples)


class BookingIn(SessionIn):
    hold: bool = Field(default=False, description="Only hold it: confirm before `hold_until`, or it lapses.")


class UnitOut(Out):
    kind: str
    unit_id: UUID
    tag: str = Field(description="What stands on its label.")


class CrewOut(Out):
    role: str | None
    crew_id: UUID
    name: str


class SampleOut(Out):
    id: UUID
    code: str
    quantity: int


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
    hold_until: datetime | None = Field(description="When a hold lapses.")
    series_id: UUID | None
    version: int = Field(description="Rises with every change.")
    created_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None
    equipment: list[UnitOut]
    crew: list[CrewOut]
    samples: list[SampleOut]


class BookingsOut(Out):
    """A page of bookings, by start."""

    items: list[BookingOut]
    next_cursor: str | None


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
