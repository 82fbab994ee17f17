"""The waitlist: who may join it, what is freed is offered in order of arrival, and what becomes of an offer."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared_base.bookings import actions, actions_waitlist, holding, queries_waitlist
from shared_base.bookings.actions_waitlist import LEAST_TO_ANSWER, MOST_WAITING
from shared_base.bookings.errors import AgainstRule, HostNotReady, MayNotBook, NotInService, OutsideOpening, WrongState
from shared_base.bookings.errors_waitlist import AlreadyWaiting, EntryOver, NoSuchStudio, WaitlistFull
from shared_base.bookings.models_rules import BookingRule
from shared_base.bookings.models_waitlist import WaitlistEntry
from shared_base.bookings.queries import get_booking
from shared_base.bookings.queries_waitlist import COMMITS_WITHIN, LOOKED_AT_LEAST, WaitlistFilter, WaitlistRow
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Forbidden, Invalid, NotFound
from shared_base.core.events import Event
from shared_base.resources.actions import call_off, close
from tests.factories.catalogue import days, make_base, make_studio
from tests.factories.tenancy import make_actor, make_host, make_tenant
from tests.integration.bookings.conftest import NOW, House, hours
from tests.queries_counted import queries_counted

LATER = NOW + timedelta(seconds=5)


def join(house: House, start: float = 8, end: float = 14, *, by: Actor | None = None, **asked: Any) -> WaitlistRow:
    """Wait for the house's studio as somebody (default: the rival's scheduler)."""
    actor = by or house.rival_scheduler
    values: dict[str, Any] = {
        "base_id": house.base.id,
        "tenant_id": house.tenant.id if actor is house.scheduler else house.rival.id,
        "studio_id": house.studio.id,
        "title": "等一等",
        "at": NOW,
        **asked,
    }
    return actions_waitlist.join(house.as_(actor), start=hours(start), end=hours(end), by=actor, **values)


def look(house: House, at: Any = LATER) -> list[UUID]:
    """One look of the scheduler at the base, in the test's own transaction; the entries that were made an offer."""
    session = house.as_(SYSTEM)
    actions_waitlist.settle(session, base_id=house.base.id, at=at)
    waiting = queries_waitlist.candidates(session, house.base.id, start_after=at + LEAST_TO_ANSWER)
    offered = [it.entry_id for it in waiting if it.studio_ids and actions_waitlist.offer(session, it, at=at)]
    actions_waitlist.tried(session, [it.entry_id for it in waiting], at=at)
    return offered


def entry(house: House, row: WaitlistRow) -> WaitlistRow:
    return queries_waitlist.get_entry(house.as_(SYSTEM), row.id)


def due(house: House, at: Any) -> bool:
    return house.base.id in queries_waitlist.due_bases(house.as_(SYSTEM), at=at)


def told(house: House, row: WaitlistRow) -> list[Event]:
    found = house.as_(SYSTEM).scalars(sa.select(Event).where(Event.subject_id == row.id).order_by(Event.id))
    return list(found)


def cancel(house: House, booking: BookingRow, at: Any = NOW) -> None:
    actions.cancel(house.as_(house.scheduler), booking=booking, by=house.scheduler, at=at)


# — joining


def test_somebody_waits_for_a_taken_studio_and_knows_its_place(house: House) -> None:
    house.book(hours(8), hours(14))
    mine = join(house)
    assert (mine.state, mine.place, mine.studio_code) == ("waiting", 1, house.studio.code)
    assert (mine.start, mine.end, mine.created_by) == (hours(8), hours(14), house.rival_scheduler.user_id)
    (event,) = told(house, mine)
    assert (event.kind, event.base_id, event.tenant_id) == ("waitlist.joined", house.base.id, house.rival.id)


def test_the_place_counts_those_who_came_earlier_for_an_overlapping_time_and_could_have_the_same_room(
    house: House,
) -> None:
    join(house, 8, 10)
    join(house, 9, 11, studio_id=house.other.id)
    join(house, 12, 14)
    assert join(house, 9, 12, by=house.scheduler).place == 2  # the first only
    assert join(house, 9, 13, by=house.scheduler, studio_id=None).place == 5  # all of them
    assert join(house, 14, 15).place == 1


def test_who_waits_elsewhere_for_another_scene_is_not_before_one(house: House) -> None:
    join(house, studio_id=None, scene="美妆")
    assert join(house, by=house.scheduler, studio_id=None, scene="服装").place == 1
    assert join(house, by=house.scheduler, studio_id=None).place == 3


