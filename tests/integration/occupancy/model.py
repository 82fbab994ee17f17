"""The occupancy arithmetic of the contract once more, simple and slow: a set of seconds is the bits of one integer.

Written from the contract's words alone; it shares nothing with the SQL but the input.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

QUARTER = 900


@dataclass(frozen=True)
class Stay:
    """Instants are seconds from local midnight of the 1st, here and below; `corrected_from`: what was said first."""

    came: int
    left: int | None
    voided: bool = False
    corrected_from: tuple[int, int | None] | None = None


@dataclass(frozen=True)
class Booking:
    studio: int
    tenant: int
    start: int
    end: int
    state: str
    released: int | None = None
    stays: tuple[Stay, ...] = ()

    @property
    def until(self) -> int:
        return self.end if self.released is None else self.released


@dataclass(frozen=True)
class Closure:
    studio: int | None
    start: int
    end: int
    called_off: bool = False


@dataclass(frozen=True)
class Lease:
    """Days are inclusive."""

    tenant: int
    area: Decimal
    first: date
    last: date
    rent: int
    fee: int
    rent_free: tuple[date, date] | None = None


@dataclass(frozen=True)
class House:
    """A base in one month: opening rules are (first day, opens, closes) in minutes, studios their days of service.

    Special days are (day, opens, closes), or None twice for a day on which the base stays shut.
    """

    zone: str
    year: int
    month: int
    openings: tuple[tuple[date, int, int], ...]
    studios: tuple[tuple[date, date | None], ...]
    tenants: int
    lettable: Decimal
    bookings: tuple[Booking, ...] = ()
    closures: tuple[Closure, ...] = ()
    leases: tuple[Lease, ...] = ()
    recognised: tuple[date, date] | None = field(default=None)
    special_days: tuple[tuple[date, int | None, int | None], ...] = ()

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def days(self) -> list[date]:
        found = [self.first]
        while (following := found[-1] + timedelta(days=1)).month == self.month:
            found.append(following)
        return found

    @property
    def begin(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def instant(self, second: int) -> datetime:
        return self.begin + timedelta(seconds=second)

    def midnight(self, day: date) -> int:
        """When the day begins: the first midnight where the clock shows two."""
        local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        return int((local.astimezone(UTC) - self.begin).total_seconds())

    @property
    def length(self) -> int:
        return self.midnight(self.days[-1] + timedelta(days=1))


def seconds(start: int, end: int) -> int:
    """The set of the seconds `start` to `end`, those before the month left out."""
    start = max(start, 0)
    return ((1 << max(end - start, 0)) - 1) << start


def union(sets: Iterable[int]) -> int:
    whole = 0
    for one in sets:
        whole |= one
    return whole


def wall_clock(house: House, day: date, minute: int) -> int:
    """The second of a local time: a skipped one falls after the gap, one shown twice is the later."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    zone = ZoneInfo(house.zone)
    both = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = [instant for instant in both if instant.astimezone(zone).replace(tzinfo=None) == naive]
    instant = max(shown) if shown else both[0]
    return int((instant - house.begin).total_seconds())


def opening(house: House) -> int:
    """The base's open seconds; those of the evening before the 1st run on into the month."""
    found = []
    special = {day: (opens, closes) for day, opens, closes in house.special_days}
    for day in [house.first - timedelta(days=1), *house.days]:
        ruling = [rule for rule in house.openings if rule[0] <= day]
        opens, closes = special[day] if day in special else max(ruling)[1:] if ruling else (None, None)
        if opens is not None and closes is not None:
            found.append(seconds(wall_clock(house, day, opens), wall_clock(house, day, closes)))
    return union(found)


def uses(house: House) -> list[tuple[int, int, int]]:
    """Studio, tenant and seconds of every stay that counts."""
    month = seconds(0, house.length)
    found = []
    for booking in house.bookings:
        for stay in booking.stays:
            if booking.state != "cancelled" and not stay.voided:
                left = stay.left if stay.left is not None else max(stay.came, booking.until)
                found.append((booking.studio, booking.tenant, seconds(stay.came, left) & month))
    return found


def ratio(part: int | Decimal, whole: int | Decimal) -> str | None:
    if not whole:
        return None
    return f"{Decimal(half_up(Fraction(part) / Fraction(whole) * 10_000)).scaleb(-4):.4f}"


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def studio_rows(house: House) -> list[dict[str, Any]]:
    month, used, open_ = seconds(0, house.length), uses(house), opening(house)
    rows = []
    for number, (first, last) in enumerate(house.studios):
        after = house.midnight(last + timedelta(days=1)) if last else house.length
        service = seconds(house.midnight(first), after)
        standing = [it for it in house.closures if it.studio in (None, number) and not it.called_off]
        shut = union(seconds(it.start, it.end) for it in standing)
        mine = [it for it in house.bookings if it.studio == number and it.state != "cancelled"]
        own = [it for it in mine if 0 <= it.start < house.length]
        figures = {
            "open_seconds": (open_ & service & month & ~shut).bit_count(),
            "booked_seconds": sum((seconds(it.start, it.until) & month).bit_count() for it in mine),
            "used_seconds": union(what for studio, _, what in used if studio == number).bit_count(),
            "sessions": len(own),
            "no_shows": sum(it.state == "no_show" for it in own),
        }
        rows.append({"code": f"S{number}", **figures, **ratios(figures)})
    return rows


def ratios(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "utilisation": ratio(figures["used_seconds"], figures["open_seconds"]),
        "booking_rate": ratio(figures["booked_seconds"], figures["open_seconds"]),
    }


