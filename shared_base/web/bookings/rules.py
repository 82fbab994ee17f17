"""预约规则: what holds for bookings today and where it comes from, the rules as a history, and quotas."""

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from shared_base.bookings import actions_rules as actions
from shared_base.bookings import queries_rules as queries
from shared_base.bookings.models_rules import BookingQuota, BookingRule
from shared_base.bookings.queries_rules import QuotaRow, StudioTerms
from shared_base.bookings.terms import HOUSE, NAMES
from shared_base.catalogue.models import Base, Space
from shared_base.catalogue.queries import base as base_of
from shared_base.catalogue.queries import space_of
from shared_base.core.errors import SharedBaseError
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.tenancy.rules import LONGEST_PLAN
from shared_base.web.bookings.rule_words import PERIODS, SOURCES, TERMS, hours_of, in_words
from shared_base.web.bookings.scope import studios
from shared_base.web.current import current_base, tenant_choices

bp = Blueprint("booking_rules", __name__, url_prefix="/booking-rules")

#: an empty value would read as nothing chosen yet
WHOLE_BASE = "base"
#: fields of the form that say hours, and the terms behind them
IN_HOURS = {
    "notice_hours": "notice_minutes",
    "shortest_hours": "shortest_minutes",
    "longest_hours": "longest_minutes",
    "cancel_hours": "cancel_minutes",
}
YES_NO = {"yes": True, "no": False}


def _hours(label: Any, description: Any = None) -> DecimalField:
    return DecimalField(label, [Optional()], places=None, description=description or "")


def _minutes(label: Any, description: Any = None) -> IntegerField:
    return IntegerField(label, [Optional()], description=description or "")


class RuleForm(Form):
    space = SelectField(_l("For"))
    first = DateField(_l("From this day on"), [InputRequired()])
    notice_hours = _hours(TERMS["notice_minutes"], _l("Hours before the start; staff may book later"))
    horizon_days = _minutes(TERMS["horizon_days"], _l("Days ahead; staff may book further"))
    shortest_hours = _hours(TERMS["shortest_minutes"])
    longest_hours = _hours(TERMS["longest_minutes"])
    buffer_before = _minutes(TERMS["buffer_before"], _l("Minutes before each booking in which nobody else can come"))
    buffer_after = _minutes(TERMS["buffer_after"], _l("Minutes after each booking in which nobody else can come"))
    needs_approval = SelectField(TERMS["needs_approval"], [Optional()])
    bookable_by = SelectField(TERMS["bookable_by"], [Optional()])
    cancel_hours = _hours(TERMS["cancel_minutes"], _l("Hours before the start"))
    early_minutes = _minutes(TERMS["early_minutes"], _l("Minutes before the start"))
    grace_minutes = _minutes(TERMS["grace_minutes"], _l("Minutes after the start; then it is a no-show"))
    hold_minutes = _minutes(TERMS["hold_minutes"], _l("Then it lapses and the time is free again"))

    def offer(self, rooms: list[Any]) -> None:
        """Fill the selects."""
        named = [(room.id, " · ".join(part for part in (room.code, room.name, room.scene) if part)) for room in rooms]
        self.space.choices = choices([(WHOLE_BASE, _("The whole base")), *named])
        self.needs_approval.choices = choices([("yes", _("yes")), ("no", _("no"))], blank=_("not said here"))
        who = [(name, in_words("bookable_by", name)) for name in actions.WHO]
        self.bookable_by.choices = choices(who, blank=_("not said here"))

    def show(self, rule: BookingRule) -> None:
        """Fill in what a rule says."""
        for name in NAMES:
            field = next((field for field, term in IN_HOURS.items() if term == name), name)
            value = getattr(rule, name)
            if name == "needs_approval":
                value = "" if value is None else "yes" if value else "no"
            elif field != name and value is not None:
                value = Decimal(hours_of(value))
            self[field].data = value

    def terms(self) -> actions.RuleTerms:
        said = {name: self[name].data for name in NAMES if name in self}
        said |= {term: minutes_of(self[field].data) for field, term in IN_HOURS.items()}
        said["needs_approval"] = YES_NO.get(self.needs_approval.data)
        said["bookable_by"] = self.bookable_by.data or None
        return actions.RuleTerms(**said)


def minutes_of(hours: Decimal | None) -> int | None:
    """Hours as whole minutes, what is less than one rounded up: nothing entered becomes nothing said."""
    if hours is None or not hours.is_finite():
        return None
    return int(min((hours * 60).to_integral_value(rounding="ROUND_UP"), Decimal(10**9)))


