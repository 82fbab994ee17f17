"""What is changed about a booking: its place and time, what it is about, its end, whether it takes place at all."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from shared_base.bookings import actions
from shared_base.bookings.errors import Taken
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import Invalid, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.core.periods import parse_instant
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow, safe_next
from shared_base.http.identity import current_actor
from shared_base.http.problems import problem, problem_response
from shared_base.http.transactions import writes
from shared_base.occupancy import stays
from shared_base.web.bookings import refusals
from shared_base.web.bookings.bookings import bp, page
from shared_base.web.bookings.forms import (
    FIELDS,
    PLATFORMS,
    DetailsForm,
    ExtensionForm,
    MoveForm,
    ReasonForm,
    ReleaseForm,
    from_wall,
    wall,
)
from shared_base.web.bookings.scope import hosts_of, own_booking, studios


def _back(booking: BookingRow) -> str:
    """Where somebody came from, as the address tells (a list of what a closure hits); else the booking's page."""
    return safe_next(request.args.get("next"), url_for("bookings.show", booking_id=booking.id))


def _to_booking(booking: BookingRow) -> Any:
    return redirect(url_for("bookings.show", booking_id=booking.id), 303)


def _refused(booking: BookingRow, taken: Taken, start: datetime, end: datetime) -> dict[str, Any]:
    """The refusal in words; each way out is the form for moving, filled in."""

    def way(**instead: Any) -> str:
        values: dict[str, Any] = {name: wall(it) if isinstance(it, datetime) else it for name, it in instead.items()}
        return url_for("bookings.move", booking_id=booking.id, **values, next=request.args.get("next"))

    return refusals.in_words(taken, start, end, to=way)


# — place and time


def _move_form(booking: BookingRow) -> MoveForm:
    posted = request.method == "POST"
    form = MoveForm(formdata=request.form if posted else None)
    form.offer(studios(booking.base_id), hosts_of([booking.tenant_id]))
    if not posted:
        form.studio.data = request.args.get("studio", str(booking.studio_id))
        form.start.data = from_wall(request.args.get("start")) or booking.start
        form.end.data = from_wall(request.args.get("end")) or booking.end
        form.host.data = str(booking.host_id or "")
        form.version.data = str(booking.version)
    return form


def _move_page(booking: BookingRow, form: MoveForm, taken: Taken | None = None) -> str:
    refused = _refused(booking, taken, *form.times) if taken else None
    return render_template(
        "bookings/move.html", booking=booking, form=form, refused=refused, back=_back(booking),
        place=url_for("bookings.place", booking_id=booking.id, next=request.args.get("next")),
    )  # fmt: skip


@bp.get("/<uuid:booking_id>/move")
@allow(*STAFF, *TENANT)
def move(booking_id: UUID) -> str:
    """The form for moving it: what the timeline does by dragging, without a mouse."""
    booking = own_booking(booking_id)
    return _move_page(booking, _move_form(booking))


def _as_left(stored: datetime, sent: datetime) -> datetime:
    """The form shows whole minutes: a time that was left alone keeps its seconds."""
    return stored if wall(stored) == wall(sent) else sent


@bp.post("/<uuid:booking_id>/move")
@allow(*STAFF, *TENANT)
@writes
def place(booking_id: UUID) -> Any:
    """Give it another studio or time, by the form or, as JSON, from the timeline."""
    booking = own_booking(booking_id)
    if request.is_json:
        return _dragged(booking)
    form = _move_form(booking)
    taken = None
    status = 422
    if form.validate_on_submit():
        start, end = (_as_left(*pair) for pair in zip((booking.start, booking.end), form.times, strict=True))
        wanted = (UUID(form.studio.data), form.host_id, start, end)
        if wanted == (booking.studio_id, booking.host_id, booking.start, booking.end):
            flash(_("Nothing was changed."), "info")
            return _to_booking(booking)
        try:
            moved = stays.move(
                session(),
                booking=booking,
                studio_id=UUID(form.studio.data),
                start=start,
                end=end,
                host_id=form.host_id,
                version=int(form.version.data) if (form.version.data or "").isdecimal() else None,
                by=current_actor(),
                at=now(),
            )
        except Taken as error:
            taken, status = error, error.status
        except SharedBaseError as error:
            status = form.refuse(error, **FIELDS)
        else:
            flash(_("%(code)s was moved.", code=booking.code), "success")
            return redirect(_back(moved), 303)
    return _move_page(booking, form, taken), status


