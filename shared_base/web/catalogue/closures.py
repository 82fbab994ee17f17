"""停用: times in which a space, or the whole base, cannot be used."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import Range
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.bookings.alternatives_for_hits import STANDING
from shared_base.bookings.queries import bookings_among
from shared_base.bookings.resource_names import resource_names
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue import queries, spaces
from shared_base.core.errors import SharedBaseError
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, LocalInstantField, choices
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.resources import actions as outages
from shared_base.resources import queries as resources
from shared_base.resources.models import Outage
from shared_base.web.catalogue.hits import MOST_HITS, contacts_of, offers
from shared_base.web.current import base_choices, current_base

bp = Blueprint("closures", __name__, url_prefix="/closures")

#: how far back the list goes
BACK = timedelta(days=92)

#: an empty value would read as nothing chosen yet
WHOLE_BASE = "base"


class ClosureForm(Form):
    space = SelectField(_l("What is closed"))
    start = LocalInstantField(_l("Starts"), [InputRequired()])
    end = LocalInstantField(_l("Ends"), [InputRequired()])
    reason = StringField(
        _l("Reason"), [InputRequired(), Length(max=200)], description=_l("Tenants read it when they look for a studio")
    )


def _form() -> ClosureForm:
    """The form; `space` in the address chooses what is closed: a space, or anything else of the base by its id."""
    asked = request.args.get("space", WHOLE_BASE)
    form = ClosureForm(space=asked)
    rooms = queries.spaces(session(), current_base().id)
    rows = [(WHOLE_BASE, _("The whole base")), *((room.id, f"{room.code} {room.name}") for room in rooms)]
    form.space.choices = choices([*rows, *_thing(asked, {str(room.id) for room in rooms})])
    return form


def _thing(asked: str, known: set[str]) -> list[tuple[str, str]]:
    """What the address names beside the base's spaces: a unit, a sample, somebody of the crew."""
    try:
        wanted = UUID(asked)
    except ValueError:
        return []
    if asked in known:
        return []
    found = resources.resource_of(session(), wanted, base_id=current_base().id)
    return [(str(found.id), resource_names(session(), [found.id]).get(found.id, ""))]


@bp.get("/")
@allow("operator", "front_desk")
def index() -> str | Response:
    base = current_base()
    window = Range(now() - BACK, None)
    found = resources.closures(session(), base_id=base.id, during=window, called_off=True)[::-1]
    names = resource_names(session(), {closure.resource_id for closure in found if closure.resource_id})
    closures = [closure for closure in found if _wanted(closure)]
    if request.args.get("format") in ("xlsx", "csv"):
        headings = [_("What"), _("Starts"), _("Ends"), _("Reason"), _("Called off on"), _("Number")]
        cells = [_cells(closure, names) for closure in closures]
        return export(f"{base.code} {_('Closures')}", headings, cells, request.args["format"])
    return render_template(
        "catalogue/closures.html", closures=closures, any=bool(found), names=names, whole_base=WHOLE_BASE, at=now()
    )  # fmt: skip


def _wanted(closure: Outage) -> bool:
    """Whether the filters of the list ask for it."""
    space, text = request.args.get("space"), request.args.get("q", "").strip().lower()
    of = str(closure.resource_id) if closure.resource_id else WHOLE_BASE
    return (not space or space == of) and text in closure.reason.lower()


def _cells(closure: Outage, names: dict[UUID, str]) -> tuple[Any, ...]:
    zone = page_zone()
    what = names.get(closure.resource_id) if closure.resource_id else _("The whole base")
    span = (edge and edge.astimezone(zone) for edge in (closure.during.lower, closure.during.upper))
    off = closure.cancelled_at and closure.cancelled_at.astimezone(zone)
    return what, *span, closure.reason, off, closure.ref


@bp.get("/new")
@allow("operator", "front_desk")
def new() -> str:
    return render_template("catalogue/closure_form.html", form=_form())


@bp.post("/new")
@allow("operator", "front_desk")
@writes
def create() -> Any:
    form = _form()
    status = 422
    if form.validate_on_submit():
        base = queries.base(session(), current_base().code)
        details = {"start": form.start.data, "end": form.end.data, "reason": form.reason.data}
        try:
            if form.space.data != WHOLE_BASE:
                shut = resources.resource_of(session(), UUID(form.space.data), base_id=base.id)
                made = outages.close(
                    session(), base_id=base.id, resource_id=shut.id, **details, by=current_actor(), at=now()
                )
            else:
                made = spaces.close_base(session(), base, **details, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("Closed. No new bookings are taken for that time."), "success")
            return redirect(url_for("closures.show", closure_id=made.outage.id), 303)
    return render_template("catalogue/closure_form.html", form=form), status


@bp.get("/<uuid:closure_id>")
@allow("operator", "front_desk")
def show(closure_id: UUID) -> str:
    closure = resources.closure(session(), closure_id, base_ids=[base.id for base in base_choices()])
    _show_time_of(closure)
    names = resource_names(session(), [closure.resource_id] if closure.resource_id else [])
    hits = _hit_by(closure)
    return render_template(
        "catalogue/closure.html", closure=closure, name=names.get(closure.resource_id or closure.id), hits=hits,
        at=now(), most=MOST_HITS, contacts=contacts_of(hits),
        offers={} if closure.cancelled_at else offers(hits, returns=request.path),
    )  # fmt: skip


def _show_time_of(closure: Outage) -> None:
    """The page is about the closure's base, whichever was chosen before."""
    base = next(base for base in base_choices() if base.id == closure.base_id)
    g.current_base, g.zone = base, base.timezone


def _hit_by(closure: Outage) -> list[BookingRow]:
    """The bookings that stand and hold what is closed, while it is closed; by start."""
    shut = [closure.resource_id] if closure.resource_id else resources.spaces_of_base(session(), closure.base_id)
    found = resources.hits(session(), shut, closure.during)
    bookings = bookings_among(session(), current_actor(), {hit.booking_id for hit in found})
    return [booking for booking in bookings if booking.state in STANDING][:MOST_HITS]


@bp.post("/<uuid:closure_id>/cancellation")
@allow("operator", "front_desk")
@writes
def cancel(closure_id: UUID) -> BaseResponse:
    closure = resources.closure(session(), closure_id, base_ids=[base.id for base in base_choices()])
    try:
        spaces.call_off_closure(session(), closure, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(error.text(_), "danger")
    else:
        flash(_("Opened again: the time can be booked."), "success")
    return redirect(url_for("closures.show", closure_id=closure_id), 303)
