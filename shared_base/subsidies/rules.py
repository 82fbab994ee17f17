"""A claim, computed: from frozen report rows, payments and lease dates to a figure that explains itself.

The steps are those of the claim arithmetic (docs/decisions/0002): months that count (1), the policy's conditions (2),
rent paid (3), limits of each line (4), caps over the claim (5). Everything here is a pure function of its arguments,
whatever their order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from shared_base.core.money import rounded, yuan
from shared_base.core.periods import Month
from shared_base.subsidies import caveats, general_rules
from shared_base.subsidies.area import shared_out
from shared_base.subsidies.assumptions import assumed
from shared_base.subsidies.caps import MonthAmount, limited
from shared_base.subsidies.caveats import Caveat
from shared_base.subsidies.clock import SupportClock, support_clock
from shared_base.subsidies.conditions import Declaration, Evidence, declared, failures
from shared_base.subsidies.facts import LeaseDates, LeaseMonth, RentPayment
from shared_base.subsidies.formulas import FORMULAS, LineBasis
from shared_base.subsidies.policies import Policy
from shared_base.subsidies.rent import EligibleRent, Paid, eligible_rent, net_paid
from shared_base.subsidies.reports_needed import BaseMonth, require_frozen
from shared_base.subsidies.steps import Explanation, Step
from shared_base.subsidies.terms import Terms, terms_in
from shared_base.subsidies.wording import Wording

SERVICE_MONTHS = Wording(
    "期内冻结月报共有 %(all)s 个协议月，计入 %(kept)s 个：协议在租、基地当月经认定、承租人不是基地运营者",
    "the frozen reports have %(all)s lease months in the period; %(kept)s count: the lease in force, the base "
    "recognised in the month, the tenant not the base's operator",
)
OPERATOR = Wording("承租人是基地 %(base)s 的运营者", "the tenant is the operator of base %(base)s")
UNRECOGNISED = Wording("基地 %(base)s 当月未经认定", "base %(base)s was not recognised in the month")
CLOCK = Wording(
    "支持年限自 %(start)s 起算（协议 %(lease)s 首个符合条件的月份），中断期间计入；本期为第 %(years)s 支持年",
    "support years run from %(start)s (the first month that lease %(lease)s qualified), gaps included; the period lies "
    "in support year %(years)s",
)
IN_FORCE = Wording("政策在 %(kept)s 个协议月有效", "the policy holds in %(kept)s lease months")
NOT_IN_FORCE = Wording("政策 %(policy)s 在该月无有效条款", "policy %(policy)s states nothing for the month")
TESTED = Wording(
    "%(text)s：由数据检验，%(failed)s 个协议月不符合", "%(text)s: tested by the data; %(failed)s lease months fail"
)
DECLARED = Wording("%(text)s：由 %(by)s 声明", "%(text)s: declared by %(by)s")
RENT_PAID = Wording(
    "截至 %(as_of)s 已付租金 %(paid)s 元（更正已轧差，净额低于 0 的计 0），逐月以应付租金为限",
    "rent paid by %(as_of)s: ¥%(paid)s (corrections netted, a net below 0 counts 0), at most the rent due of each "
    "month",
)
PROPERTY_FEE = Wording(
    "政策包含物业费：已付 %(paid)s 元，逐月以在租天数的应付物业费为限，计入 %(fee)s 元",
    "the policy includes the property fee: ¥%(paid)s paid, at most the fee due of each month's days in force; "
    "¥%(fee)s counts",
)
LINE = Wording(
    "%(lease)s %(month)s：%(how)s；取最小值、不足 1 分舍去：%(amount)s 元",
    "%(lease)s %(month)s: %(how)s; the lowest, rounded down to the fen: ¥%(amount)s",
)


@dataclass(frozen=True)
class ClaimLine:
    """One lease in one month: what was due, paid (net) and eligible, and what it adds, in fen."""

    row: LeaseMonth
    rent: EligibleRent
    amount_fen: int


@dataclass(frozen=True)
class Excluded:
    """A lease month that does not count, and why."""

    lease_ref: str
    month: Month
    why: Wording


@dataclass(frozen=True)
class ClaimResult:
    """What a claim computes to, with everything a reviewer needs to recompute it."""

    lines: tuple[ClaimLine, ...]
    excluded: tuple[Excluded, ...]
    explanation: tuple[Step, ...]
    computed_fen: int
    assumptions: Mapping[str, Decimal]
    declarations: tuple[Declaration, ...]
    warnings: tuple[Caveat, ...]


def compute(
    policy: Policy,
    *,
    tenant: str,
    months: Iterable[Month],
    as_of: date,
    lease_months: Iterable[LeaseMonth],
    payments: Iterable[RentPayment],
    lease_dates: Iterable[LeaseDates],
    frozen: Collection[BaseMonth],
    declarations: Collection[str] = (),
    declared_by: str = "",
    assumptions: Mapping[str, str] | None = None,
) -> ClaimResult:
    """What `policy` gives the enterprise `tenant` (USCC) for the rent of `months`, paid by `as_of` (that day included).

    `lease_months` are its rows of the newest frozen reports, `frozen` the bases and months that have one;
    `lease_dates` all its leases ever. `declarations` are condition ids or `all`, `assumptions` texts by parameter.
    Refused (see `errors`) for a missing frozen report, a missing declaration or an open parameter.
    """
    period, leases = sorted(set(months)), sorted(lease_dates, key=lambda lease: lease.ref)
    given = assumed(policy, period, assumptions or {})
    vouched = declared(policy, declarations, declared_by)
    require_frozen(leases, period, frozen, as_of=as_of)
    rows = sorted((row for row in lease_months if row.month in set(period)), key=lambda row: (row.month, row.lease_ref))
    assert all(row.uscc == tenant for row in rows), "a claim reads its own enterprise's rows only"
    assert len({(row.lease_ref, row.month) for row in rows}) == len(rows), "one row a lease and month"

    run = _Run(policy, leases, as_of, given, rows)
    run.keep_qualifying()
    run.keep_in_force()
    run.apply_conditions(vouched)
    rents = run.count_rent(payments)
    lines = run.value_lines(rents)
    warnings = [
        *caveats.of_policy(policy, period, as_of, given),
        *caveats.of_rows(policy, rows),
        *caveats.of_leases(leases, rows, period, frozen),
    ]
    if lines:
        assert run.clock is not None
        amounts = [MonthAmount(line.row.month, line.amount_fen) for line in lines]
        computed = limited(policy.parameters, amounts, run.clock, run.steps)
    else:
        computed = 0
        warnings.append(Caveat("nothing_qualifies", tenant, caveats.NOTHING))
    return ClaimResult(
        lines=tuple(lines),
        excluded=tuple(sorted(run.excluded, key=lambda out: (out.month, out.lease_ref))),
        explanation=tuple(run.steps.steps),
        computed_fen=computed,
        assumptions=given,
        declarations=vouched,
        warnings=tuple(warnings),
    )


class _Run:
    """One computation as it goes: the rows still in, those out and why, and the explanation so far."""

    def __init__(
        self,
        policy: Policy,
        leases: Sequence[LeaseDates],
        as_of: date,
        assumptions: Mapping[str, Decimal],
        rows: Sequence[LeaseMonth],
    ) -> None:
        self.policy = policy
        self.leases = leases
        self.as_of = as_of
        self.assumptions = assumptions
        self.rows = list(rows)
        self.excluded: list[Excluded] = []
        self.clock: SupportClock | None = None
        self.steps = Explanation(self._due())

    def keep_qualifying(self) -> None:
        """Step 1, and the support clock that it starts."""
        out = {
            (row.lease_ref, row.month): (OPERATOR if row.operator_space else UNRECOGNISED).fill(base=row.base_code)
            for row in self.rows
            if row.operator_space or not row.recognised
        }
        before = len(self.rows)
        self._drop(out)
        why = SERVICE_MONTHS.fill(all=before, kept=len(self.rows))
        self.steps.total("service_months", general_rules.MONTHS, self._due(), why)
        self.clock = support_clock(self.leases, self.rows)
        if self.clock and self.rows:
            years = sorted({self.clock.year_of(row.month) for row in self.rows})
            text = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
            why = CLOCK.fill(start=self.clock.start, lease=self.clock.lease_ref, years=text)
            self.steps.note("support_clock", general_rules.CLOCK, why)

    def keep_in_force(self) -> None:
        """Months in which the policy states a formula; a policy pays for no month before or after it."""
        out = {
            (row.lease_ref, row.month): NOT_IN_FORCE.fill(policy=self.policy.id)
            for row in self.rows
            if self.policy.formula_in(row.month) is None
        }
        self._drop(out)
        if out:
            clause = self.policy.formula[0].clause
            self.steps.total("policy_in_force", clause, self._due(), IN_FORCE.fill(kept=len(self.rows)))

    def apply_conditions(self, declarations: Sequence[Declaration]) -> None:
        """Step 2. All tests look at the rows that qualify under step 1; a row is out by the first test it fails."""
        evidence = Evidence(self.policy, tuple(self.rows), self.leases, self.as_of)
        for condition in self.policy.conditions:
            if condition.test:
                failed = failures(condition, evidence)
                self._drop(failed)
                why = TESTED.fill(text=condition.text.wording, failed=len(failed))
                self.steps.total("condition_tested", condition.clause, self._due(), why)
        for declaration in declarations:
            why = DECLARED.fill(text=declaration.text, by=declaration.declared_by)
            self.steps.note("condition_declared", declaration.clause, why)

    def count_rent(self, payments: Iterable[RentPayment]) -> list[tuple[LeaseMonth, EligibleRent]]:
        """Step 3: rent paid, then the property fee where the policy includes it."""
        paid = net_paid(payments, as_of=self.as_of)
        rents = [
            (
                row,
                eligible_rent(
                    row,
                    paid.get((row.lease_ref, row.month), Paid()),
                    with_property_fee=self._terms(row.month).property_fee_included,
                ),
            )
            for row in self.rows
        ]
        net = sum(rent.rent_paid_fen for _, rent in rents)
        counted = sum(rent.rent_fen for _, rent in rents)
        self.steps.total("rent_paid", general_rules.RENT, counted, RENT_PAID.fill(as_of=self.as_of, paid=yuan(net)))
        with_fee = [row.month for row in self.rows if self._terms(row.month).property_fee_included]
        if with_fee:
            fee_paid = sum(rent.fee_paid_fen for _, rent in rents)
            fee = sum(rent.fee_fen for _, rent in rents)
            clause = self._terms(max(with_fee)).clause("property_fee_included")
            why = PROPERTY_FEE.fill(paid=yuan(fee_paid), fee=yuan(fee))
            self.steps.total("property_fee", clause, counted + fee, why)
        return rents

    def value_lines(self, rents: Sequence[tuple[LeaseMonth, EligibleRent]]) -> list[ClaimLine]:
        """Step 4: each line exact by the month's formula, within the enterprise's shared area, then rounded down."""
        lines = []
        for month, of_month in groupby(rents, key=lambda pair: pair[0].month):
            pairs, terms = list(of_month), self._terms(month)
            areas = shared_out((row for row, _ in pairs), terms.area_cap)
            for row, rent in pairs:
                assert self.clock is not None
                basis = LineBasis(row, rent, areas[row.lease_ref], self.clock.year_of(month), terms)
                value = FORMULAS[terms.formula].value_of(basis)
                amount = rounded(value.exact_fen, "down")
                assert 0 <= amount <= rent.eligible_fen, "a line never exceeds the rent it rests on"
                why = LINE.fill(lease=row.lease_ref, month=month, how=value.why, amount=yuan(amount))
                self.steps.line(value.clause, rent.eligible_fen, amount, why)
                lines.append(ClaimLine(row, rent, amount))
        return lines

    def _terms(self, month: Month) -> Terms:
        formula = self.policy.formula_in(month)
        assert formula is not None, "rows outside the policy's time were dropped"
        return terms_in(self.policy.parameters, formula, month, self.assumptions)

    def _drop(self, out: Mapping[tuple[str, Month], Wording]) -> None:
        still_in = {(row.lease_ref, row.month) for row in self.rows}
        self.excluded += [Excluded(*key, why) for key, why in out.items() if key in still_in]
        self.rows = [row for row in self.rows if (row.lease_ref, row.month) not in out]

    def _due(self) -> int:
        return sum(row.rent_due_fen for row in self.rows)