class QuotaForm(Form):
    whom = SelectField(_l("For"))
    plan = StringField(
        _l("Plan"), [Optional(), Length(max=LONGEST_PLAN)], description=_l("For every tenant of a plan; else empty")
    )
    period = SelectField(_l("In each"), choices=choices(PERIODS.items()))
    most_hours = _hours(_l("At most so many hours"))
    most_bookings = _minutes(_l("At most so many bookings"))
    first = DateField(_l("From this day on"), [InputRequired()])

    def terms(self) -> actions.QuotaTerms:
        return actions.QuotaTerms(
            period=self.period.data,
            most_minutes=minutes_of(self.most_hours.data),
            most_bookings=self.most_bookings.data,
            tenant_id=UUID(self.whom.data) if self.whom.data else None,
            plan=self.plan.data or None,
        )


class EndForm(Form):
    last = DateField(_l("Last day"), [InputRequired()])


def _today() -> date:
    return now().astimezone(page_zone()).date()


def _runs() -> bool:
    return current_actor().serves(current_base().id, "operator")


def _base() -> Base:
    return base_of(session(), current_base().code)


# — what holds


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    """What holds for each studio on a day, and who says so."""
    base, on = current_base(), _asked_day()
    found = queries.terms_in_force(session(), base.id, on)
    text = request.args.get("q", "").strip().lower()
    rows = [row for row in found if text in f"{row.code} {row.name} {row.scene or ''}".lower()]
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base.code, rows)
    return render_template(
        "bookings/rules.html", rows=rows, any=bool(found), on=on, today=_today(), terms=TERMS, sources=SOURCES,
        in_words=in_words, runs=_runs(), tab="index", house=HOUSE,
    )  # fmt: skip


def _asked_day() -> date:
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return _today()


def _exported(code: str, rows: list[StudioTerms]) -> Response:
    headings = [_("Studio"), _("Name"), *(str(TERMS[name]) for name in NAMES)]
    cells = [(row.code, row.name, *(in_words(name, getattr(row.terms, name)) for name in NAMES)) for row in rows]
    return export(f"{code} {_('Booking rules')}", headings, cells, request.args["format"])


@bp.get("/history")
@allow(*STAFF)
def history() -> str:
    """Every rule that ever held, and those planned."""
    rows = queries.rules_of(session(), current_base().id)
    whose = request.args.get("space", "")
    wanted = [row for row in rows if not whose or whose == (str(row.rule.space_id) if row.studio else WHOLE_BASE)]
    return render_template(
        "bookings/rule_history.html", rows=wanted, any=bool(rows), today=_today(), terms=TERMS, in_words=in_words,
        names=NAMES, runs=_runs(), whole_base=WHOLE_BASE, tab="history", yesterday=_today() - timedelta(days=1),
        spaces={str(row.rule.space_id): row.studio for row in rows if row.studio},
    )  # fmt: skip


# — a rule


def _rule_form() -> RuleForm:
    form = RuleForm(space=request.args.get("space", WHOLE_BASE))
    form.offer(studios(current_base().id))
    return form


@bp.get("/new")
@allow("operator")
def new() -> str:
    """Filled in with the rule that holds: a change of it is a change of one field."""
    form = _rule_form()
    form.first.data = _today() + timedelta(days=1)
    if form.space.data == WHOLE_BASE or form.space.data in {str(choice.value) for choice in form.space.choices}:
        whose = None if form.space.data == WHOLE_BASE else UUID(form.space.data)
        if rule := queries.rule_on(session(), current_base().id, whose, _today()):
            form.show(rule)
    return _form_page(form)


def _form_page(form: RuleForm) -> str:
    """Beside each field stands what holds where the rule says nothing of it."""
    base = queries.rule_on(session(), current_base().id, None, _today())
    says = {name: getattr(base, name) for name in NAMES} if base and form.space.data != WHOLE_BASE else {}
    otherwise = {
        name: in_words(name, says[name] if says.get(name) is not None else value)
        for name, value in asdict(HOUSE).items()
    }
    if says.get("buffer_after") is None:
        otherwise["buffer_after"] = _("the studio's own")
    return render_template("bookings/rule_form.html", form=form, otherwise=otherwise, in_hours=IN_HOURS)


