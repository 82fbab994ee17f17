"""The charts of reports, as `components/live.html` draws them; ratios in per cent, times in hours."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from shared_base.occupancy.models import MonthReport

#: how many months the chart of a base goes back
MONTHS = 24


def _percent(ratio: str | None) -> float | None:
    return None if ratio is None else round(float(ratio) * 100, 2)


def _hours(seconds: int) -> float:
    return round(seconds / 3600, 1)


def by_month(rows: Sequence[MonthReport]) -> dict[str, Any]:
    """The three ratios of the last frozen months, the oldest first."""
    months = sorted(rows, key=lambda row: row.month)[-MONTHS:]
    series = (
        (_("Hours used of hours open"), "used", "utilisation"),
        (_("Hours booked of hours open"), "booked", "booking_rate"),
        (_("Area leased of area lettable"), "cap", "area_occupancy"),
    )
    return {
        "unit": "%",
        "categories": [f"{row.month:%Y-%m}" for row in months],
        "series": [
            {"name": name, "tone": tone, "values": [_percent(row.totals[key]) for row in months]}
            for name, tone, key in series
        ],
    }


def by_day(document: Mapping[str, Any]) -> dict[str, Any]:
    """Booked and used hours of the base by local day."""
    days = document["by_local_day"]
    return {
        "unit": "h",
        "categories": [day[5:] for day in days],
        "series": [
            {
                "name": _("Time booked"),
                "tone": "booked",
                "values": [_hours(f["booked_seconds"]) for f in days.values()],
            },
            {"name": _("Time used"), "tone": "used", "values": [_hours(f["used_seconds"]) for f in days.values()]},
        ],
    }


def by_hour(document: Mapping[str, Any]) -> dict[str, Any]:
    """Used hours of the base in each hour of the local clock."""
    return {"unit": "h", "name": _("Time used"), "values": [_hours(seconds) for seconds in document["by_hour"]]}
