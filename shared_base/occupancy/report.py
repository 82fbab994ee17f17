"""The JSON of a month report, made from what was measured: every figure, its parts beside it, and what was read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shared_base.core.canonical import canonical_bytes, digest_of
from shared_base.core.money import plain, ratio
from shared_base.core.periods import Month
from shared_base.occupancy import report_warnings
from shared_base.occupancy.measuring import Measured
from shared_base.occupancy.report_leases import LeaseOfMonth, leased_by_day

SCHEMA = "shared-base/occupancy-report/1"
#: the order in which people read the members, at every depth; the digest does not depend on it
READING_ORDER = (
    "schema", "base", "month", "timezone", "revision", "closed_at", "inputs", "totals", "studios", "code", "tenants",
    "leases", "ref", "uscc", "open_seconds", "leased_m2_days", "booked_seconds", "used_seconds", "sessions",
    "no_shows", "utilisation", "booking_rate", "lettable_m2_days", "area_occupancy", "settled_tenants", "area_m2",
    "days_in_force", "payable_days", "days_of_month", "rent_due_fen", "property_fee_due_fen", "recognised",
    "closures", "bookings", "stays", "corrections", "by_local_day", "by_hour", "warnings", "subject", "text",
    "digest",
)  # fmt: skip
#: what the digest leaves out: the same inputs closed at another time are the same report
OUTSIDE_DIGEST = ("digest", "closed_at")


@dataclass(frozen=True)
class BaseFacts:
    """What a report says of the base itself."""

    code: str
    timezone: str
    lettable_area_m2: Decimal


@dataclass(frozen=True)
class Report:
    """A composed report: the bytes that are hashed and stored, their SHA-256, and the leases it saw."""

    body: Mapping[str, Any]
    canonical: bytes
    digest: str
    leases: tuple[LeaseOfMonth, ...]
    recognised: bool


def compose(base: BaseFacts, measured: Measured, *, revision: int) -> Report:
    """The report of a month. The same measured figures and revision give the same bytes."""
    month = measured.slices.month
    leases = tuple(
        sorted((LeaseOfMonth.read(row, month) for row in measured.rows("leases")), key=lambda lease: lease.ref)
    )
    recognised = measured.answer["recognised"]
    studios = _studios(measured)
    totals = _totals(studios, leases, month, base.lettable_area_m2)
    body = {
        "schema": SCHEMA,
        "base": base.code,
        "month": str(month),
        "timezone": base.timezone,
        "revision": revision,
        "inputs": _inputs(base, measured, leases),
        "totals": totals,
        "studios": studios,
        "tenants": _tenants(measured, leases),
        "leases": [lease.as_json(recognised=recognised) for lease in leases],
        **_by_time(measured),
        "warnings": _warnings(base, measured, totals, studios, leases),
    }
    _assert_adds_up(body)
    return Report(body, canonical_bytes(body), digest_of(body), leases, recognised)


def _ratios(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "utilisation": ratio(figures["used_seconds"], figures["open_seconds"]),
        "booking_rate": ratio(figures["booked_seconds"], figures["open_seconds"]),
    }


def _studios(measured: Measured) -> list[dict[str, Any]]:
    booked, used = measured.by_name("booked"), measured.by_name("used")
    rows = []
    for code, open_seconds, *_ in sorted(measured.rows("open")):
        booked_seconds, sessions, no_shows = booked.get(code, (0, 0, 0))
        figures = {
            "open_seconds": open_seconds,
            "booked_seconds": booked_seconds,
            "used_seconds": used.get(code, (0,))[0],
            "sessions": sessions,
            "no_shows": no_shows,
        }
        rows.append({"code": code, **figures, **_ratios(figures)})
    return rows


def _totals(
    studios: list[dict[str, Any]], leases: tuple[LeaseOfMonth, ...], month: Month, lettable_area_m2: Decimal
) -> dict[str, Any]:
    sums = {
        name: sum(studio[name] for studio in studios)
        for name in ("open_seconds", "booked_seconds", "used_seconds", "sessions", "no_shows")
    }
    leased = sum((lease.m2_days for lease in leases), Decimal(0))
    lettable = lettable_area_m2 * month.days
    return {
        **sums,
        **_ratios(sums),
        "leased_m2_days": plain(leased),
        "lettable_m2_days": plain(lettable),
        "area_occupancy": ratio(leased, lettable),
        "settled_tenants": len({lease.uscc for lease in leases if lease.holds(month.last)}),
    }


def _tenants(measured: Measured, leases: tuple[LeaseOfMonth, ...]) -> list[dict[str, Any]]:
    booked, used = measured.by_name("booked_by_tenant"), measured.by_name("used_by_tenant")
    leased: dict[str, Decimal] = {}
    for lease in leases:
        leased[lease.uscc] = leased.get(lease.uscc, Decimal(0)) + lease.m2_days
    rows = []
    for uscc in sorted({*booked, *used, *leased}):
        booked_seconds, sessions, no_shows = booked.get(uscc, (0, 0, 0))
        used_seconds = used.get(uscc, (0,))[0]
        m2_days = leased.get(uscc, Decimal(0))
        if any((booked_seconds, used_seconds, sessions, no_shows, m2_days)):
            rows.append(
                {
                    "uscc": uscc,
                    "leased_m2_days": plain(m2_days),
                    "booked_seconds": booked_seconds,
                    "used_seconds": used_seconds,
                    "sessions": sessions,
                    "no_shows": no_shows,
                }
            )
    return rows


def _by_time(measured: Measured) -> dict[str, Any]:
    slices = measured.slices
    booked, used = measured.seconds_by_slice("booked"), measured.seconds_by_slice("used")
    days = zip(slices.days, slices.by_day(booked), slices.by_day(used), strict=True)
    return {
        "by_local_day": {
            day.isoformat(): {"booked_seconds": booked_seconds, "used_seconds": used_seconds}
            for day, booked_seconds, used_seconds in days
        },
        "by_hour": slices.by_hour(used),
    }


def _warnings(
    base: BaseFacts,
    measured: Measured,
    totals: dict[str, Any],
    studios: list[dict[str, Any]],
    leases: tuple[LeaseOfMonth, ...],
) -> list[dict[str, str]]:
    parts = ("open_seconds", "booked_seconds", "used_seconds")
    of_day = leased_by_day(leases, measured.slices.days)
    found = [
        *report_warnings.of_stays(base.code, measured.stays.auto_closed),
        *report_warnings.of_ratios(base.code, **{part: totals[part] for part in parts}),
        *(
            warning
            for studio in studios
            for warning in report_warnings.of_ratios(studio["code"], **{part: studio[part] for part in parts})
        ),
        *report_warnings.of_leased_area(base.code, of_day, base.lettable_area_m2),
    ]
    return [warning.as_json() for warning in found]


def _inputs(base: BaseFacts, measured: Measured, leases: tuple[LeaseOfMonth, ...]) -> dict[str, Any]:
    """How much was read, and one SHA-256 over all of it in the operator's own names (decision 0006)."""
    read = {
        "lettable_area_m2": plain(base.lettable_area_m2),
        "timezone": base.timezone,
        "month": str(measured.slices.month),
        "opening_hours": measured.rows("hours"),
        "recognised": measured.answer["recognised"],
        "studios": sorted([code, first, until] for code, _, first, until in measured.rows("open")),
        # the whole base's closures bear no code
        "closures": sorted(([code or "", *pieces] for code, _, pieces in measured.rows("closures"))),
        "leases": [lease.as_input() for lease in leases],
        "bookings": measured.answer["bookings_sha256"] or {},
        "stays": measured.answer["stays_sha256"] or {},
    }
    # a month without any is told as months were before there could be one
    if special_days := measured.rows("special_days"):
        read["special_days"] = special_days
    return {
        "studios": len(measured.rows("open")),
        "closures": sum(number for _, number, _ in measured.rows("closures")),
        "bookings": measured.bookings,
        "stays": measured.stays.number,
        "corrections": measured.stays.corrected,
        "leases": len(leases),
        "digest": hashlib.sha256(canonical_bytes(read)).hexdigest(),
    }