def _dragged(booking: BookingRow) -> Response:
    """The timeline's request: `{resource, start, end, version?}` → `{event}`, or a problem with one-tap ways out."""
    body = request.get_json(silent=True)
    body = body if isinstance(body, dict) else {}
    version = body.get("version")
    try:
        studio_id = UUID(str(body.get("resource")))
    except ValueError:
        raise Invalid(N_("The studio is not known; reload the page and try again.")) from None
    start, end = parse_instant(str(body.get("start"))), parse_instant(str(body.get("end")))
    try:
        moved = stays.move(
            session(),
            booking=booking,
            studio_id=studio_id,
            start=start,
            end=end,
            version=version if isinstance(version, int) else None,
            by=current_actor(),
            at=now(),
        )
    except Taken as taken:
        words = _refused(booking, taken, start, end)
        shown = {name: words[name] for name in ("blockers", "alternatives")}
        return problem_response(problem(taken) | shown)
    event = {"id": str(moved.id), "resource": str(moved.studio_id), "start": moved.start.isoformat()}
    return jsonify({"event": event | {"end": moved.end.isoformat(), "version": moved.version}})


# — what it is about


def _details_page(booking: BookingRow, form: DetailsForm) -> str:
    return render_template("bookings/edit.html", booking=booking, form=form, platforms=PLATFORMS)


@bp.get("/<uuid:booking_id>/edit")
@allow(*STAFF, *TENANT)
def edit(booking_id: UUID) -> str:
    booking = own_booking(booking_id)
    return _details_page(booking, DetailsForm(formdata=None, obj=booking))


@bp.post("/<uuid:booking_id>/edit")
@allow(*STAFF, *TENANT)
@writes
def update(booking_id: UUID) -> Any:
    booking = own_booking(booking_id)
    form = DetailsForm()
    status = 422
    if form.validate_on_submit():
        details = {"title": form.title.data, "platform": form.platform.data}
        try:
            actions.describe(session(), booking=booking, **details, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was saved.", code=booking.code), "success")
            return _to_booking(booking)
    return _details_page(booking, form), status


# — its end


@bp.post("/<uuid:booking_id>/extension")
@allow(*STAFF, *TENANT)
@writes
def extend(booking_id: UUID) -> Any:
    """Let it end later, live ones too."""
    booking = own_booking(booking_id)
    form = ExtensionForm()
    if not form.validate_on_submit():
        return page(booking, extension=form), 422
    end = form.end.data
    assert end
    try:
        actions.extend(session(), booking=booking, end=end, by=current_actor(), at=now())
    except Taken as taken:
        return page(booking, extension=form, refused=_refused(booking, taken, booking.start, end)), taken.status
    except SharedBaseError as error:
        status = form.refuse(error)
        return page(booking, extension=form), status
    flash(_("%(code)s ends later now.", code=booking.code), "success")
    return _to_booking(booking)


@bp.post("/<uuid:booking_id>/release")
@allow(*STAFF, *TENANT)
@writes
def release(booking_id: UUID) -> Any:
    """Give the studio back before its time; whoever comes next may book it."""
    booking = own_booking(booking_id)
    form = ReleaseForm()
    if not form.validate_on_submit():
        return page(booking, release=form), 422
    try:
        actions.release_early(session(), booking=booking, until=form.until.data, by=current_actor(), at=now())
    except SharedBaseError as error:
        status = form.refuse(error)
        return page(booking, release=form), status
    flash(_("The rest of the time is free for others."), "success")
    return _to_booking(booking)


# — whether it takes place


@bp.post("/<uuid:booking_id>/cancellation")
@allow(*STAFF, *TENANT)
@writes
def cancel(booking_id: UUID) -> Any:
    booking = own_booking(booking_id)
    form = ReasonForm()
    if not form.validate_on_submit():
        return page(booking, reason=form), 422
    try:
        actions.cancel(session(), booking=booking, reason=form.reason.data, by=current_actor(), at=now())
    except SharedBaseError as error:
        status = form.refuse(error)
        return page(booking, reason=form), status
    flash(_("%(code)s was cancelled; its time is free again.", code=booking.code), "success")
    return _to_booking(booking)
