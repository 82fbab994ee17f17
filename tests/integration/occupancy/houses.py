"""Random bases in random months, and the rows that hold them."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking as Row
from shared_base.catalogue.models import Base, OpeningHours, Space, SpecialDay
from shared_base.occupancy.models import StayRecord
from shared_base.tenancy.models import Tenant
from tests.factories.catalogue import LONG_AGO, make_base, make_outage, make_studio
from tests.factories.tenancy import make_lease, make_tenant, make_uscc
from tests.integration.occupancy.model import Booking, Closure, House, Lease, Stay

DAY = 86400
_numbers = count(1)
#: a zone with a month in which its clock is put on or back, or in which nothing happens
PLACES = [
    ("Asia/Shanghai", 2026, 9),
    ("Asia/Shanghai", 2028, 2),
    ("America/New_York", 2026, 3),
    ("America/New_York", 2026, 11),
    ("Europe/London", 2026, 3),
    ("Europe/London", 2026, 10),
    ("Australia/Lord_Howe", 2026, 4),
    ("Australia/Lord_Howe", 2026, 10),
    ("America/Havana", 2026, 3),
    ("America/Havana", 2026, 11),
    ("Asia/Kathmandu", 2026, 5),
]
STATES = ["confirmed", "checked_in", "completed", "no_show", "cancelled"]

# much around the same hours, so that stays overlap, and around the ends of the month
instants = st.one_of(
    st.integers(-4 * DAY, 34 * DAY),
    st.integers(-DAY // 4, DAY // 4),
    st.integers(30 * DAY, 30 * DAY + DAY // 4),
    st.integers(10 * DAY, 10 * DAY + DAY // 4),
)
lengths = st.one_of(st.integers(1, 6 * 3600), st.integers(1, 3 * DAY), st.just(40 * DAY))


@st.composite
def stays(draw: st.DrawFn, start: int, end: int) -> Stay:
    came = draw(st.integers(start - 3600, end + 3600))
    left = draw(st.none() | st.integers(0, 8 * 3600).map(lambda length: came + length))
    said_first = draw(st.none() | st.just((came - 60, came + 60)) | st.just((came + 5, None)))
    return Stay(came, left, draw(st.booleans()) and draw(st.booleans()), said_first)


@st.composite
def bookings(draw: st.DrawFn, studios: int, tenants: int) -> Booking:
    start = draw(instants)
    end = start + draw(lengths)
    return Booking(
        studio=draw(st.integers(0, studios - 1)),
        tenant=draw(st.integers(0, tenants - 1)),
        start=start,
        end=end,
        state=draw(st.sampled_from(STATES)),
        released=draw(st.none() | st.integers(start, end - 1)),
        stays=tuple(draw(st.lists(stays(start, end), max_size=2))),
    )


@st.composite
def closures(draw: st.DrawFn, studios: int) -> Closure:
    start = draw(instants)
    studio = draw(st.none() | st.integers(0, studios - 1))
    return Closure(studio, start, start + draw(lengths), called_off=draw(st.integers(0, 3)) == 0)


@st.composite
def leases(draw: st.DrawFn, tenants: int, first: date) -> Lease:
    begins = first + timedelta(days=draw(st.integers(-40, 35)))
    ends = begins + timedelta(days=draw(st.integers(0, 70)))
    free_from = begins + timedelta(days=draw(st.integers(0, 20)))
    free = (free_from, free_from + timedelta(days=draw(st.integers(0, 15))))
    return Lease(
        tenant=draw(st.integers(0, tenants - 1)),
        area=Decimal(draw(st.integers(1, 40_000))) / 4,
        first=begins,
        last=ends,
        rent=draw(st.integers(0, 10_000_000)),
        fee=draw(st.integers(0, 500_000)),
        rent_free=draw(st.none() | st.just(free)),
    )


@st.composite
def opening_rules(draw: st.DrawFn, first: date) -> tuple[tuple[date, int, int], ...]:
    """What held before, and perhaps another rule from some day around or within the month on."""
    rules = []
    for begins in [date(2000, 1, 1), *draw(st.lists(st.integers(-2, 33), max_size=2, unique=True))]:
        day = begins if isinstance(begins, date) else first + timedelta(days=begins)
        opens = draw(st.sampled_from([0, 60, 90, 120, 150, 480, 1200, 1439]))
        rules.append((day, opens, opens + draw(st.sampled_from([1, 60, 600, 1080, 1439, 1440]))))
    return tuple(sorted(rules))


@st.composite
def special_days(draw: st.DrawFn, first: date) -> tuple[tuple[date, int | None, int | None], ...]:
    """Days around and within the month with hours of their own, or with none."""
    found: list[tuple[date, int | None, int | None]] = []
    for number in draw(st.lists(st.integers(-2, 32), max_size=4, unique=True)):
        day = first + timedelta(days=number)
        opens = draw(st.none() | st.sampled_from([0, 90, 150, 600, 1320, 1439]))
        closes = None if opens is None else opens + draw(st.sampled_from([1, 60, 480, 1439, 1440]))
        found.append((day, opens, closes))
    return tuple(found)


@st.composite
def houses(draw: st.DrawFn) -> House:
    zone, year, month = draw(st.sampled_from(PLACES))
    first, studios, tenants = date(year, month, 1), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    in_service = st.integers(-20, 40).map(lambda day: first + timedelta(days=day))
    served = []
    for _ in range(studios):
        begins = draw(in_service)
        served.append((begins, draw(st.none() | st.integers(0, 40).map(lambda d, b=begins: b + timedelta(days=d)))))  # type: ignore[misc]
    return House(
        zone=zone,
        year=year,
        month=month,
        openings=draw(opening_rules(first)),
        studios=tuple(served),
        tenants=tenants,
        lettable=Decimal(draw(st.integers(1, 20_000))) / 2,
        bookings=tuple(draw(st.lists(bookings(studios, tenants), max_size=10))),
        closures=tuple(draw(st.lists(closures(studios), max_size=4))),
        leases=tuple(draw(st.lists(leases(tenants, first), max_size=3))),
        recognised=draw(st.none() | st.just((first - timedelta(days=9), first)) | st.just((date(2020, 1, 1), first))),
        special_days=draw(special_days(first)),
    )


def store(session: Session, house: House, *, backwards: bool = False) -> tuple[Base, list[str]]:
    """Write the house, its rows in order or backwards; the base and its tenants' USCCs by number."""
    base = make_base(
        session, code="HOUSE", timezone=house.zone, lettable_area_m2=house.lettable, recognised=house.recognised
    )
    session.execute(sa.delete(OpeningHours).where(OpeningHours.base_id == base.id))
    for (day, opens, closes), following in zip(house.openings, [*house.openings[1:], (None, 0, 0)], strict=True):
        session.add(
            OpeningHours(base_id=base.id, valid=Range(day, following[0]), opens_minute=opens, closes_minute=closes)
        )
    for special, opens_at, closes_at in house.special_days:
        session.add(
            SpecialDay(base_id=base.id, day=special, opens_minute=opens_at, closes_minute=closes_at, note="盘点")
        )
    studios = [
        make_studio(session, base, code=f"S{number}", in_service_from=first, in_service_to=last)
        for number, (first, last) in enumerate(house.studios)
    ]
    tenants = [make_tenant(session, base, uscc=make_uscc(900 + number)) for number in range(house.tenants)]
    step = -1 if backwards else 1
    for closure in house.closures[::step]:
        space = None if closure.studio is None else studios[closure.studio]
        called_off = {"cancelled_at": LONG_AGO} if closure.called_off else {}
        make_outage(session, base, house.instant(closure.start), house.instant(closure.end), space=space, **called_off)
    for number, lease in list(enumerate(house.leases))[::step]:
        make_lease(
            session,
            tenants[lease.tenant],
            base,
            ref=f"L{number}",
            first=lease.first,
            last=lease.last,
            rent_free=[lease.rent_free] if lease.rent_free else [],
            area_m2=lease.area,
            monthly_rent_fen=lease.rent,
            property_fee_fen=lease.fee,
        )
    for booking in house.bookings[::step]:
        row = _store_booking(session, house, booking, studios[booking.studio], tenants[booking.tenant])
        for stay in booking.stays[::step]:
            _store_stay(session, house, row, stay)
    session.flush()
    return base, [tenant.uscc for tenant in tenants]


