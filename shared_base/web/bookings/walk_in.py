"""现场预订: somebody stands at the desk and wants a studio now: which, who, until when, and they are checked in."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import Range
from wtforms import SelectField
from wtforms.validators import InputRequired

from shared_base.bookings.board import board
from shared_base.bookings.errors import Taken
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, LocalInstantField
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.transactions import writes
from shared_base.occupancy import arrivals
from shared_base.resources import queries as resources
from shared_base.web.bookings import refusals
from shared_base.web.bookings.forms import FIELDS, from_wall, wall
from shared_base.web.bookings.free_now import FREE_AHEAD, FreeNow, free_now
from shared_base.web.bookings.today import bp
from shared_base.web.current import current_base, tenant_choices

#: the lengths that one tap gives
LENGTHS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 4))


class WalkInForm(Form):
    studio = SelectField(_l("Studio"), [InputRequired()])
    tenant = SelectField(_l("Tenant"), [InputRequired()])
    end = LocalInstantField(_l("Ends"), [InputRequired()])


def _free(at: datetime) -> list[FreeNow]:
    base = current_base()
    shown = board(session(), current_actor(), base_id=base.id, at=at)
    closures = resources.closures(session(), base_id=base.id, during=Range(at, at + FREE_AHEAD))
    return free_now(shown, closures, at.replace(second=0, microsecond=0))


def _form(free: list[FreeNow]) -> WalkInForm:
    form = WalkInForm(formdata=request.form if request.method == "POST" else None)
    form.studio.choices = [
        (str(it.studio.id), " · ".join([part for part in (it.studio.code, it.studio.name, it.studio.scene) if part]))
        for it in free
    ]
    # a studio that somebody took meanwhile is refused by name, with what is free instead
    sent = form.studio.data
    if request.method == "POST" and sent and sent not in dict(form.studio.choices):
        form.studio.choices.append((sent, _("No longer free")))
    form.tenant.choices = [("", _("Choose a tenant")), *((str(it.id), it.name) for it in tenant_choices())]
    return form


def _page(form: WalkInForm, free: list[FreeNow], at: datetime, taken: Taken | None = None) -> str:
    chosen = next((it for it in free if str(it.studio.id) == form.studio.data), None)
    ends = [at.replace(second=0, microsecond=0) + length for length in LENGTHS]
    longest = chosen.longest if chosen else None
    quick = [
        (_("%(h)s h", h=int(length.total_seconds() // 3600)), wall(end))
        for length, end in zip(LENGTHS, ends, strict=True)
        if longest is None or end <= longest
    ]
    if longest and longest <= at + FREE_AHEAD:
        quick.append((_("As long as it is free"), wall(longest)))

    def way(studio: str | None = None, start: datetime | None = None, end: datetime | None = None) -> str:
        tenant = form.tenant.data or None
        if studio:
            return url_for("today.walk_in", studio=studio, tenant=tenant, end=wall(end) if end else None)
        first, last = (wall(it) if it else None for it in (start, end))
        return url_for("bookings.new", studio=form.studio.data, tenant=tenant, start=first, end=last)

    refused = refusals.in_words(taken, at, form.end.data, to=way) if taken and form.end.data else None
    return render_template(
        "bookings/today_walk_in.html", form=form, free=free, chosen=chosen, quick=quick, refused=refused, at=at
    )


@bp.get("/today/walk-in")
@allow(*STAFF)
def walk_in() -> str:
    """The form; the address may fill it (`studio`, `tenant`, `end`)."""
    at = now()
    free = _free(at)
    form = _form(free)
    form.studio.data = request.args.get("studio") or (form.studio.choices[0][0] if free else None)
    form.tenant.data = request.args.get("tenant", "")
    chosen = next((it for it in free if str(it.studio.id) == form.studio.data), None)
    form.end.data = from_wall(request.args.get("end")) or (chosen.offered if chosen else None)
    return _page(form, free, at)


@bp.post("/today/walk-in")
@allow(*STAFF)
@writes
def walked_in() -> Any:
    """Book the studio from this minute and check them in, both or neither."""
    at = now()
    free = _free(at)
    form = _form(free)
    taken = None
    status = 422
    if form.validate_on_submit():
        end = form.end.data
        assert end
        try:
            booking = arrivals.walk_in(
                session(),
                studio_id=UUID(form.studio.data),
                tenant_id=UUID(form.tenant.data),
                end=end,
                by=current_actor(),
                at=at,
            )
        except Taken as error:
            taken, status = error, error.status
        except SharedBaseError as error:
            status = form.refuse(error, **FIELDS)
        else:
            said = {"studio": booking.studio_code, "tenant": booking.tenant_name, "code": booking.code}
            flash(_("%(studio)s is live: %(tenant)s was booked and checked in (%(code)s).", **said), "success")
            return redirect(url_for("today.show"), 303)
    return _page(form, free, at, taken), status
