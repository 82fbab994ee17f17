"""Lists, the timeline and the board show each their own, in order, a page at a time."""

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from shared_base.bookings import actions, queries
from shared_base.bookings.board import board
from shared_base.bookings.queries import Filter, count_bookings, list_bookings
from shared_base.bookings.timeline import COLUMNS, changes_since, timeline
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Invalid, NotFound
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_outage, make_studio
from tests.factories.tenancy import make_actor, make_tenant
from tests.integration.bookings.conftest import NOW, House, hours


def codes(house: House, actor: Actor, narrowed: Filter = Filter(), **asked: Any) -> list[str]:
    session = house.as_(actor)
    return [row.code for row in list_bookings(session, actor, narrowed, **{"limit": 50, **asked})]


@pytest.fixture
def nights(house: House) -> list[str]:
    """Ten nights of the tenant, two hours each from NOW + 8 h, two of them cancelled; and one of the rival."""
    made = [
        make_booking(
            house.session,
            house.studio,
            house.tenant,
            hours(8 + 24 * night),
            hours(10 + 24 * night),
            code=f"BK-N{night:05d}",
            title=f"第{night}场 100%_满减",
            state="cancelled" if night in (3, 4) else "confirmed",
        ).code
        for night in range(10)
    ]
    make_booking(house.session, house.other, house.rival, hours(8), hours(10), code="BK-RIVAL", title="秘密专场")
    return made


def test_everybody_lists_their_own(house: House, nights: list[str]) -> None:
    reviewer = make_actor(house.session, "reviewer", base=house.base)
    admin = make_actor(house.session, "admin")
    stranger = make_actor(house.session, "operator", base=make_base(house.session))
    assert codes(house, house.scheduler) == nights
    assert codes(house, house.rival_scheduler) == ["BK-RIVAL"]
    everything = sorted([*nights, "BK-RIVAL"])
    for actor in (house.desk, reviewer, admin):
        assert sorted(codes(house, actor)) == everything
        assert sorted(codes(house, actor, Filter(base_id=house.base.id))) == everything
        assert sorted(codes(house, actor, Filter(start=NOW, end=hours(999)))) == everything
        assert codes(house, actor, Filter(tenant_id=house.rival.id)) == ["BK-RIVAL"]
    assert codes(house, stranger) == []
    assert codes(house, stranger, Filter(base_id=house.base.id, start=NOW)) == []
    assert codes(house, house.rival_scheduler, Filter(base_id=house.base.id, start=NOW, end=hours(99))) == ["BK-RIVAL"]


def test_row_security_alone_keeps_tenants_apart(
    house: House, nights: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "visible", lambda actor: sa.true())
    assert codes(house, house.rival_scheduler) == ["BK-RIVAL"]
    assert codes(house, house.rival_scheduler, Filter(base_id=house.base.id, start=NOW)) == ["BK-RIVAL"]
    own = queries.booking_by_code(house.as_(house.scheduler), house.scheduler, nights[0])
    with pytest.raises(NotFound):
        queries.booking_for(house.as_(house.rival_scheduler), house.rival_scheduler, own.id)


def test_our_filter_alone_keeps_tenants_apart(house: House, nights: list[str]) -> None:
    """The session sees everything, the actor asks as the rival: the other half of the double lock."""
    session = house.as_(SYSTEM)
    rows = list_bookings(session, house.rival_scheduler, Filter(), limit=50)
    assert [row.code for row in rows] == ["BK-RIVAL"]
    with pytest.raises(NotFound):
        queries.booking_by_code(session, house.rival_scheduler, nights[0])
    told = timeline(session, house.rival_scheduler, base_id=house.base.id, start=NOW, end=hours(48))
    assert [row[1] for row in json.loads(told.bookings)] == ["BK-RIVAL"]


def test_a_member_of_a_tenant_who_also_serves_a_base_lists_both(house: House, nights: list[str]) -> None:
    elsewhere = make_base(house.session)
    guest = make_tenant(house.session, elsewhere)
    make_booking(house.session, make_studio(house.session, elsewhere), guest, hours(8), hours(9), code="BK-GUEST")
    both = Actor(
        user_id=None,
        label="兼职",
        reach="member",
        grants=(*house.desk.grants, *make_actor(house.session, "tenant_owner", tenant=guest).grants),
        bases=frozenset({house.base.id}),
        tenants=frozenset({guest.id}),
    )
    narrowed = Filter(start=NOW, end=hours(20))
    assert sorted(codes(house, both, narrowed)) == ["BK-GUEST", nights[0], "BK-RIVAL"]


