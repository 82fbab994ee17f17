"""场务角色: what a booking can ask for, and how many members can take it."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from shared_base.catalogue import queries as catalogue
from shared_base.core.errors import SharedBaseError
from shared_base.crew import actions, queries
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.transactions import writes
from shared_base.web.equipment.reach import run_base, run_ids, runs, served_base

bp = Blueprint("crew_roles", __name__, url_prefix="/crew-roles")


class RoleForm(Form):
    name = StringField(_l("Name"), [InputRequired(), Length(max=100)])


class NewRoleForm(RoleForm):
    code = StringField(_l("Code"), [InputRequired(), Length(max=40)], description=_l("For scripts, for good: director"))


@bp.get("/")
@allow(*STAFF)
def index() -> str:
    base = served_base()
    roles = queries.roles(session(), base.id)
    return render_template("crew/roles.html", base=base, roles=roles, runs=runs(base.id))


@bp.get("/new")
@allow("operator")
def new() -> str:
    run_base()
    return render_template("crew/role_form.html", form=NewRoleForm(), role=None)


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    base = catalogue.base(session(), run_base().code)
    form = NewRoleForm()
    status = 422
    if form.validate_on_submit():
        try:
            role = actions.create_role(
                session(), base, code=form.code.data, name=form.name.data, by=current_actor(), at=now()
            )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was entered. Say on the members' pages who can take it.", name=role.name), "success")
            return redirect(url_for("crew_roles.index"), 303)
    return render_template("crew/role_form.html", form=form, role=None), status


@bp.get("/<uuid:role_id>/edit")
@allow("operator")
def edit(role_id: UUID) -> str:
    role = queries.role_of(session(), role_id, base_ids=run_ids())
    return render_template("crew/role_form.html", form=RoleForm(obj=role), role=role)


@bp.post("/<uuid:role_id>/edit")
@allow("operator")
@writes
def update(role_id: UUID) -> tuple[str, int] | BaseResponse:
    role = queries.role_of(session(), role_id, base_ids=run_ids())
    form = RoleForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.change_role(session(), role, name=form.name.data, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was saved.", name=role.name), "success")
            return redirect(url_for("crew_roles.index"), 303)
    return render_template("crew/role_form.html", form=form, role=role), status


@bp.post("/<uuid:role_id>/retirement")
@allow("operator")
@writes
def retire(role_id: UUID) -> BaseResponse:
    role = queries.role_of(session(), role_id, base_ids=run_ids())
    name = role.name
    lost = actions.retire_role(session(), role, by=current_actor(), at=now())
    flash(
        ngettext(
            "%(name)s is off the list; %(num)s member could take it.",
            "%(name)s is off the list; %(num)s members could take it.",
            lost,
            name=name,
        ),
        "success",
    )
    return redirect(url_for("crew_roles.index"), 303)
