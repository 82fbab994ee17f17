"""A studio is booked for one range of time, or the request is refused with what to do instead."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import queries
from shared_base.bookings.errors import HostNotReady, MayNotBook, NotInService, OutsideOpening, Taken
from shared_base.bookings.models import Booking
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Forbidden, Invalid, NotFound
from shared_base.core.events import Event
from shared_base.resources.models import Allocation
from tests.factories.catalogue import make_base, make_outage, make_space, make_studio
from tests.factories.tenancy import make_actor, make_host, make_lease, make_tenant
from tests.integration.bookings.conftest import NOW, House, hours, make_house


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def nothing_written(house: House) -> bool:
    session = house.as_(SYSTEM)
    return not any(
        session.scalar(sa.select(sa.func.count()).where(table.base_id == house.base.id))
        for table in (Booking, Allocation, Event)
    )


def test_a_booking_is_answered_as_it_is_stored(house: House) -> None:
    host = make_host(house.session, house.tenant, stage_name="小美")
    row = house.book(hours(8), hours(14), platform="抖音", host_id=host.id)
    assert queries.booking_for(house.session, house.scheduler, row.id) == row
    assert row.code.startswith("BK-")
    assert len(row.code) == 9
    assert (row.state, row.version, row.title, row.host_name) == ("confirmed", 1, "晚八点专场", "小美")
    assert (row.start, row.end) == (hours(8), hours(14))
    assert row.studio_code == house.studio.code
    assert row.created_at == row.changed_at == NOW


def test_a_booking_holds_its_studio_through_the_clean_down_and_its_host_to_the_end(house: House) -> None:
    house.studio.buffer_minutes = 30
    host = make_host(house.session, house.tenant)
    house.book(hours(8), hours(14), host_id=host.id)
    assert house.held(house.studio.id) == [(hours(8), hours(14.5))]
    assert house.held(host.id) == [(hours(8), hours(14))]


def test_a_booking_leaves_an_event_with_who_and_what(house: House) -> None:
    row = house.book(hours(8), hours(14))
    (event,) = house.events(row)
    assert event.kind == "booking.created"
    assert (event.actor_id, event.actor_label) == (house.scheduler.user_id, house.scheduler.label)
    assert (event.base_id, event.tenant_id, event.at) == (house.base.id, house.tenant.id, NOW)
    assert event.payload["after"] == row.as_json()


def test_bookings_that_touch_do_not_overlap(house: House) -> None:
    house.book(hours(8), hours(10))
    house.book(hours(10), hours(12), by=house.rival_scheduler)
    assert house.held(house.studio.id) == [(hours(8), hours(10)), (hours(10), hours(12))]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-12-31T22:00", "2027-01-01T02:00"),
        ("2027-01-31T22:00", "2027-02-01T02:00"),
        ("2028-02-28T20:00", "2028-03-01T08:00"),
        ("2026-11-28T00:00", "2027-01-03T23:59"),
    ],
)
def test_a_booking_runs_through_midnight_and_month_ends_as_one(house: House, start: str, end: str) -> None:
    row = house.book(shanghai(start), shanghai(end))
    assert (row.start, row.end) == (shanghai(start), shanghai(end))
    assert house.held(house.studio.id) == [(shanghai(start), shanghai(end))]


def test_a_night_in_a_base_that_closes_after_midnight_lies_in_one_opening(session: Session) -> None:
    house = make_house(session, opens="08:00", closes="02:00")
    house.book(shanghai("2026-11-30T20:00"), shanghai("2026-12-01T02:00"))
    with pytest.raises(OutsideOpening) as refused:
        house.book(shanghai("2026-12-01T20:00"), shanghai("2026-12-02T02:01"))
    assert "from 2026-12-01 08:00 to 2026-12-02 02:00" in str(refused.value)
    with pytest.raises(OutsideOpening, match="2026-12-03 08:00"):
        house.book(shanghai("2026-12-03T02:00"), shanghai("2026-12-03T05:00"))


def test_opening_hours_that_touch_are_one_opening(session: Session) -> None:
    house = make_house(session, opens="06:00", closes="06:00")
    house.book(shanghai("2026-11-30T20:00"), shanghai("2026-12-02T09:00"))


def test_a_base_without_opening_hours_on_that_day_says_so(session: Session) -> None:
    house = make_house(session)
    session.execute(sa.text("update opening_hours set valid = daterange('2020-01-01', '2026-01-01')"))
    with pytest.raises(OutsideOpening, match="not open at that time"):
        house.book(hours(8), hours(9))


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        # the night on which New York's clocks go back: 01:30 comes twice, the base closes at the later one
        ("2026-11-01T03:00Z", "2026-11-01T06:30Z", True),
        ("2026-11-01T03:00Z", "2026-11-01T06:31Z", False),
        # the night on which they go forward: 02:30 does not exist, the base closes an hour after 01:30
        ("2027-03-14T04:00Z", "2027-03-14T06:30Z", True),
        ("2027-03-14T04:00Z", "2027-03-14T06:31Z", False),
    ],
)
def test_opening_hours_follow_the_zones_clock_changes(session: Session, start: str, end: str, fits: bool) -> None:
    house = make_house(session, timezone="America/New_York", opens="20:00", closes="01:30")
    begin, finish = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (start, end))
    asked: dict[str, Any] = {"at": begin - timedelta(hours=1)}
    if fits:
        house.book(begin, finish, **asked)
    else:
        with pytest.raises(OutsideOpening):
            house.book(begin, finish, **asked)


def test_a_studio_is_booked_only_on_days_on_which_it_is_in_service(house: House) -> None:
    studio = make_studio(
        house.session, house.base, in_service_from=date(2026, 11, 10), in_service_to=date(2026, 11, 20)
    )
    house.book(shanghai("2026-11-20T20:00"), shanghai("2026-11-21T00:00"), studio_id=studio.id)
    for start, end in (
        ("2026-11-20T20:00", "2026-11-21T00:01"),
        ("2026-11-09T23:59", "2026-11-10T02:00"),
    ):
        with pytest.raises(NotInService, match="from 2026-11-10 to 2026-11-20"):
            house.book(shanghai(start), shanghai(end), studio_id=studio.id)


def test_only_a_studio_is_booked(house: House) -> None:
    hall = make_space(house.session, house.base, kind="hall")
    with pytest.raises(Invalid, match="is not a studio"):
        house.book(hours(8), hours(9), studio_id=hall.id)
    with pytest.raises(NotFound, match="no such studio"):
        house.book(hours(8), hours(9), studio_id=uuid4())


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (hours(9), hours(8), "end"),
        (hours(9), hours(9), "end"),
        (hours(8).replace(tzinfo=None), hours(9), "start"),
        (hours(8), hours(9).replace(microsecond=1), "end"),
        (datetime(1999, 12, 31, tzinfo=UTC), hours(9), "start"),
        (hours(8), datetime(2200, 1, 2, tzinfo=UTC), "end"),
    ],
)
def test_a_range_that_is_none_is_refused_by_field(house: House, start: datetime, end: datetime, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        house.book(start, end)
    assert list(refused.value.extra["errors"]) == [field]
    assert nothing_written(house)


def test_a_tenant_books_from_the_present_minute_on(house: House) -> None:
    house.book(NOW, hours(1), at=NOW + timedelta(seconds=59))
    with pytest.raises(Invalid, match="has passed"):
        house.book(NOW, hours(1), studio_id=house.other.id, at=NOW + timedelta(seconds=60))


def test_the_desk_enters_a_walk_in_that_is_already_on_air(house: House) -> None:
    house.book(hours(-2), hours(1), by=house.desk)
    with pytest.raises(Invalid, match="has passed"):
        house.book(hours(-2.1), hours(1), by=house.desk, studio_id=house.other.id)
    with pytest.raises(Invalid, match="has passed"):
        house.book(hours(-1), NOW, by=house.desk, studio_id=house.other.id)


@pytest.mark.parametrize(
    "title",
    [
        '=HYPERLINK("http://evil","x")',
        "<img src=x onerror=alert(1)>",
        "'; drop table bookings; --",
        "𠮷野家 䶮 专场 🎉",
        "%s %(name)s {0}",
        "a" * 200,
    ],
)
def test_a_hostile_title_is_only_text(house: House, title: str) -> None:
    row = house.book(hours(8), hours(9), title=f"  {title}\n")
    assert queries.booking_for(house.session, house.scheduler, row.id).title == title


@pytest.mark.parametrize(
    "title", ["a" * 201, "line\nbreak", "null\x00byte", "vertical\x0btab", "half \ud842 of a pair"]
)
def test_a_title_that_cannot_be_stored_or_shown_is_refused(house: House, title: str) -> None:
    with pytest.raises(Invalid) as refused:
        house.book(hours(8), hours(9), title=title)
    assert list(refused.value.extra["errors"]) == ["title"]
    assert nothing_written(house)


def test_a_tenant_that_is_not_admitted_to_the_base_books_nothing_there(house: House) -> None:
    elsewhere = make_base(house.session)
    stranger = make_tenant(house.session, elsewhere)
    scheduler = make_actor(house.session, "tenant_scheduler", tenant=stranger)
    with pytest.raises(MayNotBook, match="not admitted"):
        house.book(hours(8), hours(9), tenant_id=stranger.id, by=scheduler)
    with pytest.raises(MayNotBook, match="not admitted"):
        house.book(hours(8), hours(9), tenant_id=stranger.id, by=house.desk)
    assert nothing_written(house)


def test_a_suspended_tenant_books_nothing_new_and_is_told_why(house: House) -> None:
    house.tenant.suspended_at, house.tenant.suspension_reason = NOW, "欠租两个月"
    for actor in (house.scheduler, house.desk):
        with pytest.raises(MayNotBook, match="欠租两个月"):
            house.book(hours(8), hours(9), by=actor)


def test_nobody_books_for_a_tenant_that_is_not_theirs(house: House) -> None:
    other_desk = make_actor(house.session, "front_desk", base=make_base(house.session))
    reviewer = make_actor(house.session, "reviewer")
    with pytest.raises(NotFound, match="no such tenant"):
        house.book(hours(8), hours(9), tenant_id=house.rival.id)
    with pytest.raises(NotFound, match="no such tenant"):
        house.book(hours(8), hours(9), by=other_desk)
    with pytest.raises(Forbidden):
        house.book(hours(8), hours(9), by=reviewer)
    assert nothing_written(house)


def test_a_rivals_host_is_not_found(house: House) -> None:
    host = make_host(house.session, house.rival)
    for actor in (house.scheduler, house.desk):
        with pytest.raises(NotFound, match="no such host"):
            house.book(hours(8), hours(9), host_id=host.id, by=actor)


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ({"checked": False}, "identity card"),
        ({"left_at": NOW}, "has left"),
        ({"born_on": date(2010, 11, 3)}, "is 15 on that day"),
        ({"born_on": date(2010, 11, 2)}, "guardian"),
        ({"born_on": date(2008, 11, 3)}, "is 17 on that day"),
    ],
)
def test_a_host_who_may_not_present_is_refused_with_the_remedy(house: House, host: dict[str, Any], says: str) -> None:
    somebody = make_host(house.session, house.tenant, **host)
    with pytest.raises(HostNotReady, match=says):
        house.book(hours(8), hours(9), host_id=somebody.id)
    assert nothing_written(house)


def test_a_hosts_age_is_that_on_the_local_day_of_the_start(house: House) -> None:
    host = make_host(house.session, house.tenant, born_on=date(2008, 11, 3))
    # 2026-11-03 begins in Shanghai at 16:00Z of the 2nd: eighteen from that instant on
    house.book(hours(12), hours(13), host_id=host.id)
    with pytest.raises(HostNotReady, match="is 17"):
        house.book(hours(11.9), hours(12), host_id=host.id, studio_id=house.other.id)


def test_a_guardians_consent_lets_a_host_of_sixteen_present(house: House) -> None:
    host = make_host(
        house.session, house.tenant, born_on=date(2010, 1, 1), guardian_name="林母", guardian_consent_at=NOW
    )
    house.book(hours(8), hours(9), host_id=host.id)


def test_an_outage_of_the_studio_or_of_the_base_stops_new_bookings(house: House) -> None:
    make_outage(house.session, house.base, hours(8), hours(10), space=house.studio, reason="换灯")
    make_outage(house.session, house.base, hours(20), hours(22), reason="停电检修")
    with pytest.raises(Taken) as refused:
        house.book(hours(9), hours(11))
    assert [(b["kind"], b["reason"]) for b in refused.value.blockers] == [("outage", "换灯")]
    assert [s["code"] for s in refused.value.alternatives["studios"]] == [house.other.code]
    with pytest.raises(Taken) as refused:
        house.book(hours(21), hours(23), studio_id=house.other.id)
    assert [b["reason"] for b in refused.value.blockers] == ["停电检修"]
    assert refused.value.alternatives["studios"] == []
    house.book(hours(10), hours(20))


def test_an_outage_that_was_called_off_stops_nothing(house: House) -> None:
    make_outage(house.session, house.base, hours(8), hours(10), cancelled_at=NOW)
    house.book(hours(8), hours(10))


def test_a_studio_let_whole_is_booked_by_its_tenant_only_and_only_during_the_lease(house: House) -> None:
    make_lease(
        house.session,
        house.rival,
        house.base,
        spaces=[house.studio],
        first=date(2026, 11, 3),
        last=date(2026, 11, 30),
    )
    house.book(hours(8), hours(12))  # to midnight of the 2nd
    with pytest.raises(Taken, match="let whole") as refused:
        house.book(hours(12), hours(12.5))
    assert [b["kind"] for b in refused.value.blockers] == ["lease"]
    assert str(house.rival.id) not in str(refused.value.extra)
    house.book(hours(13), hours(14), by=house.rival_scheduler)
    house.book(shanghai("2026-12-01T00:00"), shanghai("2026-12-01T02:00"))


def test_the_database_refuses_a_booking_without_its_allocations_name(house: House) -> None:
    """A rival's host cannot be named even past the rules: the foreign key holds tenant and host together."""
    host = make_host(house.session, house.rival)
    session = house.as_(SYSTEM)
    with pytest.raises(sa.exc.IntegrityError, match="bookings_host_fkey"):
        session.execute(
            sa.insert(Booking).values(
                code="BK-TEST22",
                base_id=house.base.id,
                studio_id=house.studio.id,
                tenant_id=house.tenant.id,
                host_id=host.id,
                during=sa.func.tstzrange(hours(1), hours(2)),
                state="confirmed",
                created_at=NOW,
                changed_at=NOW,
            )
        )
