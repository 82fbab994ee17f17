"""Policy files: what is shipped, and what cannot be written."""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared_base.core.periods import Month
from shared_base.subsidies.conditions import TESTS_BY_NAME
from shared_base.subsidies.errors import BadPolicyFile, UnknownPolicy
from shared_base.subsidies.policies import SHIPPED, TESTS, Policy, load_policies, policy_from, shipped_policies
from tests.unit.subsidies.samples import policy, policy_data, value

SHIPPED_IDS = [
    "baoan-culture-2018",
    "guangming-2021",
    "hangzhou-startup-2026",
    "longgang-software-2023",
    "nanshan-culture-backbone",
    "nanshan-live-draft",
    "ningde-jiaocheng-2024",
    "pingshan-2020",
    "tianjin-ecocity-2022",
]


def test_the_nine_policies_are_shipped() -> None:
    assert [policy.id for policy in shipped_policies()] == SHIPPED_IDS


@pytest.mark.parametrize("policy_id", SHIPPED_IDS)
def test_a_shipped_policy_names_itself_and_its_conditions_in_both_languages(policy_id: str) -> None:
    shipped = shipped_policies().get(policy_id)
    texts = [shipped.name, shipped.place, *(condition.text for condition in shipped.conditions)]
    for text in texts:
        assert any("一" <= letter <= "鿿" for letter in text.zh)
        assert text.en.isascii() or "m²" in text.en or "¥" in text.en


def test_only_the_draft_rests_on_an_official_text_all_others_are_estimates() -> None:
    assert [policy.id for policy in shipped_policies() if not policy.estimate] == ["nanshan-live-draft"]
    assert [policy.id for policy in shipped_policies() if policy.status == "draft"] == ["nanshan-live-draft"]


def test_what_the_sources_leave_open_is_the_nanshan_rate_and_the_pingshan_guide_price() -> None:
    months = [Month(2026, 1)]
    open_ = {policy.id: policy.open_parameters(months) for policy in shipped_policies()}
    assert {id_: names for id_, names in open_.items() if names} == {
        "nanshan-live-draft": ["rate"],
        "pingshan-2020": ["guide_price"],
    }


def test_every_test_that_a_policy_may_name_exists() -> None:
    assert set(TESTS) == set(TESTS_BY_NAME)


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownPolicy, match=r"no policy nanshan\. Choose one of: baoan-culture-2018, .*tianjin"):
        shipped_policies().get("nanshan")


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = to

    return change


def _drop(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


RATE = ("parameters", "rate", 0)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_drop(*RATE, "source"), "source"),
        (_drop(*RATE, "clause"), "clause"),
        (_drop(*RATE, "valid_from"), "valid_from"),
        (_drop(*RATE, "unit"), "unit"),
        (_drop(*RATE, "value"), "either a value or open"),
        (_set(*RATE, "open", to=True), "either a value or open"),
        (_set(*RATE, "source", to="elsewhere"), "cited but not listed"),
        (_set(*RATE, "clause", to=" "), "clause"),
        (_set(*RATE, "clause", to="甲；乙"), "clause"),
        (_set(*RATE, "unit", to="yuan"), "unit"),
        (_set(*RATE, "value", to=0.5), "as text"),
        (_set(*RATE, "value", to="1.5"), "up to 1"),
        (_set(*RATE, "value", to="５0"), "as text"),
        (_set(*RATE, "value", to="-0.5"), "positive"),
        (_set(*RATE, "value", to="0"), "positive"),
        (_set(*RATE, "valid_from", to=date(2020, 1, 2)), "first day of a month"),
        (_set(*RATE, "valid_to", to=date(2020, 6, 29)), "last day of a month"),
        (_set(*RATE, "valid_to", to=date(2019, 12, 31)), "before valid_from"),
        (_set(*RATE, "valid_to", to=date(2020, 12, 31)), "no value for part of the time"),
        (_set(*RATE, "percent", to="50"), "percent"),
        (_set("parameters", "ratio", to=[]), "ratio"),
        (_set("parameters", "rate", to=[]), "needs exactly one of"),
        (_set("parameters", "rate_by_support_year", to=[value("rate_by_support_year", ["1"])]), "needs exactly one of"),
        (_set("parameters", "bands", to=[value("bands", [{"up_to_m2": "10", "rate": "1"}])]), "no formula"),
        (_set("parameters", "year_cap", to=[value("year_cap", "100.001")]), "whole fen"),
        (_set("parameters", "leased_area_above", to=[value("leased_area_above", "100")]), "stated together"),
        (_set("formula", 0, "name", to="guess"), "unknown"),
        (_set("sources", to={}), "sources"),
        (_set("sources", "text", "basis", to="hearsay"), "basis"),
        (_set("place", "divisions", to=["4401"]), "divisions"),
        (_set("name", to={"zh": "样例"}), "name.en"),
        (_drop("last_value_still_valid_on"), "last_value_still_valid_on"),
        (_set("id", to="Sample Policy"), "id"),
        (
            _set("conditions", to=[{"id": "all", "text": {"zh": "甲", "en": "a"}, "source": "text", "clause": "一"}]),
            "none is 'all'",
        ),
        (
            _set(
                "conditions",
                to=[{"id": "a", "test": "luck", "text": {"zh": "甲", "en": "a"}, "source": "text", "clause": "一"}],
            ),
            "unknown",
        ),
    ],
)
def test_a_policy_with_a_fault_cannot_be_loaded(change: Callable[[dict[str, Any]], None], complaint: str) -> None:
    data = policy_data(rate="0.5")
    Policy.model_validate(data)
    change(data)
    with pytest.raises(ValueError, match=complaint):
        Policy.model_validate(data)