def test_a_list_is_narrowed_by_time_studio_state_and_text(house: House, nights: list[str]) -> None:
    def found(**narrowed: Any) -> list[str]:
        assert count_bookings(house.as_(house.desk), house.desk, Filter(**narrowed)) == len(
            codes(house, house.desk, Filter(**narrowed))
        )
        return codes(house, house.desk, Filter(**narrowed))

    assert found(start=hours(8 + 24), end=hours(8 + 48), studio_id=house.studio.id) == nights[1:2]
    assert found(start=hours(9 + 24), end=hours(9 + 48), studio_id=house.studio.id) == nights[1:3]
    assert found(end=hours(8)) == []
    assert found(start=hours(8 + 24 * 9)) == nights[9:]
    assert found(states=["cancelled"]) == nights[3:5]
    assert found(search="  bk-n00007 ") == nights[7:8]
    assert found(search="第7场") == nights[7:8]
    assert found(search=house.rival.name) == ["BK-RIVAL"]
    assert len(found(search="100%_满")) == 10
    assert found(search="100_%") == []
    assert found(search="\\") == []
    assert found(tenant_id=house.tenant.id, search="秘密") == []


@pytest.mark.parametrize("narrowed", [Filter(states=["paid"]), Filter(start=hours(2), end=hours(1))])
def test_a_filter_that_means_nothing_is_refused(house: House, narrowed: Filter) -> None:
    with pytest.raises(Invalid):
        codes(house, house.desk, narrowed)


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_follow_one_another_without_gap_or_repeat(house: House, nights: list[str], newest_first: bool) -> None:
    # equal starts: the key's second half decides
    seen: list[str] = []
    after: tuple[datetime, Any] | None = None
    while True:
        rows = list_bookings(
            house.as_(house.desk), house.desk, Filter(), after=after, limit=4, newest_first=newest_first
        )
        seen += [row.code for row in rows]
        if len(rows) < 4:
            break
        after = (rows[-1].start, rows[-1].id)
    assert seen == codes(house, house.desk, newest_first=newest_first)
    assert len(set(seen)) == 11


def test_a_code_is_found_however_it_is_typed(house: House, nights: list[str]) -> None:
    session = house.as_(house.desk)
    assert queries.booking_by_code(session, house.desk, " bk-n00002 ").code == nights[2]
    for nothing in ("BK-NOBODY", "", "' or 1=1 --"):
        with pytest.raises(NotFound):
            queries.booking_by_code(session, house.desk, nothing)
    with pytest.raises(NotFound):
        queries.booking_for(session, house.desk, uuid4())


def shown(house: House, actor: Actor, start: float = 0, end: float = 24) -> dict[str, Any]:
    answer = timeline(house.as_(actor), actor, base_id=house.base.id, start=hours(start), end=hours(end))
    found: dict[str, Any] = json.loads(answer.as_json())
    return found


def second(hour: float) -> int:
    return int(hours(hour).timestamp())


def test_the_desk_sees_the_whole_day_of_its_base(house: House, nights: list[str]) -> None:
    make_outage(house.session, house.base, hours(12), hours(13), space=house.other, reason="换灯")
    make_outage(house.session, house.base, hours(14), hours(15), reason="停电")
    make_studio(house.session, house.base, in_service_to=date(2026, 11, 1))
    day = shown(house, house.desk)
    assert day["columns"] == list(COLUMNS)
    assert day["timezone"] == "Asia/Shanghai"
    assert [studio["code"] for studio in day["studios"]] == sorted([house.studio.code, house.other.code])
    assert day["studios"][0]["area_m2"] == 30
    assert day["openings"] == [[second(0), second(24)]]
    assert sorted(day["outages"], key=str) == sorted(
        [[house.other.code, second(12), second(13), "换灯"], [None, second(14), second(15), "停电"]], key=str
    )
    rows = {row[1]: dict(zip(day["columns"], row, strict=True)) for row in day["bookings"]}
    assert set(rows) == {nights[0], "BK-RIVAL"}
    assert rows["BK-RIVAL"] | {"id": ""} == {
        "id": "",
        "code": "BK-RIVAL",
        "studio": house.other.code,
        "start": second(8),
        "end": second(10),
        "state": "confirmed",
        "title": "秘密专场",
        "tenant": house.rival.name,
        "version": 1,
        "hold_until": None,
        "before": 0,
        "after": 0,
    }
    assert day["busy"] == []