def test_a_tenant_learns_nothing_of_others_but_its_own_place(house: House) -> None:
    theirs = join(house)
    mine = join(house, by=house.scheduler)
    session = house.as_(house.scheduler)
    assert [it.id for it in queries_waitlist.list_entries(session, house.scheduler, WaitlistFilter(), limit=9)] == [
        mine.id
    ]
    assert mine.place == 2
    with pytest.raises(NotFound):
        queries_waitlist.entry_for(session, house.scheduler, theirs.id)
    # without our own filter the database says the same, and tells no place in somebody else's line
    assert list(session.scalars(sa.select(WaitlistEntry.id))) == [mine.id]
    assert session.scalar(sa.select(sa.func.waitlist_place(theirs.id))) is None


def test_the_desk_sees_all_of_its_base_in_order_and_none_of_another(house: House) -> None:
    rows = [join(house), join(house, by=house.scheduler), join(house, 20, 22)]
    session = house.as_(house.desk)
    seen = queries_waitlist.list_entries(session, house.desk, WaitlistFilter(base_id=house.base.id), limit=9)
    assert [it.id for it in seen] == [row.id for row in rows]
    elsewhere = make_actor(house.as_(SYSTEM), "front_desk", base=make_base(house.session))
    assert queries_waitlist.list_entries(house.as_(elsewhere), elsewhere, WaitlistFilter(), limit=9) == []


def test_the_list_is_narrowed_paged_and_searched(house: House) -> None:
    first, second = join(house, title="羊绒 100%"), join(house, 30, 33, by=house.scheduler, studio_id=None)
    session = house.as_(house.desk)

    def ids(**narrowed: Any) -> list[UUID]:
        found = queries_waitlist.list_entries(session, house.desk, WaitlistFilter(**narrowed), limit=9)
        return [it.id for it in found]

    assert ids(tenant_id=house.rival.id) == ids(search="100%") == ids(studio_id=house.studio.id) == [first.id]
    assert ids(search="%x%") == []
    assert ids(start=hours(14), end=hours(31)) == [second.id]
    assert ids(states=["waiting"]) == [first.id, second.id]
    assert ids(states=["taken"]) == []
    after = queries_waitlist.list_entries(session, house.desk, WaitlistFilter(), after=first.id, limit=9)
    assert [it.id for it in after] == [second.id]
    newest = queries_waitlist.list_entries(session, house.desk, WaitlistFilter(), limit=1, newest_first=True)
    assert [it.id for it in newest] == [second.id]
    with pytest.raises(Invalid):
        ids(states=["gone"])


def test_what_waiting_will_not_change_is_refused_at_once(house: House) -> None:
    with pytest.raises(Invalid):
        join(house, 0, 3)  # begun
    with pytest.raises(Invalid):
        join(house, 3, 2)
    with pytest.raises(NotFound):
        join(house, studio_id=make_studio(house.session, make_base(house.session)).id)
    with pytest.raises(NotFound):
        join(house, tenant_id=house.tenant.id)  # a rival's
    with pytest.raises(NoSuchStudio):
        join(house, studio_id=None, scene="厨房")
    with pytest.raises(NoSuchStudio):
        join(house, studio_id=None, min_area_m2=Decimal(5000))
    for area in (Decimal(0), Decimal("NaN"), Decimal(10) ** 9):
        with pytest.raises(Invalid):
            join(house, studio_id=None, min_area_m2=area)
    with pytest.raises(HostNotReady):
        join(house, host_id=make_host(house.as_(SYSTEM), house.rival, checked=False).id)
    with pytest.raises(NotFound):
        join(house, host_id=make_host(house.as_(SYSTEM), house.tenant).id)
    with pytest.raises(NotInService):
        join(house, studio_id=make_studio(house.as_(SYSTEM), house.base, in_service_to=NOW.date()).id, start=30, end=32)
    house.as_(SYSTEM).get_one(type(house.rival), house.rival.id).suspension_reason = "欠租"
    house.session.get_one(type(house.rival), house.rival.id).suspended_at = NOW
    for asked in ({}, {"studio_id": None}):
        with pytest.raises(MayNotBook):
            join(house, **asked)


def test_a_time_outside_opening_hours_cannot_be_waited_for(house: House) -> None:
    base = make_base(house.as_(SYSTEM), opens="08:00", closes="20:00")
    tenant = make_tenant(house.session, base)
    actor = make_actor(house.session, "tenant_scheduler", tenant=tenant)
    studio = make_studio(house.session, base)
    for studio_id in (studio.id, None):
        with pytest.raises(OutsideOpening):
            join(house, base_id=base.id, tenant_id=tenant.id, studio_id=studio_id, by=actor)


