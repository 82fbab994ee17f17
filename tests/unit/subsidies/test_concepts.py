"""Clock, area, rent and caps, each by itself."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from shared_base.core.periods import DaySpan, Month, months_between
from shared_base.subsidies.area import AreaShare, shared_out
from shared_base.subsidies.caps import MonthAmount, limited
from shared_base.subsidies.clock import SupportClock, support_clock
from shared_base.subsidies.parameters import Parameters
from shared_base.subsidies.rent import Paid, eligible_rent, net_paid
from shared_base.subsidies.steps import Explanation
from shared_base.subsidies.wording import exact_yuan, month_spans
from tests.unit.subsidies.samples import lease, paid, policy, row, value

JANUARY = Month(2024, 1)


@pytest.mark.parametrize(
    ("month", "year"), [("2024-01", 1), ("2024-12", 1), ("2025-01", 2), ("2026-12", 3), ("2027-01", 4)]
)
def test_months_1_to_12_are_support_year_1(month: str, year: int) -> None:
    assert SupportClock(JANUARY, "L1").year_of(Month.parse(month)) == year


def test_the_clock_starts_in_the_month_that_recognition_begins_while_the_lease_runs() -> None:
    recognised = (DaySpan(date(2024, 3, 31), None),)
    assert support_clock([lease("L1", "2023-06-15", recognised=recognised)], []) == SupportClock(Month(2024, 3), "L1")


def test_the_clock_counts_a_month_in_which_lease_and_recognition_never_meet_on_a_day() -> None:
    # The lease begins on the 20th, recognition ended on the 10th of the same month: recognised on some day of it.
    recognised = (DaySpan(date(2020, 1, 1), date(2024, 3, 10)),)
    assert support_clock([lease("L1", "2024-03-20", recognised=recognised)], []) == SupportClock(Month(2024, 3), "L1")


def test_the_clock_waits_for_the_next_recognition_when_one_ended_before_the_lease() -> None:
    recognised = (DaySpan(date(2020, 1, 1), date(2021, 12, 31)), DaySpan(date(2025, 5, 2), None))
    assert support_clock([lease("L1", "2024-03-20", recognised=recognised)], []) == SupportClock(Month(2025, 5), "L1")


def test_an_older_lease_in_another_base_starts_the_clock_also_when_it_ended_long_ago() -> None:
    leases = [lease("L2", "2026-01-01"), lease("L1", "2023-02-10", "2023-03-01", base_code="HRB")]
    assert support_clock(leases, []) == SupportClock(Month(2023, 2), "L1")


def test_the_operators_own_lease_starts_no_clock() -> None:
    assert support_clock([lease(operator_space=True)], []) is None


def test_a_month_that_a_frozen_report_saw_qualify_starts_the_clock_at_the_latest() -> None:
    assert support_clock([lease("L1", "2026-02-01")], [row("2026-01")]) == SupportClock(Month(2026, 1), "L1")


def test_the_area_cap_goes_to_the_largest_lease_first_then_by_ref() -> None:
    rows = [row(ref="B", area_m2=Decimal(400)), row(ref="C", area_m2=Decimal(700)), row(ref="A", area_m2=Decimal(400))]
    shares = shared_out(rows, Decimal(1000))
    assert {ref: share.counted for ref, share in shares.items()} == {"C": 700, "A": 300, "B": 0}


def test_without_a_cap_all_area_counts() -> None:
    assert shared_out([row(area_m2=Decimal("1300.5"))], None)["L1"].counted == Decimal("1300.5")


def test_a_stretch_of_area_meets_a_band_only_where_they_overlap() -> None:
    share = AreaShare(Decimal(800), Decimal(1500))
    assert [share.within(*band) for band in ((Decimal(0), Decimal(1000)), (Decimal(1000), Decimal(5000)))] == [200, 500]
    assert share.within(Decimal(1500), Decimal(5000)) == 0


def test_corrections_are_netted_and_a_net_below_zero_counts_zero() -> None:
    here = row()
    payments = [paid(here, 90_000), paid(here, -40_000), paid(here, -1, kind="property_fee")]
    assert net_paid(payments, as_of=date(2026, 1, 31)) == {("L1", here.month): Paid(50_000, 0)}
    assert net_paid([paid(here, -5)], as_of=date(2026, 1, 31)) == {("L1", here.month): Paid(0, 0)}


def test_a_payment_on_the_cut_off_counts_and_one_the_day_after_does_not() -> None:
    here = row()
    payments = [paid(here, 10, on=date(2026, 3, 31)), paid(here, 20, on=date(2026, 4, 1))]
    assert net_paid(payments, as_of=date(2026, 3, 31)) == {("L1", here.month): Paid(10, 0)}


def test_utilities_never_count() -> None:
    here = row()
    assert net_paid([paid(here, 500, kind="utilities")], as_of=date(2026, 12, 31)) == {("L1", here.month): Paid(0, 0)}


def test_rent_and_property_fee_are_capped_each_at_its_own_due() -> None:
    here = row(rent_due_fen=100, property_fee_due_fen=30)
    both = eligible_rent(here, Paid(250, 10), with_property_fee=True)
    assert (both.rent_fen, both.fee_fen, both.eligible_fen) == (100, 10, 110)
    assert eligible_rent(here, Paid(250, 10), with_property_fee=False).eligible_fen == 100


def limit(amounts: dict[str, int], clock: str = "2024-01", **parameters: object) -> tuple[int, list[tuple[str, int]]]:
    steps = Explanation(0)
    given: Parameters = policy(**parameters).parameters
    lines = [MonthAmount(Month.parse(month), amount) for month, amount in amounts.items()]
    computed = limited(given, lines, SupportClock(Month.parse(clock), "L1"), steps)
    return computed, [(step.step, step.after_fen) for step in steps.steps]


def test_the_year_cap_binds_each_calendar_year_of_service_by_itself() -> None:
    amounts = {"2024-11": 600_00, "2024-12": 600_00, "2025-01": 600_00}
    assert limit(amounts, year_cap="1000") == (
        1_600_00,
        [("lines_sum", 1_800_00), ("year_cap", 1_600_00), ("year_cap", 1_600_00)],
    )


def test_a_year_cap_by_support_year_groups_months_by_the_clock() -> None:
    amounts = {"2024-11": 600_00, "2024-12": 600_00, "2025-01": 600_00}
    support = [value("year_cap", "1000", year="support")]
    assert limit(amounts, clock="2023-12", year_cap=support)[0] == 600_00 + 1_000_00
    assert limit(amounts, clock="2024-11", year_cap=support)[0] == 1_000_00


def test_months_beyond_the_supported_years_pay_nothing_and_the_year_cap_still_holds() -> None:
    amounts = {f"2026-{month:02d}": 100_00 for month in range(1, 13)}
    # The clock's third year ends with 2026-06: six of the twelve months are beyond it.
    assert limit(amounts, clock="2023-07", supported_years=3)[0] == 600_00
    assert limit(amounts, clock="2023-07", supported_years=3, year_cap="500")[0] == 500_00
    assert limit(amounts, clock="2023-07", supported_years=3, year_cap="1000")[0] == 600_00


def test_a_gap_uses_up_supported_years() -> None:
    assert limit({"2027-01": 100_00}, clock="2024-01", supported_years=3)[0] == 0
    assert limit({"2026-12": 100_00}, clock="2024-01", supported_years=3)[0] == 100_00


def test_the_minimum_comes_before_the_rounding_to_whole_wan() -> None:
    terms = {"minimum": "15000", "rounded_down_to": "10000"}
    assert limit({"2026-01": 29_999_99}, **terms)[0] == 20_000_00
    assert limit({"2026-01": 14_999_99}, **terms)[0] == 0
    assert limit({"2026-01": 15_000_00}, **terms) == (
        10_000_00,
        [("lines_sum", 15_000_00), ("minimum", 15_000_00), ("rounding", 10_000_00)],
    )


def test_caps_that_differ_in_adjacent_years_each_govern_their_own() -> None:
    caps = [
        value("year_cap", "100", valid_from=date(2024, 1, 1), valid_to=date(2024, 12, 31)),
        value("year_cap", "300", valid_from=date(2025, 1, 1)),
    ]
    amounts = {str(month): 50_00 for month in months_between(Month(2024, 1), Month(2025, 12))}
    assert limit(amounts, year_cap=caps)[0] == 100_00 + 300_00


def test_a_cap_that_changes_within_a_year_is_the_one_of_the_years_last_month() -> None:
    caps = [
        value("year_cap", "100", valid_from=date(2024, 1, 1), valid_to=date(2024, 6, 30)),
        value("year_cap", "300", valid_from=date(2024, 7, 1)),
    ]
    assert limit({"2024-06": 500_00, "2024-07": 500_00}, year_cap=caps)[0] == 300_00
    assert limit({"2024-05": 500_00, "2024-06": 500_00}, year_cap=caps)[0] == 100_00


@pytest.mark.parametrize(
    ("fen", "text"),
    [(Fraction(123456), "1,234.56"), (Fraction(1, 3), "0.003333…"), (Fraction(5, 2), "0.025"), (Fraction(0), "0.00")],
)
def test_an_exact_amount_is_written_out_or_visibly_cut(fen: Fraction, text: str) -> None:
    assert exact_yuan(fen) == text


def test_months_are_written_as_the_command_line_takes_them() -> None:
    months = [Month(2025, 12), Month(2026, 1), Month(2026, 3)]
    assert month_spans(months) == "2025-12/2026-01, 2026-03"
