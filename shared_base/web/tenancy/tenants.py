"""入驻企业: who is in the house; entered, admitted, changed, suspended and let back."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from shared_base.bookings.queries import Filter, list_bookings
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import SharedBaseError
from shared_base.core.periods import Month
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.tenancy import actions, directory, queries
from shared_base.tenancy.errors import AlreadyThere
from shared_base.tenancy.models import Host, Lease, Tenant
from shared_base.tenancy.queries import TenantFilter, TenantRow
from shared_base.tenancy.queries_dues import lease_accounts
from shared_base.tenancy.queries_hosts import HostFilter, list_hosts
from shared_base.tenancy.queries_leases import LeaseFilter, list_leases
from shared_base.tenancy.rules import LONGEST_PLAN, TenantDetails
from shared_base.web.current import current_base
from shared_base.web.tenancy.listing import Listing, asked, exported, listed
from shared_base.web.tenancy.words import READERS, TENANT_KINDS

bp = Blueprint("tenants", __name__, url_prefix="/tenants")

#: how many of its hosts, leases and bookings a tenant's page shows
SHOWN = 10
STATES = {"good": _l("In good standing"), "suspended": _l("Suspended")}


class DetailsForm(Form):
    name = StringField(_l("Name"), [InputRequired(), Length(max=200)])
    kind = SelectField(_l("Kind"), choices=choices(TENANT_KINDS.items()))
    division_code = StringField(
        _l("Division code"), [Optional()], description=_l("Of the registered address; GB/T 2260, six digits: 440113")
    )
    contact_name = StringField(_l("Contact"), [Optional(), Length(max=100)])
    contact_phone = StringField(_l("Telephone"), [Optional(), Length(max=30)])

    def details(self) -> TenantDetails:
        return TenantDetails(
            name=self.name.data,
            kind=self.kind.data,
            division_code=self.division_code.data,
            contact_name=self.contact_name.data,
            contact_phone=self.contact_phone.data,
        )


class NewTenantForm(DetailsForm):
    uscc = StringField(
        _l("USCC"),
        [InputRequired(), Length(max=40)],
        description=_l("Unified social credit code, 18 signs as on the business licence"),
    )
    override_reason = StringField(
        _l("Why the code is right all the same"),
        [Optional(), Length(max=500)],
        description=_l("Rare real codes fail the check digit. Say how you verified it; the audit trail keeps it."),
    )


class AdmissionForm(Form):
    uscc = StringField(_l("USCC"), [InputRequired(), Length(max=40)], description=_l("Of an enterprise that is known"))


class PlanForm(Form):
    base = HiddenField(validators=[InputRequired()])
    plan = StringField(
        _l("Plan"),
        [Optional(), Length(max=LONGEST_PLAN)],
        description=_l("What it agreed with the base; quotas may go by it"),
    )


class SuspensionForm(Form):
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(), Length(max=500)],
        description=_l("The tenant reads it when a booking is refused"),
    )


def _today() -> date:
    return now().astimezone(page_zone()).date()


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    base = current_base()
    state = asked("state", STATES)
    narrowed = TenantFilter(
        base_id=base.id,
        kind=asked("kind", TENANT_KINDS),
        suspended=None if state is None else state == "suspended",
        search=request.args.get("q"),
    )

    def fetch(after: Any, limit: int) -> list[TenantRow]:
        return queries.list_tenants(session(), current_actor(), narrowed, on=_today(), after=after, limit=limit)

    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base, list(exported(fetch)))
    listing: Listing[TenantRow] = listed(
        fetch,
        key=lambda row: (row.uscc,),
        parse=lambda parts: str(parts[0]),
        sorts={
            "name": lambda row: row.name,
            "kind": lambda row: row.kind,
            "hosts": lambda row: row.hosts,
            "leases": lambda row: row.leases,
            "area": lambda row: row.leased_m2,
            "state": lambda row: row.suspended_at is not None,
        },
    )
    accounts = lease_accounts(session(), current_actor(), base_id=base.id, through=Month.of(_today()))
    return render_template(
        "tenancy/tenants.html", base=base, listing=listing, kinds=TENANT_KINDS, states=STATES,
        owing={each.lease.tenant_id for each in accounts if each.owed_fen > 0},
        total=queries.count_tenants(session(), current_actor(), narrowed),
        narrowed=narrowed != TenantFilter(base_id=base.id),
    )  # fmt: skip


def _exported(base: Any, rows: list[TenantRow]) -> Response:
    headings = [
        _("USCC"), _("Name"), _("Kind"), _("Division code"), _("Contact"), _("Telephone"), _("Hosts"),
        _("Leases in force"), _("Leased area (㎡)"), _("Suspended since"), _("Reason"),
    ]  # fmt: skip
    cells = [
        (
            row.uscc,
            row.name,
            str(TENANT_KINDS[row.kind]),
            row.division_code,
            row.contact_name,
            row.contact_phone,
            row.hosts,
            row.leases,
            row.leased_m2,
            row.suspended_at and row.suspended_at.astimezone(page_zone()),
            row.suspension_reason,
        )
        for row in rows
    ]
    return export(f"{base.code} {_('Tenants')}", headings, cells, request.args["format"])


@bp.get("/new")
@allow(*STAFF)
def new() -> str:
    return render_template("tenancy/tenant_new.html", form=NewTenantForm(), base=current_base(), known=None)


@bp.post("/new")
@allow(*STAFF)
@writes
def create() -> tuple[str, int] | BaseResponse:
    form = NewTenantForm()
    known: dict[str, Any] | None = None
    status = 422
    if form.validate_on_submit():
        try:
            tenant = actions.register_tenant(
                session(),
                uscc=form.uscc.data,
                details=form.details(),
                base_id=current_base().id,
                override_reason=form.override_reason.data,
                by=current_actor(),
                at=now(),
            )
        except SharedBaseError as error:
            status = form.refuse(error, reason="override_reason")
            known = error.extra if isinstance(error, AlreadyThere) and "name" in error.extra else None
        else:
            flash(_("%(name)s was entered and admitted.", name=tenant.name), "success")
            return redirect(url_for("tenants.show", tenant_id=tenant.id), 303)
    return render_template("tenancy/tenant_new.html", form=form, base=current_base(), known=known), status


@bp.get("/admission")
@allow(*STAFF)
def admission() -> str:
    return render_template("tenancy/tenant_admission.html", form=AdmissionForm(), base=current_base())


@bp.post("/admission")
@allow(*STAFF)
@writes
def admit() -> tuple[str, int] | BaseResponse:
    form = AdmissionForm()
    status = 422
    if form.validate_on_submit():
        try:
            tenant = actions.admit(
                session(), uscc=form.uscc.data, base_id=current_base().id, by=current_actor(), at=now()
            )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s is admitted to %(base)s.", name=tenant.name, base=current_base().name), "success")
            return redirect(url_for("tenants.show", tenant_id=tenant.id), 303)
    return render_template("tenancy/tenant_admission.html", form=form, base=current_base()), status


def _tenant(tenant_id: UUID) -> Tenant:
    return queries.tenant_for(session(), current_actor(), tenant_id)


@bp.get("/<uuid:tenant_id>")
@allow(*READERS)
def show(tenant_id: UUID) -> str:
    return _page(_tenant(tenant_id), SuspensionForm(formdata=None))


def _page(tenant: Tenant, form: SuspensionForm) -> str:
    actor = current_actor()
    admissions = queries.admissions_of(session(), tenant.id)
    _show_time_of(admissions)
    today = _today()
    accounts = lease_accounts(session(), actor, tenant_id=tenant.id, through=Month.of(today))
    runs = [base.id for base, _since in admissions if actor.serves(base.id, "operator")]
    return render_template(
        "tenancy/tenant.html", tenant=tenant, form=form, kinds=TENANT_KINDS, admissions=admissions, today=today,
        leases=list_leases(session(), actor, LeaseFilter(tenant_id=tenant.id), on=today, limit=SHOWN + 1),
        owed={account.lease.id: account.owed_fen for account in accounts}, shown=SHOWN,
        hosts=list_hosts(session(), actor, HostFilter(tenant_id=tenant.id), limit=SHOWN + 1),
        bookings=_bookings(tenant), plans=queries.plans_of_tenant(session(), tenant.id), plan_of=PlanForm, running=runs,
        counts=_counts(tenant, today), members=_members(tenant),
        serves=any(actor.serves(base.id) for base, _since in admissions),
        runs=bool(runs) or actor.is_admin, acts=actor.acts_for(tenant.id),
        may_claim=bool(runs) or actor.is_admin or actor.is_reviewer or actor.acts_for(tenant.id, "tenant_owner"),
    )  # fmt: skip


def _bookings(tenant: Tenant) -> list[BookingRow]:
    """What it booked, to tonight, the latest first."""
    to_tonight = Filter(tenant_id=tenant.id, end=now() + timedelta(days=1))
    return list_bookings(session(), current_actor(), to_tonight, limit=SHOWN, newest_first=True)


def _counts(tenant: Tenant, today: date) -> dict[str, Any]:
    """Leases in force with their area, hosts in the team and those of them not checked yet, as far as one sees them."""
    in_force = (Lease.tenant_id == tenant.id, Lease.term.contains(today))
    in_team = (Host.tenant_id == tenant.id, Host.left_at.is_(None))
    query = sa.select(
        sa.select(sa.func.count()).where(*in_force).scalar_subquery().label("leases"),
        sa.select(sa.func.coalesce(sa.func.sum(Lease.area_m2), 0))
        .where(*in_force)
        .scalar_subquery()
        .label("leased_m2"),
        sa.select(sa.func.count()).where(*in_team).scalar_subquery().label("hosts"),
        sa.select(sa.func.count())
        .where(*in_team, Host.real_name_checked_at.is_(None))
        .scalar_subquery()
        .label("unchecked"),
    )
    return dict(session().execute(query).one()._mapping)


def _show_time_of(admissions: list[tuple[Any, datetime]]) -> None:
    """Show instants in the zone of the base that is chosen, or of the first that admits the tenant."""
    if "zone" not in g and admissions:
        g.zone = admissions[0][0].timezone


def _members(tenant: Tenant) -> list[directory.PersonRow] | None:
    """The tenant's people, for whoever looks after them."""
    actor = current_actor()
    looks_after = actor.is_admin or any(grant.role in ("operator", "tenant_owner") for grant in actor.grants)
    if not looks_after:
        return None
    return directory.people(session(), by=actor, wanted=directory.Wanted(tenant_id=tenant.id), limit=SHOWN)


