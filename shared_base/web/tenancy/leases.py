"""入驻协议: who has which space for how long at what rent; each lease with its account, month by month."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from shared_base.catalogue import queries as catalogue
from shared_base.catalogue.models import Base
from shared_base.core.errors import SharedBaseError
from shared_base.core.money import plain
from shared_base.core.periods import DaySpan, Month
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import choices
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.tenancy import actions_leases as actions
from shared_base.tenancy import queries
from shared_base.tenancy.models import Lease
from shared_base.tenancy.queries_dues import lease_accounts
from shared_base.tenancy.queries_leases import (
    LeaseFilter,
    LeaseRow,
    lease_for,
    list_leases,
    rent_free_of,
    term_of,
)
from shared_base.tenancy.queries_payments import MonthAccount, PaymentFilter, account, list_payments
from shared_base.web.current import current_base, tenant_choices
from shared_base.web.tenancy.lease_forms import EndForm, LeaseForm, NewLeaseForm, offer_spaces
from shared_base.web.tenancy.listing import Listing, asked, asked_uuid, exported, listed
from shared_base.web.tenancy.money import as_yuan, month_chart
from shared_base.web.tenancy.words import PAYMENT_KINDS, READERS, STANDINGS, looked_at, runs

bp = Blueprint("leases", __name__, url_prefix="/leases")

Standing = Literal["upcoming", "in_force", "ended"]

#: how many of its payments a lease's page lists
SHOWN = 12


def _today(zone: ZoneInfo | None = None) -> date:
    return now().astimezone(zone or page_zone()).date()


@bp.get("/")
@allow(*READERS)
def index() -> str | Response:
    actor = current_actor()
    base = looked_at()
    today = _today()
    narrowed = LeaseFilter(
        base_id=base.id if base else None,
        tenant_id=asked_uuid("tenant"),
        standing=cast(Standing | None, asked("state", STANDINGS)),
        search=request.args.get("q"),
    )

    def fetch(after: Any, limit: int) -> list[LeaseRow]:
        return list_leases(session(), actor, narrowed, on=today, after=after, limit=limit)

    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(exported(fetch), today)
    listing: Listing[LeaseRow] = listed(
        fetch,
        key=lambda row: (row.ref,),
        parse=lambda parts: str(parts[0]),
        sorts={
            "ref": lambda row: row.ref,
            "tenant": lambda row: row.tenant_name,
            "area": lambda row: row.area_m2,
            "last": lambda row: row.last,
            "rent": lambda row: row.monthly_rent_fen,
        },
    )
    accounts = lease_accounts(
        session(), actor, base_id=narrowed.base_id, tenant_id=narrowed.tenant_id, through=Month.of(today)
    )
    in_force = [row for row in listing.rows if row.stands(today) == "in_force"]
    return render_template(
        "tenancy/leases.html", base=base, listing=listing, today=today, standings=STANDINGS, in_force=in_force,
        owed={each.lease.id: each.owed_fen for each in accounts}, narrowed=bool(set(request.args) - {"sort"}),
        runs=runs(base), own=base is None,
    )  # fmt: skip


def _exported(rows: Sequence[LeaseRow], today: date) -> Response:
    headings = [
        _("Lease"), _("Base"), _("Tenant"), _("USCC"), _("Spaces"), _("Area (㎡)"), _("First day"), _("Last day"),
        _("Rent a month (yuan)"), _("Property fee a month (yuan)"), _("State"),
    ]  # fmt: skip
    cells = [
        (
            row.ref,
            row.base_code,
            row.tenant_name,
            row.tenant_uscc,
            ", ".join(row.spaces),
            row.area_m2,
            row.first,
            row.last,
            as_yuan(row.monthly_rent_fen),
            as_yuan(row.property_fee_fen),
            str(STANDINGS[row.stands(today)]),
        )
        for row in rows
    ]
    return export(_("Leases"), headings, cells, request.args["format"])


def _own_lease(lease_id: UUID) -> Lease:
    """The lease, if it is the reader's to see; the page then shows its base's time."""
    lease = lease_for(session(), current_actor(), lease_id)
    g.zone = lease.base.timezone
    return lease


@bp.get("/<uuid:lease_id>")
@allow(*READERS)
def show(lease_id: UUID) -> str | Response:
    lease = _own_lease(lease_id)
    today = _today(ZoneInfo(lease.base.timezone))
    last = term_of(lease).last
    assert last is not None
    months = account(session(), lease, through=Month.of(last))
    if request.args.get("format") in ("xlsx", "csv"):
        return _account_exported(lease, months)
    return _page(lease, months, today, EndForm(formdata=None, last=today))


def _page(lease: Lease, months: Sequence[MonthAccount], today: date, ending: EndForm) -> str:
    actor = current_actor()
    so_far = [month for month in months if month.month <= Month.of(today)]
    term = term_of(lease)
    return render_template(
        "tenancy/lease.html", lease=lease, term=term, rent_free=rent_free_of(lease), today=today, ending=ending,
        months=months, so_far=so_far, chart=month_chart(so_far), kinds=PAYMENT_KINDS, shown=SHOWN,
        payments=list_payments(session(), actor, PaymentFilter(lease_id=lease.id), limit=SHOWN + 1),
        runs=actor.serves(lease.base_id, "operator"), may_claim=actor.acts_for(lease.tenant_id, "tenant_owner"),
        stands=_stands(term, today),
    )  # fmt: skip


def _stands(term: DaySpan, today: date) -> str:
    assert term.first is not None
    assert term.last is not None
    return "upcoming" if today < term.first else "ended" if today > term.last else "in_force"


def _account_exported(lease: Lease, months: Sequence[MonthAccount]) -> Response:
    headings = [
        _("Month"), _("Days in force"), _("Payable days"), _("Rent due (yuan)"), _("Rent paid (yuan)"),
        _("Property fee due (yuan)"), _("Property fee paid (yuan)"), _("Still to pay (yuan)"),
        _("Utilities paid (yuan)"),
    ]  # fmt: skip
    cells = [
        (
            str(month.month),
            month.days_in_force,
            month.payable_days,
            as_yuan(month.rent_due_fen),
            as_yuan(month.rent_paid_fen),
            as_yuan(month.property_fee_due_fen),
            as_yuan(month.property_fee_paid_fen),
            as_yuan(month.owed_fen),
            as_yuan(month.utilities_paid_fen),
        )
        for month in months
    ]
    return export(f"{lease.ref} {_('Month by month')}", headings, cells, request.args["format"])


def _new_form() -> NewLeaseForm:
    form = NewLeaseForm(tenant=request.args.get("tenant"))
    form.tenant.choices = choices((tenant.id, f"{tenant.name} · {tenant.uscc}") for tenant in tenant_choices())
    offer_spaces(form, catalogue.spaces(session(), current_base().id))
    return form


@bp.get("/new")
@allow("operator")
def new() -> str:
    form = _new_form()
    form.rent_free.offer()
    return render_template("tenancy/lease_form.html", form=form, lease=None, base=current_base())


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    form = _new_form()
    base: Base = catalogue.base(session(), current_base().code)
    status = 422
    if form.validate_on_submit():
        try:
            tenant = queries.tenant_for(session(), current_actor(), UUID(form.tenant.data))
            with session().begin_nested():
                signed = actions.sign_lease(
                    session(), tenant=tenant, base=base, ref=form.ref.data, terms=form.terms(), by=current_actor(),
                    at=now(),
                )  # fmt: skip
        except SharedBaseError as error:
            status = form.refuse(error, **LeaseForm.FIELDS)
        else:
            return _written(signed, _("Lease %(ref)s was entered.", ref=signed.lease.ref))
    return render_template("tenancy/lease_form.html", form=form, lease=None, base=base), status


def _written(let: actions.Let, text: str) -> BaseResponse:
    flash(text, "success")
    if let.hits:
        flash(
            _("%(count)s bookings of others hold its spaces: call their tenants and move them.", count=len(let.hits)),
            "warning",
        )
    return redirect(url_for("leases.show", lease_id=let.lease.id), 303)


@bp.get("/<uuid:lease_id>/edit")
@allow("operator")
def edit(lease_id: UUID) -> str:
    lease = _own_lease(lease_id)
    term = term_of(lease)
    form = LeaseForm(
        first=term.first,
        last=term.last,
        area_m2=Decimal(plain(lease.area_m2)),
        monthly_rent_fen=lease.monthly_rent_fen,
        property_fee_fen=lease.property_fee_fen or None,
        space_ids=[str(each.space_id) for each in lease.spaces],
    )
    offer_spaces(form, catalogue.spaces(session(), lease.base_id))
    form.rent_free.offer(rent_free_of(lease))
    return render_template("tenancy/lease_form.html", form=form, lease=lease, base=lease.base)


@bp.post("/<uuid:lease_id>/edit")
@allow("operator")
@writes
def update(lease_id: UUID) -> tuple[str, int] | BaseResponse:
    lease = _own_lease(lease_id)
    form = LeaseForm()
    offer_spaces(form, catalogue.spaces(session(), lease.base_id))
    status = 422
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                let = actions.amend_lease(session(), lease, terms=form.terms(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error, **LeaseForm.FIELDS)
        else:
            return _written(let, _("Lease %(ref)s was saved.", ref=let.lease.ref))
    lease = _own_lease(lease_id)
    return render_template("tenancy/lease_form.html", form=form, lease=lease, base=lease.base), status


@bp.post("/<uuid:lease_id>/end")
@allow("operator")
@writes
def end(lease_id: UUID) -> tuple[str, int] | BaseResponse:
    lease = _own_lease(lease_id)
    form = EndForm()
    status = 422
    if form.validate_on_submit():
        try:
            with session().begin_nested():
                ended = actions.end_lease(
                    session(), lease, last=form.last.data, reason=form.reason.data, by=current_actor(), at=now()
                )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(
                _("Lease %(ref)s now ends earlier; its spaces are free from the next day on.", ref=ended.ref), "success"
            )
            return redirect(url_for("leases.show", lease_id=ended.id), 303)
    lease = _own_lease(lease_id)
    last = term_of(lease).last
    assert last is not None
    months = account(session(), lease, through=Month.of(last))
    return _page(lease, months, _today(ZoneInfo(lease.base.timezone)), form), status
