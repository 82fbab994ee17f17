"""特殊营业日: the holidays of a year, what the base does on them, and days with hours of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from shared_base.bookings.queries import bookings_among
from shared_base.bookings.queries_outside import outside_openings
from shared_base.catalogue import queries, rules, special_days
from shared_base.catalogue.models import SpecialDay
from shared_base.catalogue.rules import Opening
from shared_base.core import holidays
from shared_base.core.errors import SharedBaseError
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone, translate
from shared_base.http.transactions import writes
from shared_base.web.catalogue.hits import MOST_HITS, contacts_of, offers
from shared_base.web.current import current_base

bp = Blueprint("special_days", __name__, url_prefix="/special-days")

#: the years that the page goes to
FIRST_YEAR, LAST_YEAR = 2004, 2190
DOES = {"open": _l("Opens at these hours"), "closed": _l("Stays shut")}


class SpecialDayForm(Form):
    first = DateField(_l("First day"), [InputRequired()])
    last = DateField(_l("Last day"), [InputRequired()])
    does = SelectField(_l("On these days the base"), choices=choices(DOES.items()))
    opens = StringField(_l("Opens"), [Optional()])
    closes = StringField(
        _l("Closes"), [Optional()], description=_l("Not after the opening: the next day. 24:00 is allowed")
    )
    note = StringField(
        _l("Reason"),
        [InputRequired(), Length(max=special_days.LONGEST_NOTE)],
        description=_l("A holiday, a stock-take"),
    )

    def validate_opens(self, field: StringField) -> None:
        """Hours are needed for a day that has some."""
        if self.does.data == "open" and not (field.data or "").strip():
            raise ValidationError(_("Say from when to when, or choose that the base stays shut."))

    def span(self) -> special_days.SpecialSpan:
        opening = None
        if self.does.data == "open":
            opens = rules.clock_minutes(self.opens.data, "opens")
            opening = Opening.between(opens, rules.clock_minutes(self.closes.data or "", "closes"))
        return special_days.SpecialSpan(self.first.data, self.last.data, opening, self.note.data)


class WithdrawalForm(Form):
    first = DateField(validators=[InputRequired()])
    last = DateField(validators=[InputRequired()])


@dataclass(frozen=True)
class Stretch:
    """Days on end on which the base does the same: `special` are those with hours of their own."""

    first: date
    last: date
    opening: Opening | None
    special: bool
    note: str | None = None


@dataclass(frozen=True)
class HolidayRow:
    """A holiday of the year and what the base does on its days."""

    span: holidays.HolidaySpan
    stretches: tuple[Stretch, ...]

    @property
    def name(self) -> str:
        """In the reader's language."""
        return " · ".join(translate(name) for name in self.span.names)

    @property
    def special(self) -> bool:
        return any(stretch.special for stretch in self.stretches)


def _runs(
    days: Iterable[date], by_day: Mapping[date, SpecialDay], usual: Mapping[date, Opening | None]
) -> list[Stretch]:
    """The days, in order, as stretches."""

    def what(day: date) -> tuple[Opening | None, bool, str | None]:
        special = by_day.get(day)
        return (special.opening, True, special.note) if special else (usual[day], False, None)

    found: list[Stretch] = []
    for does, group in groupby(days, key=what):
        for _number, run in groupby(enumerate(group), key=lambda pair: pair[1] - timedelta(days=pair[0])):
            on_end = [day for _place, day in run]
            found.append(Stretch(on_end[0], on_end[-1], *does))
    return found


def _today() -> date:
    return now().astimezone(page_zone()).date()


def _year() -> int:
    asked = request.args.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else _today().year
    return min(max(year, FIRST_YEAR), LAST_YEAR)


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    base, year = current_base(), _year()
    # a holiday may run over New Year
    first, last = date(year, 1, 1), date(year + 1, 1, 31)
    usual = queries.openings_by_day(session(), base.id, first, last)
    own = {day.day: day for day in queries.special_days(session(), base.id, first, last)}
    rows = [HolidayRow(span, tuple(_runs(_days(span), own, usual))) for span in holidays.spans_of(year)]
    within = {day for row in rows for day in _days(row.span)}
    others = _runs([day for day in own if day.year == year and day not in within], own, usual)
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base.code, year, [day for day in own.values() if day.day.year == year])
    return render_template(
        "catalogue/special_days.html", rows=rows, others=others, year=year, published=holidays.is_published(year),
        years=(FIRST_YEAR, LAST_YEAR), runs=current_actor().serves(base.id, "operator"), today=_today(),
    )  # fmt: skip