def test_the_rules_of_a_named_studio_hold_for_waiting_too(house: House) -> None:
    rule = BookingRule(base_id=house.base.id, valid=days(NOW.date(), None), longest_minutes=120, created_at=NOW)
    house.as_(SYSTEM).add(rule)
    with pytest.raises(AgainstRule):
        join(house, 8, 11)
    assert join(house, 8, 10).state == "waiting"


def test_the_same_wish_twice_is_one_and_nobody_fills_the_list_alone(house: House) -> None:
    join(house)
    with pytest.raises(AlreadyWaiting):
        join(house)
    join(house, title="another session at the same time")
    for number in range(MOST_WAITING - 2):
        join(house, 20 + number, 21 + number)
    with pytest.raises(WaitlistFull):
        join(house, 500, 501)
    assert join(house, by=house.scheduler).state == "waiting"


def test_the_desk_puts_a_tenant_on_the_list_and_a_reviewer_nobody(house: House) -> None:
    assert join(house, by=house.desk).tenant_id == house.rival.id
    reviewer = make_actor(house.as_(SYSTEM), "reviewer", base=house.base)
    with pytest.raises(Forbidden):
        join(house, by=reviewer)


# — offering


def test_what_is_cancelled_is_held_for_whoever_came_first(house: House) -> None:
    booking = house.book(hours(8), hours(14))
    first, second = join(house), join(house, title="later")
    assert look(house) == []
    cancel(house, booking)
    assert look(house) == [first.id]
    offered = entry(house, first)
    assert offered.booking_id is not None
    assert (offered.state, offered.booking_studio, entry(house, second).state) == (
        "offered",
        house.studio.code,
        "waiting",
    )
    hold = get_booking(house.session, offered.booking_id)
    assert (hold.state, hold.tenant_id, hold.start, hold.end) == ("held", house.rival.id, hours(8), hours(14))
    assert hold.hold_until is not None
    assert LATER < hold.hold_until <= hold.start
    assert entry(house, second).place == 1


def test_the_offer_is_told_with_all_that_a_mail_needs(house: House) -> None:
    mine = join(house)
    assert look(house) == [mine.id]
    event = told(house, mine)[-1]
    hold = get_booking(house.session, UUID(event.payload["booking_id"]))
    assert hold.hold_until is not None
    assert (event.kind, event.base_id, event.tenant_id) == ("waitlist.offered", house.base.id, house.rival.id)
    assert event.payload == {
        "booking_id": str(hold.id),
        "code": hold.code,
        "studio": house.studio.code,
        "studio_id": str(house.studio.id),
        "start": hours(8).isoformat(),
        "end": hours(14).isoformat(),
        "title": "等一等",
        "hold_until": hold.hold_until.isoformat(),
    }


def test_any_studio_that_fits_will_do(house: House) -> None:
    house.book(hours(8), hours(14))
    scene = join(house, studio_id=None, scene="服装")
    both = join(house, studio_id=None, title="any")
    assert look(house) == [scene.id]
    assert entry(house, scene).booking_studio == house.other.code
    assert entry(house, both).state == "waiting"


def test_what_does_not_fit_the_first_goes_to_the_next(house: House) -> None:
    house.book(hours(8), hours(14))
    evening = house.book(hours(14), hours(20))
    whole_night, part = join(house, 8, 20), join(house, 15, 19)
    cancel(house, evening)
    assert look(house) == [part.id]
    assert entry(house, whole_night).state == "waiting"


def test_a_host_who_is_elsewhere_is_offered_no_studio(house: House) -> None:
    host = make_host(house.as_(SYSTEM), house.rival)
    house.book(hours(8), hours(10), by=house.rival_scheduler, studio_id=house.other.id, host_id=host.id)
    mine = join(house, 9, 12, host_id=host.id)
    assert look(house) == []
    assert entry(house, mine).state == "waiting"


def test_an_offer_gives_a_tenant_no_more_than_it_could_book_itself(house: House) -> None:
    mine = join(house, studio_id=None)
    rule = BookingRule(base_id=house.base.id, valid=days(NOW.date(), None), bookable_by="staff", created_at=NOW)
    house.as_(SYSTEM).add(rule)
    assert look(house) == []
    house.as_(SYSTEM).delete(house.session.get_one(BookingRule, rule.id))
    assert look(house) == [mine.id]


