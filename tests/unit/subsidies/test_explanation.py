"""What a claim tells its reader: steps, warnings and the document that is hashed."""

import json
from datetime import date
from decimal import Decimal

from shared_base.core.canonical import canonical_bytes, digest_of
from shared_base.core.periods import DaySpan, Month
from shared_base.subsidies.claim_document import claim_document
from shared_base.subsidies.policies import shipped_policies
from shared_base.subsidies.rules import ClaimResult
from tests.unit.subsidies.samples import TENANT, claim, lease, paid, policy, row

NANSHAN = shipped_policies().get("nanshan-live-draft")


def codes(result: ClaimResult) -> list[tuple[str, str]]:
    return [(warning.code, warning.subject) for warning in result.warnings]


def test_steps_come_in_the_order_of_the_arithmetic() -> None:
    given = policy(
        rate="0.5",
        property_fee_included=True,
        year_cap="100",
        supported_years=3,
        minimum="10",
        rounded_down_to="10",
        leased_area_above="50",
    )
    result = claim(given, [row(property_fee_due_fen=500)])
    assert [step.step for step in result.explanation] == [
        "service_months",
        "support_clock",
        "condition_tested",
        "rent_paid",
        "property_fee",
        "line",
        "lines_sum",
        "year_cap",
        "supported_years",
        "minimum",
        "rounding",
    ]


def test_the_explanation_names_the_lease_that_started_the_support_clock() -> None:
    leases = [lease("L1"), lease("OLD", "2024-05-20", "2024-06-30", base_code="HRB")]
    result = claim(policy(supported_years=3), [row("2026-01")], lease_dates=leases)
    step = next(step for step in result.explanation if step.step == "support_clock")
    assert "2024-05" in step.why.zh
    assert "OLD" in step.why.zh
    assert "support year 2" in step.why.en


def test_a_line_can_be_recomputed_from_its_sentence() -> None:
    given = policy(rate="0.5", area_cap="1000", price_cap="30")
    here = row("2026-02", area_m2=Decimal("1300.5"), rent_due_fen=8_453_250, payable_days=14)
    result = claim(given, [here])
    sentence = next(step.why.zh for step in result.explanation if step.step == "line")
    assert sentence == (
        "L1 2026-02：可计租金 84,532.50 元 × 计入面积 1000㎡ ÷ 租赁面积 1300.5㎡ = 65,000.00 元；"
        "比例 50%：32,500.00 元；单价上限 30 元/㎡·月 × 1000㎡ × 14/28 天 = 15,000.00 元；"
        "取最小值、不足 1 分舍去：15,000.00 元"
    )


def test_a_claim_says_that_it_rests_on_an_assumption_and_on_a_draft() -> None:
    result = claim(NANSHAN, [row()], assumptions={"rate": "0.5"})
    assert codes(result)[:2] == [("assumption", "rate"), ("draft_policy", "nanshan-live-draft")]
    assert "rate = 0.5" in result.warnings[0].text.zh
    line = next(step for step in result.explanation if step.step == "line")
    assert "（假设）" in line.why.zh
    assert "(assumed)" in line.why.en


def test_a_claim_from_a_public_page_is_an_estimate_with_stale_values_outside_its_place() -> None:
    result = claim(shipped_policies().get("tianjin-ecocity-2022"), [row(area_m2=Decimal(200))])
    assert codes(result) == [
        ("estimate", "tianjin-ecocity-2022"),
        ("stale_parameters", "tianjin-ecocity-2022"),
        ("outside_place", "PY"),
    ]


def test_a_claim_from_an_official_text_in_force_at_home_has_no_warning() -> None:
    assert claim(policy(), [row()]).warnings == ()


def test_a_revised_report_is_named_with_its_revision() -> None:
    result = claim(policy(), [row(report_revision=2)])
    assert codes(result) == [("revised_report", "PY 2026-01")]
    assert "第 2 版，非首版" in result.warnings[0].text.zh


def test_a_lease_that_the_frozen_report_does_not_have_is_pointed_out_and_does_not_count() -> None:
    result = claim(policy(), [row()], lease_dates=[lease("L1"), lease("L2")])
    assert codes(result) == [("lease_not_in_report", "L2")]
    assert result.computed_fen == 100_000


def test_a_period_that_is_not_the_prior_year_is_pointed_out_where_the_policy_pays_for_it() -> None:
    longgang = shipped_policies().get("longgang-software-2023")
    this_year = codes(claim(longgang, [row("2026-01")], as_of=date(2026, 10, 15)))
    assert ("not_the_prior_year", "longgang-software-2023") in this_year
    last_year = codes(claim(longgang, [row("2025-01")], as_of=date(2026, 10, 15)))
    assert ("not_the_prior_year", "longgang-software-2023") not in last_year


def test_the_document_holds_what_the_contract_names_and_digests_all_of_it() -> None:
    rows = [row("2026-01", report_digest="a" * 64), row("2026-02", recognised=False)]
    leases = [lease(recognised=(DaySpan(date(2020, 1, 1), date(2026, 1, 31)),))]
    given = policy(rate="0.5")
    result = claim(given, rows, lease_dates=leases, payments=[paid(rows[0], 90_001), paid(rows[0], -1)])
    document = claim_document(
        result, code="CL-234567", policy=given, tenant=TENANT, period="2026-01/2026-02", as_of=date(2026, 3, 1)
    )
    assert document["lines"] == [
        {
            "lease": "L1",
            "base": "PY",
            "month": "2026-01",
            "due_fen": 100_000,
            "paid_fen": 90_000,
            "eligible_fen": 90_000,
            "amount_fen": 45_000,
            "report_digest": "a" * 64,
            "report_revision": 1,
        }
    ]
    assert [(out["lease"], out["month"]) for out in document["excluded"]] == [("L1", "2026-02")]
    assert document["policy"]["id"] == "sample"
    assert document["policy"]["version"] == "1"
    assert document["tenant"] == TENANT
    assert document["computed_fen"] == 45_000
    assert document["digest"] == digest_of({name: value for name, value in document.items() if name != "digest"})
    assert json.loads(canonical_bytes(document)) == document


def test_the_same_claim_under_the_same_code_has_the_same_bytes_whatever_the_order_of_its_inputs() -> None:
    rows = [row(str(month), ref) for ref in ("B", "A") for month in (Month(2026, 2), Month(2026, 1))]
    documents = [
        claim_document(
            claim(policy(rate="0.5"), order),
            code="CL-234567",
            policy=policy(rate="0.5"),
            tenant=TENANT,
            period="2026",
            as_of=date(2026, 3, 1),
        )
        for order in (rows, rows[::-1])
    ]
    assert canonical_bytes(documents[0]) == canonical_bytes(documents[1])
