"""The shapes of the report's two charts: integers per mille of a scale, drawn by the template."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from shared_base.occupancy.documents.figures import hours_minutes, weekday, whole
from shared_base.occupancy.documents.words import Words

HOUR = 3600
MOST_TICKS = 5


def scale(largest: int) -> tuple[int, int]:
    """The top of an axis and its step, in seconds: whole hours of 1, 2 or 5 × 10ⁿ, at most `MOST_TICKS` steps."""
    power = HOUR
    while True:
        for factor in (1, 2, 5):
            step = factor * power
            if largest <= step * MOST_TICKS:
                steps = max(1, -(-largest // step))
                return steps * step, step
        power *= 10


def day_chart(by_local_day: Mapping[str, Mapping[str, int]], words: Words) -> dict[str, Any]:
    """Bars of booked and used time for every day of the month, with ticks in hours."""
    days = sorted(by_local_day.items())
    largest = max((max(day["booked_seconds"], day["used_seconds"]) for _, day in days), default=0)
    top, step = scale(largest)
    return {
        "empty": largest == 0,
        "days": [
            {
                "label": str(date.fromisoformat(key).day),
                "weekday": weekday(date.fromisoformat(key), words),
                "weekend": date.fromisoformat(key).isoweekday() > 5,
                "booked": day["booked_seconds"] * 1000 // top,
                "used": day["used_seconds"] * 1000 // top,
            }
            for key, day in days
        ],
        "ticks": [{"at": at * 1000 // top, "label": whole(at // HOUR)} for at in range(0, top + 1, step)],
    }


def in_whole_hours(by_hour: Sequence[int]) -> bool:
    """Whether the strip shows hours only: four digits of them leave no room for minutes."""
    return max(by_hour, default=0) >= 1000 * HOUR


def hour_strip(by_hour: Sequence[int]) -> list[dict[str, Any]]:
    """Twenty-four cells shaded from nothing to the busiest hour, each with its hour and its time."""
    largest = max(by_hour, default=0)
    wide = in_whole_hours(by_hour)
    return [
        {
            "hour": f"{hour:02d}",
            "value": whole(seconds // HOUR) if wide else hours_minutes(seconds),
            "shade": seconds * 1000 // largest if largest else 0,
        }
        for hour, seconds in enumerate(by_hour)
    ]
