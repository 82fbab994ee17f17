"""The two bases of the demo with their spaces, enterprises, leases and rent payments, as rows of the workbook."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from shared_base.core.periods import DaySpan, Month, months_between
from shared_base.demo.names import SCENES, Firm, firms
from shared_base.tenancy.rent import days_in, rent_due
from shared_base.workbook.rows import BaseRow, LeaseRow, RentPaymentRow, SpaceRow, TenantRow

HARBIN, PANYU = "HRB", "PYWB"
STUDIOS = {HARBIN: 24, PANYU: 16}
TENANTS = 30
OPENED = date(2024, 1, 1)


@dataclass(frozen=True)
class House:
    """All that stands before anybody books."""

    bases: list[BaseRow]
    spaces: list[SpaceRow]
    tenants: list[TenantRow]
    leases: list[LeaseRow]
    payments: list[RentPaymentRow]

    def studios(self, base: str) -> list[SpaceRow]:
        return [space for space in self.spaces if space.base == base and space.kind == "studio"]

    def firms_of(self, base: str) -> list[str]:
        """USCCs of the enterprises that stream from the base: the first 18 in Harbin, the last 14 in Panyu."""
        usccs = [tenant.uscc for tenant in self.tenants]
        return usccs[:18] if base == HARBIN else usccs[16:]


def build_house(today: date, rng: random.Random) -> House:
    """The house as it stands on `today`."""
    made = firms(TENANTS, rng)
    bases = [
        BaseRow(2, HARBIN, "哈尔滨直播电商共享基地", "large", "230102", "Asia/Shanghai", 480, 120, Decimal(12600),
                made[0].uscc, "HLJ-2024-001", OPENED, None),
        BaseRow(3, PANYU, "番禺万博直播基地", "medium", "440113", "Asia/Shanghai", 0, 1440, Decimal(2600),
                None, "PY-2024-017", OPENED, None),
    ]  # fmt: skip
    spaces = [*_studios(HARBIN, "A", rng), *_studios(PANYU, "W", rng)]
    offices, leases = _leases(made, today, rng)
    spaces += offices
    for base, prefix in ((HARBIN, "A"), (PANYU, "W")):
        spaces.append(_space(len(spaces), base, f"{prefix}-选品", "供应链选品中心", "sample_room", Decimal(320)))
    spaces.append(_space(len(spaces), HARBIN, "A-大厅", "路演大厅", "hall", Decimal(680)))
    tenants = [
        TenantRow(n, firm.uscc, firm.name, firm.kind, firm.division_code, firm.contact, firm.phone)
        for n, firm in enumerate(made, start=2)
    ]
    return House(bases, spaces, tenants, leases, _payments(leases, today))


def _space(number: int, base: str, code: str, name: str, kind: str, area: Decimal) -> SpaceRow:
    return SpaceRow(number + 2, base, code, name, kind, area, None, OPENED, None, 0)


def _studios(base: str, prefix: str, rng: random.Random) -> list[SpaceRow]:
    rows = []
    for number in range(STUDIOS[base]):
        scene = SCENES[number % len(SCENES)]
        floor, room = 1 + number // 8, 1 + number % 8
        area = {"绿幕": 96, "厨房": 64, "服装": 45}.get(scene, 24) + rng.randrange(0, 12)
        code = f"{prefix}{floor}{room:02d}"
        rows.append(
            SpaceRow(number + 2, base, code, f"{code} {scene}直播间", "studio", Decimal(area), scene, OPENED, None, 30)
        )
    return rows


def _leases(made: Sequence[Firm], today: date, rng: random.Random) -> tuple[list[SpaceRow], list[LeaseRow]]:
    """22 leases of offices: two years old at most, some with rent-free weeks, one of the operator's own."""
    spaces, leases = [], []
    last_closed = Month.of(today).plus(-1)
    for number in range(22):
        base, prefix = (HARBIN, "A") if number < 14 else (PANYU, "W")
        firm = made[number] if number < 14 else made[number + 4]
        area = Decimal(rng.choice(("86.5", "120", "148", "210", "320.25", "460", "640")))
        area = min(area, Decimal(210)) if base == PANYU else area
        code = f"{prefix}-{number + 1:02d}"
        begin = last_closed.plus(-rng.randrange(6, 22)).first + timedelta(days=rng.choice((0, 0, 9, 14)))
        end = Month.of(begin).plus(36).first - timedelta(days=1)
        price = (
            rng.choice((3200, 3800, 4500, 5200)) if base == HARBIN else rng.choice((6500, 7800, 8800))
        )  # fen/㎡·month
        free = (DaySpan(begin, begin + timedelta(days=20)),) if number % 4 == 0 else ()
        spaces.append(_space(100 + number, base, code, f"办公室 {code}", "office", area))
        leases.append(
            LeaseRow(number + 2, f"{base}-L{number + 1:03d}", firm.uscc, base, (code,), area, begin, end,
                     int(area * price), int(area * 600) if number % 3 else 0, free)
        )  # fmt: skip
    return spaces, leases


