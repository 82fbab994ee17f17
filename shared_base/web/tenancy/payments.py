"""租金收缴: what came in and what is still owed; recorded as it came, corrected by red-letter entries (红字) only."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from shared_base.core.errors import Invalid, SharedBaseError
from shared_base.core.periods import Month
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.people.models import User
from shared_base.tenancy import actions_payments as actions
from shared_base.tenancy.models import Lease, RentPayment, Tenant
from shared_base.tenancy.queries_dues import LeaseAccount, MonthDues, by_month, lease_accounts
from shared_base.tenancy.queries_leases import LeaseFilter, lease_for, list_leases
from shared_base.tenancy.queries_payments import (
    PaymentFilter,
    PaymentRow,
    list_payments,
    payment_for,
    taken_back_fen,
    visible,
)
from shared_base.tenancy.rules_leases import LONGEST_REF
from shared_base.web.current import current_base
from shared_base.web.tenancy.fields import MonthField, YuanField
from shared_base.web.tenancy.listing import Listing, asked, asked_uuid, exported, listed
from shared_base.web.tenancy.money import as_yuan, dues_chart
from shared_base.web.tenancy.words import PAYMENT_KINDS, READERS, looked_at, runs

bp = Blueprint("payments", __name__, url_prefix="/payments")

#: a ledger is read by month or lease; a page of it need not be long
PAGE = 50
#: more leases than a select offers; the lease's own page leads here too
MOST_LEASES = 500


class MoneyForm(Form):
    amount_fen = YuanField(_l("Amount"), [InputRequired()])
    paid_on = DateField(_l("Paid on"), [InputRequired()], description=_l("The day that the bank shows"))
    invoice_no = StringField(
        _l("Invoice number"), [Optional(), Length(max=40)], description=_l("20 digits (数电票), or 8")
    )
    ref = StringField(_l("Number"), [Optional(), Length(max=LONGEST_REF)], description=_l("Empty: it is given one"))

    @property
    def fen(self) -> int:
        """The amount of a form that was found valid."""
        assert self.amount_fen.data is not None
        return int(self.amount_fen.data)


class PaymentForm(MoneyForm):
    lease = SelectField(_l("Lease"), [InputRequired()])
    service_month = MonthField(
        _l("Month of service"), [InputRequired()], description=_l("The month that the money is for")
    )
    kind = SelectField(_l("Kind"), choices=choices(PAYMENT_KINDS.items()))
    note = StringField(_l("Note"), [Optional(), Length(max=500)])

    @property
    def month(self) -> Month:
        """The month of service of a form that was found valid."""
        assert self.service_month.data is not None
        return self.service_month.data


class CorrectionForm(MoneyForm):
    paid_on = DateField(_l("Taken back on"), [InputRequired()], description=_l("The day of the red-letter entry"))
    reason = StringField(
        _l("Reason"), [InputRequired(), Length(max=500)], description=_l("What was wrong; it stays readable")
    )


def _today() -> date:
    return now().astimezone(page_zone()).date()


def _month() -> Month | None:
    try:
        return Month.parse(request.args["month"])
    except (KeyError, Invalid):
        return None


@bp.get("/")
@allow(*READERS)
def index() -> str | Response:
    actor = current_actor()
    base = looked_at()
    narrowed = PaymentFilter(
        base_id=base.id if base else None,
        tenant_id=asked_uuid("tenant"),
        lease_id=asked_uuid("lease"),
        month=_month(),
        kind=asked("kind", PAYMENT_KINDS),
        search=request.args.get("q"),
    )

    def fetch(after: Any, limit: int) -> list[PaymentRow]:
        return list_payments(session(), actor, narrowed, after=after, limit=limit)

    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(exported(fetch))
    listing: Listing[PaymentRow] = listed(
        fetch,
        key=lambda row: (row.paid_on, row.id),
        parse=lambda parts: (date.fromisoformat(parts[0]), UUID(parts[1])),
        page=PAGE,
        sorts={
            "paid": lambda row: row.paid_on,
            "lease": lambda row: row.lease_ref,
            "month": lambda row: row.service_month,
            "amount": lambda row: row.amount_fen,
        },
    )
    lease = lease_for(session(), actor, narrowed.lease_id) if narrowed.lease_id else None
    return render_template(
        "tenancy/payments.html", base=base, listing=listing, kinds=PAYMENT_KINDS, lease=lease, own=base is None,
        totals=_totals(narrowed), runs=runs(base),
        narrowed=bool(set(request.args) - {"sort", "cursor"}), month=narrowed.month,
    )  # fmt: skip


def _totals(narrowed: PaymentFilter) -> dict[str, int]:
    """What the filters let through, by kind and of it taken back, in fen; one statement over all pages of the list."""
    total = sa.func.sum(RentPayment.amount_fen)
    conditions = [visible(current_actor()), *narrowed.conditions()]
    query = (
        sa.select(
            *(total.filter(RentPayment.kind == kind).label(kind) for kind in PAYMENT_KINDS),
            total.filter(RentPayment.amount_fen < 0).label("taken_back"),
            sa.func.count().label("number"),
        )
        .join(Lease, Lease.id == RentPayment.lease_id)
        .join(Tenant, Tenant.id == RentPayment.tenant_id)
        .where(*conditions)
    )
    return {name: int(value or 0) for name, value in session().execute(query).one()._mapping.items()}


def _exported(rows: Sequence[PaymentRow]) -> Response:
    headings = [
        _("Paid on"), _("Payment"), _("Corrects"), _("Base"), _("Tenant"), _("Lease"), _("Month of service"), _("Kind"),
        _("Amount (yuan)"), _("Invoice number"), _("Note"), _("Recorded"),
    ]  # fmt: skip
    cells = [
        (
            row.paid_on,
            row.ref,
            row.corrects_ref,
            row.base_code,
            row.tenant_name,
            row.lease_ref,
            f"{row.service_month:%Y-%m}",
            str(PAYMENT_KINDS[row.kind]),
            as_yuan(row.amount_fen),
            row.invoice_no,
            row.note,
            row.recorded_at.astimezone(page_zone()),
        )
        for row in rows
    ]
    return export(_("Rent payments"), headings, cells, request.args["format"])


@bp.get("/arrears")
@allow(*READERS)
def arrears() -> str | Response:
    """What fell due and is not paid, lease by lease and month by month."""
    actor = current_actor()
    base = looked_at()
    through = _month() or Month.of(_today())
    accounts = lease_accounts(session(), actor, base_id=base.id if base else None, through=through)
    owing = sorted((each for each in accounts if each.owed_fen > 0), key=lambda each: (-each.owed_fen, each.lease.ref))
    if request.args.get("format") in ("xlsx", "csv"):
        return _arrears_exported(owing, through)
    months = by_month(accounts)
    return render_template(
        "tenancy/arrears.html", base=base, own=base is None, through=through, owing=owing, months=months,
        chart=dues_chart(months), leases=len(accounts), total=sum(each.owed_fen for each in owing),
        runs=runs(base), this=_this(months, through),
    )  # fmt: skip


def _this(months: Sequence[MonthDues], through: Month) -> MonthDues:
    return next((month for month in months if month.month == through), MonthDues(through, 0, 0))


def _arrears_exported(owing: Sequence[LeaseAccount], through: Month) -> Response:
    headings = [
        _("Lease"), _("Tenant"), _("USCC"), _("Contact"), _("Telephone"), _("Due (yuan)"), _("Paid (yuan)"),
        _("Owed (yuan)"), _("Not paid in full since"),
    ]  # fmt: skip
    cells = [
        (
            each.lease.ref,
            each.lease.tenant.name,
            each.lease.tenant.uscc,
            each.lease.tenant.contact_name,
            each.lease.tenant.contact_phone,
            as_yuan(each.due_fen),
            as_yuan(each.paid_fen),
            as_yuan(each.owed_fen),
            str(each.since),
        )
        for each in owing
    ]
    return export(f"{_('Arrears')} {through}", headings, cells, request.args["format"])


def _new_form() -> PaymentForm:
    today = _today()
    form = PaymentForm(
        lease=request.args.get("lease"), service_month=Month.of(today), paid_on=today, kind=asked("kind", PAYMENT_KINDS)
    )
    base = current_base()
    rows = list_leases(session(), current_actor(), LeaseFilter(base_id=base.id), on=today, limit=MOST_LEASES)
    form.lease.choices = choices((row.id, f"{row.ref} · {row.tenant_name}") for row in rows)
    return form


@bp.get("/new")
@allow("operator")
def new() -> str:
    return render_template("tenancy/payment_form.html", form=_new_form(), base=current_base())


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    form = _new_form()
    status = 422
    if form.validate_on_submit():
        try:
            payment = actions.record_payment(
                session(),
                lease=lease_for(session(), current_actor(), UUID(form.lease.data)),
                service_month=form.month,
                paid_on=form.paid_on.data,
                kind=form.kind.data,
                amount_fen=form.fen,
                invoice_no=form.invoice_no.data,
                ref=form.ref.data,
                note=form.note.data,
                by=current_actor(),
                at=now(),
            )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(ref)s was recorded.", ref=payment.ref), "success")
            return redirect(url_for("payments.show", payment_id=payment.id), 303)
    return render_template("tenancy/payment_form.html", form=form, base=current_base()), status


def _payment(payment_id: UUID) -> tuple[RentPayment, Lease]:
    """The payment, if it is the reader's to see, with its lease; the page then shows its base's time."""
    payment = payment_for(session(), current_actor(), payment_id)
    lease = lease_for(session(), current_actor(), payment.lease_id)
    g.zone = lease.base.timezone
    return payment, lease


@bp.get("/<uuid:payment_id>")
@allow(*READERS)
def show(payment_id: UUID) -> str:
    payment, lease = _payment(payment_id)
    corrections = session().scalars(
        sa.select(RentPayment)
        .where(RentPayment.corrects_id == payment.id, visible(current_actor()))
        .order_by(RentPayment.paid_on, RentPayment.id)
    )
    original = session().get(RentPayment, payment.corrects_id) if payment.corrects_id else None
    recorder = session().get(User, payment.recorded_by) if payment.recorded_by else None
    left = payment.amount_fen - taken_back_fen(session(), payment.id)
    return render_template(
        "tenancy/payment.html", payment=payment, lease=lease, corrections=corrections.all(), original=original,
        recorder=recorder, left=left, kinds=PAYMENT_KINDS, runs=current_actor().serves(lease.base_id, "operator"),
    )  # fmt: skip


@bp.get("/<uuid:payment_id>/correction")
@allow("operator")
def correction(payment_id: UUID) -> str:
    payment, lease = _payment(payment_id)
    left = payment.amount_fen - taken_back_fen(session(), payment.id)
    today = now().astimezone(ZoneInfo(lease.base.timezone)).date()
    form = CorrectionForm(amount_fen=max(left, 0), paid_on=today)
    return _correction_page(form, payment, lease, left)


def _correction_page(form: CorrectionForm, payment: RentPayment, lease: Lease, left: int) -> str:
    return render_template(
        "tenancy/payment_correction.html", form=form, payment=payment, lease=lease, left=left, kinds=PAYMENT_KINDS
    )


@bp.post("/<uuid:payment_id>/correction")
@allow("operator")
@writes
def correct(payment_id: UUID) -> tuple[str, int] | BaseResponse:
    payment, lease = _payment(payment_id)
    form = CorrectionForm()
    status = 422
    if form.validate_on_submit():
        try:
            made = actions.correct_payment(
                session(),
                payment=payment,
                amount_fen=form.fen,
                paid_on=form.paid_on.data,
                reason=form.reason.data,
                invoice_no=form.invoice_no.data,
                ref=form.ref.data,
                by=current_actor(),
                at=now(),
            )
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(ref)s takes back part or all of %(original)s.", ref=made.ref, original=payment.ref), "success")
            return redirect(url_for("payments.show", payment_id=made.id), 303)
    left = payment.amount_fen - taken_back_fen(session(), payment.id)
    return _correction_page(form, payment, lease, left), status
