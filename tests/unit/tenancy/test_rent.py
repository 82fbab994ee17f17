"""The rent of a month, to the fen."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_base.core.periods import DaySpan, Month
from shared_base.tenancy.rent import days_in, rent_due


@pytest.mark.parametrize(
    ("monthly", "payable", "of_month", "due"),
    [
        (5_376_000, 31, 31, 5_376_000),
        (5_376_000, 0, 31, 0),
        (0, 20, 30, 0),
        (100, 1, 30, 3),
        (100, 10, 31, 32),
        (1, 1, 2, 1),  # a half goes up
        (3, 1, 6, 1),
        (5, 1, 30, 0),
        (8_453_250, 20, 31, 5_453_710),  # 5,453,709.677…
        (8_453_250, 29, 29, 8_453_250),
    ],
)
def test_rent_due_is_the_monthly_rent_by_payable_days_half_up(
    monthly: int, payable: int, of_month: int, due: int
) -> None:
    assert rent_due(monthly, payable, of_month) == due


@given(
    monthly=st.integers(0, 10**12),
    of_month=st.integers(28, 31),
    payable=st.integers(0, 31),
)
def test_rent_due_is_within_half_a_fen_of_the_exact_share_and_never_above_the_month(
    monthly: int, of_month: int, payable: int
) -> None:
    payable = min(payable, of_month)
    due = rent_due(monthly, payable, of_month)
    exact = Fraction(monthly * payable, of_month)
    assert -Fraction(1, 2) < due - exact <= Fraction(1, 2)
    assert 0 <= due <= monthly


def test_more_payable_days_than_the_month_has_are_a_bug() -> None:
    with pytest.raises(AssertionError):
        rent_due(100, 32, 31)


TERM = DaySpan(date(2024, 5, 12), date(2027, 5, 31))


@pytest.mark.parametrize(
    ("month", "free", "expected"),
    [
        (Month(2024, 5), [], (20, 20, 31)),
        (Month(2024, 4), [], (0, 0, 30)),
        (Month(2027, 5), [], (31, 31, 31)),
        (Month(2027, 6), [], (0, 0, 30)),
        (Month(2024, 6), [DaySpan(date(2024, 6, 1), date(2024, 6, 20))], (30, 10, 30)),
        (Month(2025, 2), [DaySpan(date(2025, 2, 1), date(2025, 2, 25))], (28, 3, 28)),
        (Month(2028, 2), [], (0, 0, 29)),
        # rent-free days outside of the term, and days named twice, count once or not at all
        (Month(2024, 5), [DaySpan(date(2024, 5, 1), date(2024, 5, 14))], (20, 17, 31)),
        (
            Month(2024, 6),
            [DaySpan(date(2024, 6, 1), date(2024, 6, 20)), DaySpan(date(2024, 6, 10), date(2024, 6, 30))],
            (30, 0, 30),
        ),
    ],
)
def test_the_days_of_a_month_are_those_in_force_and_of_these_those_not_rent_free(
    month: Month, free: list[DaySpan], expected: tuple[int, int, int]
) -> None:
    days = days_in(month, TERM, free)
    assert (days.in_force, days.payable, days.of_month) == expected


@given(
    first=st.dates(date(2024, 1, 1), date(2025, 12, 31)),
    length=st.integers(0, 900),
    month=st.builds(Month, st.integers(2023, 2028), st.integers(1, 12)),
)
def test_the_days_in_force_are_those_that_the_span_itself_counts(first: date, length: int, month: Month) -> None:
    span = DaySpan(first, date.fromordinal(first.toordinal() + length))
    assert days_in(month, span).in_force == span.days_within(month.first, month.last)
