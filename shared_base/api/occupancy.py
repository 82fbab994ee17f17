"""`/occupancy-reports`: the frozen months."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response
from pydantic import AfterValidator, ConfigDict, Field
from werkzeug.exceptions import NotFound as NoSuchPage

from shared_base.api.conventions import Code, Out, PageIn, answers, decode_cursor, json_response, listing, utc
from shared_base.catalogue.queries import base as base_of
from shared_base.core.errors import Invalid
from shared_base.core.periods import Month
from shared_base.http.exports import XLSX, attachment
from shared_base.http.extensions import session
from shared_base.http.guards import allow
from shared_base.occupancy import queries
from shared_base.occupancy.documents.pdf import report_pdf
from shared_base.occupancy.documents.xlsx import report_xlsx

bp = APIBlueprint("api_occupancy", __name__, tag="Occupancy reports")


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except Invalid as error:
        raise ValueError(str(error)) from None


class ReportsIn(PageIn):
    base: Code | None = Field(default=None, description="A base's code.")
    month: Annotated[str, AfterValidator(_month), Field(pattern=r"^\d{4}-\d{2}$")] | None = Field(
        default=None, description="YYYY-MM."
    )


class ReportItemOut(Out):
    """A frozen month in its newest revision."""

    id: UUID = Field(description="The report's id.")
    month: str = Field(description="YYYY-MM.")
    revision: int = Field(description="1 at first; rises with every correction.")
    closed_at: datetime = Field(description="When it was frozen, in UTC.")
    digest: str = Field(description="SHA-256 of the RFC 8785 form of the report but `closed_at`.")
    totals: dict[str, Any] = Field(description="The base's figures.")


class ReportsOut(Out):
    """A page of frozen months, newest first."""

    items: list[ReportItemOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class ReportOut(Out):
    """A frozen month (使用率报表). `digest` is the SHA-256 of the RFC 8785 form of all else but `closed_at`."""

    model_config = ConfigDict(extra="allow")

    base: str = Field(description="The base's code.")
    month: str = Field(description="YYYY-MM.")
    timezone: str = Field(description="The zone in which days and the month are cut.")
    revision: int = Field(description="1 at first; rises with every correction.")
    closed_at: datetime = Field(description="When it was frozen, in UTC.")
    totals: dict[str, Any] = Field(description="The base's figures; seconds are whole, ratios have four places.")
    digest: str = Field(description="SHA-256 of the RFC 8785 form of all else but `closed_at`.")


@bp.get("/occupancy-reports")
@allow("operator", "front_desk", "reviewer")
@bp.input(ReportsIn, location="query", arg_name="asked")
@answers(200, ReportsOut, 404)
def index(asked: ReportsIn) -> Response:
    """The frozen months that you may see."""
    month: Any = asked.month
    base_id = base_of(session(), asked.base).id if asked.base else None
    rows = queries.reports(session(), base_id=base_id, first=month, last=month)
    rows.sort(key=lambda row: (row.month, str(row.id)), reverse=True)
    if after := decode_cursor(asked.cursor, (date.fromisoformat, str)):
        rows = [row for row in rows if (row.month, str(row.id)) < after]
    items = [
        {
            "id": str(row.id),
            "month": str(Month.of(row.month)),
            "revision": row.revision,
            "closed_at": utc(row.closed_at),
            "digest": row.digest,
            "totals": row.totals,
        }
        for row in rows[: asked.limit + 1]
    ]
    return json_response(listing(items, asked.limit, lambda item: (f"{item['month']}-01", item["id"])))


@bp.get("/occupancy-reports/<uuid:report_id>")
@allow("operator", "front_desk", "reviewer")
@answers(200, ReportOut, 404)
def show(report_id: UUID) -> Response:
    """One frozen month, exactly as it was frozen."""
    return json_response(queries.document_of(queries.report_by_id(session(), report_id)))


@bp.get("/occupancy-reports/<uuid:report_id>.<kind>")
@bp.doc(hide=True)
@allow("operator", "front_desk", "reviewer")
def document(report_id: UUID, kind: str) -> Response:
    """The same as a document: `.xlsx` or `.pdf`."""
    row = queries.report_by_id(session(), report_id)
    body = queries.document_of(row)
    names = queries.names_of(session(), row, body)
    stem = f"{body['base']}-{body['month']}-r{body['revision']}"
    if kind == "pdf":
        return attachment(report_pdf(body, names), f"{stem}.pdf", "application/pdf")
    if kind == "xlsx":
        return attachment(report_xlsx(body, names), f"{stem}.xlsx", XLSX)
    raise NoSuchPage
