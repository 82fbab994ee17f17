"""Deeds upon rent payments: recorded as they came, and corrected by a red-letter row, never by a change."""

import secrets
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from shared_base.catalogue.rules import one_of
from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.tenancy import rules_payments
from shared_base.tenancy.actions import require_staff
from shared_base.tenancy.errors import NotNow, refusal
from shared_base.tenancy.models import Lease, RentPayment
from shared_base.tenancy.queries_leases import get_lease_for_update, term_of
from shared_base.tenancy.queries_payments import taken_back_fen
from shared_base.tenancy.rules import reason_given
from shared_base.tenancy.rules_leases import LONGEST_REF

_SIGNS = "23456789ABCDEFGHJKMNPQRSTWXYZ"


def _new_ref() -> str:
    """A number for a payment that the operator gave none: `RP-` and ten signs, too many to meet twice."""
    return "RP-" + "".join(secrets.choice(_SIGNS) for _ in range(10))


def record_payment(
    session: Session,
    *,
    lease: Lease,
    service_month: Month,
    paid_on: date,
    kind: str,
    amount_fen: int,
    invoice_no: str | None = None,
    ref: str | None = None,
    note: str | None = None,
    by: Actor,
    at: datetime,
) -> RentPayment:
    """Record money received for a month of the lease, net of nothing: `amount_fen` is what the bank shows.

    Rent, property fee and utilities are payments of their own. For operators of the base. Raises `Invalid`, or
    `AlreadyThere` for a number in use.
    """
    held = get_lease_for_update(session, lease.id)
    require_staff(by, held.base_id, "operator")
    rules_payments.check_month(service_month, term_of(held))
    rules_payments.check_paid_on(paid_on, at.astimezone(ZoneInfo(held.base.timezone)).date())
    payment = _payment(
        held,
        ref=ref,
        service_month=service_month.first,
        paid_on=paid_on,
        kind=one_of(kind, rules_payments.PAYMENT_KINDS, "kind"),
        amount_fen=rules_payments.amount(amount_fen),
        invoice_no=rules_payments.invoice_no(invoice_no),
        note=text_line(note, "note", longest=500),
        by=by,
        at=at,
    )
    return _write(session, payment, "rent_payment.recorded", by=by, at=at)


def correct_payment(
    session: Session,
    *,
    payment: RentPayment,
    amount_fen: int,
    paid_on: date,
    reason: str,
    invoice_no: str | None = None,
    ref: str | None = None,
    by: Actor,
    at: datetime,
) -> RentPayment:
    """Take `amount_fen` (above 0) of a payment back by a red-letter row linked to it (红字), with the reason.

    At most what is left of it after earlier corrections (`TooMuch`), whoever corrects at the same moment: the lease's
    lock makes them wait. A correction itself is not corrected: record a new payment.
    """
    held = get_lease_for_update(session, payment.lease_id)
    require_staff(by, held.base_id, "operator")
    if payment.amount_fen < 0:
        raise NotNow(N_("%(ref)s is a correction itself; record a new payment instead."), ref=payment.ref)
    back = rules_payments.amount(amount_fen)
    rules_payments.check_correction(
        back, paid_fen=payment.amount_fen, taken_back_fen=taken_back_fen(session, payment.id)
    )
    rules_payments.check_paid_on(paid_on, at.astimezone(ZoneInfo(held.base.timezone)).date())
    correction = _payment(
        held,
        ref=ref,
        service_month=payment.service_month,
        paid_on=paid_on,
        kind=payment.kind,
        amount_fen=-back,
        invoice_no=rules_payments.invoice_no(invoice_no),
        corrects_id=payment.id,
        note=reason_given(reason),
        by=by,
        at=at,
    )
    return _write(session, correction, "rent_payment.corrected", by=by, at=at, corrects=payment.ref)


def _payment(lease: Lease, *, ref: str | None, by: Actor, at: datetime, **columns: Any) -> RentPayment:
    return RentPayment(
        ref=text_line(ref, "ref", longest=LONGEST_REF) or _new_ref(),
        lease_id=lease.id,
        tenant_id=lease.tenant_id,
        base_id=lease.base_id,
        recorded_at=at,
        recorded_by=by.user_id,
        **columns,
    )


def _write(
    session: Session, payment: RentPayment, kind: str, *, by: Actor, at: datetime, **payload: Any
) -> RentPayment:
    with refusing(session, refusal):
        session.add(payment)
    event = event_row(
        kind,
        by=by,
        at=at,
        subject_id=payment.id,
        base_id=payment.base_id,
        tenant_id=payment.tenant_id,
        ref=payment.ref,
        lease_id=str(payment.lease_id),
        service_month=str(Month.of(payment.service_month)),
        payment_kind=payment.kind,
        amount_fen=payment.amount_fen,
        note=payment.note,
        **payload,
    )
    record_events(session, [event])
    return payment