def _days(span: holidays.HolidaySpan) -> list[date]:
    return [span.first + timedelta(days=number) for number in range(span.days)]


def _exported(code: str, year: int, days: list[SpecialDay]) -> Response:
    headings = [_("Day"), _("Opens"), _("Closes"), _("Reason")]
    cells = [(day.day, _clock(day.opens_minute), _clock(day.closes_minute), day.note) for day in days]
    return export(f"{code} {_('Special days')} {year}", headings, cells, request.args["format"])


def _clock(minutes: int | None) -> str:
    """A time of day as the form takes it; 24:00 is midnight at the day's end."""
    if minutes is None:
        return ""
    return "24:00" if minutes == rules.DAY_MINUTES else f"{minutes % 1440 // 60:02d}:{minutes % 60:02d}"


def _date(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


@bp.get("/new")
@allow("operator")
def new() -> str:
    """Filled in with what holds on the first day, so that a change of it is a change of one field."""
    base = current_base()
    first = _date("first") or _today() + timedelta(days=1)
    if not special_days.FIRST_DAY <= first <= special_days.LAST_DAY:
        first = _today()
    opening = queries.opening_on(session(), base.id, first)
    form = SpecialDayForm(
        formdata=None,
        first=first,
        last=_date("last") or first,
        does=request.args.get("does", "open"),
        note=request.args.get("note", "")[: special_days.LONGEST_NOTE],
        opens=_clock(opening.opens_minute) if opening else "",
        closes=_clock(opening.closes_minute) if opening else "",
    )
    return render_template("catalogue/special_day_form.html", form=form)


@bp.post("/new")
@allow("operator")
@writes
def create() -> Any:
    base = queries.base(session(), current_base().code)
    form = SpecialDayForm()
    status = 422
    if form.validate_on_submit():
        try:
            special_days.enter(session(), base, span=form.span(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            first, last = form.first.data, form.last.data
            if count := len(_outside(base.id, first, last)):
                said = ngettext(
                    "Saved. %(num)s booking now lies outside of the hours.",
                    "Saved. %(num)s bookings now lie outside of the hours.",
                    count,
                )
                flash(said, "warning")
                return redirect(url_for("special_days.hits", first=first, last=last), 303)
            flash(_("Saved. The hours hold on these days alone."), "success")
            return redirect(url_for("special_days.index", year=first.year), 303)
    return render_template("catalogue/special_day_form.html", form=form), status


@bp.post("/withdrawal")
@allow("operator")
@writes
def withdraw() -> BaseResponse:
    """Let days follow the opening hours again."""
    base = queries.base(session(), current_base().code)
    form = WithdrawalForm()
    if not form.validate_on_submit():
        flash(_("These days are not known; reload the page and try again."), "danger")
        return redirect(url_for("special_days.index"), 303)
    first, last = form.first.data, form.last.data
    try:
        special_days.withdraw(session(), base, first=first, last=last, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(error.text(_), "danger")
    else:
        flash(_("These days follow the opening hours again."), "success")
    return redirect(url_for("special_days.index", year=first.year), 303)


def _outside(base_id: Any, first: date, last: date) -> list[Any]:
    """The bookings ahead that the hours of these days leave outside."""
    ids = outside_openings(session(), base_id, first, last)
    return [booking for booking in bookings_among(session(), current_actor(), ids) if booking.until > now()]


@bp.get("/hits")
@allow(*STAFF)
def hits() -> str:
    """The bookings that lie outside of the hours of some days, each with its ways out."""
    base, today = current_base(), _today()
    first = _date("first") or today
    last = min(_date("last") or first, first + timedelta(days=special_days.LONGEST_SPAN))
    found = (
        _outside(base.id, first, last)[:MOST_HITS] if special_days.FIRST_DAY <= first <= special_days.LAST_DAY else []
    )
    return render_template(
        "catalogue/special_day_hits.html", hits=found, first=first, last=last, most=MOST_HITS,
        offers=offers(found, returns=request.full_path), contacts=contacts_of(found), at=now(),
    )  # fmt: skip
