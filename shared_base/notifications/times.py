"""Times as mails say them: the base's wall clock, with the weekday, and whether the end is on the next day."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = {
    "zh_Hans_CN": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: how readers call the zone; another is called by its IANA name
ZONES = {
    "zh_Hans_CN": {"Asia/Shanghai": "北京时间", "Asia/Urumqi": "新疆时间"},
    "en": {"Asia/Shanghai": "China time", "Asia/Urumqi": "Xinjiang time"},
}

Booking = Mapping[str, Any]


def _instant(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZoneInfo(zone))


def _day(when: datetime, locale: str) -> str:
    weekday = WEEKDAYS[locale][when.weekday()]
    if locale == "en":
        return f"{weekday} {when.day} {MONTHS[when.month - 1]} {when.year}"
    return f"{when.year}年{when.month}月{when.day}日（{weekday}）"


def _moment(when: datetime, locale: str) -> str:
    return f"{_day(when, locale)}{', ' if locale == 'en' else ''}{when:%H:%M}"


def spoken_span(start: datetime, end: datetime, locale: str) -> str:
    """`2026年11月21日（周六）20:00–次日 02:00`; both instants are in the zone in which they are read."""
    days = (end.date() - start.date()).days
    next_day = {"en": f"–{end:%H:%M} the next day", "zh_Hans_CN": f"–次日 {end:%H:%M}"}[locale]
    endings = {0: f"–{end:%H:%M}", 1: next_day}
    return _moment(start, locale) + endings.get(days, f" – {_moment(end, locale)}")


def filters(locale: str) -> dict[str, Callable[..., str]]:
    """What templates may ask of a booking, as `letters.Piece` gives it: each one line of text."""

    def span(booking: Booking, zone: str | None = None) -> str:
        where = zone or booking["zone"]
        return spoken_span(_instant(booking["start"], where), _instant(booking["end"], where), locale)

    def spot(booking: Booking) -> str:
        """The studio and the beginning: what a subject line has room for."""
        start = _instant(booking["start"], booking["zone"])
        comma = ", " if locale == "en" else "，"
        return f"{booking['studio']}{comma}{_moment(start, locale)}"

    def line(booking: Booking) -> str:
        quoted = {"en": " “{}”", "zh_Hans_CN": "《{}》"}[locale].format(booking["title"]) if booking["title"] else ""
        bracketed = f" ({booking['code']})" if locale == "en" else f"（{booking['code']}）"
        return f"{booking['studio']} · {span(booking)}{quoted}{bracketed}"

    def clock(instant: str, zone: str) -> str:
        return _moment(_instant(instant, zone), locale)

    def zone_name(zone: str) -> str:
        return ZONES[locale].get(zone, zone)

    def listed(names: list[str]) -> str:
        return (", " if locale == "en" else "、").join(names)

    return {"span": span, "spot": spot, "line": line, "clock": clock, "zone_name": zone_name, "listed": listed}
