"""The studios that are named free are those that can be booked, and no others."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from shared_base.bookings.availability import free_studios
from shared_base.bookings.errors import NotInService, OutsideOpening, Taken
from shared_base.core.actor import SYSTEM
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_outage, make_space, make_studio
from tests.factories.tenancy import make_lease
from tests.integration.bookings.conftest import House, hours, make_house


def free(house: House, start: datetime, end: datetime, **asked: Any) -> set[str]:
    values: dict[str, Any] = {"tenant_id": house.tenant.id, **asked}
    session = house.as_(house.scheduler)
    return {studio.code for studio in free_studios(session, base_id=house.base.id, start=start, end=end, **values)}


def test_a_studio_is_free_when_nothing_is_in_its_way(house: House) -> None:
    make_space(house.session, house.base, kind="hall")
    make_studio(house.session, make_base(house.session))
    assert free(house, hours(8), hours(10)) == {house.studio.code, house.other.code}


def test_a_rivals_booking_makes_a_studio_busy_with_its_clean_down_and_ours(house: House) -> None:
    house.studio.buffer_minutes, house.other.buffer_minutes = 30, 0
    for studio in (house.studio, house.other):
        make_booking(house.session, studio, house.rival, hours(8), hours(10))
    both = {house.studio.code, house.other.code}
    assert free(house, hours(9), hours(9.5)) == set()
    assert free(house, hours(10), hours(12)) == {house.other.code}
    assert free(house, hours(10.5), hours(12)) == both
    assert free(house, hours(6), hours(8)) == {house.other.code}
    assert free(house, hours(6), hours(7.5)) == both


def test_scene_and_area_narrow_the_search(house: House) -> None:
    house.other.area_m2 = Decimal("80")
    assert free(house, hours(8), hours(10), scene="美妆") == {house.studio.code}
    assert free(house, hours(8), hours(10), min_area_m2=Decimal("80")) == {house.other.code}
    assert free(house, hours(8), hours(10), scene="美妆", min_area_m2=Decimal("80")) == set()


def test_closed_hours_outages_service_and_leases_of_others_count(session: Session) -> None:
    house = make_house(session, opens="08:00", closes="22:00")
    retired = make_studio(session, house.base, in_service_to=date(2026, 11, 2))
    third = make_studio(session, house.base)
    make_lease(session, house.rival, house.base, spaces=[house.other], first=date(2026, 11, 3))
    make_outage(session, house.base, hours(24), hours(26), space=house.studio)
    make_outage(session, house.base, hours(30), hours(31))
    make_outage(session, house.base, hours(24), hours(26), space=third, cancelled_at=hours(0))
    assert free(house, hours(8), hours(10)) == {house.studio.code, house.other.code, retired.code, third.code}
    assert free(house, hours(8), hours(10.1)) == set()
    assert free(house, hours(25), hours(27)) == {third.code}
    assert free(house, hours(25), hours(27), tenant_id=house.rival.id) == {third.code, house.other.code}
    assert free(house, hours(30.5), hours(32)) == set()


def test_a_search_is_one_statement(house: House) -> None:
    session = house.as_(house.scheduler)
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(session.connection(), "before_cursor_execute", note)
    free_studios(session, base_id=house.base.id, start=hours(1), end=hours(2), tenant_id=None)
    sa.event.remove(session.connection(), "before_cursor_execute", note)
    assert len(seen) == 1


@pytest.fixture
def town(session: Session) -> House:
    """A base with everything in it that can stand in the way."""
    house = make_house(session, opens="08:00", closes="02:00")
    house.studio.buffer_minutes = 30
    make_lease(session, house.rival, house.base, spaces=[house.other], first=date(2026, 11, 3), last=date(2026, 11, 3))
    third = make_studio(session, house.base, buffer_minutes=60, in_service_to=date(2026, 11, 3))
    for studio, start, end in ((house.studio, 6, 9), (third, 7, 10), (house.studio, 28, 31), (house.other, 11, 13)):
        make_booking(session, studio, house.rival, hours(start), hours(end))
    make_outage(session, house.base, hours(30), hours(32), space=third)
    make_outage(session, house.base, hours(34), hours(35))
    session.flush()
    return house


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(1, 160), length=st.integers(1, 40))
def test_free_is_what_can_be_booked(town: House, start: int, length: int) -> None:
    """The search and the booking judge by statements of their own: here they agree on every quarter of an hour."""
    begin, end = hours(start / 4), hours((start + length) / 4)
    named = free(town, begin, end)
    session = town.as_(SYSTEM)
    spaces = session.execute(sa.text("select id, code from spaces where kind = 'studio'")).all()
    for studio_id, code in spaces:
        savepoint = town.as_(town.scheduler).begin_nested()
        try:
            town.book(begin, end, studio_id=studio_id)
            bookable = True
        except (Taken, OutsideOpening, NotInService):
            bookable = False
        savepoint.rollback()
        assert bookable == (code in named), (code, begin, end)


def test_the_search_finds_nothing_in_a_base_that_is_none(house: House) -> None:
    session = house.as_(house.scheduler)
    end = hours(8) + timedelta(hours=1)
    assert free_studios(session, base_id=house.tenant.id, start=hours(8), end=end, tenant_id=None) == []
