"""报表: the frozen months of the current base, their figures, charts and documents."""

import json
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound as NoSuchPage
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from shared_base.catalogue import queries as catalogue
from shared_base.catalogue.models import Base
from shared_base.core.errors import NotFound, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.http.exports import XLSX, attachment, export
from shared_base.http.extensions import now, session
from shared_base.http.formatting import month as month_name
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import locale_code
from shared_base.http.transactions import writes
from shared_base.occupancy import actions, queries
from shared_base.occupancy.documents.pdf import report_pdf
from shared_base.occupancy.documents.phrases import REPORT
from shared_base.occupancy.documents.words import Words
from shared_base.occupancy.documents.xlsx import report_xlsx
from shared_base.occupancy.models import MonthReport, ReportLease
from shared_base.occupancy.report_warnings import in_language
from shared_base.tenancy.models import Tenant
from shared_base.web.current import base_choices, current_base
from shared_base.web.occupancy import charts
from shared_base.web.occupancy.changed import described
from shared_base.web.occupancy.studio_days import studio_days

bp = Blueprint("reports", __name__, url_prefix="/reports")

ROLES = ("operator", "front_desk", "reviewer")
WEEKDAYS = (_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"))
#: what the freeze read, as `inputs` counts it
INPUTS = {
    "bookings": _l("Bookings"),
    "stays": _l("Stays"),
    "corrections": _l("Corrected stays"),
    "leases": _l("Leases"),
    "closures": _l("Closures"),
    "studios": _l("Studios"),
}


class CloseForm(Form):
    month = StringField(_l("Month"), [InputRequired(), Length(max=7)], description=_l("A month that is over: 2026-09"))


class ReviseForm(Form):
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(), Length(max=500)],
        description=_l("What was corrected and why; it is printed on the new revision"),
    )


def _language() -> str:
    """The language key of documents: `zh` or `en`."""
    return "en" if locale_code() == "en" else "zh"


@bp.get("/")
@allow(*ROLES)
def index() -> str | Response:
    base = current_base()
    rows = queries.reports(session(), base_id=base.id)
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base, rows)
    return _list_page(base, rows, CloseForm(formdata=None, month=str(_last_month(base))))


def _last_month(base: Any) -> Month:
    return Month.of(now().astimezone(ZoneInfo(base.timezone)).date()).plus(-1)


def _list_page(base: Any, rows: list[MonthReport], form: CloseForm) -> str:
    last = _last_month(base)
    return render_template(
        "occupancy/reports.html", rows=rows, chart=charts.by_month(rows), form=form, last=last,
        runs=current_actor().serves(base.id, "operator"), last_frozen=any(row.month == last.first for row in rows),
    )  # fmt: skip


def _exported(base: Any, rows: list[MonthReport]) -> Response:
    columns = {
        "open_seconds": _("Open (s)"),
        "booked_seconds": _("Booked (s)"),
        "used_seconds": _("Used (s)"),
        "sessions": _("Sessions"),
        "no_shows": _("No-shows"),
        "utilisation": _("Utilisation"),
        "booking_rate": _("Booking rate"),
        "area_occupancy": _("Area occupancy"),
        "settled_tenants": _("Settled tenants"),
    }
    headings = [_("Month"), _("Revision"), *columns.values(), _("Digest")]
    cells = [(f"{row.month:%Y-%m}", row.revision, *(row.totals[key] for key in columns), row.digest) for row in rows]
    return export(f"{base.code} {_('Month reports')}", headings, cells, request.args["format"])


@bp.post("/")
@allow("operator")
@writes
def close() -> Any:
    form = CloseForm()
    base = catalogue.base(session(), current_base().code)
    status = 422
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                month = Month.parse(form.month.data)
                report = actions.close_month(session(), base=base, month=month, by=current_actor(), at=now())
        except SharedBaseError as error:
            form.month.errors = [error.text(_)]
            status = error.status
        else:
            flash(_("%(month)s is frozen.", month=month_name(month)), "success")
            return redirect(url_for("reports.show", report_id=report.id), 303)
    return _list_page(base, queries.reports(session(), base_id=base.id), form), status


def _report(report_id: UUID) -> tuple[MonthReport, Base, dict[str, Any]]:
    row = queries.report_by_id(session(), report_id)
    if row.base_id not in {base.id for base in base_choices()}:
        raise NotFound(N_("There is no such report; look it up again in the list of reports."))
    base = session().get_one(Base, row.base_id)
    g.zone = base.timezone
    return row, base, queries.document_of(row)


@bp.get("/<uuid:report_id>")
@allow(*ROLES)
def show(report_id: UUID) -> str:
    return _page(report_id, ReviseForm(formdata=None))


def _page(report_id: UUID, form: ReviseForm) -> str:
    row, base, document = _report(report_id)
    names = queries.names_of(session(), row, document)
    words = Words(REPORT, _language())
    warnings = [
        {**warning, "kind": words.known(f"warning_{warning['code']}", warning["code"]),
         "text": in_language(warning["text"], words.language)}
        for warning in document["warnings"]
    ]  # fmt: skip
    return render_template(
        "occupancy/report.html", row=row, base=base, document=document, totals=document["totals"], names=names,
        by_day=charts.by_day(document), by_hour=charts.by_hour(document), warnings=warnings, form=form,
        studio_days=studio_days(session(), row.base_id, document), inputs=INPUTS, links=_links(row),
        days=[(WEEKDAYS[date.fromisoformat(day).weekday()], day, f) for day, f in document["by_local_day"].items()],
        changes=described(row.changes, names, _language()),
        revisions=queries.revisions(session(), row.base_id, Month.of(row.month)),
        runs=current_actor().serves(row.base_id, "operator"),
    )  # fmt: skip


def _links(row: MonthReport) -> dict[str, dict[str, UUID]]:
    """Where the report's codes lead: leases by ref, tenants by USCC, those that the reader may open."""
    leases = session().execute(
        sa.select(ReportLease.lease_ref, ReportLease.lease_id).where(ReportLease.report_id == row.id)
    )
    usccs = {tenant["uscc"] for tenant in queries.body_of(row)["tenants"]}
    tenants = session().execute(sa.select(Tenant.uscc, Tenant.id).where(Tenant.uscc.in_(usccs)))
    return {"leases": dict(leases.all()), "tenants": dict(tenants.all())}


@bp.post("/<uuid:report_id>/revisions")
@allow("operator")
@writes
def revise(report_id: UUID) -> Any:
    row, base, _document = _report(report_id)
    form = ReviseForm()
    status = 422
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                month = Month.of(row.month)
                revised = actions.revise_month(
                    session(), base=base, month=month, reason=form.reason.data, by=current_actor(), at=now()
                )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("Revision %(n)s is frozen; the earlier ones stay readable.", n=revised.revision), "success")
            return redirect(url_for("reports.show", report_id=revised.id), 303)
    return _page(report_id, form), status


@bp.get("/<uuid:report_id>.<kind>")
@allow(*ROLES)
def download(report_id: UUID, kind: str) -> Response:
    """The report as a document: `pdf`, `xlsx` or `json`."""
    row, base, document = _report(report_id)
    stem = f"{base.code}-{document['month']}-r{document['revision']}"
    if kind == "json":
        body = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
        return attachment(body, f"{stem}.json", "application/json")
    names = queries.names_of(session(), row, document)
    if kind == "pdf":
        return attachment(report_pdf(document, names, language=_language()), f"{stem}.pdf", "application/pdf")
    if kind == "xlsx":
        return attachment(report_xlsx(document, names, language=_language()), f"{stem}.xlsx", XLSX)
    raise NoSuchPage
