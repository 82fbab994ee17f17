"""Rent payments: amounts, invoice numbers, and what a red-letter correction may take back."""

import re
from datetime import date

from shared_base.core.fields import faulty, folded
from shared_base.core.i18n import N_
from shared_base.core.money import yuan
from shared_base.core.periods import DaySpan, Month
from shared_base.tenancy.errors import TooMuch

PAYMENT_KINDS = ("rent", "property_fee", "utilities")
LARGEST_FEN = 100_000_000_000

# 数电票: 20 digits without a code; older ones: 8 digits, alone or behind their code of 10 or 12
_INVOICE = re.compile(r"\d{8}|\d{18}|\d{20}", re.ASCII)


def amount(fen: int, field: str = "amount_fen") -> int:
    """What was received: above 0. A mistake is taken back by a correction of its own."""
    if not 0 < fen <= LARGEST_FEN:
        raise faulty(
            field, N_("The amount must be above 0; to take a payment back, open it and record its correction.")
        )
    return fen


def invoice_no(text: str | None) -> str | None:
    """An invoice's number: 20 digits (数电票), or 8 digits with or without the older code before them; None: none."""
    number = folded(text or "")
    if number and not _INVOICE.fullmatch(number):
        raise faulty(
            "invoice_no",
            N_("%(number)s is not an invoice number: it has 20 digits, or 8 digits behind a code of 10 or 12."),
            number=number[:40],
        )
    return number or None


def check_month(month: Month, term: DaySpan) -> None:
    """Money is for a month of the lease."""
    if not term.touches(month):
        raise faulty(
            "service_month",
            N_("The lease runs from %(first)s to %(last)s; %(month)s is none of its months."),
            first=term.first.isoformat() if term.first else "…",
            last=term.last.isoformat() if term.last else "…",
            month=str(month),
        )


def check_paid_on(paid_on: date, today: date) -> None:
    """Money that has not come yet is not recorded."""
    if paid_on > today:
        raise faulty("paid_on", N_("The day of payment lies ahead; record the payment when it has come."))
    if paid_on.year < 2000:
        raise faulty("paid_on", N_("The year must lie between 2000 and 2199."))


def check_correction(back_fen: int, *, paid_fen: int, taken_back_fen: int) -> None:
    """A red-letter row takes back at most what is left of its original."""
    left = paid_fen - taken_back_fen
    if back_fen > left:
        raise TooMuch(
            N_("Only %(left)s yuan of this payment are left to take back; correct the amount."),
            extra={"left_fen": left, "errors": {"amount_fen": ["more than is left"]}},
            left=yuan(left),
        )
