"""How figures are written for readers: Jinja filters. Amounts in 元, areas in ㎡, instants in the base's zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton
from flask import Flask
from markupsafe import Markup, escape

from shared_base.core.money import plain, yuan
from shared_base.core.periods import Month
from shared_base.http.language import locale_code, page_zone


def money(fen: int | None) -> str:
    """Fen as `¥1,234.50`; nothing known is a dash."""
    if fen is None:
        return "—"
    return f"-¥{yuan(-fen)}" if fen < 0 else f"¥{yuan(fen)}"


def area(value: Decimal | str | None) -> str:
    """A number of square metres, `1,300.5 ㎡`."""
    if value is None:
        return "—"
    text = plain(Decimal(value))
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest} ㎡"


def duration(seconds: int | None) -> str:
    """Seconds as hours and minutes, `1,436:25`; a remainder of seconds is shown only where there is one."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(abs(int(seconds)), 60)
    sign = "-" if seconds < 0 else ""
    text = f"{sign}{minutes // 60:,}:{minutes % 60:02d}"
    return f"{text}:{rest:02d}" if rest else text


def hours(seconds: int | None) -> str:
    """Seconds as hours with one place, `1,436.4`."""
    return "—" if seconds is None else f"{seconds / 3600:,.1f}"


def percent(ratio: str | None) -> str:
    """A contract ratio (`"0.4578"`) as `45.78%`; a null ratio is a dash."""
    return "—" if ratio is None else f"{(Decimal(ratio) * 100):.2f}%"


@lru_cache(maxsize=4096)
def _short_day(value: date, locale: str) -> str:
    """`11月21日周六`. A page says the same few days hundreds of times, and Babel thinks long about each."""
    return format_skeleton("MMMEd", datetime(value.year, value.month, value.day, tzinfo=UTC), locale=locale)


def _local(moment: datetime, zone: str | None) -> datetime:
    return moment.astimezone(ZoneInfo(zone) if zone else page_zone())


def instant(moment: datetime | None, style: str = "short", zone: str | None = None) -> Markup:
    """An instant in the base's zone, machine-readable beside it. Styles: `short`, `time`, `full`."""
    if moment is None:
        return Markup("—")
    local = _local(moment, zone)
    locale = locale_code()
    if style == "time":
        text = f"{local:%H:%M}"
    elif style == "full":
        text = format_datetime(local, "yyyy-MM-dd HH:mm:ss", locale=locale)
    else:
        text = f"{_short_day(local.date(), locale)} {local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(moment.astimezone(UTC).isoformat(), text)


def span(start: datetime, end: datetime, zone: str | None = None) -> Markup:
    """A range of time as people say it: `11月21日周六 20:00–次日 02:00`."""
    first, last = _local(start, zone), _local(end, zone)
    locale = locale_code()
    head = f"{_short_day(first.date(), locale)} {first:%H:%M}"
    nights = (last.date() - first.date()).days
    if nights == 0:
        tail = f"{last:%H:%M}"
    elif nights == 1:
        tail = f"次日 {last:%H:%M}" if locale != "en" else f"{last:%H:%M} (+1 day)"
    else:
        tail = f"{_short_day(last.date(), locale)} {last:%H:%M}"
    return Markup('<time datetime="{}/{}">{}–{}</time>').format(start.isoformat(), end.isoformat(), head, tail)


def day(value: date | None) -> str:
    """A date as readers write it: `2026年9月30日`, `30 Sept 2026`."""
    return "—" if value is None else format_date(value, "long" if locale_code() != "en" else "medium", locale_code())


def day_before(value: date | None) -> date | None:
    """The last day of a half-open span, from its upper end."""
    return None if value is None else value - timedelta(days=1)


def month(value: date | Month | str | None) -> str:
    """A month as readers write it: `2026年9月`, `September 2026`."""
    if value is None:
        return "—"
    if isinstance(value, str):
        value = Month.parse(value)
    first = value.first if isinstance(value, Month) else value
    return format_skeleton("yMMMM", datetime(first.year, first.month, 1, tzinfo=UTC), locale=locale_code())


def minutes_of_day(value: int) -> str:
    """Minutes from midnight as `08:00`; past 24 h the next day's, as `次日 02:00`."""
    if value == 1440:
        return "24:00"
    text = f"{value % 1440 // 60:02d}:{value % 60:02d}"
    if value < 1440:
        return text
    return f"{text} (+1)" if locale_code() == "en" else f"次日 {text}"


def number(value: int) -> str:
    return f"{value:,}"


def nl2br(text: str | None) -> Markup:
    """Line breaks of a person's text, everything else escaped."""
    return Markup("<br>").join(escape(line) for line in (text or "").splitlines())


def init_app(app: Flask) -> None:
    for filter_ in (
        money, area, duration, hours, percent, instant, span, day, day_before, month, minutes_of_day, number, nl2br,
    ):  # fmt: skip
        app.add_template_filter(filter_)
