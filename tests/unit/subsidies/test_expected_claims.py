"""The claims of the two-bases workbook, to the fen."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from shared_base.core.periods import parse_claim_period
from shared_base.subsidies.policies import shipped_policies
from shared_base.subsidies.rules import ClaimResult, compute
from tests.unit.subsidies.workbook import expected_claims, facts_of

CLAIMS = expected_claims()


def result_of(claim: dict[str, Any]) -> ClaimResult:
    return compute(
        shipped_policies().get(claim["policy"]),
        months=parse_claim_period(claim["period"]),
        as_of=date.fromisoformat(claim["as_of"]),
        declarations=[claim["declare"]],
        declared_by="张三",
        assumptions=claim["assume"],
        **facts_of(claim["tenant"]),
    )


def test_the_expected_file_holds_eighty_claims() -> None:
    assert len(CLAIMS) == 80


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: f"{c['tenant'][-6:]}-{c['policy']}-{c['period'][:7]}")
def test_every_expected_claim_comes_out_to_the_fen(claim: dict[str, Any]) -> None:
    assert result_of(claim).computed_fen == claim["computed_fen"]


@pytest.mark.parametrize("claim", CLAIMS[:10], ids=lambda c: f"{c['tenant'][-6:]}-{c['policy']}")
def test_the_explanation_of_an_expected_claim_runs_from_the_rent_due_to_the_figure(claim: dict[str, Any]) -> None:
    result = result_of(claim)
    totals = [step for step in result.explanation if step.step != "line"]
    assert totals[0].before_fen == sum(
        row.rent_due_fen
        for row in facts_of(claim["tenant"])["lease_months"]
        if row.month in parse_claim_period(claim["period"])
    )
    for before, after in pairwise(totals):
        assert after.before_fen == before.after_fen
    assert totals[-1].after_fen == result.computed_fen
    lines = [step for step in result.explanation if step.step == "line"]
    assert [step.after_fen for step in lines] == [line.amount_fen for line in result.lines]
    assert all(step.clause and step.why.zh and step.why.en for step in result.explanation)


def test_months_after_the_base_lost_its_recognition_are_excluded_by_name() -> None:
    claim = next(c for c in CLAIMS if c["tenant"] == "91440113G1K1EE5AL5" and c["period"] == "2025")
    excluded = result_of(claim).excluded
    assert [(out.lease_ref, str(out.month)) for out in excluded] == [("PY-L07", "2025-11"), ("PY-L07", "2025-12")]
    assert "未经认定" in excluded[0].why.zh
    assert "not recognised" in excluded[0].why.en


def test_the_operators_own_lease_is_excluded_by_name_and_computes_to_nothing() -> None:
    claim = next(c for c in CLAIMS if c["tenant"] == "914401136FE56RG154" and c["period"] == "2025")
    result = result_of(claim)
    assert result.computed_fen == 0
    assert len(result.excluded) == 12
    assert "运营者" in result.excluded[0].why.zh
    assert "nothing_qualifies" in [warning.code for warning in result.warnings]
