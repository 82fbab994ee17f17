"""Small facts and policies for tests: whatever a test does not say has a plain default."""

import copy
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from shared_base.core.periods import DaySpan, Month, months_between
from shared_base.subsidies.facts import LeaseDates, LeaseMonth, RentPayment
from shared_base.subsidies.policies import Policy
from shared_base.subsidies.rules import ClaimResult, compute

TENANT = "912301024EYHTTTF2X"
CITED = {"valid_from": date(2020, 1, 1), "source": "text", "clause": "第一条"}
UNITS = {
    "rate": "share",
    "rate_by_support_year": "share",
    "bands": "share_by_area",
    "area_cap": "m2",
    "price_cap": "yuan_per_m2_month",
    "guide_price": "yuan_per_m2_month",
    "guide_price_limit": "multiple",
    "property_fee_included": "yes_no",
    "year_cap": "yuan",
    "supported_years": "years",
    "minimum": "yuan",
    "rounded_down_to": "yuan",
    "leased_area_above": "m2",
    "months_in_base": "months",
}


def value(name: str, what: Any, **more: Any) -> dict[str, Any]:
    """One dated value of a parameter, as a policy file would have it."""
    year = {"year": "service"} if name == "year_cap" else {}
    return CITED | year | {"unit": UNITS[name], "value": what} | more


def policy_data(formula: str = "share_of_rent", **parameters: Any) -> dict[str, Any]:
    """A policy file's content. A parameter is a bare value, or a list of dated ones made with `value`."""
    if formula == "share_of_rent" and not parameters.keys() & {"rate", "rate_by_support_year"}:
        parameters["rate"] = "1"
    tests = [name for name in ("leased_area_above", "months_in_base") if name in parameters]
    return {
        "id": "sample",
        "version": "1",
        "status": "in_force",
        "name": {"zh": "样例", "en": "Sample"},
        "place": {"zh": "番禺区", "en": "Panyu", "divisions": ["440113"]},
        "last_value_still_valid_on": date(2040, 12, 31),
        "sources": {"text": {"title": "样例办法", "document": "样例〔2020〕1号", "basis": "official_text"}},
        "formula": [CITED | {"name": formula}],
        "parameters": {
            name: copy.deepcopy(given)
            if isinstance(given, list) and isinstance(given[0], dict) and "unit" in given[0]
            else [value(name, given)]
            for name, given in parameters.items()
        },
        "conditions": [
            {"id": name.replace("_", "-"), "test": name, "text": {"zh": name, "en": name}}
            | {"source": "text", "clause": "第二条"}
            for name in tests
        ],
    }


def policy(formula: str = "share_of_rent", **parameters: Any) -> Policy:
    return Policy.model_validate(policy_data(formula, **parameters))


def row(month: str | Month = "2026-01", ref: str = "L1", **columns: Any) -> LeaseMonth:
    """A lease month of 100 m² at 1,000.00 元, in force and payable all month, in a recognised base."""
    at = Month.parse(month) if isinstance(month, str) else month
    return LeaseMonth(
        **{
            "lease_ref": ref,
            "uscc": TENANT,
            "base_code": "PY",
            "base_division": "440113",
            "month": at,
            "area_m2": Decimal(100),
            "days_in_force": at.days,
            "payable_days": at.days,
            "days_of_month": at.days,
            "rent_due_fen": 100_000,
            "property_fee_due_fen": 0,
            "recognised": True,
            "report_digest": "0" * 64,
            "report_revision": 1,
            **columns,
        }
    )


def paid(of: LeaseMonth, amount_fen: int | None = None, *, kind: str = "rent", on: date | None = None) -> RentPayment:
    """A payment for a lease month: its whole rent (or fee) due on the month's first day unless told."""
    due = of.rent_due_fen if kind == "rent" else of.property_fee_due_fen
    return RentPayment(
        ref=f"P-{of.lease_ref}-{of.month}-{kind}-{amount_fen}-{on}",
        lease_ref=of.lease_ref,
        service_month=of.month,
        paid_on=on or of.month.first,
        kind=kind,
        amount_fen=due if amount_fen is None else amount_fen,
    )


def lease(ref: str = "L1", first: str = "2026-01-01", last: str = "2028-12-31", **columns: Any) -> LeaseDates:
    """A lease by its dates, in a base recognised for good."""
    return LeaseDates(
        **{
            "ref": ref,
            "base_code": "PY",
            "first": date.fromisoformat(first),
            "last": date.fromisoformat(last),
            "recognised": (DaySpan(date(2000, 1, 1), None),),
            "operator_space": False,
            **columns,
        }
    )


def leases_of(rows: Iterable[LeaseMonth]) -> list[LeaseDates]:
    """Leases by dates that agree with the rows."""
    months: dict[tuple[str, str], list[Month]] = {}
    for each in rows:
        months.setdefault((each.lease_ref, each.base_code), []).append(each.month)
    return [
        lease(ref, min(of).first.isoformat(), (max(of).plus(1).first - timedelta(days=1)).isoformat(), base_code=base)
        for (ref, base), of in months.items()
    ]


def claim(of: Policy, rows: Iterable[LeaseMonth], **given: Any) -> ClaimResult:
    """The claim for all months of `rows`, everything due paid, all declared, unless told otherwise."""
    seen = list(rows)
    months = list(months_between(min(r.month for r in seen), max(r.month for r in seen)))
    leases = given.pop("lease_dates", None) or leases_of(seen)
    return compute(
        of,
        **{
            "tenant": TENANT,
            "months": months,
            "as_of": date(2030, 12, 31),
            "lease_months": seen,
            "payments": [paid(r) for r in seen]
            + [paid(r, kind="property_fee") for r in seen if r.property_fee_due_fen],
            "lease_dates": leases,
            "frozen": {(each.base_code, month) for each in leases for month in months},
            "declarations": ["all"],
            "declared_by": "李四",
            **given,
        },
    )
