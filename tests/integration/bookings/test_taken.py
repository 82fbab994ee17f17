"""A second booking of a taken studio is refused with what is in the way and what is free instead."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions
from shared_base.bookings.errors import Taken
from shared_base.bookings.models import Booking
from shared_base.core.actor import SYSTEM
from shared_base.resources.models import Allocation
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_outage, make_studio
from tests.factories.tenancy import make_host, make_lease
from tests.integration.bookings.conftest import NOW, House, hours, make_house


def refused(house: House, start: datetime, end: datetime, **asked: Any) -> Taken:
    with pytest.raises(Taken) as refusal:
        house.book(start, end, **asked)
    return refusal.value


def local(instant: datetime) -> str:
    return instant.astimezone(datetime.fromisoformat("2026-01-01T00:00+08:00").tzinfo).isoformat()


def test_another_tenants_booking_is_busy_time_and_no_more(house: House) -> None:
    house.book(hours(8), hours(14), title="双十一保密专场")
    taken = refused(house, hours(9), hours(10), by=house.rival_scheduler)
    assert taken.blockers == [
        {
            "kind": "booking",
            "resource_id": str(house.studio.id),
            "resource_kind": "studio",
            "resource": house.studio.code,
            "start": local(hours(8)),
            "end": local(hours(14)),
        }
    ]
    assert "保密" not in str(taken.extra)
    assert str(house.tenant.id) not in str(taken.extra)


def test_the_desk_and_the_owner_see_whose_booking_is_in_the_way(house: House) -> None:
    row = house.book(hours(8), hours(14), title="双十一专场")
    for actor in (house.desk, house.scheduler):
        (blocker,) = refused(house, hours(9), hours(10), by=actor).blockers
        assert blocker["booking"] == {"code": row.code, "tenant": house.tenant.name, "title": "双十一专场"}


def test_row_security_hides_the_rivals_booking_also_when_the_rooms_own_filter_is_taken_out(house: House) -> None:
    house.book(hours(8), hours(14))
    session = house.as_(house.rival_scheduler)
    for statement in (
        "select count(*) from bookings",
        "select count(*) from allocations",
        "select count(*) from events",
        "select count(*) from bases b cross join lateral seen_bookings(b.id, tstzrange(null, null))",
        "select count(*) from seen_allocations((select array_agg(id) from resources), tstzrange(null, null))",
    ):
        assert session.scalar(sa.text(statement)) == 0, statement
    # the constraint and the locks see what the tenant cannot
    refused(house, hours(13), hours(15), by=house.rival_scheduler)


def test_row_security_refuses_to_write_in_a_rivals_name(house: House) -> None:
    row = house.book(hours(8), hours(14))
    session = house.as_(house.rival_scheduler)
    changed = session.execute(sa.update(Booking).where(Booking.id == row.id).values(title="被改"))
    assert changed.rowcount == 0  # type: ignore[attr-defined]
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        session.execute(
            sa.insert(Allocation)
            .values(
                resource_id=house.studio.id,
                booking_id=row.id,
                tenant_id=house.tenant.id,
                base_id=house.base.id,
                during=sa.func.tstzrange(hours(20), hours(21)),
            )
            .inline()
        )


def test_a_refusal_writes_nothing(house: House) -> None:
    house.book(hours(8), hours(14))
    counts = [
        house.as_(SYSTEM).scalar(sa.select(sa.func.count()).select_from(table)) for table in (Booking, Allocation)
    ]
    refused(house, hours(9), hours(10), by=house.rival_scheduler)
    assert counts == [
        house.as_(SYSTEM).scalar(sa.select(sa.func.count()).select_from(table)) for table in (Booking, Allocation)
    ]


def test_the_clean_down_after_a_booking_counts_for_both_neighbours(house: House) -> None:
    house.studio.buffer_minutes = 30
    house.book(hours(8), hours(10))
    refused(house, hours(10.25), hours(12))  # theirs is not done yet
    refused(house, hours(6), hours(7.75))  # ours would not be done in time
    house.book(hours(10.5), hours(12))
    house.book(hours(6), hours(7.5))


def test_all_blockers_are_named_in_order_of_time(house: House) -> None:
    host = make_host(house.session, house.tenant, stage_name="小美")
    make_outage(house.session, house.base, hours(13), hours(14), space=house.studio, reason="换灯")
    house.book(hours(8), hours(10))
    house.book(hours(9), hours(11), studio_id=house.other.id, host_id=host.id)
    found = refused(house, hours(8), hours(15), host_id=host.id).blockers
    assert [(b["kind"], b["resource"]) for b in found] == [
        ("booking", house.studio.code),
        ("booking", "小美"),
        ("outage", house.studio.code),
    ]


def test_a_busy_host_is_helped_by_a_later_time_not_by_another_studio(house: House) -> None:
    host = make_host(house.session, house.tenant)
    house.book(hours(8), hours(10), host_id=host.id)
    taken = refused(house, hours(9), hours(11), studio_id=house.other.id, host_id=host.id)
    assert "host is taken" in str(taken)
    later = {"start": local(hours(10)), "end": local(hours(12))}
    assert taken.alternatives == {"studios": [], "next": later, "without": None}


def test_alternatives_are_of_the_same_scene_first_and_then_of_the_nearest_area(house: House) -> None:
    for code, scene, area in (
        ("A1", "服装", "30"),
        ("A2", "美妆", "90"),
        ("A3", "美妆", "35"),
        ("A4", None, "31"),
        ("A5", "厨房", "200"),
        ("A6", "厨房", "300"),
    ):
        make_studio(house.session, house.base, code=code, scene=scene, area_m2=Decimal(area))
    house.book(hours(8), hours(10))
    studios = refused(house, hours(9), hours(10)).alternatives["studios"]
    assert [studio["code"] for studio in studios] == ["A3", "A2", "A1", house.other.code, "A4"]
    assert studios[0] == {
        "id": studios[0]["id"],
        "code": "A3",
        "name": studios[0]["name"],
        "scene": "美妆",
        "area_m2": "35",
    }


def test_the_next_free_time_is_as_long_as_asked_and_leaves_room_for_the_clean_down(house: House) -> None:
    house.studio.buffer_minutes = 30
    house.book(hours(8), hours(10))  # held to 10.5
    house.book(hours(12.5), hours(14))  # ours must be clean by 12.5: two hours from 10.5 do not fit
    make_outage(house.session, house.base, hours(15), hours(16), space=house.studio)
    taken = refused(house, hours(9), hours(11))
    assert taken.alternatives["next"] == {"start": local(hours(16)), "end": local(hours(18))}
    row = house.book(hours(16), hours(18))
    assert row.start == hours(16)


def test_the_next_free_time_lies_within_one_opening(session: Session) -> None:
    house = make_house(session, opens="08:00", closes="22:00")
    house.book(hours(8), hours(9.5))  # 20:00 to 21:30
    taken = refused(house, hours(8), hours(9))
    assert taken.alternatives["next"] == {"start": "2026-11-03T08:00:00+08:00", "end": "2026-11-03T09:00:00+08:00"}


def test_no_next_time_is_named_when_the_studio_goes_out_of_service_or_is_let(house: House) -> None:
    ending = make_studio(house.session, house.base, in_service_to=date(2026, 11, 2))
    make_booking(house.session, ending, house.rival, hours(8), hours(12))
    assert refused(house, hours(9), hours(10), studio_id=ending.id).alternatives["next"] is None
    make_lease(house.as_(SYSTEM), house.rival, house.base, spaces=[house.studio])
    assert refused(house, hours(9), hours(10)).alternatives["next"] is None


def test_a_refusal_takes_the_same_number_of_statements_whatever_is_in_the_way(house: House) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append(statement)

        connection = house.session.connection()
        sa.event.listen(connection, "before_cursor_execute", note)
        refused(house, hours(8), hours(30), by=house.rival_scheduler)
        sa.event.remove(connection, "before_cursor_execute", note)
        return len([one for one in seen if "set_config" not in one])

    house.book(hours(8), hours(9))
    few = statements()
    for start in range(9, 29):
        house.book(hours(start), hours(start + 0.75))
    assert statements() == few == 6


def test_a_booking_takes_three_statements(house: House) -> None:
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    session = house.as_(house.scheduler)
    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    actions.book(
        session,
        studio_id=house.studio.id,
        tenant_id=house.tenant.id,
        start=hours(8),
        end=hours(8) + timedelta(minutes=30),
        title="",
        by=house.scheduler,
        at=NOW,
    )
    sa.event.remove(connection, "before_cursor_execute", note)
    assert len(seen) == 3
