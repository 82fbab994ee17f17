"""设备种类: what a booking can ask for, and how many of each there are."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from shared_base.catalogue import queries as catalogue
from shared_base.core.errors import SharedBaseError
from shared_base.equipment import actions, queries
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.web.equipment.reach import run_base, run_ids, runs, served_base

bp = Blueprint("equipment_kinds", __name__, url_prefix="/equipment-kinds")


class KindForm(Form):
    name = StringField(_l("Name"), [InputRequired(), Length(max=100)])


class NewKindForm(KindForm):
    code = StringField(
        _l("Code"), [InputRequired(), Length(max=40)], description=_l("For scripts and the workbook, for good: camera")
    )


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    base = served_base()
    kinds = queries.kinds(session(), base.id)
    if request.args.get("format") in ("xlsx", "csv"):
        headings = [_("Code"), _("Name"), _("In service"), _("Portable"), _("Fixed to a studio"), _("Retired")]
        cells = [(kind.code, kind.name, kind.units, kind.portable, kind.fixed, kind.retired) for kind in kinds]
        return export(f"{base.code} {_('Kinds of equipment')}", headings, cells, request.args["format"])
    return render_template("equipment/kinds.html", base=base, kinds=kinds, runs=runs(base.id))


@bp.get("/new")
@allow("operator")
def new() -> str:
    run_base()
    return render_template("equipment/kind_form.html", form=NewKindForm(), kind=None)


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    base = catalogue.base(session(), run_base().code)
    form = NewKindForm()
    status = 422
    if form.validate_on_submit():
        try:
            kind = actions.create_kind(
                session(), base, code=form.code.data, name=form.name.data, by=current_actor(), at=now()
            )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was entered. Now enter its units.", name=kind.name), "success")
            return redirect(url_for("equipment.new", kind=kind.id), 303)
    return render_template("equipment/kind_form.html", form=form, kind=None), status


@bp.get("/<uuid:kind_id>/edit")
@allow("operator")
def edit(kind_id: UUID) -> str:
    kind = queries.kind_of(session(), kind_id, base_ids=run_ids())
    return render_template("equipment/kind_form.html", form=KindForm(obj=kind), kind=kind)


@bp.post("/<uuid:kind_id>/edit")
@allow("operator")
@writes
def update(kind_id: UUID) -> tuple[str, int] | BaseResponse:
    kind = queries.kind_of(session(), kind_id, base_ids=run_ids())
    form = KindForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.change_kind(session(), kind, name=form.name.data, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was saved.", name=kind.name), "success")
            return redirect(url_for("equipment_kinds.index"), 303)
    return render_template("equipment/kind_form.html", form=form, kind=kind), status


@bp.post("/<uuid:kind_id>/retirement")
@allow("operator")
@writes
def retire(kind_id: UUID) -> BaseResponse:
    kind = queries.kind_of(session(), kind_id, base_ids=run_ids())
    try:
        hits = actions.retire_kind(session(), kind, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(said(error), "danger")
        return redirect(url_for("equipment_kinds.index"), 303)
    flash(_("%(name)s is retired: no new booking can ask for it.", name=kind.name), "success")
    if hit := len({one.booking_id for one in hits}):
        flash(
            ngettext(
                "%(num)s booking to come holds one of its units: call the tenant.",
                "%(num)s bookings to come hold one of its units: call their tenants.",
                hit,
            ),
            "warning",
        )
    return redirect(url_for("equipment.index", kind=kind.code, state="retired"), 303)
