"""`GET /equipment`: the units of equipment that bookings can take."""

from uuid import UUID

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from shared_base.api.conventions import Code, Out, PageIn, answers, decode_cursor, json_response, listing
from shared_base.api.examples import EQUIPMENT, example, page
from shared_base.api.reach import bases_of
from shared_base.catalogue.models import Base, Space
from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from shared_base.http.extensions import session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor

bp = APIBlueprint("api_equipment", __name__, tag="Catalogue")


class EquipmentOut(Out, json_schema_extra=example(EQUIPMENT)):
    """A unit of equipment (设备) in service."""

    id: UUID = Field(description="The unit's id.")
    base: str = Field(description="The base's code.")
    tag: str = Field(description="What stands on its label.")
    kind: str = Field(description="The code of its kind, by which a booking asks for it.", examples=["camera"])
    kind_name: str = Field(description="What people call the kind.", examples=["相机"])
    serial: str | None = Field(description="Its maker's number; null: not recorded.")
    fixed_to: str | None = Field(description="The code of the studio it is built into; null: it can be carried.")


class EquipmentListOut(Out, json_schema_extra=page(EQUIPMENT)):
    """A page of equipment, by base and tag."""

    items: list[EquipmentOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class EquipmentIn(PageIn):
    base: Code | None = Field(default=None, description="A base's code.")
    kind: Code | None = Field(default=None, description="The code of a kind.")


@bp.get("/equipment")
@allow()
@bp.input(EquipmentIn, location="query", arg_name="asked")
@answers(200, EquipmentListOut)
def equipment(asked: EquipmentIn) -> Response:
    """The equipment in service, of one base or of all that you serve, review or are admitted to."""
    query = (
        sa.select(
            EquipmentUnit.id,
            EquipmentUnit.tag,
            EquipmentUnit.serial,
            Base.code.label("base"),
            EquipmentKind.code.label("kind"),
            EquipmentKind.name.label("kind_name"),
            Space.code.label("fixed_to"),
        )
        .join(EquipmentKind, EquipmentKind.id == EquipmentUnit.kind_id)
        .join(Base, Base.id == EquipmentUnit.base_id)
        .outerjoin(Space, Space.id == EquipmentUnit.fixed_to)
        .where(EquipmentUnit.retired_at.is_(None), bases_of(current_actor()))
        .order_by(Base.code, EquipmentUnit.tag)
        .limit(asked.limit + 1)
    )
    if asked.base is not None:
        query = query.where(Base.code == asked.base)
    if asked.kind is not None:
        query = query.where(EquipmentKind.code == asked.kind)
    if after := decode_cursor(asked.cursor, (str, str)):
        query = query.where(sa.tuple_(Base.code, EquipmentUnit.tag) > sa.tuple_(*map(sa.literal, after)))
    items = [
        {
            "id": str(unit.id),
            "base": unit.base,
            "tag": unit.tag,
            "kind": unit.kind,
            "kind_name": unit.kind_name,
            "serial": unit.serial,
            "fixed_to": unit.fixed_to,
        }
        for unit in session().execute(query)
    ]
    return json_response(listing(items, asked.limit, lambda item: (item["base"], item["tag"])))
