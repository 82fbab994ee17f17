"""The demo's equipment, crew and samples: enough of each for the evening's peak, and here and there not enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import SYSTEM
from shared_base.crew.actions import MemberDetails, create_member, create_role
from shared_base.crew.rules import LONGEST_RUN, ShiftPlan
from shared_base.crew.shifts import enter_shifts
from shared_base.demo.houses import HARBIN, PANYU, House
from shared_base.samples.actions import SampleDetails, create_sample
from shared_base.workbook.rows import EquipmentRow

#: code, name, how many can be carried at each base, in how many studios one is built in
KINDS = (
    ("camera", "相机", {HARBIN: 14, PANYU: 10}, 6),
    ("capture_card", "采集卡", {HARBIN: 10, PANYU: 6}, 0),
    ("key_light", "主灯", {HARBIN: 8, PANYU: 6}, 12),
    ("teleprompter", "提词器", {HARBIN: 4, PANYU: 2}, 0),
    ("wireless_mic", "无线麦", {HARBIN: 16, PANYU: 10}, 0),
)
ROLES = (("director", "场控"), ("assistant", "助播"), ("operations", "运营"))
#: weeks of shifts before and after today: a nightly series of 90 days that begins in a week finds its crew
WEEKS_BEHIND, WEEKS_AHEAD = 2, 15


@dataclass(frozen=True)
class _Worker:
    """Somebody of the crew: name, what they can do, their daily shift in minutes, their free weekdays."""

    name: str
    roles: tuple[str, ...]
    begins: int
    ends: int
    free: frozenset[int]


def _worker(name: str, roles: str, begins: int, ends: int, *free: int) -> _Worker:
    return _Worker(name, tuple(roles.split()), begins * 60, ends * 60, frozenset(free))


WORKERS = {
    HARBIN: (
        _worker("高磊", "director", 8, 16, 0, 1),
        _worker("孟洁", "director operations", 8, 16, 5, 6),
        _worker("宋扬", "director", 17, 26, 2, 3),
        _worker("白雪", "director", 17, 26, 0, 4),
        _worker("唐宁", "assistant", 8, 16, 1, 2),
        _worker("贾雯", "assistant", 17, 26, 3, 4),
        _worker("尹航", "assistant director", 17, 26, 1, 5),
        _worker("段敏", "operations", 10, 19, 5, 6),
        _worker("石岩", "operations", 17, 26, 0, 1),
    ),
    PANYU: (
        _worker("麦俊", "director", 0, 8, 1, 2),
        _worker("区婷", "director assistant", 8, 16, 5, 6),
        _worker("冼明", "director", 16, 24, 0, 3),
        _worker("谭乐", "director", 18, 28, 1, 2),
        _worker("霍嘉怡", "director", 18, 28, 4, 5),
        _worker("欧阳岚", "assistant", 16, 24, 2, 4),
        _worker("黎川", "operations", 16, 24, 1, 5),
        _worker("招子晴", "operations assistant", 0, 8, 3, 6),
    ),
}
#: code, name, SKU, how many: none is a single item
SAMPLES = {
    HARBIN: (
        ("S-0001", "黑土珍珠米礼盒 5kg", "RICE-5", 24),
        ("S-0002", "五常稻花香 2.5kg", "RICE-2", 40),
        ("S-0003", "大兴安岭蓝莓干 250g", "BERRY-250", 60),
        ("S-0004", "东北黑木耳 500g", "FUNGI-500", 30),
        ("S-0005", "哈尔滨红肠 1kg", "SAUSAGE-1", 20),
        ("S-0006", "俄式提拉米苏", "CAKE-TR", 12),
        ("S-0101", "貂绒大衣 样衣 M", "COAT-M", None),
        ("S-0102", "羽绒服 样衣 L", "DOWN-L", None),
        ("S-0103", "滑雪服套装 样衣 S", "SKI-S", None),
        ("S-0104", "冰雪主题首饰套装", "JEWEL-ICE", None),
        ("S-0105", "桦木雕刻摆件", "CARVE-01", None),
        ("S-0106", "智能电饭煲 样机", "COOKER-3", None),
    ),
    PANYU: (
        ("W-0001", "补水面膜 10片装", "MASK-10", 80),
        ("W-0002", "哑光口红 试色装", "LIP-SET", 36),
        ("W-0003", "防晒喷雾 150ml", "SUN-150", 48),
        ("W-0004", "新会陈皮 100g", "PEEL-100", 25),
        ("W-0101", "番禺珠宝 翡翠手镯 A款", "JADE-A", None),
        ("W-0102", "番禺珠宝 钻石吊坠", "DIA-02", None),
        ("W-0103", "真丝连衣裙 样衣 S", "SILK-S", None),
        ("W-0104", "美容仪 样机", "BEAUTY-2", None),
    ),
}


def build_equipment(house: House) -> list[EquipmentRow]:
    """The units of both bases as rows of the workbook; the fixed ones stand in the first studios."""
    rows: list[EquipmentRow] = []
    for base in (HARBIN, PANYU):
        studios = house.studios(base)
        for code, name, portable, fixed in KINDS:
            prefix = "".join(part[0] for part in code.split("_")).upper() if "_" in code else code[:3].upper()
            places: list[str | None] = [studio.code for studio in studios[:fixed]]
            for number, place in enumerate(places + [None] * portable[base], start=1):
                tag = f"{prefix}-{number:02d}"
                serial = f"{base}{prefix}{2024000 + number}"
                rows.append(EquipmentRow(len(rows) + 2, base, tag, code, name, serial, place))
    return rows


def load_kit(session: Session, at: datetime, today: date) -> None:
    """Floors of the studios, the crew with its shifts around today, and the samples. Equipment came as a workbook."""
    _floors(session)
    bases = {base.code: base for base in session.scalars(sa.select(Base))}
    for code, base in bases.items():
        _crew(session, base, WORKERS[code], at, today)
        for label, name, sku, quantity in SAMPLES[code]:
            details = SampleDetails(label, name, sku, counted=quantity is not None, quantity=quantity or 1)
            create_sample(session, base, details=details, by=SYSTEM, at=at)


def _floors(session: Session) -> None:
    """A studio's code begins with its building and its floor: A203 is on the second."""
    floor = sa.func.substr(Space.code, 2, 1) + "F"
    session.execute(sa.update(Space).where(Space.kind == "studio").values(floor=floor))


def _crew(session: Session, base: Base, workers: Sequence[_Worker], at: datetime, today: date) -> None:
    roles = {code: create_role(session, base, code=code, name=name, by=SYSTEM, at=at).id for code, name in ROLES}
    monday = today - timedelta(days=today.weekday())
    first, last = monday - timedelta(weeks=WEEKS_BEHIND), monday + timedelta(weeks=WEEKS_AHEAD, days=6)
    for number, worker in enumerate(workers):
        held = frozenset(roles[code] for code in worker.roles)
        details = MemberDetails(worker.name, f"139{base.division_code[-4:]}{number:04d}", held)
        member = create_member(session, base, details=details, by=SYSTEM, at=at)
        on = frozenset(range(7)) - worker.free
        for begins, ends in _runs(first, last):
            plan = ShiftPlan(begins, worker.begins, worker.ends % 1440, last=ends, weekdays=on)
            enter_shifts(session, member, plan=plan, by=SYSTEM, at=at)


def _runs(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days in stretches of whole weeks, each as long as one deed may plan."""
    stretch = timedelta(weeks=LONGEST_RUN // 7)
    while first <= last:
        yield first, min(first + stretch - timedelta(days=1), last)
        first += stretch
