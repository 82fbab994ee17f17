"""The worked examples of the policies, and the formulas' corners, by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared_base.core.periods import Month, months_between
from shared_base.subsidies.policies import shipped_policies
from tests.unit.subsidies.samples import claim, lease, paid, policy, row

YEAR_2026 = list(months_between(Month(2026, 1), Month(2026, 12)))


def year_of(ref: str, area: str, rent_fen: int, **columns: Any) -> list[Any]:
    return [row(month, ref, area_m2=Decimal(area), rent_due_fen=rent_fen, **columns) for month in YEAR_2026]


def test_longgang_1200_m2_at_60_yuan_gives_360000_yuan() -> None:
    rows = year_of("L1", "1200", 1200 * 60_00)
    assert claim(shipped_policies().get("longgang-software-2023"), rows).computed_fen == 360_000_00


def test_pingshan_1500_m2_at_50_yuan_and_guide_price_35_gives_627900_yuan() -> None:
    rows = year_of("L1", "1500", 1500 * 50_00)
    result = claim(shipped_policies().get("pingshan-2020"), rows, assumptions={"guide_price": "35"})
    assert result.computed_fen == 627_900_00


def test_pingshan_bands_run_over_all_sites_together_the_largest_first() -> None:
    rows = year_of("A", "300", 300 * 40_00) + year_of("B", "1200", 1200 * 40_00, base_code="HRB")
    result = claim(shipped_policies().get("pingshan-2020"), rows, assumptions={"guide_price": "35"})
    assert result.computed_fen == 40_00 * (1000 * 90 + 500 * 50) // 100 * 12
    january = {line.row.lease_ref: line.amount_fen for line in result.lines if line.row.month == Month(2026, 1)}
    assert january == {"B": 40_00 * (1000 * 90 + 200 * 50) // 100, "A": 40_00 * 300 * 50 // 100}


def test_pingshan_pays_nothing_for_area_above_5000_m2() -> None:
    rows = year_of("L1", "6000", 6000 * 40_00)
    result = claim(shipped_policies().get("pingshan-2020"), rows, assumptions={"guide_price": "35"})
    assert result.computed_fen == 40_00 * (1000 * 90 + 4000 * 50) // 100 * 12


def test_pingshan_scales_the_price_limit_with_the_payable_days_of_a_part_month() -> None:
    half = row("2026-02", area_m2=Decimal(100), rent_due_fen=100 * 25_00, payable_days=14)
    result = claim(shipped_policies().get("pingshan-2020"), [half], assumptions={"guide_price": "35"})
    assert result.computed_fen == 22_75 * 90


def test_ningde_gives_half_up_to_100000_yuan_a_year() -> None:
    rows = year_of("L1", "500", 20_000_00)
    assert claim(shipped_policies().get("ningde-jiaocheng-2024"), rows).computed_fen == 100_000_00
    assert claim(shipped_policies().get("ningde-jiaocheng-2024"), rows[:3]).computed_fen == 30_000_00


def test_nanshan_culture_gives_35_percent_up_to_1500000_yuan_a_year() -> None:
    policy_ = shipped_policies().get("nanshan-culture-backbone")
    running = [lease("L1", "2026-01-01", "2031-12-31")]
    rows = year_of("L1", "500", 100_000_01)
    assert claim(policy_, rows, lease_dates=running).computed_fen == 12 * 35_000_00
    rows = year_of("L1", "5000", 1_000_000_00)
    assert claim(policy_, rows, lease_dates=running).computed_fen == 1_500_000_00


def test_nanshan_culture_pays_nothing_once_no_lease_runs_on_the_day_of_application() -> None:
    policy_ = shipped_policies().get("nanshan-culture-backbone")
    rows = year_of("L1", "500", 100_000_00)
    ended = [lease("L1", "2026-01-01", "2026-12-31")]
    assert claim(policy_, rows, lease_dates=ended, as_of=date(2026, 12, 31)).computed_fen == 420_000_00
    result = claim(policy_, rows, lease_dates=ended, as_of=date(2027, 1, 1))
    assert result.computed_fen == 0
    assert len(result.excluded) == 12


def test_a_lease_in_a_base_it_operates_itself_is_not_a_running_lease() -> None:
    leases = [lease("L1", "2026-01-01", "2026-12-31"), lease("OWN", base_code="HRB", operator_space=True)]
    result = claim(
        shipped_policies().get("nanshan-culture-backbone"), [row()], lease_dates=leases, as_of=date(2027, 1, 1)
    )
    assert result.computed_fen == 0


def test_hangzhou_gives_3_yuan_a_day_for_50_m2_and_never_more_than_their_rent() -> None:
    policy_ = shipped_policies().get("hangzhou-startup-2026")
    dear = row("2026-02", area_m2=Decimal(80), rent_due_fen=80 * 200_00)
    assert claim(policy_, [dear]).computed_fen == 3_00 * 50 * 28
    part = row("2026-02", area_m2=Decimal(80), rent_due_fen=80 * 100_00, payable_days=14)
    assert claim(policy_, [part]).computed_fen == 3_00 * 50 * 14
    cheap = row("2026-02", area_m2=Decimal(80), rent_due_fen=80 * 60_00)
    assert claim(policy_, [cheap]).computed_fen == 60_00 * 50


def test_hangzhou_pays_for_no_month_before_2026() -> None:
    rows = [row("2025-12", area_m2=Decimal(40)), row("2026-01", area_m2=Decimal(40))]
    result = claim(shipped_policies().get("hangzhou-startup-2026"), rows)
    assert [str(line.row.month) for line in result.lines] == ["2026-01"]
    assert [(out.lease_ref, str(out.month)) for out in result.excluded] == [("L1", "2025-12")]


def test_tianjin_gives_all_for_two_years_then_60_percent_then_nothing_property_fee_included() -> None:
    policy_ = shipped_policies().get("tianjin-ecocity-2022")
    months = list(months_between(Month(2024, 1), Month(2027, 3)))
    rows = [
        row(month, area_m2=Decimal("100.5"), rent_due_fen=1_000_00, property_fee_due_fen=100_00) for month in months
    ]
    by_month = {str(line.row.month): line.amount_fen for line in claim(policy_, rows).lines}
    assert by_month["2024-01"] == by_month["2025-12"] == 1_100_00
    assert by_month["2026-01"] == by_month["2026-12"] == 660_00
    assert by_month["2027-01"] == 0


@pytest.mark.parametrize(("area", "counts"), [("100", False), ("100.01", True)])
def test_tianjin_asks_for_more_than_100_m2(area: str, counts: bool) -> None:
    result = claim(shipped_policies().get("tianjin-ecocity-2022"), [row(area_m2=Decimal(area))])
    assert bool(result.lines) is counts
    assert bool(result.excluded) is not counts


def test_tianjin_adds_up_the_area_of_the_leases_that_count_and_only_of_those() -> None:
    policy_ = shipped_policies().get("tianjin-ecocity-2022")
    two = [row(ref="A", area_m2=Decimal(60)), row(ref="B", area_m2=Decimal(60), base_code="HRB")]
    assert len(claim(policy_, two).lines) == 2
    one_unrecognised = [two[0], row(ref="B", area_m2=Decimal(60), base_code="HRB", recognised=False)]
    assert claim(policy_, one_unrecognised).computed_fen == 0


@pytest.mark.parametrize(
    ("as_of", "counts"), [(date(2026, 5, 31), False), (date(2026, 6, 1), True), (date(2027, 1, 1), True)]
)
def test_baoan_asks_for_a_year_since_the_first_lease_in_that_base(as_of: date, counts: bool) -> None:
    policy_ = shipped_policies().get("baoan-culture-2018")
    here = row("2026-03", "L2", rent_due_fen=10_000_00)
    leases = [lease("L1", "2025-06-01", "2025-12-31"), lease("L2", "2026-01-01")]
    result = claim(policy_, [here], lease_dates=leases, as_of=as_of)
    assert result.computed_fen == (20_00 * 100 if counts else 0)


def test_a_year_from_a_leap_day_ends_on_the_last_of_february() -> None:
    policy_ = policy(months_in_base=12)
    here = row("2024-12")
    leases = [lease("L1", "2024-02-29")]
    assert claim(policy_, [here], lease_dates=leases, as_of=date(2025, 2, 27)).computed_fen == 0
    assert claim(policy_, [here], lease_dates=leases, as_of=date(2025, 2, 28)).computed_fen == 100_000


def test_a_year_from_the_31st_is_not_complete_on_the_30th() -> None:
    policy_ = policy(months_in_base=12)
    here, leases = row("2026-01"), [lease("L1", "2025-05-31")]
    assert claim(policy_, [here], lease_dates=leases, as_of=date(2026, 5, 30)).computed_fen == 0
    assert claim(policy_, [here], lease_dates=leases, as_of=date(2026, 5, 31)).computed_fen == 100_000


def test_a_year_in_one_base_does_not_serve_for_another() -> None:
    policy_ = shipped_policies().get("baoan-culture-2018")
    old, new = row("2026-03", "L1"), row("2026-03", "L2", base_code="HRB")
    leases = [lease("L1", "2024-01-01"), lease("L2", "2026-03-01", base_code="HRB")]
    result = claim(policy_, [old, new], lease_dates=leases, as_of=date(2026, 6, 1))
    assert [line.row.lease_ref for line in result.lines] == ["L1"]
    assert [out.lease_ref for out in result.excluded] == ["L2"]


def test_a_lease_excluded_by_a_condition_takes_no_share_of_the_area_cap() -> None:
    policy_ = policy("price_per_area", price_cap="20", area_cap="100", months_in_base=12)
    old = row("2026-03", "L1", area_m2=Decimal(100), rent_due_fen=10_000_00)
    new = row("2026-03", "L2", area_m2=Decimal(300), rent_due_fen=30_000_00, base_code="HRB")
    leases = [lease("L1", "2024-01-01"), lease("L2", "2026-03-01", base_code="HRB")]
    assert claim(policy_, [old, new], lease_dates=leases, as_of=date(2026, 6, 1)).computed_fen == 20_00 * 100


def test_a_rent_free_lease_still_takes_its_share_of_the_area_cap() -> None:
    free = row(ref="A", area_m2=Decimal(900), rent_due_fen=0, payable_days=0)
    paying = row(ref="B", area_m2=Decimal(200), rent_due_fen=200_000)
    result = claim(policy(rate="0.5", area_cap="1000"), [free, paying])
    assert {line.row.lease_ref: line.amount_fen for line in result.lines} == {"A": 0, "B": 50_000}


def test_the_nanshan_rate_comes_from_the_assumption_and_the_year_cap_holds() -> None:
    policy_ = shipped_policies().get("nanshan-live-draft")
    rows = year_of("L1", "500", 100_000_00)
    assert claim(policy_, rows, assumptions={"rate": "0.5"}).computed_fen == 600_000_00
    assert claim(policy_, rows, assumptions={"rate": "0.75"}).computed_fen == 700_000_00
    paid_ = [paid(rows[0], 33)]
    assert claim(policy_, rows[:1], payments=paid_, assumptions={"rate": "0.5"}).computed_fen == 16
