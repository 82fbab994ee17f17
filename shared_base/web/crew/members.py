"""场务: who works for the base's tenants by the session, and what each can do."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.dialects.postgresql import Range
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared_base.catalogue import queries as catalogue
from shared_base.core.errors import SharedBaseError
from shared_base.crew import actions, queries
from shared_base.crew.models import CrewMember
from shared_base.crew.queries import MemberFilter, MemberRow
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.web.equipment.reach import held, run_base, run_ids, runs, served_base, served_ids
from shared_base.web.tenancy.listing import Listing, exported, listed

bp = Blueprint("crew", __name__, url_prefix="/crew")

#: which of their shifts a member's page shows
BACK, AHEAD = timedelta(days=7), timedelta(days=31)


class MemberForm(Form):
    name = StringField(_l("Name"), [InputRequired(), Length(max=100)])
    phone = StringField(_l("Telephone"), [Optional(), Length(max=40)])
    roles = SelectMultipleField(
        _l("Roles"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_l("What a booking can take them for"),
    )

    def details(self) -> actions.MemberDetails:
        return actions.MemberDetails(self.name.data, self.phone.data, frozenset(map(UUID, self.roles.data or ())))


def _with_roles(form: Any, base_id: UUID) -> Any:
    form.roles.choices = choices((role.id, role.name) for role in queries.roles(session(), base_id))
    return form


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    base = served_base()
    narrowed = MemberFilter(
        search=request.args.get("q"),
        role_code=request.args.get("role") or None,
        left=request.args.get("team") == "left",
    )

    def fetch(after: Any, limit: int) -> Any:
        return queries.members(session(), base.id, narrowed, at=now(), after=after, limit=limit)

    if request.args.get("format") in ("xlsx", "csv"):
        headings = [_("Name"), _("Roles"), _("Telephone"), _("Next shift from"), _("Until"), _("Left")]
        return export(f"{base.code} {_('Crew')}", headings, map(_cells, exported(fetch)), request.args["format"])
    listing: Listing[MemberRow] = listed(
        fetch,
        key=lambda row: (row.name, row.id),
        parse=lambda parts: (str(parts[0]), UUID(parts[1])),
        sorts={"name": lambda row: row.name, "shift": lambda row: row.next_shift and row.next_shift.lower},
    )
    return render_template(
        "crew/members.html", base=base, listing=listing, roles=queries.roles(session(), base.id), at=now(),
        runs=runs(base.id), narrowed=bool(set(request.args) - {"sort"}),
    )  # fmt: skip


def _cells(row: MemberRow) -> tuple[Any, ...]:
    zone = page_zone()
    edges = (row.next_shift.lower, row.next_shift.upper) if row.next_shift else (None, None)
    local = (edge and edge.astimezone(zone) for edge in edges)
    return row.name, "、".join(row.role_names), row.phone, *local, row.left_at and row.left_at.astimezone(zone)


@bp.get("/new")
@allow("operator")
def new() -> str:
    return render_template("crew/member_form.html", form=_with_roles(MemberForm(), run_base().id), member=None)


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    base = catalogue.base(session(), run_base().code)
    form = _with_roles(MemberForm(), base.id)
    status = 422
    if form.validate_on_submit():
        try:
            member = actions.create_member(session(), base, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was entered. Now plan the shifts.", name=member.name), "success")
            return redirect(url_for("crew.show", member_id=member.id), 303)
    return render_template("crew/member_form.html", form=form, member=None), status


@bp.get("/<uuid:member_id>")
@allow(*STAFF)
def show(member_id: UUID) -> str:
    member = queries.member_of(session(), member_id, base_ids=served_ids())
    held_roles = queries.role_ids_of(session(), member.id)
    window = Range(now() - BACK, now() + AHEAD)
    return render_template(
        "crew/member.html", member=member, at=now(), runs=runs(member.base_id), bookings=held([member.id], now()),
        roles=[role for role in queries.roles(session(), member.base_id) if role.id in held_roles],
        shifts=queries.shifts(session(), member.base_id, window, member_id=member.id),
    )  # fmt: skip


def _member(member_id: UUID) -> CrewMember:
    """A member whom the reader may change."""
    return queries.member_of(session(), member_id, base_ids=run_ids())


@bp.get("/<uuid:member_id>/edit")
@allow("operator")
def edit(member_id: UUID) -> str:
    member = _member(member_id)
    held_roles = [str(role_id) for role_id in queries.role_ids_of(session(), member.id)]
    form = _with_roles(MemberForm(name=member.name, phone=member.phone, roles=held_roles), member.base_id)
    return render_template("crew/member_form.html", form=form, member=member)


@bp.post("/<uuid:member_id>/edit")
@allow("operator")
@writes
def update(member_id: UUID) -> tuple[str, int] | BaseResponse:
    member = _member(member_id)
    form = _with_roles(MemberForm(), member.base_id)
    status = 422
    if form.validate_on_submit():
        try:
            actions.change_member(session(), member, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was saved.", name=member.name), "success")
            return redirect(url_for("crew.show", member_id=member.id), 303)
    return render_template("crew/member_form.html", form=form, member=member), status


@bp.post("/<uuid:member_id>/departure")
@allow("operator")
@writes
def leave(member_id: UUID) -> BaseResponse:
    member = _member(member_id)
    gone = actions.let_go(session(), member, by=current_actor(), at=now())
    flash(
        ngettext(
            "%(name)s has left; %(num)s shift not begun was taken off.",
            "%(name)s has left; %(num)s shifts not begun were taken off.",
            gone.shifts,
            name=member.name,
        ),
        "success",
    )
    warn_of_hits(len({hit.booking_id for hit in gone.hits}))
    return redirect(url_for("crew.show", member_id=member.id), 303)


@bp.post("/<uuid:member_id>/return")
@allow("operator")
@writes
def take_back(member_id: UUID) -> BaseResponse:
    member = _member(member_id)
    actions.take_back(session(), member, by=current_actor(), at=now())
    flash(_("%(name)s is with the base again. Now plan the shifts.", name=member.name), "success")
    return redirect(url_for("crew.show", member_id=member.id), 303)


def warn_of_hits(hits: int) -> None:
    """Say how many bookings counted on somebody who is not there."""
    if hits:
        flash(
            ngettext(
                "%(num)s booking to come counts on them: call the tenant, or find somebody else.",
                "%(num)s bookings to come count on them: call the tenants, or find somebody else.",
                hits,
            ),
            "warning",
        )
