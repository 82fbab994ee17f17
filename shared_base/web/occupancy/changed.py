"""What a revision changed, as its page says it: whose figure, which, before and after."""

from collections.abc import Callable, Mapping
from typing import Any

import flask_babel
from flask_babel import lazy_gettext as _l

from shared_base.http.formatting import area, duration, money, number, percent
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.documents.phrases import REPORT
from shared_base.occupancy.documents.words import Words
from shared_base.occupancy.report_warnings import in_language

# flask_babel tells no types
_: Callable[..., str] = flask_babel.gettext

FIGURES = {
    "open_seconds": _l("Time open"),
    "booked_seconds": _l("Time booked"),
    "used_seconds": _l("Time used"),
    "utilisation": _l("Utilisation"),
    "booking_rate": _l("Booking rate"),
    "area_occupancy": _l("Area occupancy"),
    "sessions": _l("Sessions"),
    "no_shows": _l("No-shows"),
    "settled_tenants": _l("Settled tenants"),
    "leased_m2_days": _l("Leased ㎡·days"),
    "lettable_m2_days": _l("Lettable ㎡·days"),
    "area_m2": _l("Area"),
    "days_in_force": _l("Days in force"),
    "payable_days": _l("Payable days"),
    "days_of_month": _l("Days of the month"),
    "rent_due_fen": _l("Rent due"),
    "property_fee_due_fen": _l("Property fee due"),
    "recognised": _l("Recognised"),
    "timezone": _l("Time zone"),
    "uscc": _l("USCC"),
}
RATIOS = ("utilisation", "booking_rate", "area_occupancy")


def described(
    changes: Mapping[str, Mapping[str, Any]] | None, names: ReportNames, language: str
) -> list[tuple[str, str, str, str]]:
    """Rows of a table: (whose, figure, before, after), the base's totals first."""
    order = ("totals", "studios", "tenants", "leases", "by_local_day", "by_hour", "warnings")
    rows = []
    for path, change in (changes or {}).items():
        member, *parts = path.split("/")
        whose, figure = _place(member, parts, names, language)
        texts = [_value(member, parts, change[side], language) for side in ("before", "after")]
        rank = order.index(member) if member in order else len(order)
        rows.append(((rank, path), (whose, figure, texts[0], texts[1])))
    return [row for _rank, row in sorted(rows)]


def _place(member: str, parts: list[str], names: ReportNames, language: str) -> tuple[str, str]:
    if member == "warnings":
        return parts[-1], Words(REPORT, language).known(f"warning_{parts[0]}", parts[0])
    if member == "by_hour":
        return f"{int(parts[0]):02d}:00", str(FIGURES["used_seconds"])
    figure = str(FIGURES.get(parts[-1] if parts else member, parts[-1] if parts else member))
    if member == "totals" or not parts:
        return _("Base"), figure
    key = "/".join(parts[:-1]) or parts[0]
    if member == "tenants":
        return names.tenants.get(key, key), figure
    return key, figure


def _value(member: str, parts: list[str], value: Any, language: str) -> str:
    """A figure as the report's page writes it; None: that report had no such figure."""
    name = "used_seconds" if member == "by_hour" else parts[-1] if parts else member
    if value is None and name not in RATIOS:
        return "—"
    if member == "warnings":
        return in_language(value, "en" if language == "en" else "zh")
    if name.endswith("_seconds"):
        return duration(value)
    if name.endswith("_fen"):
        return money(value)
    if name in RATIOS:
        return percent(value)
    if name == "area_m2":
        return area(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return number(value) if isinstance(value, int) else str(value)
