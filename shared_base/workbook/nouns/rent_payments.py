"""Rent payments: append-only. What was booked stays booked; a mistake is netted by a red-letter row."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import sqlalchemy as sa

from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.tenancy.models import RentPayment
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.nouns.noun import Loading, Noun
from shared_base.workbook.plans import Plan, Stored
from shared_base.workbook.rows import RentPaymentRow

_NEVER = N_(
    "the payment %(key)s is booked with “%(stored)s”, here it has “%(found)s”; a booked payment is not changed:"
    " add a red-letter row (a negative amount) and a new row, each with a ref of its own"
)

_STORED = sa.text("""
    select p.ref, l.ref as lease_ref, p.service_month, p.paid_on, p.kind, p.amount_fen, p.invoice_no
    from rent_payments p join leases l on l.id = p.lease_id
    where p.ref = any(:refs)
""")


class RentPayments(Noun):
    sheet = sheets.RENT_PAYMENTS
    fixed: ClassVar[Mapping[str, str]] = {
        column.name: _NEVER for column in sheets.RENT_PAYMENTS.columns if column.name != "ref"
    }

    def stored(self, loading: Loading, rows: Sequence[RentPaymentRow]) -> dict[Key, Stored]:
        names = [column.name for column in self.sheet.columns]
        found: dict[Key, Stored] = {}
        for payment in loading.session.execute(_STORED, {"refs": [row.ref for row in rows]}):
            values = {name: getattr(payment, name) for name in names}
            values["service_month"] = Month.of(payment.service_month)
            found[(payment.ref,)] = Stored(values, None)
        return found

    def write(self, loading: Loading, plan: Plan) -> None:
        assert not plan.changed, "every column of a payment is fixed: its differences were refused"
        if plan.new:
            self._insert(loading, plan.new)

    def _insert(self, loading: Loading, rows: Sequence[RentPaymentRow]) -> None:
        leases = loading.ids.leases
        loading.session.execute(
            sa.insert(RentPayment),
            [
                {
                    "ref": row.ref,
                    "lease_id": leases[(row.lease_ref,)].id,
                    "tenant_id": leases[(row.lease_ref,)].tenant_id,
                    "base_id": leases[(row.lease_ref,)].base_id,
                    "service_month": row.service_month.first,
                    "paid_on": row.paid_on,
                    "kind": row.kind,
                    "amount_fen": row.amount_fen,
                    "invoice_no": row.invoice_no,
                    "recorded_at": loading.at,
                    "recorded_by": loading.by.user_id,
                }
                for row in rows
            ],
        )
