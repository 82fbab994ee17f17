"""What refuses a claim, and what the refusal says to do."""

from datetime import date

import pytest

from shared_base.core.periods import Month
from shared_base.subsidies.errors import (
    MalformedAssumption,
    MissingDeclaration,
    MissingReport,
    OpenParameter,
    UnknownAssumption,
    UnknownDeclaration,
)
from shared_base.subsidies.policies import shipped_policies
from tests.unit.subsidies.samples import claim, lease, policy, row

LONGGANG = shipped_policies().get("longgang-software-2023")
NANSHAN = shipped_policies().get("nanshan-live-draft")
PINGSHAN = shipped_policies().get("pingshan-2020")


def test_a_missing_frozen_report_is_named_with_the_command_that_freezes_it() -> None:
    rows = [row("2026-01"), row("2026-04")]
    with pytest.raises(MissingReport) as refusal:
        claim(policy(), rows, frozen={("PY", Month(2026, 1))})
    assert str(refusal.value) == (
        "There is no frozen report of PY 2026-02/2026-04. "
        "Freeze them first: shared-base report close --base PY --month 2026-02/2026-04."
    )
    assert refusal.value.extra["missing"][0] == {"base": "PY", "month": "2026-02"}
    assert refusal.value.status == 409


def test_months_that_had_not_ended_by_the_cut_off_ask_for_a_shorter_period() -> None:
    with pytest.raises(MissingReport, match=r"PY 2026-02, and 2026-02 had not ended on 2026-02-28: shorten the period"):
        claim(policy(), [row("2026-01"), row("2026-02")], frozen={("PY", Month(2026, 1))}, as_of=date(2026, 2, 28))


def test_no_report_is_needed_where_the_enterprise_has_no_lease_or_operates_the_base() -> None:
    leases = [lease(), lease("L2", base_code="HRB", operator_space=True), lease("L3", "2027-01-01", base_code="SZ")]
    assert claim(policy(), [row()], lease_dates=leases, frozen={("PY", Month(2026, 1))}).computed_fen == 100_000


def test_missing_declarations_are_all_listed() -> None:
    with pytest.raises(MissingDeclaration) as refusal:
        claim(PINGSHAN, [row()], declarations=["own-use"], assumptions={"guide_price": "35"})
    assert [each["id"] for each in refusal.value.extra["conditions"]] == ["newly-registered", "technology-sme"]
    assert "technology-sme (科技型中小企业)" in str(refusal.value)


def test_declaring_each_condition_serves_as_well_as_all() -> None:
    one_by_one = claim(LONGGANG, [row()], declarations=["above-scale"])
    assert one_by_one == claim(LONGGANG, [row()], declarations=["all"])
    assert [(d.condition, d.declared_by) for d in one_by_one.declarations] == [("above-scale", "李四")]


@pytest.mark.parametrize("name", ["above_scale", "recognised-park", ""])
def test_what_is_no_declared_condition_is_refused_also_beside_all(name: str) -> None:
    with pytest.raises(UnknownDeclaration, match="Those are: above-scale"):
        claim(LONGGANG, [row()], declarations=["all", name])


def test_an_open_parameter_refuses_the_claim_and_names_the_flag() -> None:
    with pytest.raises(OpenParameter, match=r"states no rate: .* --assume rate=0\.5"):
        claim(NANSHAN, [row()])
    with pytest.raises(OpenParameter, match=r"states no guide_price: .* --assume guide_price=35"):
        claim(PINGSHAN, [row()])


@pytest.mark.parametrize("name", ["year_cap", "supported_years", "ratio"])
def test_what_the_source_states_cannot_be_assumed_away(name: str) -> None:
    with pytest.raises(UnknownAssumption, match="leaves open rate"):
        claim(NANSHAN, [row()], assumptions={"rate": "0.5", name: "9"})
    with pytest.raises(UnknownAssumption, match="leaves open —"):
        claim(LONGGANG, [row()], assumptions={"rate": "0.9"})


@pytest.mark.parametrize(
    "text", ["", "50%", "1.01", "0", "-0.5", "５", "０.5", "1e-1", "NaN", "1_0", "0,5", ".5", "inf"]
)
def test_a_malformed_share_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MalformedAssumption, match=r"for example rate=0\.5"):
        claim(NANSHAN, [row()], assumptions={"rate": text})


@pytest.mark.parametrize("text", ["", "0", "-35", "35元", "1e9", "NaN", "１２.５", "1_000"])
def test_a_malformed_price_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MalformedAssumption, match="for example guide_price=35"):
        claim(PINGSHAN, [row()], assumptions={"guide_price": text})


def test_an_assumption_is_kept_in_its_plain_form() -> None:
    result = claim(NANSHAN, [row()], assumptions={"rate": " 0.50 "})
    assert {name: str(value) for name, value in result.assumptions.items()} == {"rate": "0.50"}
    assert result.computed_fen == 50_000
