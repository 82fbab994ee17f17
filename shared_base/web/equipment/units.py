"""设备: the units that bookings take, each known by its tag."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from shared_base.catalogue import queries as catalogue
from shared_base.core.errors import SharedBaseError
from shared_base.equipment import actions, queries
from shared_base.equipment.models import EquipmentUnit
from shared_base.equipment.queries import UnitFilter, UnitRow
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.web.equipment.reach import held, run_base, run_ids, runs, served_base, served_ids
from shared_base.web.tenancy.listing import Listing, asked, exported, listed

bp = Blueprint("equipment", __name__, url_prefix="/equipment")

PLACES = {"portable": _l("Portable"), "fixed": _l("Fixed to a studio")}


class UnitForm(Form):
    tag = StringField(_l("Tag"), [InputRequired(), Length(max=40)], description=_l("On its label, once in the base"))
    serial = StringField(_l("Serial number"), [Optional(), Length(max=100)])
    fixed_to = SelectField(
        _l("Fixed to"), [Optional()], description=_l("Built into a studio, it serves that studio only")
    )

    def details(self) -> actions.UnitDetails:
        fixed_to = UUID(self.fixed_to.data) if self.fixed_to.data else None
        return actions.UnitDetails(self.tag.data, self.serial.data, fixed_to)


class NewUnitForm(UnitForm):
    kind = SelectField(_l("Kind"), [InputRequired()])


def _with_studios(form: Any, base_id: UUID) -> Any:
    studios = catalogue.spaces(session(), base_id, kind="studio")
    rows = [(room.id, f"{room.code} {room.name}") for room in studios]
    form.fixed_to.choices = choices(rows, blank=_("Nothing: it can be carried"))
    return form


def _new_form(base_id: UUID) -> NewUnitForm:
    form = _with_studios(NewUnitForm(kind=request.args.get("kind")), base_id)
    form.kind.choices = choices((kind.id, f"{kind.name} ({kind.code})") for kind in queries.kinds(session(), base_id))
    return form  # type: ignore[no-any-return]


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    base = served_base()
    place = asked("place", PLACES)
    narrowed = UnitFilter(
        search=request.args.get("q"),
        kind_code=request.args.get("kind") or None,
        fixed=None if place is None else place == "fixed",
        retired=request.args.get("state") == "retired",
    )

    def fetch(after: Any, limit: int) -> Any:
        return queries.units(session(), base.id, narrowed, after=after, limit=limit)

    if request.args.get("format") in ("xlsx", "csv"):
        headings = [_("Tag"), _("Kind"), _("Code"), _("Serial number"), _("Fixed to"), _("Retired on")]
        return export(f"{base.code} {_('Equipment')}", headings, map(_cells, exported(fetch)), request.args["format"])
    listing: Listing[UnitRow] = listed(
        fetch,
        key=lambda row: (row.tag,),
        parse=lambda parts: str(parts[0]),
        sorts={
            "tag": lambda row: row.tag,
            "kind": lambda row: row.kind_name,
            "serial": lambda row: row.serial,
            "place": lambda row: row.space_code,
        },
    )
    kinds = queries.kinds(session(), base.id)
    return render_template(
        "equipment/units.html", base=base, listing=listing, places=PLACES, runs=runs(base.id), kinds=kinds,
        narrowed=bool(set(request.args) - {"sort"}),
    )  # fmt: skip


def _cells(row: UnitRow) -> tuple[Any, ...]:
    retired = row.retired_at and row.retired_at.astimezone(page_zone())
    return row.tag, row.kind_name, row.kind_code, row.serial, row.space_code, retired


@bp.get("/new")
@allow("operator")
def new() -> str:
    base = run_base()
    return render_template("equipment/unit_form.html", form=_new_form(base.id), unit=None)


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    base = run_base()
    form = _new_form(base.id)
    status = 422
    if form.validate_on_submit():
        try:
            kind = queries.kind_of(session(), UUID(form.kind.data), base_ids=[base.id])
            unit = actions.create_unit(session(), kind, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was entered.", code=unit.tag), "success")
            return redirect(url_for("equipment.show", unit_id=unit.id), 303)
    return render_template("equipment/unit_form.html", form=form, unit=None), status


@bp.get("/<uuid:unit_id>")
@allow(*STAFF)
def show(unit_id: UUID) -> str:
    unit = queries.unit_of(session(), unit_id, base_ids=served_ids())
    kind = queries.kind_of(session(), unit.kind_id)
    studio = catalogue.space_of(session(), unit.fixed_to) if unit.fixed_to else None
    return render_template(
        "equipment/unit.html", unit=unit, kind=kind, studio=studio, bookings=held([unit.id], now()),
        runs=runs(unit.base_id),
    )  # fmt: skip


def _unit(unit_id: UUID) -> EquipmentUnit:
    """A unit that the reader may change."""
    return queries.unit_of(session(), unit_id, base_ids=run_ids())


@bp.get("/<uuid:unit_id>/edit")
@allow("operator")
def edit(unit_id: UUID) -> str:
    unit = _unit(unit_id)
    form = _with_studios(UnitForm(obj=unit, fixed_to=str(unit.fixed_to or "")), unit.base_id)
    form.fixed_to.data = str(unit.fixed_to or "")
    return render_template("equipment/unit_form.html", form=form, unit=unit)


@bp.post("/<uuid:unit_id>/edit")
@allow("operator")
@writes
def update(unit_id: UUID) -> tuple[str, int] | BaseResponse:
    unit = _unit(unit_id)
    form = _with_studios(UnitForm(), unit.base_id)
    status = 422
    if form.validate_on_submit():
        try:
            changed = actions.change_unit(session(), unit, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was saved.", code=unit.tag), "success")
            _warn(len({hit.booking_id for hit in changed.hits}))
            return redirect(url_for("equipment.show", unit_id=unit.id), 303)
    return render_template("equipment/unit_form.html", form=form, unit=unit), status


@bp.post("/<uuid:unit_id>/retirement")
@allow("operator")
@writes
def retire(unit_id: UUID) -> BaseResponse:
    unit = _unit(unit_id)
    change = actions.retire_unit(session(), unit, by=current_actor(), at=now())
    flash(_("%(code)s is retired: no new booking takes it.", code=unit.tag), "success")
    _warn(len({hit.booking_id for hit in change.hits}))
    return redirect(url_for("equipment.show", unit_id=unit.id), 303)


@bp.post("/<uuid:unit_id>/return")
@allow("operator")
@writes
def restore(unit_id: UUID) -> BaseResponse:
    unit = _unit(unit_id)
    actions.restore_unit(session(), unit, by=current_actor(), at=now())
    flash(_("%(code)s is in service again.", code=unit.tag), "success")
    return redirect(url_for("equipment.show", unit_id=unit.id), 303)


def _warn(hits: int) -> None:
    if hits:
        flash(
            ngettext(
                "%(num)s booking to come holds it: call the tenant.",
                "%(num)s bookings to come hold it: call their tenants.",
                hits,
            ),
            "warning",
        )
