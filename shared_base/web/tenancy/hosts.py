"""主播: who presents for a tenant; enrolled, checked by name at the front desk, consented for, gone and back."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Base, Space
from shared_base.core.errors import SharedBaseError
from shared_base.core.periods import CHINA
from shared_base.http.exports import export
from shared_base.http.extensions import now, session, settings
from shared_base.http.forms import Form, choices
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.people.models import User
from shared_base.tenancy import actions_hosts as actions
from shared_base.tenancy import queries, rules_hosts
from shared_base.tenancy.errors import AlreadyThere
from shared_base.tenancy.models import Host
from shared_base.tenancy.queries_hosts import HostFilter, HostRow, host_for, list_hosts
from shared_base.web.current import current_base, tenant_choices
from shared_base.web.tenancy.listing import Listing, asked, asked_uuid, exported, listed

bp = Blueprint("hosts", __name__, url_prefix="/hosts")

#: how many of its bookings a host's page shows
SHOWN = 10
CHECKS = {"yes": _l("Checked"), "no": _l("Not checked yet")}
TEAMS = {"now": _l("In the team"), "all": _l("Also those who left")}


class NameForm(Form):
    stage_name = StringField(_l("Name on air"), [InputRequired(), Length(max=100)])


class EnrolmentForm(NameForm):
    tenant = SelectField(_l("Tenant"), [InputRequired()])
    real_name = StringField(
        _l("Real name"), [InputRequired(), Length(max=100)], description=_l("As on the identity card")
    )
    id_number = StringField(
        _l("Identity number"),
        [InputRequired(), Length(max=40)],
        description=_l("18 signs. Only the first six and last four are kept readable; nobody can read the rest back."),
    )


class ConsentForm(Form):
    guardian_name = StringField(
        _l("Guardian's name"), [InputRequired(), Length(max=100)], description=_l("Who signed the consent that you saw")
    )


def _today() -> date:
    # the law that sets the ages counts its days in China
    return now().astimezone(CHINA).date()


def _stands(host: Any) -> str:
    """What keeps a host from presenting today, if anything: a key of the template's badges."""
    if host.left_at is not None:
        return "left"
    if host.real_name_checked_at is None:
        return "unchecked"
    minor = rules_hosts.age_on(host.born_on, _today()) < rules_hosts.OF_AGE
    return "consent" if minor and host.guardian_consent_at is None else "ready"


@bp.get("/")
@allow(*STAFF, *TENANT)
def index() -> str | Response:
    actor = current_actor()
    check = asked("checked", CHECKS)
    narrowed = HostFilter(
        tenant_id=asked_uuid("tenant"),
        base_id=current_base().id if actor.is_staff else None,
        checked=None if check is None else check == "yes",
        left=request.args.get("team") == "all",
        search=request.args.get("q"),
    )

    def fetch(after: Any, limit: int) -> list[HostRow]:
        return list_hosts(session(), actor, narrowed, after=after, limit=limit)

    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(list(exported(fetch)))
    listing: Listing[HostRow] = listed(
        fetch,
        key=lambda row: (row.stage_name, row.id),
        parse=lambda parts: (str(parts[0]), UUID(parts[1])),
        sorts={
            "name": lambda row: row.stage_name,
            "tenant": lambda row: row.tenant_name,
            "age": lambda row: -row.born_on.toordinal(),
            "checked": lambda row: row.real_name_checked_at,
        },
    )
    tenants = _tenant_choices()
    return render_template(
        "tenancy/hosts.html", listing=listing, checks=CHECKS, teams=TEAMS, stands=_stands, age=_age, tenants=tenants,
        several=len(tenants) > 1, narrowed=bool(set(request.args) - {"sort"}), may_enrol=bool(tenants),
    )  # fmt: skip


def _age(host: Any) -> int:
    return rules_hosts.age_on(host.born_on, _today())


def _tenant_choices() -> list[tuple[str, str]]:
    """The tenants whose hosts the reader looks after: their own, or those admitted to the current base."""
    return [(str(tenant.id), tenant.name) for tenant in tenant_choices()]


def _exported(rows: list[HostRow]) -> Response:
    headings = [
        _("Name on air"), _("Real name"), _("Identity number"), _("Age"), _("Tenant"), _("Real name checked"),
        _("Guardian"), _("Consent"), _("Left"),
    ]  # fmt: skip
    zone = page_zone()
    cells = [
        (
            row.stage_name,
            row.real_name,
            row.id_number_masked,
            _age(row),
            row.tenant_name,
            row.real_name_checked_at and row.real_name_checked_at.astimezone(zone),
            row.guardian_name,
            row.guardian_consent_at and row.guardian_consent_at.astimezone(zone),
            row.left_at and row.left_at.astimezone(zone),
        )
        for row in rows
    ]
    return export(_("Hosts"), headings, cells, request.args["format"])


def _enrolment() -> EnrolmentForm:
    form = EnrolmentForm(tenant=request.args.get("tenant"))
    form.tenant.choices = choices(_tenant_choices())
    return form


