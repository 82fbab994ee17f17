"""Amounts on these pages: charts of what was due and paid, and yuan for spreadsheets."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from shared_base.tenancy.queries_dues import MonthDues
from shared_base.tenancy.queries_payments import MonthAccount

#: how many months a chart goes back
MONTHS = 24


def as_yuan(fen: int) -> Decimal:
    """Fen as yuan for a cell of a spreadsheet: a number, exact."""
    return Decimal(fen) / 100


def dues_chart(months: Sequence[MonthDues]) -> dict[str, Any]:
    """Rent and property fee due and paid, by month of service, in yuan; for the chart of kind `bar`."""
    shown = months[-MONTHS:]
    return {
        "unit": _("yuan"),
        "categories": [str(month.month) for month in shown],
        "series": [
            {"name": _("Due"), "tone": "open", "values": [month.due_fen / 100 for month in shown]},
            {"name": _("Paid"), "tone": "money", "values": [month.paid_fen / 100 for month in shown]},
        ],
    }


def month_chart(months: Sequence[MonthAccount]) -> dict[str, Any]:
    """The same for one lease."""
    return dues_chart(
        [
            MonthDues(
                month.month,
                month.rent_due_fen + month.property_fee_due_fen,
                month.rent_paid_fen + month.property_fee_paid_fen,
            )
            for month in months
        ]
    )
