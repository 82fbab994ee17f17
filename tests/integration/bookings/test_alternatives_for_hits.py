"""Whom a closure hits is offered what is really free, and asking for many costs no more questions than for one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from shared_base.bookings.alternatives_for_hits import MOST_STUDIOS, WITHIN, WaysOut, ways_out
from shared_base.bookings.models import Booking
from shared_base.bookings.models_rules import BookingRule
from shared_base.bookings.queries import bookings_among
from shared_base.bookings.queries_outside import outside_openings
from shared_base.catalogue.models import Base, Space, SpecialDay
from shared_base.core.actor import SYSTEM
from shared_base.core.database import set_scope
from tests.factories.bookings import make_booking
from tests.factories.catalogue import days, make_base, make_outage, make_studio
from tests.factories.tenancy import make_actor, make_host, make_lease, make_tenant
from tests.queries_counted import queries_counted

#: Monday noon in Shanghai
NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def offered(session: Session, *bookings: Booking, at: datetime = NOW) -> list[WaysOut]:
    session.flush()
    rows = bookings_among(session, SYSTEM, {booking.id for booking in bookings})
    found = ways_out(session, rows, at=at)
    return [found.get(booking.id, WaysOut()) for booking in bookings]


def codes(way: WaysOut) -> list[str]:
    return [studio.code for studio in way.studios]


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session, opens="08:00", closes="02:00")


def test_free_studios_of_the_same_scene_come_first_then_the_nearest_in_size(session: Session, base: Base) -> None:
    tenant = make_tenant(session, base)
    own = make_studio(session, base, scene="美妆", area_m2=30)
    far, near = (make_studio(session, base, scene="服装", area_m2=size) for size in (90, 31))
    alike = make_studio(session, base, scene="美妆", area_m2=200)
    make_studio(session, base, scene="厨房", area_m2=500)
    hit = make_booking(session, own, tenant, hours(8), hours(13))
    make_outage(session, base, hours(7), hours(10), space=own)
    (way,) = offered(session, hit)
    assert codes(way) == [alike.code, near.code, far.code]
    assert len(way.studios) == MOST_STUDIOS


def test_what_is_taken_closed_let_or_out_of_service_is_not_offered(session: Session, base: Base) -> None:
    tenant, rival = make_tenant(session, base), make_tenant(session, base)
    own, taken, closed, let = (make_studio(session, base) for _ in range(4))
    make_studio(session, base, in_service_to=date(2026, 11, 1))
    own_let = make_studio(session, base)
    hit = make_booking(session, own, tenant, hours(8), hours(13))
    make_booking(session, taken, rival, hours(12), hours(14))
    make_outage(session, base, hours(8), hours(9), space=closed)
    make_lease(session, rival, base, spaces=[let], first=date(2026, 1, 1))
    make_lease(session, tenant, base, spaces=[own_let], first=date(2026, 1, 1))
    assert [codes(way) for way in offered(session, hit)] == [[own_let.code]]


def test_what_is_held_around_a_booking_counts_as_the_other_studios_rule_says(session: Session, base: Base) -> None:
    tenant, rival = make_tenant(session, base), make_tenant(session, base)
    own, other = make_studio(session, base), make_studio(session, base)
    hit = make_booking(session, own, tenant, hours(8), hours(10))
    make_booking(session, other, rival, hours(6), hours(7.75))
    make_booking(session, other, rival, hours(10.25), hours(12))
    assert [codes(way) for way in offered(session, hit)] == [[other.code]]
    rule = BookingRule(base_id=base.id, valid=days(date(2026, 11, 2), None), buffer_before=15, created_at=NOW)
    session.add(rule)
    assert [codes(way) for way in offered(session, hit)] == [[other.code]]
    rule.buffer_after = 16
    assert [codes(way) for way in offered(session, hit)] == [[]]
    rule.buffer_before, rule.buffer_after = 16, 15
    assert [codes(way) for way in offered(session, hit)] == [[]]


def test_while_the_whole_base_is_shut_only_a_later_time_is_offered(session: Session, base: Base) -> None:
    tenant = make_tenant(session, base)
    own, _ = make_studio(session, base), make_studio(session, base)
    hit = make_booking(session, own, tenant, hours(8), hours(10))
    make_outage(session, base, hours(7), hours(9))
    # its own hold is not in its way: the base opens again at 21:00
    assert offered(session, hit) == [WaysOut((), (hours(9), hours(11)))]


def test_the_next_time_is_one_at_which_its_host_is_free_too(session: Session, base: Base) -> None:
    tenant, elsewhere = make_tenant(session, base), make_base(session)
    host = make_host(session, tenant)
    own, other = make_studio(session, base), make_studio(session, elsewhere)
    hit = make_booking(session, own, tenant, hours(3), hours(5), host=host)
    make_booking(session, other, tenant, hours(6), hours(9), host=host)
    make_outage(session, base, hours(2), hours(5))
    operator = make_actor(session, "operator", base=base)
    rows = bookings_among(session, SYSTEM, {hit.id})
    set_scope(session, operator)
    (way,) = ways_out(session, rows, at=NOW).values()
    assert way.next == (hours(9), hours(11))


def test_a_special_day_moves_the_next_time(session: Session, base: Base) -> None:
    tenant = make_tenant(session, base)
    own = make_studio(session, base)
    hit = make_booking(session, own, tenant, hours(8), hours(13))
    make_outage(session, base, hours(7), hours(14), space=own)
    tomorrow = datetime(2026, 11, 3, tzinfo=UTC)
    assert offered(session, hit)[0].next == (tomorrow, tomorrow + timedelta(hours=5))
    session.add(SpecialDay(base_id=base.id, day=date(2026, 11, 3), note="盘点"))
    assert offered(session, hit)[0].next == (tomorrow + timedelta(days=1), tomorrow + timedelta(days=1, hours=5))


def test_a_live_booking_is_offered_rooms_from_now_on_and_no_later_time(session: Session, base: Base) -> None:
    tenant, rival = make_tenant(session, base), make_tenant(session, base)
    own, other = make_studio(session, base), make_studio(session, base)
    live = make_booking(session, own, tenant, hours(-2), hours(2), state="checked_in")
    make_booking(session, other, rival, hours(-3), hours(-1), state="completed")
    make_outage(session, base, hours(1), hours(5), space=own)
    (way,) = offered(session, live)
    assert (codes(way), way.next) == ([other.code], None)


def test_what_is_over_is_offered_nothing_and_a_time_begins_on_a_quarter(session: Session, base: Base) -> None:
    tenant = make_tenant(session, base)
    own = make_studio(session, base)
    over = make_booking(session, own, tenant, hours(-3), hours(-1))
    late = make_booking(session, own, tenant, hours(-1), hours(2))
    at = NOW + timedelta(minutes=7, seconds=9)
    nothing, way = offered(session, over, late, at=at)
    assert nothing == WaysOut()
    assert way.next == (NOW + timedelta(minutes=15), NOW + timedelta(hours=3, minutes=15))


def test_nothing_free_within_a_fortnight_is_told_as_nothing(session: Session, base: Base) -> None:
    tenant = make_tenant(session, base)
    own = make_studio(session, base)
    hit = make_booking(session, own, tenant, hours(8), hours(10))
    make_outage(session, base, hours(7), hours(10) + WITHIN + timedelta(days=2))
    assert offered(session, hit) == [WaysOut()]


def test_two_hundred_hits_ask_as_many_questions_as_one(session: Session, base: Base, connection: sa.Connection) -> None:
    tenant = make_tenant(session, base)
    rooms = [make_studio(session, base) for _ in range(5)]
    hits = [
        make_booking(session, room, tenant, hours(4) + timedelta(days=number), hours(6) + timedelta(days=number))
        for room in rooms for number in range(20)
    ]  # fmt: skip
    counts = []
    for some in (hits[:1], hits):
        rows = bookings_among(session, SYSTEM, {booking.id for booking in some})
        with queries_counted(connection) as asked:
            found = ways_out(session, rows, at=NOW)
        assert len(found) == len(some)
        counts.append(len(asked))
    assert counts == [2, 2]


PIECES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(1, 8)), max_size=14)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(booked=PIECES, shut=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(1, 12)), max_size=3),
       buffers=st.lists(st.sampled_from([0, 60, 120]), min_size=4, max_size=4))  # fmt: skip
def test_what_is_offered_is_what_looking_hour_by_hour_finds(
    session: Session, booked: list[Any], shut: list[Any], buffers: list[int]
) -> None:
    with session.begin_nested() as undone:
        base = make_base(session, opens="08:00", closes="02:00")
        tenant = make_tenant(session, base)
        rooms = [make_studio(session, base, area_m2=30 + n, buffer_minutes=it) for n, it in enumerate(buffers)]
        hit = make_booking(session, rooms[0], tenant, hours(6), hours(9))
        held: dict[Space, list[tuple[int, int]]] = {room: [] for room in rooms}
        held_own = (6, 9 + buffers[0] // 60)
        for number, start, length in booked:
            room, end = rooms[number], start + length + buffers[number] // 60
            around = [*held[room], held_own] if number == 0 else held[room]
            if all(end <= other[0] or other[1] <= start for other in around):
                make_booking(session, room, tenant, hours(start), hours(start + length))
                held[room].append((start, end))
        closed: dict[Space, list[tuple[int, int]]] = {room: [] for room in rooms}
        for number, start, length in shut:
            make_outage(session, base, hours(start), hours(start + length), space=rooms[number])
            closed[rooms[number]].append((start, start + length))
        (way,) = offered(session, hit)

        def free(room: Space, start: int) -> bool:
            end = start + 3
            open_ = all(not 2 <= (12 + hour) % 24 < 8 for hour in range(start, end))
            clean = end + room.buffer_minutes // 60
            return (
                open_
                and all(clean <= other[0] or other[1] <= start for other in held[room])
                and all(end <= other[0] or other[1] <= start for other in closed[room])
            )

        elsewhere = [room.code for room in rooms[1:] if free(room, 6)]
        later = next(start for start in range(6, 24 * 14) if free(rooms[0], start))
        assert codes(way) == elsewhere
        assert way.next == (hours(later), hours(later + 3))
        undone.rollback()
    session.expire_all()


def test_bookings_that_new_hours_leave_outside_are_named(session: Session, base: Base) -> None:
    tenant, room = make_tenant(session, base), make_studio(session, base)
    evening = make_booking(session, room, tenant, hours(8), hours(13))
    small_hours = make_booking(session, room, tenant, hours(13), hours(14))
    tomorrow = make_booking(session, room, tenant, hours(32), hours(34))
    today = date(2026, 11, 2)
    assert outside_openings(session, base.id, today, today) == []
    session.add(SpecialDay(base_id=base.id, day=today, opens_minute=480, closes_minute=1320, note="盘点"))
    session.flush()
    assert outside_openings(session, base.id, today, today) == [evening.id, small_hours.id]
    assert tomorrow.id not in outside_openings(session, base.id, today, date(2026, 11, 9))
