"""报表: the frozen months of the current base, their figures, charts and documents."""

import json
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import locale_code
from shared_base.http.transactions import writes
from shared_base.occupancy import actions, queries
from shared_base.occupancy.documents.pdf import report_pdf
from shared_base.occupancy.documents.xlsx import report_xlsx
from shared_base.occupancy.models import MonthReport
from shared_base.web.current import base_choices, current_base

bp = Blueprint("reports", __name__, url_prefix="/reports")

ROLES = ("operator", "front_desk", "reviewer")
WEEKDAYS = (_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"))


class CloseForm(Form):
    month = StringField(_l("Month"), [InputRequired(), Length(max=7)], description=_l("A month that is over: 2026-09"))


class ReviseForm(Form):
    reason = TextAreaField(
        _l("Reason"), [InputRequired(), Length(max=500)],
        description=_l("What was corrected and why; it is printed on the new revision"),
    )  # fmt: skip


@bp.get("/")
@allow(*ROLES)
def index() -> str | Response:
    base = current_base()
    rows = queries.reports(session(), base_id=base.id)
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base, rows)
    months = sorted(rows, key=lambda row: row.month)[-24:]
    chart = {
        "unit": "%",
        "categories": [f"{row.month:%Y-%m}" for row in months],
        "series": [
            {"name": _("Hours used of hours open"), "tone": "used", "values": [_percent(row.totals["utilisation"]) for row in months]},
            {"name": _("Hours booked of hours open"), "tone": "booked", "values": [_percent(row.totals["booking_rate"]) for row in months]},
            {"name": _("Area leased"), "tone": "open", "values": [_percent(row.totals["area_occupancy"]) for row in months]},
        ],
    }  # fmt: skip
    last = Month.of(now().astimezone(ZoneInfo(base.timezone)).date()).plus(-1)
    form = CloseForm(formdata=None, month=str(last))
    return render_template(
        "occupancy/reports.html", rows=rows, chart=chart, form=form, runs=current_actor().serves(base.id, "operator"),
        last=str(last), last_frozen=any(row.month == last.first for row in rows),
    )  # fmt: skip


def _percent(ratio: str | None) -> float | None:
    return None if ratio is None else round(float(ratio) * 100, 2)


def _exported(base: Any, rows: list[MonthReport]) -> Response:
    headings = [
        _("Month"), _("Revision"), _("Open (s)"), _("Booked (s)"), _("Used (s)"), _("Sessions"), _("No-shows"),
        _("Utilisation"), _("Booking rate"), _("Area occupancy"), _("Settled tenants"), _("Digest"),
    ]  # fmt: skip
    keys = (
        "open_seconds", "booked_seconds", "used_seconds", "sessions", "no_shows", "utilisation", "booking_rate",
        "area_occupancy", "settled_tenants",
    )  # fmt: skip
    cells = [(f"{row.month:%Y-%m}", row.revision, *(row.totals[key] for key in keys), row.digest) for row in rows]
    return export(f"{base.code} {_('Month reports')}", headings, cells, request.args["format"])


@bp.post("/")
@allow("operator")
@writes
def close() -> Any:
    form = CloseForm()
    base = catalogue.base(session(), current_base().code)
    try:
        month = Month.parse(form.month.data or "")
        report = actions.close_month(session(), base=base, month=month, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(error.text(_), "danger")
        return redirect(url_for("reports.index"), 303)
    flash(_("%(month)s is frozen.", month=str(month)), "success")
    return redirect(url_for("reports.show", report_id=report.id), 303)


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
    days = list(document["by_local_day"].items())
    by_day = {
        "unit": "h",
        "categories": [day[5:] for day, _figures in days],
        "series": [
            {
                "name": _("Booked"),
                "tone": "booked",
                "values": [round(f["booked_seconds"] / 3600, 1) for _day, f in days],
            },
            {"name": _("Used"), "tone": "used", "values": [round(f["used_seconds"] / 3600, 1) for _day, f in days]},
        ],
    }
    by_hour = {"unit": "h", "name": _("Used"), "values": [round(seconds / 3600, 1) for seconds in document["by_hour"]]}
    studios = document["studios"]
    heat = {
        "unit": "%",
        "max": 100,
        "rows": [studio["code"] for studio in studios],
        "columns": [_("Utilisation"), _("Booking rate")],
        "values": [
            [at, column, _percent(studio[key])]
            for at, studio in enumerate(studios)
            for column, key in enumerate(("utilisation", "booking_rate"))
        ],
    }
    return render_template(
        "occupancy/report.html", row=row, base=base, document=document, totals=document["totals"], names=names,
        by_day=by_day, by_hour=by_hour, heat=heat, days=days, form=form, weekdays=WEEKDAYS,
        revisions=queries.revisions(session(), row.base_id, Month.of(row.month)),
        runs=current_actor().serves(row.base_id, "operator"),
    )  # fmt: skip


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
                revised = actions.revise_month(
                    session(),
                    base=base,
                    month=Month.of(row.month),
                    reason=form.reason.data,
                    by=current_actor(),
                    at=now(),
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
    language = "en" if locale_code() == "en" else "zh"
    if kind == "pdf":
        return attachment(report_pdf(document, names, language=language), f"{stem}.pdf", "application/pdf")
    if kind == "xlsx":
        return attachment(report_xlsx(document, names, language=language), f"{stem}.xlsx", XLSX)
    raise NoSuchPage