@bp.get("/new")
@allow(*STAFF, *TENANT)
def new() -> str:
    return render_template("tenancy/host_new.html", form=_enrolment(), known=None)


@bp.post("/new")
@allow(*STAFF, *TENANT)
@writes
def create() -> tuple[str, int] | BaseResponse:
    form = _enrolment()
    known: str | None = None
    status = 422
    if form.validate_on_submit():
        try:
            tenant = queries.tenant_for(session(), current_actor(), UUID(form.tenant.data))
            details = actions.HostDetails(form.stage_name.data, form.real_name.data, form.id_number.data)
            key = settings().secret_key.encode()
            host = actions.enrol_host(session(), tenant=tenant, details=details, key=key, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
            known = error.extra.get("host_id") if isinstance(error, AlreadyThere) else None
        else:
            flash(_("%(host)s is in the team.", host=host.stage_name), "success")
            return redirect(url_for("hosts.show", host_id=host.id), 303)
    return render_template("tenancy/host_new.html", form=form, known=known), status


def _host(host_id: UUID) -> Host:
    return host_for(session(), current_actor(), host_id)


@bp.get("/<uuid:host_id>")
@allow(*STAFF, *TENANT)
def show(host_id: UUID) -> str:
    return _page(_host(host_id))


def _page(host: Host, name: NameForm | None = None, consent: ConsentForm | None = None) -> str:
    actor = current_actor()
    tenant = queries.tenant_for(session(), actor, host.tenant_id)
    serves = actor.is_admin or any(
        actor.serves(base.id) for base, _since in queries.admissions_of(session(), host.tenant_id)
    )
    checker = session().get(User, host.real_name_checked_by) if host.real_name_checked_by else None
    return render_template(
        "tenancy/host.html", host=host, tenant=tenant, stands=_stands(host), age=_age(host), checker=checker,
        name=name or NameForm(obj=host, formdata=None), consent=consent or ConsentForm(obj=host, formdata=None),
        serves=serves, acts=serves or actor.acts_for(host.tenant_id), bookings=_bookings(host), today=_today(),
    )  # fmt: skip


def _bookings(host: Host) -> Any:
    """What the host presents and presented, the latest first, as far as the reader sees it."""
    query = (
        sa.select(Booking.id, Booking.code, Booking.title, Booking.during, Booking.state)
        .add_columns(Space.code.label("studio"), Base.timezone)
        .join(Space, Space.id == Booking.studio_id)
        .join(Base, Base.id == Booking.base_id)
        .where(Booking.host_id == host.id, Booking.tenant_id == host.tenant_id)
        .order_by(Booking.starts_at.desc())
        .limit(SHOWN)
    )  # fmt: skip
    return session().execute(query).all()


def _done(host: Host, text: str) -> BaseResponse:
    flash(text, "success")
    return redirect(url_for("hosts.show", host_id=host.id), 303)


def _not_done(host: Host, error: SharedBaseError) -> BaseResponse:
    flash(error.text(_), "danger")
    return redirect(url_for("hosts.show", host_id=host.id), 303)


@bp.post("/<uuid:host_id>/real-name-check")
@allow(*STAFF)
@writes
def check(host_id: UUID) -> BaseResponse:
    host = _host(host_id)
    try:
        actions.check_real_name(session(), host, by=current_actor(), at=now())
    except SharedBaseError as error:
        return _not_done(host, error)
    return _done(host, _("%(host)s's real name is checked; your name is kept with it.", host=host.stage_name))


@bp.post("/<uuid:host_id>/consent")
@allow(*STAFF)
@writes
def consent(host_id: UUID) -> tuple[str, int] | BaseResponse:
    host = _host(host_id)
    form = ConsentForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.record_consent(session(), host, guardian_name=form.guardian_name.data, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            return _done(host, _("The guardian's consent is recorded."))
    return _page(host, consent=form), status


@bp.post("/<uuid:host_id>/name")
@allow(*STAFF, *TENANT)
@writes
def rename(host_id: UUID) -> tuple[str, int] | BaseResponse:
    host = _host(host_id)
    form = NameForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.rename_host(session(), host, stage_name=form.stage_name.data, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            return _done(host, _("The name on air was saved."))
    return _page(host, name=form), status


@bp.post("/<uuid:host_id>/departure")
@allow(*STAFF, *TENANT)
@writes
def leave(host_id: UUID) -> BaseResponse:
    host = _host(host_id)
    try:
        actions.let_go(session(), host, by=current_actor(), at=now())
    except SharedBaseError as error:
        return _not_done(host, error)
    return _done(host, _("%(host)s has left the team; what they presented stays on record.", host=host.stage_name))


@bp.post("/<uuid:host_id>/return")
@allow(*STAFF, *TENANT)
@writes
def take_back(host_id: UUID) -> BaseResponse:
    host = _host(host_id)
    try:
        actions.take_back(session(), host, by=current_actor(), at=now())
    except SharedBaseError as error:
        return _not_done(host, error)
    return _done(host, _("%(host)s is in the team again.", host=host.stage_name))
