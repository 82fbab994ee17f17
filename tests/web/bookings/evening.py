"""A base in the middle of its evening: somebody live, somebody over time, somebody late, somebody due, rooms free."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Base, Space
from shared_base.occupancy.models import StayRecord
from shared_base.tenancy.models import Host, Tenant
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_outage, make_studio
from tests.factories.tenancy import make_host, make_tenant

SCENES = ("美妆", "服饰", "绿幕", "厨房", "珠宝", "家居")
FIRMS = ("京一文化传媒有限公司", "云裳服饰有限公司", "果然鲜农业科技有限公司", "江南茶业有限公司", "星选美妆有限公司")
TITLES = ("秋冬羊绒专场", "东北大米溯源直播", "新会陈皮年度专场", "大牌美妆返场", "非遗刺绣手作", "")


def hour(at: datetime, hours: float) -> datetime:
    """So many hours after `at`, on the whole minute."""
    return at + timedelta(minutes=round(hours * 60))


@dataclass
class Evening:
    """What the base holds; `bookings` by what each of them is an example of."""

    base: Base
    studios: list[Space]
    tenants: list[Tenant]
    hosts: list[Host]
    bookings: dict[str, Booking] = field(default_factory=dict)


def check_in(session: Session, booking: Booking, came: datetime, left: datetime | None = None) -> None:
    """The stay of a booking that the factory put into a state past the rules."""
    session.add(
        StayRecord(
            stay_id=booking.id,
            revision=1,
            booking_id=booking.id,
            studio_id=booking.studio_id,
            base_id=booking.base_id,
            tenant_id=booking.tenant_id,
            checked_in_at=came,
            checked_out_at=left,
            recorded_at=came,
            recorder_label="前台",
        )
    )
    session.flush()


def make_evening(session: Session, at: datetime, *, studios: int = 14, code: str = "PYW") -> Evening:
    """An evening around `at` (a whole minute): one booking of each kind, and a few more the day around."""
    base = make_base(session, code=code, name="番禺万博直播基地", opens="08:00", closes="04:00")
    rooms = [
        make_studio(
            session,
            base,
            code=f"A{100 + number}",
            name=f"{number}号直播间",
            scene=SCENES[number % len(SCENES)],
            area_m2=20 + 6 * (number % 7),
            buffer_minutes=30,
        )
        for number in range(1, studios + 1)
    ]
    tenants = [make_tenant(session, base, name=name) for name in FIRMS]
    hosts = [
        make_host(session, tenant, stage_name=name)
        for tenant, name in zip(tenants, ["小鹿", "阿May", "老张", "茶叔", "Coco"], strict=True)
    ]
    evening = Evening(base, rooms, tenants, hosts)

    def book(kind: str, room: int, start: float, end: float, state: str = "confirmed", **columns: object) -> Booking:
        who = room % len(tenants)
        made = make_booking(
            session, rooms[room], tenants[who], hour(at, start), hour(at, end), state=state,
            host=hosts[who] if room < 5 else None, title=TITLES[room % len(TITLES)], **columns,
        )  # fmt: skip
        evening.bookings[kind] = made
        return made

    check_in(session, book("live", 0, -1.5, 4, "checked_in"), hour(at, -1.6))
    check_in(session, book("leaving", 1, -3, 0.35, "checked_in"), hour(at, -3))
    check_in(session, book("overrun", 2, -4, -0.4, "checked_in"), hour(at, -4.05))
    book("overdue", 3, -0.6, 3)
    book("late", 4, -0.1, 5)
    book("arriving", 5, 0.8, 4)
    book("soon", 6, 1.5, 6)
    book("ahead", 7, 3, 6)
    check_in(session, book("completed", 8, -6, -3, "completed"), hour(at, -6), hour(at, -3.1))
    book("no_show", 9, -5, -2, "no_show")
    book("cancelled", 10, 1, 4, "cancelled")
    book("tomorrow", 0, 23, 28)
    book("long", 11, 26, 30)
    make_outage(session, base, hour(at, 1), hour(at, 12), space=rooms[6], reason="空调检修")
    make_outage(session, base, hour(at, -8), hour(at, 3), space=rooms[12], reason="绿幕更换")
    return evening