def test_nothing_is_offered_that_could_not_be_answered_before_it_begins(house: House) -> None:
    mine = join(house, 1, 3)
    at = hours(1) - timedelta(minutes=1)
    assert look(house, at) == []
    assert entry(house, mine).state == "waiting"
    assert look(house, hours(1)) == []
    assert entry(house, mine).state == "expired"
    assert told(house, mine)[-1].kind == "waitlist.expired"


def test_a_hold_ends_before_the_session_starts(house: House) -> None:
    mine = join(house, 1, 3)
    at = hours(1) - timedelta(minutes=5)
    assert look(house, at) == [mine.id]
    hold_until = entry(house, mine).hold_until
    assert hold_until is not None
    assert hold_until <= hours(1)


# — answering


def test_taking_the_offer_makes_a_booking_of_it(house: House) -> None:
    mine = join(house)
    look(house)
    actor = house.rival_scheduler
    booking = actions_waitlist.accept(house.as_(actor), entry=entry(house, mine), by=actor, at=LATER)
    assert booking.state == "confirmed"
    after = entry(house, mine)
    assert (after.state, after.booking_id, after.ended_at) == ("taken", booking.id, LATER)
    with pytest.raises(EntryOver):
        actions_waitlist.accept(house.as_(actor), entry=after, by=actor, at=LATER)
    with pytest.raises(EntryOver):
        actions_waitlist.withdraw(house.as_(actor), entry=after, by=actor, at=LATER)


def test_confirming_on_the_bookings_own_page_is_the_same(house: House) -> None:
    mine = join(house)
    look(house)
    offered = entry(house, mine)
    assert offered.booking_id is not None
    actor = house.rival_scheduler
    hold = get_booking(house.as_(actor), offered.booking_id)
    actions.confirm_hold(house.session, booking=hold, by=actor, at=LATER)
    assert entry(house, mine).state == "taken"  # read so at once
    assert due(house, LATER)
    look(house)
    assert house.as_(SYSTEM).get_one(WaitlistEntry, mine.id).state == "taken"
    assert told(house, mine)[-1].kind == "waitlist.taken"
    actions.cancel(house.as_(actor), booking=get_booking(house.session, hold.id), by=actor, at=LATER)
    assert entry(house, mine).state == "taken"


def test_a_lapsed_offer_goes_to_the_next_in_line(house: House) -> None:
    first, second = join(house), join(house, by=house.scheduler)
    look(house)
    until = entry(house, first).hold_until
    assert until is not None
    assert look(house, until - timedelta(seconds=1)) == []
    with pytest.raises(WrongState):
        actions_waitlist.accept(
            house.as_(house.rival_scheduler), entry=entry(house, first), by=house.rival_scheduler, at=until
        )
    assert holding.lapse(house.as_(SYSTEM), at=until) == 1
    assert entry(house, first).state == "expired"
    assert due(house, until)
    assert look(house, until) == [second.id]
    assert told(house, first)[-1].kind == "waitlist.expired"


def test_withdrawing_gives_up_the_place_and_what_was_held(house: House) -> None:
    first, second, third = join(house), join(house, by=house.scheduler), join(house, title="third")
    look(house)
    actor = house.rival_scheduler
    gone = actions_waitlist.withdraw(house.as_(actor), entry=entry(house, first), by=actor, at=LATER)
    assert gone.state == "withdrawn"
    assert house.held(house.studio.id) == []
    assert look(house) == [second.id]
    actions_waitlist.withdraw(house.as_(actor), entry=entry(house, third), by=actor, at=LATER)
    assert entry(house, third).state == "withdrawn"
    assert [event.kind for event in told(house, third)] == ["waitlist.joined", "waitlist.withdrawn"]
    with pytest.raises(EntryOver):
        actions_waitlist.accept(house.as_(actor), entry=entry(house, third), by=actor, at=LATER)


def test_nothing_is_taken_before_it_is_offered(house: House) -> None:
    house.book(hours(8), hours(14))
    mine = join(house)
    with pytest.raises(EntryOver):
        actions_waitlist.accept(house.as_(house.rival_scheduler), entry=mine, by=house.rival_scheduler, at=NOW)


def test_another_tenant_changes_no_entry(house: House) -> None:
    mine = join(house)
    for deed in (actions_waitlist.accept, actions_waitlist.withdraw):
        with pytest.raises(Forbidden):
            deed(house.as_(house.scheduler), entry=mine, by=house.scheduler, at=NOW)


# — when it is looked


