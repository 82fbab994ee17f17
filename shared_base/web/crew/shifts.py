"""排班: who works when, a week at a time; shifts entered on one day or many, changed, taken off."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.dialects.postgresql import Range
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared_base.catalogue import queries as catalogue
from shared_base.catalogue.rules import clock_minutes
from shared_base.core.errors import SharedBaseError
from shared_base.crew import queries, shifts
from shared_base.crew.models import CrewShift
from shared_base.crew.queries import MemberFilter, ShiftRow
from shared_base.crew.rules import ShiftPlan
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, LocalInstantField, choices
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import locale_code, page_zone, said
from shared_base.http.transactions import writes
from shared_base.web.crew.members import warn_of_hits
from shared_base.web.equipment.reach import run_base, run_ids, runs, served_base

bp = Blueprint("crew_shifts", __name__, url_prefix="/crew-shifts")

WEEKDAYS = (_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"))


class ShiftsForm(Form):
    member = SelectField(_l("Member of the crew"), [InputRequired()])
    begins = StringField(_l("Starts"), [InputRequired()], default="17:00")
    ends = StringField(
        _l("Ends"), [InputRequired()], default="02:00", description=_l("Not after the beginning: the next day")
    )
    first = DateField(_l("First day"), [InputRequired()])
    last = DateField(_l("Again until"), [Optional()], description=_l("Included. Empty: that one day"))
    weekdays = SelectMultipleField(
        _l("On these weekdays"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        choices=choices(enumerate(WEEKDAYS)),
        description=_l("None ticked: every day"),
    )

    def plan(self) -> ShiftPlan:
        return ShiftPlan(
            first=self.first.data,
            begins=clock_minutes(self.begins.data, "begins"),
            ends=clock_minutes(self.ends.data, "ends"),
            last=self.last.data,
            weekdays=frozenset(map(int, self.weekdays.data or ())),
        )


class ShiftForm(Form):
    start = LocalInstantField(_l("Starts"), [InputRequired()])
    end = LocalInstantField(_l("Ends"), [InputRequired()])


def _monday(text: str | None) -> date:
    """The Monday of the week asked for, or of this one."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        day = now().astimezone(page_zone()).date()
    day = min(max(day, date(2000, 1, 10)), date(2199, 12, 1))
    return day - timedelta(days=day.weekday())


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    base = served_base()
    zone = page_zone()
    monday = _monday(request.args.get("week"))
    edges = [_midnight(monday + timedelta(days=number), zone) for number in range(8)]
    found = queries.shifts(session(), base.id, Range(edges[0], edges[-1]))
    begun = [row for row in found if row.during.lower is not None and row.during.lower >= edges[0]]
    narrowed = MemberFilter(request.args.get("q"), request.args.get("role") or None)
    people = queries.members(session(), base.id, narrowed, at=now())
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base.code, monday, begun, {person.id: person.role_names for person in people})
    return render_template(
        "crew/week.html", base=base, monday=monday, days={edge.date(): _heading(edge) for edge in edges[:7]},
        today=now().astimezone(zone).date(), cells=_by_member_and_day(begun, zone), people=people, at=now(),
        roles=queries.roles(session(), base.id), runs=runs(base.id), week=timedelta(days=7),
        narrowed=bool(request.args.get("q") or request.args.get("role")),
    )  # fmt: skip


def _heading(midnight: datetime) -> str:
    """A day at the head of its column: `11月22日周日`, `Sun, Nov 22`."""
    return format_skeleton("MMMEd", midnight.replace(tzinfo=UTC), locale=locale_code())


def _by_member_and_day(rows: Sequence[ShiftRow], zone: ZoneInfo) -> dict[tuple[UUID, date], list[ShiftRow]]:
    cells: dict[tuple[UUID, date], list[ShiftRow]] = {}
    for row in rows:
        assert row.during.lower is not None
        cells.setdefault((row.member_id, row.during.lower.astimezone(zone).date()), []).append(row)
    return cells


