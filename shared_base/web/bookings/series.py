"""系列: a booking that repeats, previewed before it is booked; its page, its changes, its end."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from shared_base.bookings import actions_series
from shared_base.bookings.actions_series import Asked, Booked
from shared_base.bookings.changing import SAME
from shared_base.bookings.errors_series import SeriesTaken
from shared_base.bookings.queries_series import occurrences_of, series_for
from shared_base.bookings.rows import BookingRow
from shared_base.bookings.rules import LONGEST_REASON
from shared_base.bookings.series import Changes, Preview, SeriesRow, untouched
from shared_base.catalogue.rules import known_zone
from shared_base.core.errors import Invalid, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session
from shared_base.http.formatting import instant, span
from shared_base.http.forms import Form, LocalInstantField
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.web.bookings.forms import FIELDS, PLATFORMS, DetailsForm, MoveForm, from_wall
from shared_base.web.bookings.new import filled, needs_as_left, needs_sent, offer_of
from shared_base.web.bookings.recurring import ZONES, SeriesForm, in_words
from shared_base.web.bookings.refusals import blocker_in_words
from shared_base.web.bookings.scope import hosts_of, studios
from shared_base.web.current import base_choices, current_base_or_none

bp = Blueprint("series", __name__, url_prefix="/bookings/series")

READERS = (*STAFF, *TENANT, "reviewer")
PAGE = 50
SCOPES = {"following": _l("This and all that follow"), "all": _l("All that have not begun")}
TABS = {"ahead": _l("Ahead"), "past": _l("Past"), "all": _l("All")}
#: what an occurrence changed for itself
OWN = {
    "time": _l("Time"), "studio": _l("Studio"), "host": _l("Host"), "title": _l("Title"), "platform": _l("Platform"),
    "needs": _l("Equipment"),
}  # fmt: skip


# — a new one


def _form() -> SeriesForm:
    form = filled(SeriesForm)
    form.repeats()
    return form


def _asked(form: SeriesForm) -> Asked:
    start, end = form.times
    zone = known_zone(form.anchor)
    if form.ends.data == "until" and form.until.data is None:
        raise Invalid(N_("Say until when it repeats."), extra={"errors": {"until": ["needed"]}})
    return Asked(
        studio_id=UUID(form.studio.data),
        tenant_id=UUID(form.tenant.data),
        start=start,
        end=end,
        rrule=form.rrule(zone),
        timezone=zone.key,
        title=form.title.data,
        platform=form.platform.data,
        host_id=form.host_id,
        needs=needs_sent(),
    )


def why(preview: Preview) -> list[str]:
    """What blocks an occurrence, in words."""
    if preview.refusal is not None:
        return [said(preview.refusal)]
    return [_why(blocker) for blocker in preview.blockers]


def _why(blocker: dict[str, Any]) -> str:
    text: str
    if blocker["kind"] == "series":
        text = _("%(name)s is held by another of the occurrences then", name=blocker["resource"])
    elif blocker["kind"] == "busy":
        text = _("%(name)s is taken then", name=blocker["resource"])
    else:
        text = blocker_in_words(blocker)
    return text


def _shown(form: SeriesForm, plan: dict[str, Any] | None = None) -> str:
    studio = form.studio.data or next((value for value, _label in form.studio.choices), None)
    try:
        studio_id = UUID(studio or "")
    except ValueError:
        studio_id = None
    return render_template(
        "bookings/series_new.html", form=form, platforms=PLATFORMS, tenants=form.tenant.choices, zones=ZONES,
        offer=offer_of(needs_as_left(), studio_id), plan=plan, why=why,
    )  # fmt: skip


def _plan(asked: Asked) -> dict[str, Any]:
    """Every occurrence as it would be, for the page."""
    recurrence, zone, found = actions_series.preview(session(), asked=asked, by=current_actor(), at=now())
    blocked = [it for it in found if it.blockers]
    return {
        "found": found,
        "free": len(found) - len(blocked),
        "blocked": len(blocked),
        "moves": any(it.moves for it in found),
        "words": in_words(recurrence),
        "anchor": recurrence.zone.key,
        "elsewhere": recurrence.zone.key != zone.key,
    }


@bp.get("/new")
@allow(*STAFF, *TENANT)
def new() -> str:
    return _shown(_form())


@bp.post("/new")
@allow(*STAFF, *TENANT)
@writes
def create() -> Any:
    """Look at what it would be (`preview`), or book it: all of it (`refuse`), or what can be had (`skip`)."""
    form = _form()
    step = request.form.get("step", "preview")
    if step == "begin":  # from the form of a single booking, as it was filled in
        form.begin()
        return _shown(form)
    if not form.validate_on_submit():
        return _shown(form), 422
    try:
        asked = _asked(form)
        if step not in ("refuse", "skip"):
            return _shown(form, _plan(asked))
        made = actions_series.create_series(
            session(), asked=asked, on_conflict="skip" if step == "skip" else "refuse", by=current_actor(), at=now()
        )
    except SeriesTaken as taken:
        form.refuse(taken)
        return _shown(form, _plan(asked)), taken.status
    except SharedBaseError as error:
        status = form.refuse(error, **FIELDS, rrule="repeat")
        return _shown(form), status
    _say_booked(made)
    return redirect(url_for("series.show", series_id=made.series.id), 303)


def _say_booked(made: Booked) -> None:
    flash(ngettext("%(num)s occurrence is booked.", "%(num)s occurrences are booked.", len(made.bookings)), "success")
    if made.skipped:
        _say_skipped(made.skipped, _("Left out, because they cannot be had: %(times)s"))


def _say_skipped(skipped: Sequence[Preview], text: str) -> None:
    times = [str(instant(it.start).striptags()) for it in skipped]
    listed = "; ".join(times[:10]) + ("…" if len(times) > 10 else "")
    flash(text % {"times": listed}, "warning")


# — its page


def own_series(series_id: UUID) -> SeriesRow:
    """The series, if it is theirs to see; from here on the page is about its base."""
    series = series_for(session(), current_actor(), series_id)
    chosen = current_base_or_none()
    g.current_base = next((base for base in base_choices() if base.id == series.base_id), chosen)
    g.zone = series.timezone
    return series


def _may_change(series: SeriesRow) -> bool:
    actor = current_actor()
    return series.cancelled_at is None and (actor.serves(series.base_id) or actor.acts_for(series.tenant_id))


class CancellationForm(Form):
    """Calling a series off, from an occurrence on or whole."""

    scope = RadioField(_l("What is called off"), [InputRequired()], default="all")
    since = SelectField(_l("From which one on"), [Optional()])
    reason = StringField(_l("Reason"), [InputRequired(), Length(max=LONGEST_REASON)])


def _page(series: SeriesRow, cancellation: CancellationForm | None = None) -> str:
    at = now()
    rows = occurrences_of(session(), current_actor(), series.id)
    ahead = [row for row in rows if untouched(row, at)]
    tab = request.args.get("when", "ahead" if ahead else "all")
    shown = {"ahead": [row for row in rows if row.end > at], "past": [row for row in rows if row.end <= at]}.get(
        tab, rows
    )
    first = int(request.args.get("from", "0")) if request.args.get("from", "0").isdecimal() else 0
    return render_template(
        "bookings/series_show.html", series=series, rows=shown[first : first + PAGE], total=len(shown), first=first,
        page=PAGE, at=at, tab=tab, tabs=TABS, words=in_words(series.recurrence), own=OWN,
        elsewhere=series.anchor != series.timezone, may_change=_may_change(series) and bool(ahead),
        staff=current_actor().serves(series.base_id),
        cancellation=cancellation or _cancellation_form(ahead), counts=_counts(rows, at),
    )  # fmt: skip


def _counts(rows: Sequence[BookingRow], at: datetime) -> dict[str, int]:
    return {
        "ahead": sum(untouched(row, at) for row in rows),
        "cancelled": sum(row.state == "cancelled" for row in rows),
        "exceptions": sum(bool(row.own_fields) for row in rows if row.state != "cancelled"),
    }


def _cancellation_form(ahead: Sequence[BookingRow]) -> CancellationForm:
    form = CancellationForm()
    form.scope.choices = list(SCOPES.items())
    form.since.choices = _occurrences(ahead)
    return form


def _occurrences(ahead: Sequence[BookingRow]) -> list[tuple[str, str]]:
    """The occurrences from which a change may reach, by their starts by the rule."""
    return [
        (row.occurrence_at.isoformat(), str(span(row.start, row.end).striptags())) for row in ahead if row.occurrence_at
    ]


@bp.get("/<uuid:series_id>")
@allow(*READERS)
def show(series_id: UUID) -> str:
    return _page(own_series(series_id))


# — this and following, all


class ChangeForm(MoveForm, DetailsForm):
    """What becomes of the occurrence chosen and of those that follow it."""

    scope = RadioField(_l("What is changed"), [InputRequired()], default="following")
    since = SelectField(_l("From which one on"), [InputRequired()])
    start = LocalInstantField(
        _l("Starts"), [InputRequired()], description=_l("Of the first; the others shift as it does")
    )
    shown = HiddenField(validators=[InputRequired()])
    conflicts = RadioField(_l("If one cannot be had"), [InputRequired()], default="refuse")


def _change_form(series: SeriesRow, ahead: Sequence[BookingRow]) -> ChangeForm:
    posted = request.method == "POST"
    form = ChangeForm(formdata=request.form if posted else None)
    form.offer(studios(series.base_id), hosts_of([series.tenant_id]))
    form.scope.choices = list(SCOPES.items())
    form.since.choices = _occurrences(ahead)
    form.conflicts.choices = [
        ("refuse", _("Change nothing, and say which")), ("skip", _("Leave that one as it was, change the others")),
    ]  # fmt: skip
    if not posted:
        asked = from_wall(request.args.get("since"))
        chosen = next((row for row in ahead if row.occurrence_at == asked), ahead[0])
        assert chosen.occurrence_at, "a check says so of every booking of a series"
        form.since.data = form.shown.data = chosen.occurrence_at.isoformat()
        form.start.data = chosen.occurrence_at
        form.end.data = chosen.occurrence_at + series.recurrence.length
        form.studio.data, form.host.data = str(series.studio_id), str(series.host_id or "")
        form.title.data, form.platform.data = series.title, series.platform
    return form


def _ahead(series: SeriesRow) -> list[BookingRow]:
    at = now()
    found = [row for row in occurrences_of(session(), current_actor(), series.id) if untouched(row, at)]
    return [row for row in found if row.occurrence_at and row.occurrence_at > at]


def _change_page(series: SeriesRow, form: ChangeForm, conflicts: Sequence[dict[str, Any]] = ()) -> str:
    told = [
        {
            "start": datetime.fromisoformat(it["start"]),
            "end": datetime.fromisoformat(it["end"]),
            "why": [blocker["detail"] if blocker["kind"] == "rule" else _why(blocker) for blocker in it["blockers"]],
        }
        for it in conflicts
    ]
    return render_template(
        "bookings/series_edit.html", series=series, form=form, platforms=PLATFORMS, conflicts=told,
        words=in_words(series.recurrence),
    )  # fmt: skip


@bp.get("/<uuid:series_id>/edit")
@allow(*STAFF, *TENANT)
def edit(series_id: UUID) -> Any:
    series = own_series(series_id)
    ahead = _ahead(series)
    if not ahead:
        flash(_("Nothing of this series lies ahead."), "info")
        return redirect(url_for("series.show", series_id=series.id))
    return _change_page(series, _change_form(series, ahead))


@bp.post("/<uuid:series_id>/edit")
@allow(*STAFF, *TENANT)
@writes
def update(series_id: UUID) -> Any:
    series = own_series(series_id)
    form = _change_form(series, _ahead(series))
    if not form.validate_on_submit() or form.shown.data not in dict(form.since.choices):
        return _change_page(series, form), 422
    since = datetime.fromisoformat(form.since.data) if form.scope.data == "following" else None
    try:
        done = actions_series.change_series(
            session(),
            series=series,
            since=since,
            changes=_changes(series, form, since),
            on_conflict="skip" if form.conflicts.data == "skip" else "refuse",
            by=current_actor(),
            at=now(),
        )
    except SeriesTaken as taken:
        form.refuse(taken)
        return _change_page(series, form, taken.conflicts), taken.status
    except SharedBaseError as error:
        status = form.refuse(error, **FIELDS, **{"from": "since"})
        return _change_page(series, form), status
    flash(
        ngettext("%(num)s occurrence was changed.", "%(num)s occurrences were changed.", len(done.bookings)), "success"
    )
    if done.skipped:
        _say_skipped(done.skipped, _("Left as they were: %(times)s"))
    return redirect(url_for("series.show", series_id=done.series.id), 303)


def _changes(series: SeriesRow, form: ChangeForm, since: datetime | None) -> Changes:
    """What differs from the series. The times say how far the occurrence that the form shows is shifted; the first of
    those that are reached, whichever was chosen, is shifted as far on the series' own clock."""
    start, end = (it.astimezone(UTC) for it in form.times)
    shown = datetime.fromisoformat(form.shown.data)
    length = series.recurrence.length
    times: dict[str, Any] = {}
    # the form shows whole minutes: a time left alone keeps its seconds
    if (start, end) != tuple(it.replace(second=0) for it in (shown, shown + length)):
        zone = ZoneInfo(series.anchor)
        first = since or next(it.start for it in series.recurrence.occurrences if it.start > now())
        old, new, wall = (it.astimezone(zone).replace(tzinfo=None) for it in (shown, start, first))
        moved = (wall + (new - old)).replace(tzinfo=zone).astimezone(UTC)
        times = {"start": moved, "end": moved + (end - start)}
    return Changes(
        **times,
        studio_id=UUID(form.studio.data),
        host_id=form.host_id,
        title=form.title.data,
        platform=form.platform.data or None,
        needs=SAME,
    )


# — the rest, or all


@bp.post("/<uuid:series_id>/cancellation")
@allow(*STAFF, *TENANT)
@writes
def cancel(series_id: UUID) -> Any:
    series = own_series(series_id)
    form = _cancellation_form(_ahead(series))
    if not form.validate_on_submit():
        return _page(series, form), 422
    since = datetime.fromisoformat(form.since.data) if form.scope.data == "following" and form.since.data else None
    try:
        _after, cancelled, kept = actions_series.cancel_series(
            session(), series=series, since=since, reason=form.reason.data, by=current_actor(), at=now()
        )
    except SharedBaseError as error:
        status = form.refuse(error, **{"from": "since"})
        return _page(series, form), status
    flash(
        ngettext("%(num)s occurrence was cancelled.", "%(num)s occurrences were cancelled.", len(cancelled)), "success"
    )
    for _booking, reason in kept:
        flash(said(reason), "warning")
    return redirect(url_for("series.show", series_id=series.id), 303)