def test_values_of_one_parameter_may_not_overlap() -> None:
    rates = [value("rate", "0.5"), value("rate", "0.6", valid_from=date(2022, 1, 1))]
    with pytest.raises(ValueError, match="do not overlap"):
        policy(rate=rates)


def test_bands_ascend() -> None:
    falling = [value("bands", [{"up_to_m2": "5000", "rate": "0.5"}, {"up_to_m2": "1000", "rate": "0.9"}])]
    with pytest.raises(ValueError, match="ascend"):
        policy("progressive_share", bands=falling, guide_price="35", guide_price_limit="1.3")


def test_a_bad_file_is_refused_by_name_with_the_place_of_the_fault() -> None:
    good = (SHIPPED / "longgang-software-2023.toml").read_text(encoding="utf-8")
    bad = good.replace('source = "measures"', "", 1)
    with pytest.raises(BadPolicyFile, match=r"longgang\.toml is not valid: formula\.0\.source: Field required"):
        policy_from(bad, name="longgang.toml")
    with pytest.raises(BadPolicyFile, match="is not TOML"):
        policy_from("id = ", name="longgang.toml")


def test_a_file_is_named_for_its_policy(tmp_path: Path) -> None:
    text = (SHIPPED / "longgang-software-2023.toml").read_text(encoding="utf-8")
    (tmp_path / "other.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadPolicyFile, match="its id is longgang-software-2023"):
        load_policies(tmp_path)


@pytest.mark.parametrize(
    ("division", "inside"), [("330106", True), ("330100", True), ("330206", False), ("440113", False)]
)
def test_a_city_holds_its_districts(division: str, inside: bool) -> None:
    assert shipped_policies().get("hangzhou-startup-2026").place.holds(division) is inside


def test_the_digest_of_a_policy_changes_with_any_value_and_not_with_a_comment() -> None:
    text = (SHIPPED / "guangming-2021.toml").read_text(encoding="utf-8")
    shipped = shipped_policies().get("guangming-2021")
    assert policy_from("# a remark\n" + text, name="x").digest == shipped.digest
    assert policy_from(text.replace('"300000"', '"300001"'), name="x").digest != shipped.digest


def test_quotes_of_the_shipped_files_are_complete_sentences_of_a_cited_source() -> None:
    for path in SHIPPED.glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for values in [data["formula"], *data["parameters"].values(), data.get("conditions", [])]:
            for each in values:
                assert each["source"] in data["sources"]
                assert each.get("quote", "x").strip()
