"""`GET /availability`: studios free for the whole of a time."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared_base.api.conventions import REPEATED, Code, In, Instant, Out, Text, answers
from shared_base.api.examples import FREE_STUDIO, example, page
from shared_base.bookings import rules
from shared_base.bookings.availability import free_studios_as_json
from shared_base.bookings.needs import MOST_LINES, MOST_OF_ONE, Needs
from shared_base.http.extensions import session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor

bp = APIBlueprint("api_availability", __name__, tag="Bookings")


def _kit_line(value: str) -> tuple[str, int]:
    kind, colon, number = value.partition(":")
    if not kind or not (1 <= len(kind) <= 40) or (colon and not (number.isascii() and number.isdecimal())):
        raise ValueError("write a kind and a number, for example camera:2")
    quantity = int(number[:6]) if colon else 1
    if not 1 <= quantity <= MOST_OF_ONE:
        raise ValueError(f"the number must lie between 1 and {MOST_OF_ONE}")
    return kind, quantity


KitLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), AfterValidator(_kit_line)]


class AvailabilityIn(In):
    base: Code = Field(description="A base's code.")
    start: Instant
    end: Instant
    scene: Text | None = Field(default=None, description="Only studios fitted for it, such as 美妆 or 绿幕.")
    min_area_m2: Annotated[Decimal, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = Field(
        default=None, description="Only studios of at least this area, in square metres."
    )
    tenant_id: UUID | None = Field(default=None, description="For whom; needed only by those who book for several.")
    equipment: Annotated[list[KitLine], REPEATED] = Field(
        default=[],
        max_length=MOST_LINES,
        description="Numbers of kinds that must be free as well, `kind:number`; again for more.",
        examples=[["camera:2"]],
    )

    @model_validator(mode="after")
    def in_order(self) -> "AvailabilityIn":
        if self.end <= self.start:
            raise ValueError("`end` must be after `start`")
        return self


class FreeStudioOut(Out, json_schema_extra=example(FREE_STUDIO)):
    """A studio that is free for the whole time."""

    id: UUID = Field(description="The studio's id, to book it by.")
    code: str = Field(description="The studio's code.")
    name: str = Field(description="What it is called.")
    scene: str | None = Field(description="What it is fitted for; null: nothing in particular.")
    area_m2: float = Field(description="Square metres.")
    buffer_minutes: int = Field(description="Clean-down after each booking, in minutes.")
    quote: None = Field(description="The price; null while no tariff holds.")


class AvailabilityOut(Out, json_schema_extra=page(FREE_STUDIO)):
    """The studios free for the whole time, by code: all of them on one page."""

    items: list[FreeStudioOut] = Field(description="By code.")
    next_cursor: None = Field(description="Always null: there is one page.")


@bp.get("/availability")
@allow()
@bp.input(AvailabilityIn, location="query", arg_name="asked")
@answers(200, AvailabilityOut, 404)
def availability(asked: AvailabilityIn) -> Response:
    """Studios free from `start` to `end`, for a tenant: open, in service, not closed, not let to others, not taken."""
    rules.check_range(asked.start, asked.end)
    tenants = current_actor().tenants
    tenant_id = asked.tenant_id or (next(iter(tenants)) if len(tenants) == 1 else None)
    items = free_studios_as_json(
        session(),
        base_code=asked.base,
        start=asked.start,
        end=asked.end,
        tenant_id=tenant_id,
        scene=asked.scene or None,
        min_area_m2=asked.min_area_m2,
        equipment=Needs.of(equipment=asked.equipment).equipment,  # type: ignore[arg-type]  # the validator parsed them
        staff=current_actor().is_staff,
    )
    return Response(f'{{"items":{items},"next_cursor":null}}', mimetype="application/json")