@bp.get("/<uuid:tenant_id>/edit")
@allow(*STAFF)
def edit(tenant_id: UUID) -> str:
    tenant = _tenant(tenant_id)
    return render_template("tenancy/tenant_edit.html", form=DetailsForm(obj=tenant), tenant=tenant)


@bp.post("/<uuid:tenant_id>/edit")
@allow(*STAFF)
@writes
def update(tenant_id: UUID) -> tuple[str, int] | BaseResponse:
    tenant = _tenant(tenant_id)
    form = DetailsForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.change_tenant(session(), tenant, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s was saved.", name=tenant.name), "success")
            return redirect(url_for("tenants.show", tenant_id=tenant.id), 303)
    return render_template("tenancy/tenant_edit.html", form=form, tenant=tenant), status


@bp.post("/<uuid:tenant_id>/plan")
@allow("operator")
@writes
def agree(tenant_id: UUID) -> BaseResponse:
    """Note the plan that the tenant agreed with one of its bases."""
    tenant = _tenant(tenant_id)
    form = PlanForm()
    base = next(
        (base for base, _since in queries.admissions_of(session(), tenant.id) if str(base.id) == form.base.data), None
    )
    if base is None or not form.validate_on_submit():
        flash(_("A plan's name has at most %(longest)s signs.", longest=LONGEST_PLAN), "danger")
        return redirect(url_for("tenants.show", tenant_id=tenant.id), 303)
    try:
        actions.set_plan(session(), tenant, base_id=base.id, plan=form.plan.data, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(error.text(_), "danger")
    else:
        flash(_("Saved. Quotas of the plan hold for it from now on."), "success")
    return redirect(url_for("tenants.show", tenant_id=tenant.id), 303)


@bp.post("/<uuid:tenant_id>/suspension")
@allow("operator")
@writes
def suspend(tenant_id: UUID) -> tuple[str, int] | BaseResponse:
    tenant = _tenant(tenant_id)
    form = SuspensionForm()
    status = 422
    if form.validate_on_submit():
        try:
            actions.suspend(session(), tenant, reason=form.reason.data, by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(name)s books nothing new until it is let back.", name=tenant.name), "success")
            return redirect(url_for("tenants.show", tenant_id=tenant.id), 303)
    return _page(tenant, form), status


@bp.post("/<uuid:tenant_id>/resumption")
@allow("operator")
@writes
def resume(tenant_id: UUID) -> BaseResponse:
    tenant = _tenant(tenant_id)
    try:
        actions.resume(session(), tenant, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(error.text(_), "danger")
    else:
        flash(_("%(name)s may book again.", name=tenant.name), "success")
    return redirect(url_for("tenants.show", tenant_id=tenant.id), 303)
