"""停用: times in which a space, or the whole base, cannot be used."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import Range
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.bookings.models import Booking
from shared_base.catalogue import queries, spaces
from shared_base.catalogue.models import Space
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, LocalInstantField
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.transactions import writes
from shared_base.resources import queries as resources
from shared_base.tenancy.models import Tenant
from shared_base.web.current import base_choices, current_base

bp = Blueprint("closures", __name__, url_prefix="/closures")


class ClosureForm(Form):
    space = SelectField(_l("What is closed"))
    start = LocalInstantField(_l("From"), [InputRequired()])
    end = LocalInstantField(_l("Until"), [InputRequired()])
    reason = StringField(
        _l("Reason"), [InputRequired(), Length(max=200)], description=_l("Tenants read it when they look for a studio")
    )


def _form() -> ClosureForm:
    form = ClosureForm(space=request.args.get("space", ""))
    rooms = queries.spaces(session(), current_base().id)
    form.space.choices = [("", _("The whole base")), *((str(room.id), f"{room.code} {room.name}") for room in rooms)]
    return form


@bp.get("/")
@allow("operator", "front_desk")
def index() -> str:
    base = current_base()
    window = Range(now() - timedelta(days=92), None)
    found = resources.closures(session(), base_id=base.id, during=window, called_off=True)
    names = dict(session().execute(sa.select(Space.id, Space.code).where(Space.base_id == base.id)).all())
    return render_template("catalogue/closures.html", closures=found[::-1], names=names, at=now())


@bp.get("/new")
@allow("operator", "front_desk")
def new() -> str:
    return render_template("catalogue/closure_form.html", form=_form())


@bp.post("/new")
@allow("operator", "front_desk")
@writes
def create() -> Any:
    form = _form()
    if form.validate_on_submit():
        base = queries.base(session(), current_base().code)
        details = {"start": form.start.data, "end": form.end.data, "reason": form.reason.data}
        try:
            if form.space.data:
                room = queries.space_of(session(), UUID(form.space.data), base_ids=[base.id])
                made = spaces.close_space(session(), room, **details, by=current_actor(), at=now())
            else:
                made = spaces.close_base(session(), base, **details, by=current_actor(), at=now())
        except SharedBaseError as error:
            form.refuse(error)
        else:
            flash(_("Closed. No new bookings are taken for that time."), "success")
            return redirect(url_for("closures.show", closure_id=made.outage.id), 303)
    return render_template("catalogue/closure_form.html", form=form), 422


@bp.get("/<uuid:closure_id>")
@allow("operator", "front_desk")
def show(closure_id: UUID) -> str:
    closure = resources.closure(session(), closure_id, base_ids=[base.id for base in base_choices()])
    space = session().get(Space, closure.resource_id) if closure.resource_id else None
    hit = (
        sa.select(Booking, Space.code, Tenant.name, Tenant.contact_name, Tenant.contact_phone)
        .join(Space, Space.id == Booking.studio_id)
        .join(Tenant, Tenant.id == Booking.tenant_id)
        .where(
            Booking.base_id == closure.base_id,
            Booking.during.overlaps(closure.during),
            Booking.state.in_(("confirmed", "checked_in")),
        )
        .order_by(sa.func.lower(Booking.during))
    )
    if closure.resource_id:
        hit = hit.where(Booking.studio_id == closure.resource_id)
    return render_template(
        "catalogue/closure.html", closure=closure, space=space, hits=session().execute(hit).all(), at=now()
    )


@bp.post("/<uuid:closure_id>/cancellation")
@allow("operator", "front_desk")
@writes
def cancel(closure_id: UUID) -> Response:
    closure = resources.closure(session(), closure_id, base_ids=[base.id for base in base_choices()])
    try:
        spaces.call_off_closure(session(), closure, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(error.text(_), "danger")
    else:
        flash(_("Opened again: the time can be booked."), "success")
    return redirect(url_for("closures.show", closure_id=closure_id), 303)