def tenant_rows(house: House, usccs: list[str]) -> list[dict[str, Any]]:
    month, used = seconds(0, house.length), uses(house)
    rows = []
    for number, uscc in enumerate(usccs):
        mine = [it for it in house.bookings if it.tenant == number and it.state != "cancelled"]
        own = [it for it in mine if 0 <= it.start < house.length]
        leased = sum((it.area * in_force(house, it) for it in house.leases if it.tenant == number), Decimal(0))
        figures = {
            "leased_m2_days": plain(leased),
            "booked_seconds": sum((seconds(it.start, it.until) & month).bit_count() for it in mine),
            "used_seconds": sum(
                union(what for where, who, what in used if (where, who) == (studio, number)).bit_count()
                for studio in range(len(house.studios))
            ),
            "sessions": len(own),
            "no_shows": sum(it.state == "no_show" for it in own),
        }
        if any(value not in (0, "0") for value in figures.values()):
            rows.append({"uscc": uscc, **figures})
    return sorted(rows, key=lambda row: row["uscc"])


def in_force(house: House, lease: Lease) -> int:
    return sum(lease.first <= day <= lease.last for day in house.days)


def lease_rows(house: House, usccs: list[str]) -> list[dict[str, Any]]:
    of_month = len(house.days)
    rows = []
    for number, lease in enumerate(house.leases):
        days = [day for day in house.days if lease.first <= day <= lease.last]
        free = lease.rent_free
        payable = [day for day in days if not (free and free[0] <= day <= free[1])]
        if days:
            rows.append(
                {
                    "ref": f"L{number}",
                    "uscc": usccs[lease.tenant],
                    "area_m2": plain(lease.area),
                    "days_in_force": len(days),
                    "payable_days": len(payable),
                    "days_of_month": of_month,
                    "rent_due_fen": half_up(Fraction(lease.rent * len(payable), of_month)),
                    "property_fee_due_fen": half_up(Fraction(lease.fee * len(days), of_month)),
                    "recognised": bool(
                        house.recognised
                        and any(house.recognised[0] <= day <= house.recognised[1] for day in house.days)
                    ),
                }
            )
    return rows


def recognised(house: House) -> bool:
    return house.recognised is not None and any(house.recognised[0] <= day <= house.recognised[1] for day in house.days)


def by_time(house: House) -> tuple[dict[str, dict[str, int]], list[int]]:
    """By local day and by local hour, a quarter of an hour at a time: no clock moves within one."""
    used = [union(what for studio, _, what in uses(house) if studio == number) for number in range(len(house.studios))]
    booked = [seconds(it.start, it.until) for it in house.bookings if it.state != "cancelled"]
    days = {day.isoformat(): {"booked_seconds": 0, "used_seconds": 0} for day in house.days}
    for day in house.days:
        whole = seconds(house.midnight(day), house.midnight(day + timedelta(days=1)))
        days[day.isoformat()]["booked_seconds"] = sum((one & whole).bit_count() for one in booked)
        days[day.isoformat()]["used_seconds"] = sum((one & whole).bit_count() for one in used)
    hours = [0] * 24
    for start in range(0, house.length, QUARTER):
        hour = house.instant(start).astimezone(ZoneInfo(house.zone)).hour
        hours[hour] += sum(((one >> start) & ((1 << QUARTER) - 1)).bit_count() for one in used)
    return days, hours


def totals(house: House, studios: list[dict[str, Any]], usccs: list[str]) -> dict[str, Any]:
    sums = {
        name: sum(row[name] for row in studios)
        for name in ("open_seconds", "booked_seconds", "used_seconds", "sessions", "no_shows")
    }
    leased = sum((it.area * in_force(house, it) for it in house.leases), Decimal(0))
    lettable = house.lettable * len(house.days)
    return {
        **sums,
        **ratios(sums),
        "leased_m2_days": plain(leased),
        "lettable_m2_days": plain(lettable),
        "area_occupancy": ratio(leased, lettable),
        "settled_tenants": len({usccs[it.tenant] for it in house.leases if it.first <= house.days[-1] <= it.last}),
    }


def warnings(house: House, studios: list[dict[str, Any]], of_base: dict[str, Any], base: str) -> set[tuple[str, str]]:
    """Code and subject of each."""
    found = set()
    for subject, row in [(base, of_base), *((row["code"], row) for row in studios)]:
        if row["open_seconds"] and row["used_seconds"] > row["open_seconds"]:
            found.add(("utilisation_above_one", subject))
        if row["open_seconds"] and row["booked_seconds"] > row["open_seconds"]:
            found.add(("booking_rate_above_one", subject))
    if auto_closed(house):
        found.add(("auto_closed", base))
    for day in house.days:
        if sum((it.area for it in house.leases if it.first <= day <= it.last), Decimal(0)) > house.lettable:
            found.add(("leased_above_lettable", base))
    return found


def auto_closed(house: House) -> int:
    """Stays never checked out that touch the month, at least with their check-in."""
    number = 0
    for booking in house.bookings:
        for stay in booking.stays:
            if booking.state != "cancelled" and not stay.voided and stay.left is None:
                until = max(stay.came, booking.until)
                number += stay.came < house.length and (until > 0 or stay.came >= 0)
    return number


def report(house: House, base: str, usccs: list[str]) -> dict[str, Any]:
    """The report's members that the arithmetic is about."""
    studios = studio_rows(house)
    days, hours = by_time(house)
    return {
        "totals": totals(house, studios, usccs),
        "studios": studios,
        "tenants": tenant_rows(house, usccs),
        "leases": lease_rows(house, usccs),
        "by_local_day": days,
        "by_hour": hours,
    }
