"""Reads the two-bases workbook into the facts a claim is computed from, by an arithmetic of its own: month reports are
not asked, so that these tests check the claims and the reports against each other's expected figures independently."""

import csv
import json
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import Any

from shared_base.core.periods import DaySpan, Month, months_between
from shared_base.subsidies.facts import LeaseDates, LeaseMonth, RentPayment

DATA = Path(__file__).parents[2] / "data"


@cache
def sheet(name: str) -> list[dict[str, str]]:
    with (DATA / "two-bases" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def expected_claims() -> list[dict[str, Any]]:
    claims: list[dict[str, Any]] = json.loads((DATA / "two-bases-expected.json").read_text(encoding="utf-8"))["claims"]
    return claims


def days(first: str, last: str) -> set[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return {start + timedelta(days=n) for n in range((end - start).days + 1)}


def due(monthly_fen: str, counted: int, whole: int) -> int:
    """Monthly amount × days ÷ days of the month, half up to the fen."""
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(monthly_fen or 0) * counted / whole
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def bases() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in sheet("bases")}


def recognised_days(base: dict[str, str]) -> DaySpan:
    return DaySpan(
        date.fromisoformat(base["recognised_from"]) if base["recognised_from"] else None,
        date.fromisoformat(base["recognised_to"]) if base["recognised_to"] else None,
    )


@cache
def lease_rows(lease_ref: str) -> tuple[LeaseMonth, ...]:
    """What the frozen reports of 2025-01 to 2026-09 have of a lease."""
    lease = next(row for row in sheet("leases") if row["ref"] == lease_ref)
    base = bases()[lease["base"]]
    in_force = days(lease["start_date"], lease["end_date"])
    free = set[date]().union(*(days(*span.split("/")) for span in lease["rent_free"].split(";") if span))
    rows = []
    for month in months_between(Month(2025, 1), Month(2026, 9)):
        of_month = days(month.first.isoformat(), month.last.isoformat())
        held, paying = len(of_month & in_force), len(of_month & (in_force - free))
        if held:
            rows.append(
                LeaseMonth(
                    lease_ref=lease_ref,
                    uscc=lease["tenant_uscc"],
                    base_code=lease["base"],
                    base_division=base["division_code"],
                    month=month,
                    area_m2=Decimal(lease["area_m2"]),
                    days_in_force=held,
                    payable_days=paying,
                    days_of_month=len(of_month),
                    rent_due_fen=due(lease["monthly_rent_fen"], paying, len(of_month)),
                    property_fee_due_fen=due(lease["property_fee_fen"], held, len(of_month)),
                    recognised=recognised_days(base).touches(month),
                    report_digest=f"{lease['base']}-{month}",
                    report_revision=1,
                    operator_space=base["operator_uscc"] == lease["tenant_uscc"],
                )
            )
    return tuple(rows)


def facts_of(tenant: str) -> dict[str, Any]:
    """The arguments of `compute` that describe an enterprise of the workbook."""
    leases = [row for row in sheet("leases") if row["tenant_uscc"] == tenant]
    return {
        "tenant": tenant,
        "lease_months": [row for lease in leases for row in lease_rows(lease["ref"])],
        "payments": list(payments_of({lease["ref"] for lease in leases})),
        "lease_dates": [
            LeaseDates(
                ref=lease["ref"],
                base_code=lease["base"],
                first=date.fromisoformat(lease["start_date"]),
                last=date.fromisoformat(lease["end_date"]),
                recognised=(recognised_days(bases()[lease["base"]]),),
                operator_space=bases()[lease["base"]]["operator_uscc"] == tenant,
            )
            for lease in leases
        ],
        "frozen": {(base, month) for base in bases() for month in months_between(Month(2025, 1), Month(2026, 9))},
    }


def payments_of(leases: set[str]) -> Iterable[RentPayment]:
    for row in sheet("rent_payments"):
        if row["lease_ref"] in leases:
            yield RentPayment(
                ref=row["ref"],
                lease_ref=row["lease_ref"],
                service_month=Month.parse(row["service_month"]),
                paid_on=date.fromisoformat(row["paid_on"]),
                kind=row["kind"],
                amount_fen=int(row["amount_fen"]),
            )
