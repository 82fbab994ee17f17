"""What holds for every claim, whatever the leases, payments and policy."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared_base.core.periods import Month
from shared_base.subsidies.facts import LeaseMonth, RentPayment
from shared_base.subsidies.policies import Policy
from tests.unit.subsidies.samples import claim, leases_of, paid, policy, row

BANDS = [{"up_to_m2": "300", "rate": "0.9"}, {"up_to_m2": "800", "rate": "0.5"}]
areas = st.decimals("0.25", "900", places=2)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies of every formula, with any of the caps."""
    caps: dict[str, Any] = {}
    if draw(st.booleans()):
        caps["year_cap"] = str(draw(st.integers(1, 50_000)))
    if draw(st.booleans()):
        caps["supported_years"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        caps["rounded_down_to"] = draw(st.sampled_from(["1", "1000", "10000"]))
    if draw(st.booleans()):
        caps["minimum"] = str(draw(st.integers(1, 5_000)))
    if draw(st.booleans()):
        caps["property_fee_included"] = True
    formula = draw(st.sampled_from(["share_of_rent", "price_per_area", "progressive_share"]))
    if formula == "progressive_share":
        return policy(formula, bands=BANDS, guide_price="35", guide_price_limit="1.3", **caps)
    if draw(st.booleans()):
        caps["area_cap"] = str(draw(st.integers(1, 1000)))
    if formula == "price_per_area":
        return policy(formula, price_cap=draw(st.sampled_from(["3", "20"])), **caps)
    if draw(st.booleans()):
        caps["price_cap"] = "30"
    rate = st.sampled_from([{"rate": "0.5"}, {"rate": "0.35"}, {"rate_by_support_year": ["1", "1", "0.6"]}])
    return policy(formula, **draw(rate), **caps)


@st.composite
def rows(draw: st.DrawFn) -> list[LeaseMonth]:
    """Up to six lease months over four years and two bases."""
    chosen = draw(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 47)), min_size=1, max_size=6, unique=True))
    made = []
    for ref, offset in chosen:
        month = Month(2024, 1).plus(offset)
        payable = draw(st.integers(0, month.days))
        made.append(
            row(
                month,
                ref,
                base_code="PY" if ref == "A" else "HRB",
                area_m2=draw(areas),
                payable_days=payable,
                rent_due_fen=draw(st.integers(0, 9_000_000)) if payable else 0,
                property_fee_due_fen=draw(st.integers(0, 500_000)),
                recognised=draw(st.integers(0, 9)) > 0,
            )
        )
    return made


def payments_for(made: list[LeaseMonth]) -> st.SearchStrategy[list[RentPayment]]:
    one = st.builds(
        lambda of, amount, kind, day: paid(of, amount, kind=kind, on=date(2028, 1, day)),
        st.sampled_from(made),
        st.integers(-3_000_000, 9_000_000),
        st.sampled_from(["rent", "property_fee", "utilities"]),
        st.integers(1, 28),
    )
    return st.lists(one, max_size=12)


@given(policies(), rows(), st.data())
def test_no_claim_exceeds_its_caps_or_the_rent_really_paid(
    of: Policy, made: list[LeaseMonth], data: st.DataObject
) -> None:
    result = claim(of, made, payments=data.draw(payments_for(made)), as_of=date(2028, 1, 14))
    assert 0 <= result.computed_fen <= sum(line.amount_fen for line in result.lines)
    by_year: dict[int, int] = defaultdict(int)
    for line in result.lines:
        assert 0 <= line.amount_fen <= line.rent.eligible_fen <= min(line.rent.due_fen, line.rent.paid_fen)
        by_year[line.row.month.year] += line.amount_fen
    for cap in of.parameters.year_cap:
        assert result.computed_fen <= sum(min(amount, cap.fen) for amount in by_year.values())
    for multiple in of.parameters.rounded_down_to:
        assert result.computed_fen % multiple.fen == 0
    for minimum in of.parameters.minimum:
        assert result.computed_fen == 0 or sum(by_year.values()) >= minimum.fen