@bp.post("/new")
@allow("operator")
@writes
def create() -> Any:
    form = _rule_form()
    status = 422
    if form.validate_on_submit():
        base = _base()
        try:
            space = _space(base, form.space.data)
            actions.set_rule(
                session(), base, space, terms=form.terms(), first=form.first.data, by=current_actor(), at=now()
            )
        except SharedBaseError as error:
            status = form.refuse(error, **{term: field for field, term in IN_HOURS.items()})
        else:
            flash(
                _("The rule holds from that day on. Bookings that stand keep the terms they were made under."),
                "success",
            )
            return redirect(url_for("booking_rules.history"), 303)
    return _form_page(form), status


def _space(base: Base, chosen: str) -> Space | None:
    return None if chosen == WHOLE_BASE else space_of(session(), UUID(chosen), base_ids=[base.id])


@bp.post("/<uuid:rule_id>/end")
@allow("operator")
@writes
def end(rule_id: UUID) -> BaseResponse:
    def ended(base: Base, last: date) -> None:
        actions.end_rule(session(), base, rule_id, last=last, by=current_actor(), at=now())

    return _end(ended, "booking_rules.history")


def _end(deed: Any, page: str) -> BaseResponse:
    form = EndForm()
    if not form.validate_on_submit():
        flash(_("Say on which day it holds for the last time."), "danger")
        return redirect(url_for(page), 303)
    try:
        deed(_base(), form.last.data)
    except SharedBaseError as error:
        flash(error.text(_), "danger")
    else:
        flash(_("It holds no longer after that day."), "success")
    return redirect(url_for(page), 303)


# — quotas


@bp.get("/quotas")
@allow(*STAFF)
def quotas() -> str | Response:
    base = current_base()
    found = queries.quotas_of(session(), base.id)
    text = request.args.get("q", "").strip().lower()
    rows = [row for row in found if text in f"{row.tenant or ''} {row.quota.plan or ''}".lower()]
    if request.args.get("format") in ("xlsx", "csv"):
        headings = [_("For"), _("In each"), _("Hours"), _("Bookings"), _("First day"), _("Last day")]
        return export(
            f"{base.code} {_('Quotas')}", headings, [_quota_cells(row) for row in rows], request.args["format"]
        )
    return render_template(
        "bookings/quotas.html", rows=rows, any=bool(found), whom=whom, today=_today(), periods=PERIODS, runs=_runs(),
        hours_of=hours_of, tab="quotas", yesterday=_today() - timedelta(days=1),
    )  # fmt: skip


def whom(row: QuotaRow) -> str:
    """Whom a quota is for, in words."""
    text: str = row.tenant or (_("Plan %(plan)s", plan=row.quota.plan) if row.quota.plan else _("Every tenant"))
    return text


def _quota_cells(row: QuotaRow) -> tuple[Any, ...]:
    quota: BookingQuota = row.quota
    hours = None if quota.most_minutes is None else Decimal(hours_of(quota.most_minutes))
    last = quota.valid.upper - timedelta(days=1) if quota.valid.upper else None
    return whom(row), str(PERIODS[quota.period]), hours, quota.most_bookings, quota.valid.lower, last


def _quota_form() -> QuotaForm:
    form = QuotaForm()
    form.whom.choices = choices([(tenant.id, tenant.name) for tenant in tenant_choices()], blank=_("Every tenant"))
    return form


def _quota_page(form: QuotaForm) -> str:
    return render_template("bookings/quota_form.html", form=form, plans=queries.plans_of(session(), current_base().id))


@bp.get("/quotas/new")
@allow("operator")
def new_quota() -> str:
    form = _quota_form()
    form.first.data = _today() + timedelta(days=1)
    return _quota_page(form)


@bp.post("/quotas/new")
@allow("operator")
@writes
def create_quota() -> Any:
    form = _quota_form()
    status = 422
    if form.validate_on_submit():
        try:
            actions.set_quota(
                session(), _base(), terms=form.terms(), first=form.first.data, by=current_actor(), at=now()
            )
        except SharedBaseError as error:
            status = form.refuse(error, most_minutes="most_hours", tenant="whom")
        else:
            flash(_("The quota holds from that day on, for bookings that begin on its days."), "success")
            return redirect(url_for("booking_rules.quotas"), 303)
    return _quota_page(form), status


@bp.post("/quotas/<uuid:quota_id>/end")
@allow("operator")
@writes
def end_quota(quota_id: UUID) -> BaseResponse:
    def ended(base: Base, last: date) -> None:
        actions.end_quota(session(), base, quota_id, last=last, by=current_actor(), at=now())

    return _end(ended, "booking_rules.quotas")