def _exported(code: str, monday: date, rows: Sequence[ShiftRow], roles: dict[UUID, list[str]]) -> Response:
    zone = page_zone()
    headings = [_("Member of the crew"), _("Roles"), _("Starts"), _("Ends")]
    cells = [
        (row.member_name, "、".join(roles[row.member_id]), *(edge and edge.astimezone(zone) for edge in _edges(row)))
        for row in rows
        if row.member_id in roles
    ]
    return export(f"{code} {_('Shifts')} {monday}", headings, cells, request.args["format"])


def _edges(row: ShiftRow) -> tuple[datetime | None, datetime | None]:
    return row.during.lower, row.during.upper


def _form(base_id: UUID) -> ShiftsForm:
    today = now().astimezone(page_zone()).date()
    form = ShiftsForm(member=request.args.get("member"), first=_asked_day() or today)
    people = queries.members(session(), base_id, MemberFilter(), at=now())
    form.member.choices = choices((person.id, f"{person.name} {'、'.join(person.role_names)}") for person in people)
    return form


def _asked_day() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _planning(form: ShiftsForm, code: str) -> str:
    rest = timedelta(minutes=catalogue.base(session(), code).crew_rest_minutes)
    return render_template("crew/shifts_form.html", form=form, rest=rest)


@bp.get("/new")
@allow("operator")
def new() -> str:
    base = run_base()
    return _planning(_form(base.id), base.code)


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    base = run_base()
    form = _form(base.id)
    status = 422
    if form.validate_on_submit():
        try:
            member = queries.member_of(session(), UUID(form.member.data), base_ids=[base.id])
            made = shifts.enter_shifts(session(), member, plan=form.plan(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(
                ngettext(
                    "%(num)s shift of %(name)s was entered.",
                    "%(num)s shifts of %(name)s were entered.",
                    len(made),
                    name=member.name,
                ),
                "success",
            )
            return redirect(url_for("crew_shifts.index", week=form.first.data), 303)
    return _planning(form, base.code), status


def _shift(shift_id: UUID) -> CrewShift:
    return queries.shift_of(session(), shift_id, base_ids=run_ids())


def _page(shift: CrewShift, form: ShiftForm) -> str:
    member = queries.member_of(session(), shift.crew_id)
    begins: Any = shift.during.lower
    return render_template(
        "crew/shift_form.html", form=form, shift=shift, member=member, at=now(),
        day=begins.astimezone(page_zone()).date(),
    )  # fmt: skip


@bp.get("/<uuid:shift_id>/edit")
@allow("operator")
def edit(shift_id: UUID) -> str:
    shift = _shift(shift_id)
    return _page(shift, ShiftForm(start=shift.during.lower, end=shift.during.upper))


@bp.post("/<uuid:shift_id>/edit")
@allow("operator")
@writes
def update(shift_id: UUID) -> tuple[str, int] | BaseResponse:
    shift = _shift(shift_id)
    form = ShiftForm()
    status = 422
    if form.validate_on_submit():
        start: Any = form.start.data
        end: Any = form.end.data
        try:
            changed = shifts.change_shift(session(), shift, start=start, end=end, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error, begins="start", ends="end")
        else:
            flash(_("The shift was saved."), "success")
            warn_of_hits(len({hit.booking_id for hit in changed.hits}))
            return _to_week(start)
    return _page(shift, form), status


@bp.post("/<uuid:shift_id>/removal")
@allow("operator")
@writes
def remove(shift_id: UUID) -> BaseResponse:
    shift = _shift(shift_id)
    begins: Any = shift.during.lower
    try:
        removed = shifts.remove_shift(session(), shift, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(said(error), "danger")
        return redirect(url_for("crew_shifts.edit", shift_id=shift_id), 303)
    flash(_("The shift was taken off."), "success")
    warn_of_hits(len({hit.booking_id for hit in removed.hits}))
    return _to_week(begins)


def _to_week(begins: Any) -> BaseResponse:
    return redirect(url_for("crew_shifts.index", week=begins.astimezone(page_zone()).date()), 303)
