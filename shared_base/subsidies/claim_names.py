"""What documents print beside a claim's codes: names, the clauses of its policy, the payments behind each line.

Kept with the claim as it was built, outside its digest: the figures rest on none of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared_base.core.money import plain
from shared_base.core.periods import Month
from shared_base.subsidies.documents.clauses import quoted_clauses
from shared_base.subsidies.documents.names import ClaimNames, LeaseName, LineEvidence, Payment, Sentence
from shared_base.subsidies.facts import RentPayment
from shared_base.subsidies.policies import Policy
from shared_base.subsidies.rules import ClaimResult


def claim_names(
    result: ClaimResult,
    *,
    policy: Policy,
    tenant_name: str,
    leases: Mapping[str, LeaseName],
    payments: Sequence[RentPayment],
) -> ClaimNames:
    """The names of a computed claim; `leases` by ref, `payments` all for the period, counted or not."""
    seen = {line.row.lease_ref for line in result.lines} | {out.lease_ref for out in result.excluded}
    return ClaimNames(
        tenant=tenant_name,
        policy=Sentence(zh=policy.name.zh, en=policy.name.en),
        clauses=quoted_clauses(policy),
        leases={ref: name for ref, name in sorted(leases.items()) if ref in seen},
        evidence=_evidence(result, payments),
    )


def _evidence(result: ClaimResult, payments: Sequence[RentPayment]) -> list[LineEvidence]:
    """Behind each line, the frozen report's row of the lease and every payment for the month."""
    by_line: dict[tuple[str, Month], list[Payment]] = defaultdict(list)
    for payment in sorted(payments, key=lambda payment: (payment.paid_on, payment.ref)):
        by_line[payment.lease_ref, payment.service_month].append(
            Payment(
                ref=payment.ref,
                paid_on=payment.paid_on.isoformat(),
                kind=payment.kind,
                amount_fen=payment.amount_fen,
                invoice_no=payment.invoice_no,
            )
        )
    return [
        LineEvidence(
            lease=line.row.lease_ref,
            month=str(line.row.month),
            area_m2=plain(line.row.area_m2),
            days_in_force=line.row.days_in_force,
            payable_days=line.row.payable_days,
            days_of_month=line.row.days_of_month,
            rent_due_fen=line.row.rent_due_fen,
            property_fee_due_fen=line.row.property_fee_due_fen,
            payments=by_line[line.row.lease_ref, line.row.month],
        )
        for line in result.lines
    ]
