"""`GET /crew`: the roles that a booking can ask for, and for the base's staff who can take them."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response
from pydantic import Field
from sqlalchemy.dialects import postgresql as pg

from shared_base.api.conventions import Code, Out, PageIn, answers, decode_cursor, json_response, listing
from shared_base.api.examples import CREW, example, page
from shared_base.api.reach import bases_of
from shared_base.catalogue.models import Base
from shared_base.crew.models import CrewMember, CrewRole, CrewSkill
from shared_base.http.extensions import session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor

bp = APIBlueprint("api_crew", __name__, tag="Catalogue")


class CrewMemberOut(Out):
    """Somebody of the crew."""

    id: UUID = Field(description="Id of the member.")
    name: str = Field(description="Their name.")


class CrewRoleOut(Out, json_schema_extra=example(CREW)):
    """A role of the crew (场务), such as 场控, 助播 or 运营."""

    id: UUID = Field(description="The role's id.")
    base: str = Field(description="The base's code.")
    role: str = Field(description="The role's code, by which a booking asks for it.", examples=["director"])
    name: str = Field(description="What people call the role.", examples=["场控"])
    count: int = Field(description="How many members can take it.")
    members: list[CrewMemberOut] | None = Field(description="Who they are; null unless you serve the base.")


class CrewOut(Out, json_schema_extra=page(CREW)):
    """A page of the crew's roles, by base and role."""

    items: list[CrewRoleOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class CrewIn(PageIn):
    base: Code | None = Field(default=None, description="A base's code.")


@bp.get("/crew")
@allow()
@bp.input(CrewIn, location="query", arg_name="asked")
@answers(200, CrewOut)
def crew(asked: CrewIn) -> Response:
    """The crew's roles, of one base or of all that you serve, review or are admitted to."""
    actor = current_actor()
    named = sa.func.jsonb_build_object("id", CrewMember.id, "name", CrewMember.name)
    in_order = pg.aggregate_order_by(named, CrewMember.name, CrewMember.id)
    query = (
        sa.select(
            CrewRole.id,
            CrewRole.code,
            CrewRole.name,
            Base.id.label("base_id"),
            Base.code.label("base"),
            sa.func.count(CrewMember.id).label("members"),
            sa.func.jsonb_agg(in_order).filter(CrewMember.id.is_not(None)).label("people"),
        )
        .join(Base, Base.id == CrewRole.base_id)
        .outerjoin(CrewSkill, CrewSkill.role_id == CrewRole.id)
        .outerjoin(CrewMember, sa.and_(CrewMember.id == CrewSkill.crew_id, CrewMember.left_at.is_(None)))
        .where(bases_of(actor))
        .group_by(CrewRole.id, Base.id)
        .order_by(Base.code, CrewRole.code)
        .limit(asked.limit + 1)
    )
    if asked.base is not None:
        query = query.where(Base.code == asked.base)
    if after := decode_cursor(asked.cursor, (str, str)):
        query = query.where(sa.tuple_(Base.code, CrewRole.code) > sa.tuple_(*map(sa.literal, after)))
    items: list[dict[str, Any]] = [
        {
            "id": str(role.id),
            "base": role.base,
            "role": role.code,
            "name": role.name,
            "count": role.members,
            "members": (role.people or []) if actor.serves(role.base_id) else None,
        }
        for role in session().execute(query)
    ]
    return json_response(listing(items, asked.limit, lambda item: (item["base"], item["role"])))
