"""What a report warns of, in both languages, with the figures that are wrong."""

from datetime import date
from decimal import Decimal

import pytest

from shared_base.occupancy.report_warnings import in_language, of_leased_area, of_ratios, of_stays


def codes(open_seconds: int, booked_seconds: int, used_seconds: int) -> list[str]:
    found = of_ratios("S01", open_seconds=open_seconds, booked_seconds=booked_seconds, used_seconds=used_seconds)
    return [warning.code for warning in found]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((100, 100, 100), []),
        # by a second: the ratio with its four places may still read 1.0000
        ((100_000, 100_000, 100_001), ["utilisation_above_one"]),
        ((100, 101, 100), ["booking_rate_above_one"]),
        ((1, 2, 2), ["utilisation_above_one", "booking_rate_above_one"]),
        ((0, 5, 5), []),  # no ratio over nothing
    ],
)
def test_a_ratio_above_one_is_a_warning(seconds: tuple[int, int, int], expected: list[str]) -> None:
    assert codes(*seconds) == expected


def test_stays_never_checked_out_are_counted_and_none_is_no_warning() -> None:
    assert list(of_stays("HRB", 0)) == []
    (warning,) = of_stays("HRB", 21)
    assert (warning.code, warning.subject) == ("auto_closed", "HRB")
    assert in_language(warning.text, "zh").startswith("21 次到场没有签退")
    assert in_language(warning.text, "en").startswith("21 stays were never checked out")


def test_more_leased_than_lettable_names_the_days_and_the_worst_of_them() -> None:
    by_day = {date(2026, 9, day): Decimal(area) for day, area in ((1, "100"), (2, "100.5"), (3, "120"), (4, "120"))}
    assert list(of_leased_area("HRB", by_day, Decimal(120))) == []
    (warning,) = of_leased_area("HRB", by_day, Decimal("100"))
    assert warning.code == "leased_above_lettable"
    assert in_language(warning.text, "en") == (
        "On 3 days more is leased than the 100 m² lettable; most on 2026-09-03: 120 m²."
    )


def test_a_text_in_one_language_is_given_as_it_is() -> None:
    assert in_language("只有中文", "en") == "只有中文"