def test_a_tenant_sees_its_own_bookings_and_of_others_only_when_they_are_busy(house: House, nights: list[str]) -> None:
    day = shown(house, house.scheduler)
    assert [row[1] for row in day["bookings"]] == [nights[0]]
    assert day["busy"] == [[house.other.code, second(8), second(10)]]
    text = json.dumps(day, ensure_ascii=False)
    assert "秘密" not in text
    assert house.rival.name not in text


def test_the_timeline_shows_opening_hours_and_where_a_room_was_given_back(house: House) -> None:
    house.session.connection().exec_driver_sql("update opening_hours set opens_minute = 480, closes_minute = 1560")
    make_booking(house.session, house.studio, house.tenant, hours(4), hours(8), released_at=hours(6))
    day = shown(house, house.desk, 0, 30)
    assert day["openings"] == [[second(0), second(14)], [second(20), second(30)]]
    assert [row[4] for row in day["bookings"]] == [second(6)]


def test_a_base_that_is_not_theirs_is_not_found(house: House) -> None:
    strangers = make_base(house.session)
    for actor in (house.desk, house.scheduler):
        with pytest.raises(NotFound):
            timeline(house.as_(actor), actor, base_id=strangers.id, start=NOW, end=hours(1))
        with pytest.raises(NotFound):
            changes_since(house.as_(actor), actor, base_id=strangers.id, since=NOW, start=NOW, end=hours(1))


def test_a_timeline_shows_at_most_two_months(house: House) -> None:
    for end in (NOW, NOW + timedelta(days=62, seconds=1)):
        with pytest.raises(Invalid):
            timeline(house.as_(house.desk), house.desk, base_id=house.base.id, start=NOW, end=end)


def test_the_feed_tells_what_changed_and_in_which_state_it_now_is(house: House) -> None:
    quiet = house.book(hours(1), hours(2))
    row = house.book(hours(8), hours(10))
    rivals = house.book(hours(8), hours(10), studio_id=house.other.id, by=house.rival_scheduler)

    def feed(actor: Actor, since: datetime) -> dict[str, Any]:
        session = house.as_(actor)
        told = changes_since(session, actor, base_id=house.base.id, since=since, start=NOW, end=hours(24))
        return {"bookings": json.loads(told.bookings), "busy": json.loads(told.busy)}

    later = NOW + timedelta(minutes=5)
    actions.cancel(house.as_(house.scheduler), booking=row, by=house.scheduler, at=later)
    actions.move(house.as_(house.rival_scheduler), booking=rivals, start=hours(9), by=house.rival_scheduler, at=later)
    desk = feed(house.desk, NOW + timedelta(minutes=1))
    assert {(line[1], line[3], line[5], line[8]) for line in desk["bookings"]} == {
        (row.code, second(8), "cancelled", 2),
        (rivals.code, second(9), "confirmed", 2),
    }
    own = feed(house.scheduler, NOW + timedelta(minutes=1))
    assert [line[1] for line in own["bookings"]] == [row.code]
    assert own["busy"] == [[house.other.code, second(9), second(10)]]
    # what was stamped just before may have been committed just after: it is told again
    assert quiet.code in {line[1] for line in feed(house.desk, NOW + timedelta(seconds=5))["bookings"]}
    assert feed(house.desk, NOW + timedelta(minutes=6))["bookings"] == []


def test_the_board_puts_every_booking_where_the_desk_looks_for_it(house: House) -> None:
    third, fourth = (make_studio(house.session, house.base) for _ in range(2))

    def made(studio: Any, start: float, end: float, state: str) -> str:
        code: str = make_booking(house.session, studio, house.tenant, hours(start), hours(end), state=state).code
        return code

    live = made(house.studio, -1, 2, "checked_in")
    overrunning = made(house.other, -3, -0.5, "checked_in")
    overdue = made(third, -0.5, 3, "confirmed")
    arriving = made(house.other, 1.9, 4, "confirmed")
    made(house.studio, 2.1, 4, "confirmed")
    made(fourth, -1, 1, "cancelled")
    made(fourth, -5, -4, "completed")
    made(fourth, -9, -8, "confirmed")  # nobody came, nobody noted it: no longer the desk's present
    found = board(house.as_(house.desk), house.desk, base_id=house.base.id, at=NOW)
    listed = {
        name: [row.code for row in getattr(found, name)] for name in ("live", "overrunning", "arriving", "overdue")
    }
    assert listed == {"live": [live], "overrunning": [overrunning], "arriving": [arriving], "overdue": [overdue]}
    assert {studio.code for studio in found.free} == {house.other.code, fourth.code}
