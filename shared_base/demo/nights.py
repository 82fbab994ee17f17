"""The sessions of the demo: three months behind, the running one, and a week ahead. Evening peaks, midnight runs."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared_base.core.periods import Month
from shared_base.demo.houses import HARBIN, House
from shared_base.demo.names import PLATFORMS, TITLES
from shared_base.workbook.rows import BookingRow, ClosureRow, SpaceRow

ZONE = ZoneInfo("Asia/Shanghai")
AHEAD = 8  # days that are booked from today on
#: (local start hour, hours it may last, how often on a day); a start at 19–21 is the peak
SLOTS = {
    "opens at eight": ((9, (2, 3), 0.25), (13, (3, 4), 0.45), (19, (3, 4, 6), 0.68)),
    "round the clock": ((1, (3, 4, 5), 0.35), (9, (2, 3), 0.3), (14, (3, 4), 0.45), (20, (3, 4), 0.66)),
}


def local(day: date, minutes: int) -> datetime:
    """Minutes after a local midnight as a UTC instant."""
    return (datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(minutes=minutes)).astimezone(UTC)


def build_closures(today: date) -> list[ClosureRow]:
    """A power cut over a base, a renovation across a month end, an outage next week."""
    first, last = Month.of(today).plus(-3), Month.of(today).plus(-1)
    return [
        ClosureRow(2, "HRB-C1", HARBIN, None, local(first.first, 4 * 60), local(first.first, 9 * 60), "停电检修"),
        ClosureRow(3, "HRB-C2", HARBIN, "A306", local(first.last, 18 * 60),
                   local(first.plus(1).first, 20 * 60), "隔音改造"),
        ClosureRow(4, "PYWB-C1", "PYWB", "W105", local(last.first, 22 * 60), local(last.first, 34 * 60), "灯光更换"),
        ClosureRow(5, "HRB-C3", HARBIN, "A203", local(today + timedelta(days=3), 8 * 60),
                   local(today + timedelta(days=4), 26 * 60), "空调维保"),
    ]  # fmt: skip


def build_bookings(house: House, now: datetime, rng: random.Random) -> list[BookingRow]:
    """Every session from the first closed month to a week ahead, in order of studio and time."""
    now = now.replace(microsecond=0)  # stays are kept in whole seconds
    today = now.astimezone(ZONE).date()
    first = Month.of(today).plus(-3).first
    rows: list[BookingRow] = []
    for base in house.bases:
        tenants = house.firms_of(base.code)
        slots = SLOTS["round the clock" if base.open_minutes == 1440 else "opens at eight"]
        for number, studio in enumerate(house.studios(base.code)):
            regular = tenants[number % len(tenants)]
            day, free_from = first, local(first, 0)
            while day < today + timedelta(days=AHEAD):
                for start, end in _day(day, slots, rng):
                    if start >= free_from:
                        tenant = regular if rng.random() < 0.6 else rng.choice(tenants)
                        row = _session(len(rows), base.code, studio, tenant, start, end, now, rng)
                        rows.append(row)
                        free_from = end + timedelta(minutes=studio.buffer_minutes)
                day += timedelta(days=1)
    return rows


def _day(day: date, slots: tuple, rng: random.Random) -> Iterator[tuple[datetime, datetime]]:  # type: ignore[type-arg]
    busier = 1.1 if day.weekday() >= 4 else 1.0
    for hour, lengths, often in slots:
        if rng.random() < often * busier:
            start = hour * 60 + rng.choice((0, 0, 30, 60))
            yield local(day, start), local(day, start + rng.choice(lengths) * 60)


def _session(
    number: int,
    base: str,
    studio: SpaceRow,
    tenant: str,
    start: datetime,
    end: datetime,
    now: datetime,
    rng: random.Random,
) -> BookingRow:
    """One session as it happened, or is to happen."""
    chance = rng.random()
    early, late = rng.randrange(-15 * 60, 12 * 60), rng.randrange(-25 * 60, 20 * 60)
    arrived: datetime | None = start + timedelta(seconds=early)
    left: datetime | None = end + timedelta(seconds=late)
    state, released = "completed", None
    if chance < 0.05:
        state, arrived, left = "cancelled", None, None
    elif start > now:
        state, arrived, left = "confirmed", None, None
    elif chance < 0.09:
        state, arrived, left = "no_show", None, None
    elif end > now:  # on air
        state, left = "confirmed", None
        arrived = min(arrived or start, now)
    elif chance < 0.12:  # gave the room back early
        released = end - timedelta(minutes=30)
        left = released
    elif chance < 0.125:  # somebody forgot to check out
        left = None
    elif left and left > now:
        state, left = "confirmed", None
    title = rng.choice(TITLES[studio.scene or "美妆"])
    return BookingRow(
        number + 2, f"{base}-{number + 1:06d}", studio.code, base, tenant, start, end, state,
        arrived, left, released, title, rng.choice(PLATFORMS), None,
    )  # fmt: skip