def _assert_adds_up(body: Mapping[str, Any]) -> None:
    """Days and hours sum to the month: what is stored is asserted before it is stored."""
    totals, days = body["totals"], body["by_local_day"].values()
    assert sum(day["booked_seconds"] for day in days) == totals["booked_seconds"]
    assert sum(day["used_seconds"] for day in days) == totals["used_seconds"]
    assert sum(body["by_hour"]) == totals["used_seconds"]


def whole_document(body: Mapping[str, Any], *, digest: str, closed_at: datetime) -> dict[str, Any]:
    """The report as people and programs get it: with when it was frozen (on the base's clock) and its digest."""
    local = closed_at.astimezone(ZoneInfo(body["timezone"])).isoformat(timespec="seconds")
    document = {**body, "closed_at": local, "digest": digest}
    assert digest_of(document, without=OUTSIDE_DIGEST) == digest, "what was frozen is what is read"
    ordered: dict[str, Any] = in_reading_order(document)
    return ordered


def in_reading_order(value: Any) -> Any:
    """The same JSON with its members in the order in which people read them; days by date."""
    if isinstance(value, Mapping):
        names = [name for name in READING_ORDER if name in value]
        names += sorted(value.keys() - set(names))
        return {name: in_reading_order(value[name]) for name in names}
    return [in_reading_order(item) for item in value] if isinstance(value, list) else value
