"""`GET /samples`: what bookings can take of the sample rooms."""

from uuid import UUID

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from shared_base.api.conventions import Code, Out, PageIn, answers, decode_cursor, json_response, listing
from shared_base.api.examples import SAMPLE_ITEM, example, page
from shared_base.api.reach import bases_of
from shared_base.catalogue.models import Base
from shared_base.http.extensions import session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.samples.models import Sample

bp = APIBlueprint("api_samples", __name__, tag="Catalogue")


class SampleOut(Out, json_schema_extra=example(SAMPLE_ITEM)):
    """A sample (样品) in service: a single item, or a counted lot."""

    id: UUID = Field(description="By which a booking takes it.")
    base: str = Field(description="The base's code.")
    code: str = Field(description="What stands on its label.")
    name: str = Field(description="What it is called.")
    sku: str | None = Field(description="The product's code; null: not recorded.")
    counted: bool = Field(description="A lot, of which bookings take a number; else one booking at a time holds it.")
    quantity: int = Field(description="How many there are; 1 of a single item.")


class SamplesOut(Out, json_schema_extra=page(SAMPLE_ITEM)):
    """A page of samples, by base and code."""

    items: list[SampleOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class SamplesIn(PageIn):
    base: Code | None = Field(default=None, description="A base's code.")


@bp.get("/samples")
@allow()
@bp.input(SamplesIn, location="query", arg_name="asked")
@answers(200, SamplesOut)
def samples(asked: SamplesIn) -> Response:
    """The samples in service, of one base or of all that you serve, review or are admitted to."""
    query = (
        sa.select(Sample, Base.code)
        .join(Base, Base.id == Sample.base_id)
        .where(Sample.retired_at.is_(None), bases_of(current_actor()))
        .order_by(Base.code, Sample.code)
        .limit(asked.limit + 1)
    )
    if asked.base is not None:
        query = query.where(Base.code == asked.base)
    if after := decode_cursor(asked.cursor, (str, str)):
        query = query.where(sa.tuple_(Base.code, Sample.code) > sa.tuple_(*map(sa.literal, after)))
    items = [
        {
            "id": str(sample.id),
            "base": base_code,
            "code": sample.code,
            "name": sample.name,
            "sku": sample.sku,
            "counted": sample.counted,
            "quantity": sample.quantity,
        }
        for sample, base_code in session().execute(query)
    ]
    return json_response(listing(items, asked.limit, lambda item: (item["base"], item["code"])))