def _store_booking(session: Session, house: House, booking: Booking, studio: Space, tenant: Tenant) -> Row:
    """Without allocations: that two bookings of a studio overlap is no matter of the arithmetic."""
    row = Row(
        code=f"BK-{next(_numbers)}",
        base_id=studio.base_id,
        studio_id=studio.id,
        tenant_id=tenant.id,
        during=Range(house.instant(booking.start), house.instant(booking.end)),
        released_at=None if booking.released is None else house.instant(booking.released),
        state=booking.state,
        created_at=LONG_AGO,
        changed_at=LONG_AGO,
        cancelled_at=LONG_AGO if booking.state == "cancelled" else None,
    )
    session.add(row)
    session.flush()
    return row


def _store_stay(session: Session, house: House, booking: Row, stay: Stay) -> None:
    """What was said first, and what was said last."""
    said = [(stay.came, stay.left, stay.voided)]
    if stay.corrected_from:
        said.insert(0, (*stay.corrected_from, False))
    stay_id: UUID = uuid4()
    for revision, (came, left, voided) in enumerate(said, start=1):
        session.execute(
            sa.insert(StayRecord).values(
                stay_id=stay_id,
                revision=revision,
                booking_id=booking.id,
                studio_id=booking.studio_id,
                base_id=booking.base_id,
                tenant_id=booking.tenant_id,
                checked_in_at=house.instant(came),
                checked_out_at=None if left is None else house.instant(left),
                voided=voided,
                reason="录错" if voided or revision > 1 else None,
                recorded_at=LONG_AGO,
                recorder_label="前台",
            )
        )
