"""基地: what is said of a base, when it is open, when it is recognised."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from shared_base.catalogue import actions, queries, rules
from shared_base.catalogue.models import Base, Space
from shared_base.core.errors import NotFound, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.core.money import plain
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.transactions import writes
from shared_base.web.current import base_choices

bp = Blueprint("bases", __name__, url_prefix="/bases")

TIERS = {"large": _l("Large"), "medium": _l("Medium"), "regional": _l("Regional")}


class BaseForm(Form):
    name = StringField(_l("Name"), [InputRequired(), Length(max=200)])
    tier = SelectField(_l("Tier"), choices=choices(TIERS.items()))
    division_code = StringField(_l("Division code"), [InputRequired()], description=_l("GB/T 2260, six digits: 230102"))
    timezone = StringField(_l("Time zone"), [InputRequired()], default="Asia/Shanghai")
    lettable_area_m2 = DecimalField(_l("Lettable area"), [InputRequired(), NumberRange(min=0)], places=None)
    operator_uscc = StringField(
        _l("Operator's USCC"), [Optional()], description=_l("Its own leases are out of every claim")
    )
    crew_rest_minutes = IntegerField(
        _l("Crew's rest between shifts"), [Optional(), NumberRange(min=0, max=2880)],
        description=_l("Minutes; for shifts entered from now on. 660 are eleven hours"),
    )  # fmt: skip

    def details(self) -> actions.BaseDetails:
        return actions.BaseDetails(
            name=self.name.data,
            tier=self.tier.data,
            division_code=self.division_code.data,
            timezone=self.timezone.data,
            lettable_area_m2=self.lettable_area_m2.data,
            operator_uscc=self.operator_uscc.data or None,
            crew_rest_minutes=self.crew_rest_minutes.data,
        )


class NewBaseForm(BaseForm):
    code = StringField(
        _l("Code"), [InputRequired(), Length(max=20)], description=_l("Short and lasting, in capitals: HRB")
    )
    opens = StringField(_l("Opens"), [InputRequired()], default="08:00")
    closes = StringField(
        _l("Closes"),
        [InputRequired()],
        default="02:00",
        description=_l("Not after the opening: the next day. 24:00 is allowed"),
    )


class OpeningForm(Form):
    opens = StringField(_l("Opens"), [InputRequired()])
    closes = StringField(
        _l("Closes"), [InputRequired()], description=_l("Not after the opening: the next day. 24:00 is allowed")
    )
    first = DateField(_l("From this day on"), [InputRequired()])


class RecognitionForm(Form):
    number = StringField(_l("Recognition number"), [Optional(), Length(max=100)])
    first = DateField(_l("First day"), [InputRequired()])
    last = DateField(_l("Last day"), [Optional()], description=_l("Empty: open"))


def _opening(form: Any) -> rules.Opening:
    return rules.Opening.between(
        rules.clock_minutes(form.opens.data, "opens"), rules.clock_minutes(form.closes.data, "closes")
    )


def _base(code: str, *, to_change: bool) -> Base:
    """A base of the reader's; to change it one must be its operator."""
    if code not in {base.code for base in base_choices()}:
        raise NotFound(N_("There is no such base among yours."))
    base = queries.base(session(), code)
    if to_change and not current_actor().serves(base.id, "operator"):
        raise NotFound(N_("There is no such base among those you run."))
    return base


@bp.get("/")
@allow("operator")
def index() -> str:
    found = queries.bases(session(), [base.id for base in base_choices()])
    return render_template("catalogue/bases.html", bases=found, tiers=TIERS)


@bp.get("/new")
@allow("admin")
def new() -> str:
    return render_template("catalogue/base_form.html", form=NewBaseForm(crew_rest_minutes=660), base=None)


@bp.post("/new")
@allow("admin")
@writes
def create() -> Any:
    form = NewBaseForm()
    status = 422
    if form.validate_on_submit():
        try:
            base = actions.create_base(
                session(),
                code=form.code.data,
                details=form.details(),
                opening=_opening(form),
                by=current_actor(),
                at=now(),
            )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was entered. Its months are closed from this one on.", name=base.name), "success")
            return redirect(url_for("bases.show", code=base.code), 303)
    return render_template("catalogue/base_form.html", form=form, base=None), status


def _show(base: Base, opening: OpeningForm | None = None, recognition: RecognitionForm | None = None) -> str:
    tomorrow = now().astimezone(rules.known_zone(base.timezone)).date() + timedelta(days=1)
    return render_template(
        "catalogue/base.html",
        base=base,
        tiers=TIERS,
        hours=queries.opening_hours(session(), base.id),
        recognitions=queries.recognitions(session(), base.id),
        opening=opening or OpeningForm(first=tomorrow, formdata=None),
        recognition=recognition or RecognitionForm(formdata=None),
        runs=current_actor().serves(base.id, "operator"),
        rooms=_rooms(base),
        today=tomorrow - timedelta(days=1),
    )


def _rooms(base: Base) -> dict[str, Any]:
    """How many studios and other spaces are in service, and their area together."""
    today = now().astimezone(rules.known_zone(base.timezone)).date()
    studio = Space.kind == "studio"
    query = sa.select(
        sa.func.count().filter(studio).label("studios"),
        sa.func.count().filter(~studio).label("others"),
        sa.func.coalesce(sa.func.sum(Space.area_m2), 0).label("area_m2"),
    ).where(Space.base_id == base.id, Space.in_service.contains(today))
    return dict(session().execute(query).one()._mapping)


@bp.get("/<code>")
@allow("operator")
def show(code: str) -> str:
    return _show(_base(code, to_change=False))


@bp.get("/<code>/edit")
@allow("operator")
def edit(code: str) -> str:
    base = _base(code, to_change=True)
    form = BaseForm(obj=base)
    form.lettable_area_m2.data = Decimal(plain(base.lettable_area_m2))
    return render_template("catalogue/base_form.html", form=form, base=base)


@bp.post("/<code>/edit")
@allow("operator")
@writes
def update(code: str) -> Any:
    base = _base(code, to_change=True)
    form = BaseForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.change_base(session(), base, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was saved.", name=base.name), "success")
            return redirect(url_for("bases.show", code=base.code), 303)
    return render_template("catalogue/base_form.html", form=form, base=base), status


@bp.post("/<code>/opening-hours")
@allow("operator")
@writes
def open_at(code: str) -> Any:
    base = _base(code, to_change=True)
    form = OpeningForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.set_opening_hours(
                session(), base, opening=_opening(form), first=form.first.data, by=current_actor(), at=now()
            )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("The new opening hours hold from that day on."), "success")
            return redirect(url_for("bases.show", code=base.code), 303)
    return _show(base, opening=form), status


@bp.post("/<code>/recognitions")
@allow("operator")
@writes
def recognise(code: str) -> Any:
    base = _base(code, to_change=True)
    form = RecognitionForm()
    status = 422
    if form.validate_on_submit():
        period = actions.RecognitionPeriod(form.number.data, form.first.data, form.last.data)
        try:
            actions.recognise(session(), base, period=period, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error, recognised_to="last", recognition_no="number")
        else:
            flash(_("The recognition was entered."), "success")
            return redirect(url_for("bases.show", code=base.code), 303)
    return _show(base, recognition=form), status
