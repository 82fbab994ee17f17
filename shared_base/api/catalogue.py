"""`GET /bases`, `/studios`: what there is."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from shared_base.api.conventions import Code, Out, PageIn, answers, decode_cursor, json_response, listing, number
from shared_base.api.examples import BASE_OUT, STUDIO_OUT, example, page
from shared_base.catalogue.models import Base, Space
from shared_base.http.extensions import session
from shared_base.http.guards import allow

bp = APIBlueprint("api_catalogue", __name__, tag="Catalogue")


class BaseOut(Out, json_schema_extra=example(BASE_OUT)):
    """A base (基地)."""

    id: UUID = Field(description="The base's id.")
    code: str = Field(description="By which requests name it.")
    name: str = Field(description="What it is called.")
    tier: str = Field(description="`large`, `medium` or `regional`.")
    division_code: str = Field(description="GB/T 2260.")
    timezone: str = Field(description="IANA name; days and months are cut in it.")
    lettable_area_m2: float = Field(description="Square metres.")


class BasesOut(Out, json_schema_extra=page(BASE_OUT)):
    """A page of bases, by code."""

    items: list[BaseOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class StudioOut(Out, json_schema_extra=example(STUDIO_OUT)):
    """A studio (直播间)."""

    id: UUID = Field(description="The studio's id, to book it by.")
    base: str = Field(description="The base's code.")
    code: str = Field(description="Unique within its base.")
    name: str = Field(description="What it is called.")
    scene: str | None = Field(description="What it is fitted for, such as 美妆 or 绿幕.")
    floor: str | None = Field(description="As its lift says it: 3F, B1.")
    area_m2: float = Field(description="Square metres.")
    buffer_minutes: int = Field(description="Clean-down after each booking.")
    in_service_from: str | None = Field(description="First day, ISO.")
    in_service_to: str | None = Field(description="Last day, included; null: open.")


class StudiosOut(Out, json_schema_extra=page(STUDIO_OUT)):
    """A page of studios, by base and code."""

    items: list[StudioOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class StudiosIn(PageIn):
    base: Code | None = Field(default=None, description="A base's code.")


@bp.get("/bases")
@allow()
@bp.input(PageIn, location="query", arg_name="page")
@answers(200, BasesOut)
def bases(page: PageIn) -> Response:
    """The bases."""
    query = sa.select(Base).order_by(Base.code).limit(page.limit + 1)
    if after := decode_cursor(page.cursor, (str,)):
        query = query.where(Base.code > after[0])
    items = [
        {
            "id": str(base.id),
            "code": base.code,
            "name": base.name,
            "tier": base.tier,
            "division_code": base.division_code,
            "timezone": base.timezone,
            "lettable_area_m2": number(base.lettable_area_m2),
        }
        for base in session().scalars(query)
    ]
    return json_response(listing(items, page.limit, lambda item: (item["code"],)))


@bp.get("/studios")
@allow()
@bp.input(StudiosIn, location="query", arg_name="asked")
@answers(200, StudiosOut)
def studios(asked: StudiosIn) -> Response:
    """The studios, of one base or of all."""
    query = (
        sa.select(Space, Base.code)
        .join(Base, Base.id == Space.base_id)
        .where(Space.kind == "studio")
        .order_by(Base.code, Space.code)
        .limit(asked.limit + 1)
    )
    if asked.base is not None:
        query = query.where(Base.code == asked.base)
    if after := decode_cursor(asked.cursor, (str, str)):
        query = query.where(sa.tuple_(Base.code, Space.code) > sa.tuple_(*map(sa.literal, after)))
    items = [studio(space, code) for space, code in session().execute(query)]
    return json_response(listing(items, asked.limit, lambda item: (item["base"], item["code"])))


def studio(space: Space, base_code: str) -> dict[str, Any]:
    last = space.in_service.upper
    return {
        "id": str(space.id),
        "base": base_code,
        "code": space.code,
        "name": space.name,
        "scene": space.scene,
        "floor": space.floor,
        "area_m2": number(space.area_m2),
        "buffer_minutes": space.buffer_minutes,
        "in_service_from": space.in_service.lower.isoformat() if space.in_service.lower else None,
        "in_service_to": last.fromordinal(last.toordinal() - 1).isoformat() if last else None,
    }