def test_with_nothing_freed_nobody_is_tried_again_and_the_look_costs_one_statement(house: House) -> None:
    house.book(hours(8), hours(14))
    rows = [join(house) for _ in range(1)] + [join(house, 20 + n, 21 + n, studio_id=house.studio.id) for n in range(12)]
    assert rows
    at = NOW + COMMITS_WITHIN + timedelta(seconds=1)
    assert due(house, at)  # nobody looked yet
    look(house, at)
    session = house.as_(SYSTEM)
    with queries_counted(session.connection()) as asked:
        assert queries_waitlist.due_bases(session, at=at + timedelta(seconds=3)) == []
    assert len(asked) == 1


@pytest.mark.parametrize("deed", ["cancelled", "moved", "released", "no_show", "called_off", "lapsed"])
def test_whatever_frees_a_time_is_noticed_at_the_next_look(house: House, deed: str) -> None:
    session = house.as_(SYSTEM)
    booking = house.book(hours(1), hours(6), by=house.desk)
    lapsing = house.book(hours(20), hours(22), hold=True)
    closure = close(
        house.as_(SYSTEM), base_id=house.base.id, resource_id=house.studio.id, start=hours(6), end=hours(12),
        reason="检修", by=SYSTEM, at=NOW,
    ).outage  # fmt: skip
    start, end = {"called_off": (7, 9), "lapsed": (20, 22)}.get(deed, (4, 6))
    mine = join(house, start, end)
    quiet = hours(2)
    if deed == "released":
        actions.mark_checked_in(house.as_(house.desk), booking=booking, by=house.desk, at=hours(1))
    if deed != "lapsed":
        holding.lapse(house.as_(SYSTEM), at=hours(1))
        look(house, quiet)
        assert not due(house, quiet + timedelta(seconds=3))
        assert entry(house, mine).state == "waiting"
    else:
        look(house, NOW + timedelta(minutes=1))
        assert not due(house, NOW + timedelta(minutes=2))
    at = quiet + timedelta(seconds=2)
    session = house.as_(house.desk)
    if deed == "cancelled":
        actions.cancel(session, booking=booking, by=house.desk, at=at, reason="x")
    elif deed == "moved":
        actions.move(session, booking=booking, studio_id=house.other.id, by=house.desk, at=at)
    elif deed == "released":
        actions.release_early(session, booking=booking, by=house.desk, at=at)
    elif deed == "no_show":
        actions.mark_no_show(session, booking=booking, by=house.desk, at=at)
    elif deed == "called_off":
        call_off(house.as_(SYSTEM), house.session.merge(closure), by=SYSTEM, at=at)
    else:
        assert lapsing.hold_until is not None
        at = lapsing.hold_until
        assert holding.lapse(house.as_(SYSTEM), at=at) == 1
    assert due(house, at + timedelta(seconds=1))
    assert look(house, at + timedelta(seconds=1)) == [mine.id]


def test_a_change_that_commits_after_a_look_but_was_dated_before_it_is_not_missed(house: House) -> None:
    booking = house.book(hours(8), hours(14))
    mine = join(house)
    at = NOW + timedelta(hours=1)
    look(house, at)
    cancel(house, booking, at=at - COMMITS_WITHIN + timedelta(seconds=1))
    assert due(house, at + timedelta(seconds=3))
    assert look(house, at + timedelta(seconds=3)) == [mine.id]


def test_what_no_booking_tells_is_found_within_minutes(house: House) -> None:
    join(house, 30, 31)
    house.book(hours(29), hours(32))
    at = NOW + timedelta(hours=1)
    look(house, at)
    assert not due(house, at + LOOKED_AT_LEAST - timedelta(seconds=1))
    assert due(house, at + LOOKED_AT_LEAST + timedelta(seconds=1))


def test_a_later_look_shares_out_what_was_freed_while_the_one_before_ran(house: House) -> None:
    """Between the look at what is free and the offer to the second, the first one's time is freed: it is not passed."""
    early = house.book(hours(8), hours(10))
    house.book(hours(10), hours(14))
    first, second = join(house, 8, 10), join(house, 8.5, 9.5, by=house.scheduler)
    session = house.as_(SYSTEM)
    waiting = queries_waitlist.candidates(session, house.base.id, start_after=LATER)
    cancel(house, early)
    session = house.as_(SYSTEM)
    assert not [it for it in waiting if it.studio_ids and actions_waitlist.offer(session, it, at=LATER)]
    assert look(house) == [first.id]
    assert entry(house, second).state == "waiting"