def _payments(leases: Sequence[LeaseRow], today: date) -> list[RentPaymentRow]:
    """What was paid, as people pay: mostly on the 8th, and now and then wrong."""
    rows: list[RentPaymentRow] = []

    def add(lease: LeaseRow, month: Month, day: date, kind: str, fen: int) -> None:
        if fen and day <= today:
            invoice = f"26{len(rows) + 1:018d}"
            rows.append(
                RentPaymentRow(
                    len(rows) + 2, f"{lease.ref}-{len(rows) + 1:05d}", lease.ref, month, day, kind, fen, invoice
                )
            )

    for lease in leases:
        for month in months_between(Month.of(lease.start_date), Month.of(today)):
            days = days_in(month, DaySpan(lease.start_date, lease.end_date), lease.rent_free)
            rent = rent_due(lease.monthly_rent_fen, days.payable, month.days)
            fee = rent_due(lease.property_fee_fen, days.in_force, month.days)
            add(lease, month, month.first.replace(day=8), "rent", rent)
            add(lease, month, month.first.replace(day=8), "property_fee", fee)
    return _mistakes(rows, leases, today, add)


def _mistakes(
    rows: list[RentPaymentRow], leases: Sequence[LeaseRow], today: date, add: Callable[..., None]
) -> list[RentPaymentRow]:
    """What goes wrong in real books, in the closed months: paid twice, short, late, booked to the wrong kind."""
    first, second, third = (Month.of(today).plus(-n) for n in (3, 2, 1))
    by_lease = {lease.ref: lease for lease in leases}
    twice, short, late, wrong = (leases[n] for n in (2, 4, 6, 8))
    rent = {(row.lease_ref, row.service_month): at for at, row in enumerate(rows) if row.kind == "rent"}
    if (at := rent.get((twice.ref, first))) is not None:
        add(by_lease[twice.ref], first, first.first.replace(day=9), "rent", rows[at].amount_fen)
        add(by_lease[twice.ref], first, first.first.replace(day=21), "rent", -rows[at].amount_fen)
    if (at := rent.get((short.ref, second))) is not None:
        rows[at] = replace(rows[at], amount_fen=rows[at].amount_fen * 7 // 10)
    if (at := rent.get((late.ref, second))) is not None:
        rows[at] = replace(rows[at], paid_on=third.first.replace(day=17))
    if (at := rent.get((wrong.ref, third))) is not None:
        whole = rows[at].amount_fen
        rows[at] = replace(rows[at], kind="utilities")
        add(by_lease[wrong.ref], third, third.first.replace(day=15), "utilities", -whole)
        add(by_lease[wrong.ref], third, third.first.replace(day=15), "rent", whole)
    return rows
