"""What a lease and a payment may say."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared_base.core.errors import Invalid
from shared_base.core.periods import DaySpan, Month
from shared_base.tenancy import rules_leases, rules_payments
from shared_base.tenancy.errors import TooMuch
from shared_base.tenancy.rules_leases import LeaseTerms, cut_spans

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def terms(**changes: Any) -> LeaseTerms:
    values: dict[str, Any] = {
        "area_m2": Decimal("640.5"),
        "first": FIRST,
        "last": LAST,
        "monthly_rent_fen": 5_376_000,
        **changes,
    }
    return LeaseTerms(**values)


def test_a_lease_stores_its_last_day_as_the_day_before_its_end() -> None:
    term = terms().cleaned()["term"]
    assert (term.lower, term.upper) == (FIRST, date(2027, 1, 1))
    one_day = terms(last=FIRST).cleaned()["term"]
    assert (one_day.lower, one_day.upper) == (FIRST, date(2026, 1, 2))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last": date(2025, 12, 31)}, "last"),
        ({"first": date(1999, 12, 31)}, "first"),
        ({"last": date(2200, 1, 1)}, "first"),
        ({"area_m2": Decimal(0)}, "area_m2"),
        ({"area_m2": Decimal("NaN")}, "area_m2"),
        ({"area_m2": Decimal("1.00001")}, "area_m2"),
        ({"monthly_rent_fen": -1}, "monthly_rent_fen"),
        ({"monthly_rent_fen": 1_000_000_001}, "monthly_rent_fen"),
        ({"property_fee_fen": -1}, "property_fee_fen"),
        ({"rent_free": [DaySpan(date(2025, 12, 1), date(2026, 1, 31))]}, "rent_free"),
        ({"rent_free": [DaySpan(date(2026, 12, 1), date(2027, 1, 1))]}, "rent_free"),
        ({"rent_free": [DaySpan(None, date(2026, 1, 31))]}, "rent_free"),
        (
            {"rent_free": [DaySpan(date(2026, 3, 1), date(2026, 3, 31)), DaySpan(date(2026, 2, 1), date(2026, 3, 1))]},
            "rent_free",
        ),
    ],
)
def test_terms_that_cannot_be_are_refused_by_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        terms(**changes).cleaned()
    assert list(refused.value.extra["errors"]) == [field]


def test_rent_free_periods_may_follow_one_another_in_any_order() -> None:
    terms(
        rent_free=[DaySpan(date(2026, 4, 1), date(2026, 4, 30)), DaySpan(date(2026, 3, 1), date(2026, 3, 31))]
    ).cleaned()


def test_a_lease_that_ends_early_keeps_what_it_had_of_its_rent_free_days() -> None:
    spans = [DaySpan(FIRST, date(2026, 1, 31)), DaySpan(date(2026, 6, 1), date(2026, 6, 30))]
    assert cut_spans(spans, date(2026, 6, 10)) == [spans[0], DaySpan(date(2026, 6, 1), date(2026, 6, 10))]
    assert cut_spans(spans, date(2026, 5, 31)) == [spans[0]]
    assert cut_spans(spans, date(2026, 6, 1)) == [spans[0], DaySpan(date(2026, 6, 1), date(2026, 6, 1))]


def test_a_lease_number_is_one_line() -> None:
    assert rules_leases.lease_ref(" HRB-L01 ") == "HRB-L01"
    for wrong in ("", "  ", "a\nb", "x" * 61):
        with pytest.raises(Invalid):
            rules_leases.lease_ref(wrong)


@pytest.mark.parametrize("wrong", [0, -1, 100_000_000_001])
def test_a_payment_is_above_zero(wrong: int) -> None:
    with pytest.raises(Invalid, match="correction"):
        rules_payments.amount(wrong)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("20052132068804992909", "20052132068804992909"),
        ("044001900111 12345678", "04400190011112345678"),
        ("4400194130-12345678", "440019413012345678"),
        ("１２３４５６７８", "12345678"),
        ("", None),
        (None, None),
    ],
)
def test_an_invoice_number_has_twenty_or_eight_digits(written: str | None, stored: str | None) -> None:
    assert rules_payments.invoice_no(written) == stored


@pytest.mark.parametrize("wrong", ["1", "123456789", "2005213206880499290X", "=1+1"])
def test_what_is_no_invoice_number_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        rules_payments.invoice_no(wrong)


def test_money_is_for_a_month_of_the_lease_and_has_come() -> None:
    term = DaySpan(date(2026, 1, 31), date(2026, 3, 1))
    for month in (Month(2026, 1), Month(2026, 2), Month(2026, 3)):
        rules_payments.check_month(month, term)
    for month in (Month(2025, 12), Month(2026, 4)):
        with pytest.raises(Invalid, match="none of its months"):
            rules_payments.check_month(month, term)
    rules_payments.check_paid_on(date(2026, 11, 2), date(2026, 11, 2))
    for wrong in (date(2026, 11, 3), date(1999, 1, 1)):
        with pytest.raises(Invalid):
            rules_payments.check_paid_on(wrong, date(2026, 11, 2))


def test_a_correction_takes_back_at_most_what_is_left() -> None:
    rules_payments.check_correction(100, paid_fen=100, taken_back_fen=0)
    rules_payments.check_correction(40, paid_fen=100, taken_back_fen=60)
    with pytest.raises(TooMuch, match=r"Only 0\.40 yuan") as refused:
        rules_payments.check_correction(41, paid_fen=100, taken_back_fen=60)
    assert refused.value.extra["left_fen"] == 40