@given(policies(), rows())
def test_no_month_exceeds_the_price_of_the_area_that_may_count(of: Policy, made: list[LeaseMonth]) -> None:
    by_month: dict[Month, int] = defaultdict(int)
    for line in claim(of, made).lines:
        by_month[line.row.month] += line.amount_fen
    for month, amount in by_month.items():
        area = sum((r.area_m2 for r in made if r.month == month and r.recognised), Decimal(0))
        for cap in of.parameters.area_cap:
            area = min(area, cap.value)
        for price in of.parameters.price_cap:
            assert amount <= price.value * 100 * area
        if of.parameters.bands:
            first, rest = min(area, Decimal(300)), max(Decimal(0), min(area, Decimal(800)) - 300)
            assert amount <= Decimal("4550") * (first * 9 + rest * 5) / 10


@given(policies(), rows(), st.data(), st.randoms(use_true_random=False))
def test_the_order_of_inputs_changes_nothing(
    of: Policy, made: list[LeaseMonth], data: st.DataObject, random: Random
) -> None:
    payments = data.draw(payments_for(made))
    shuffled, shuffled_payments = list(made), list(payments)
    random.shuffle(shuffled)
    random.shuffle(shuffled_payments)
    assert claim(of, shuffled, payments=shuffled_payments) == claim(of, made, payments=payments)


@given(policies(), rows(), st.data())
def test_paying_more_never_gives_less(of: Policy, made: list[LeaseMonth], data: st.DataObject) -> None:
    payments = data.draw(payments_for(made))
    more = paid(data.draw(st.sampled_from(made)), data.draw(st.integers(1, 9_000_000)))
    assert claim(of, made, payments=[*payments, more]).computed_fen >= claim(of, made, payments=payments).computed_fen


@given(policies(), rows(), st.data())
def test_one_more_month_never_gives_less(of: Policy, made: list[LeaseMonth], data: st.DataObject) -> None:
    # The leases stay the same, so that the support years do too.
    one = data.draw(st.sampled_from(made)).month
    without = [r for r in made if r.month != one]
    if without:
        leases = leases_of(made)
        fewer = claim(of, without, lease_dates=leases).computed_fen
        assert claim(of, made, lease_dates=leases).computed_fen >= fewer


@given(policies(), areas, areas, st.integers(1, 10_000), st.integers(0, 31))
@settings(max_examples=200)
def test_splitting_a_lease_at_the_same_price_never_gains_and_costs_at_most_one_fen(
    of: Policy, one: Decimal, other: Decimal, price_fen: int, payable: int
) -> None:
    # Areas have two places; the price is one of a hundredth of a square metre, so that every rent is whole fen.
    def of_area(ref: str, area: Decimal) -> LeaseMonth:
        rent = int(area * 100) * price_fen if payable else 0
        return row("2026-01", ref, area_m2=area, rent_due_fen=rent, payable_days=payable)

    def lines_sum(made: list[LeaseMonth]) -> int:
        return sum(line.amount_fen for line in claim(of, made).lines)

    whole = lines_sum([of_area("A", one + other)])
    split = lines_sum([of_area("A", one), of_area("B", other)])
    assert whole - 1 <= split <= whole


@given(policies(), rows())
def test_the_explanation_is_a_chain_that_ends_in_the_figure(of: Policy, made: list[LeaseMonth]) -> None:
    result = claim(of, made)
    running = sum(r.rent_due_fen for r in made)
    for step in result.explanation:
        if step.step != "line":
            assert step.before_fen == running
            running = step.after_fen
    assert running == result.computed_fen or not result.lines
    assert len(result.lines) + len(result.excluded) == len(made)


@given(policies(), rows())
def test_a_lease_that_counts_for_nothing_changes_nothing(of: Policy, made: list[LeaseMonth]) -> None:
    outsider = replace(made[0], lease_ref="Z", base_code="OWN", area_m2=Decimal(5000), operator_space=True)
    operated = [replace(each, operator_space=each.base_code == "OWN") for each in leases_of([*made, outsider])]
    result = claim(of, [*made, outsider], lease_dates=operated)
    assert result.computed_fen == claim(of, made).computed_fen
    assert ("Z", made[0].month) in [(out.lease_ref, out.month) for out in result.excluded]
