"""The life of a booking before it is confirmed: holds that lapse, requests that wait for a word; and swaps."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import Range

from shared_base.bookings import actions, holding
from shared_base.bookings.errors import AgainstRule, OverQuota, Taken, WrongState
from shared_base.bookings.models_rules import BookingQuota, BookingRule
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries import booking_for
from shared_base.bookings.queries_needs import kits
from shared_base.catalogue.models import Space
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Forbidden, Invalid, NotFound
from shared_base.tenancy.models import Admission, Tenant
from tests.factories.catalogue import LONG_AGO
from tests.factories.kit import make_kind, make_unit
from tests.integration.bookings.conftest import NOW, House, hours


def rule(house: House, space: Space | None = None, first: date = date(2026, 1, 1), **says: Any) -> None:
    session = house.as_(SYSTEM)
    session.add(
        BookingRule(
            base_id=house.base.id, space_id=space.id if space else None, valid=Range(first, None), created_at=LONG_AGO,
            **says,
        )
    )  # fmt: skip
    session.flush()


def quota(house: House, period: str, tenant: Tenant | None = None, **most: Any) -> None:
    session = house.as_(SYSTEM)
    session.add(
        BookingQuota(
            base_id=house.base.id, tenant_id=tenant.id if tenant else None, period=period, created_at=LONG_AGO,
            **{"valid": Range(date(2026, 1, 1), None), **most},
        )
    )  # fmt: skip
    session.flush()


# — holds


def test_a_hold_takes_the_studio_until_it_lapses_and_then_leaves_it(house: House) -> None:
    held = house.book(hours(8), hours(10), hold=True)
    assert (held.state, held.hold_until) == ("held", NOW + timedelta(minutes=15))
    with pytest.raises(Taken):
        house.book(hours(8), hours(10), by=house.rival_scheduler, at=NOW + timedelta(minutes=14))
    # whoever comes after it lapsed has the studio, also before anybody swept
    row = house.book(hours(8), hours(10), by=house.rival_scheduler, at=NOW + timedelta(minutes=15))
    assert row.state == "confirmed"
    over = booking_for(house.as_(house.scheduler), house.scheduler, held.id)
    assert (over.state, over.hold_until) == ("cancelled", None)
    assert [event.kind for event in house.events(held)] == ["booking.held", "booking.hold_lapsed"]


def test_a_hold_that_is_confirmed_in_time_is_a_booking(house: House) -> None:
    held = house.book(hours(8), hours(10), hold=True)
    confirmed = actions.confirm_hold(
        house.as_(house.scheduler), booking=held, by=house.scheduler, at=NOW + timedelta(minutes=14)
    )
    assert (confirmed.state, confirmed.hold_until) == ("confirmed", None)
    assert holding.lapse(house.as_(SYSTEM), at=hours(1)) == 0
    with pytest.raises(WrongState):
        actions.confirm_hold(house.as_(house.scheduler), booking=confirmed, by=house.scheduler, at=NOW)


def test_a_hold_that_lapsed_cannot_be_confirmed(house: House) -> None:
    held = house.book(hours(8), hours(10), hold=True)
    with pytest.raises(WrongState, match="lapsed"):
        actions.confirm_hold(
            house.as_(house.scheduler), booking=held, by=house.scheduler, at=NOW + timedelta(minutes=15)
        )


def test_only_those_whose_it_is_confirm_a_hold_or_give_it_up(house: House) -> None:
    held = house.book(hours(8), hours(10), hold=True)
    for deed in (actions.confirm_hold, actions.release_hold):
        with pytest.raises(Forbidden):
            deed(house.as_(SYSTEM), booking=held, by=house.rival_scheduler, at=NOW)
    released = actions.release_hold(house.as_(house.scheduler), booking=held, by=house.scheduler, at=NOW)
    assert released.state == "cancelled"
    house.book(hours(8), hours(10), by=house.rival_scheduler)


def test_the_sweep_gives_up_what_lapsed_with_its_kit_and_nothing_else(house: House) -> None:
    make_unit(house.session, make_kind(house.session, house.base), tag="C1")
    needs = Needs(equipment=(("camera", 1),))
    held = house.book(hours(8), hours(10), hold=True, needs=needs)
    later = house.book(hours(12), hours(13), hold=True, at=NOW + timedelta(minutes=10))
    assert holding.lapse(house.as_(SYSTEM), at=NOW + timedelta(minutes=20)) == 1
    assert holding.lapse(house.as_(SYSTEM), at=NOW + timedelta(minutes=20)) == 0
    assert booking_for(house.as_(SYSTEM), SYSTEM, later.id).state == "held"
    assert booking_for(house.as_(SYSTEM), SYSTEM, held.id).state == "cancelled"
    house.book(hours(8), hours(10), studio_id=house.other.id, needs=needs)


def test_a_hold_never_waits_past_its_own_start(house: House) -> None:
    held = house.book(hours(0.1), hours(2), hold=True)
    assert held.hold_until == hours(0.1)


# — approval


def test_where_the_base_approves_a_tenants_booking_waits_and_holds_its_time(house: House) -> None:
    rule(house, house.studio, needs_approval=True)
    asked = house.book(hours(8), hours(10))
    assert asked.state == "requested"
    with pytest.raises(Taken):
        house.book(hours(8), hours(10), by=house.rival_scheduler)
    with pytest.raises(WrongState, match="approval"):
        actions.mark_checked_in(house.as_(house.desk), booking=asked, by=house.desk, at=hours(8))
    approved = actions.approve(house.as_(house.desk), booking=asked, by=house.desk, at=NOW)
    assert approved.state == "confirmed"
    assert [event.kind for event in house.events(asked)] == ["booking.requested", "booking.approved"]


def test_a_declined_request_leaves_its_time_and_says_why(house: House) -> None:
    rule(house, needs_approval=True)
    asked = house.book(hours(8), hours(10))
    with pytest.raises(Invalid):
        actions.decline(house.as_(house.desk), booking=asked, reason=" ", by=house.desk, at=NOW)
    declined = actions.decline(house.as_(house.desk), booking=asked, reason="设备检修", by=house.desk, at=NOW)
    assert (declined.state, declined.cancel_reason) == ("cancelled", "设备检修")
    house.book(hours(8), hours(10), by=house.rival_scheduler)


def test_a_tenant_approves_nothing_and_staff_needs_no_approval(house: House) -> None:
    rule(house, needs_approval=True)
    asked = house.book(hours(8), hours(10))
    for deed in (actions.approve, lambda session, **asked: actions.decline(session, reason="x", **asked)):
        with pytest.raises(Forbidden):
            deed(house.as_(house.scheduler), booking=asked, by=house.scheduler, at=NOW)
    assert house.book(hours(12), hours(13), by=house.desk).state == "confirmed"


def test_a_hold_where_the_base_approves_becomes_a_request(house: House) -> None:
    rule(house, needs_approval=True)
    held = house.book(hours(8), hours(10), hold=True)
    assert held.state == "held"
    asked = actions.confirm_hold(house.as_(house.scheduler), booking=held, by=house.scheduler, at=NOW)
    assert (asked.state, asked.hold_until) == ("requested", None)


# — terms


@pytest.mark.parametrize(
    ("says", "start", "end", "words"),
    [
        ({"notice_minutes": 120}, 1.5, 3, "at least 120 minutes ahead"),
        ({"horizon_days": 7}, 24 * 8, 24 * 8 + 1, "at most 7 days ahead"),
        ({"shortest_minutes": 60}, 8, 8.5, "at least 60 minutes"),
        ({"longest_minutes": 240}, 8, 13, "at most 240 minutes"),
        ({"bookable_by": "staff"}, 8, 9, "front desk only"),
    ],
)
def test_tenants_keep_to_the_bases_rules_and_staff_may_go_past_them(
    house: House, says: dict[str, Any], start: float, end: float, words: str
) -> None:
    rule(house, **says)
    with pytest.raises(AgainstRule, match=words):
        house.book(hours(start), hours(end))
    assert house.book(hours(start), hours(end), by=house.desk).state == "confirmed"


def test_a_studios_rule_goes_before_its_bases_field_by_field(house: House) -> None:
    rule(house, shortest_minutes=120, grace_minutes=30)
    rule(house, house.studio, shortest_minutes=30)
    row = house.book(hours(8), hours(8.5))
    assert row.grace_minutes == 30
    with pytest.raises(AgainstRule):
        house.book(hours(8), hours(8.5), studio_id=house.other.id)


def test_a_rule_holds_for_bookings_that_begin_on_its_days(house: House) -> None:
    rule(house, first=date(2026, 11, 3), shortest_minutes=120)
    house.book(hours(4), hours(5))
    with pytest.raises(AgainstRule):
        house.book(hours(28), hours(29))


def test_buffers_before_and_after_keep_neighbours_apart(house: House) -> None:
    rule(house, house.studio, buffer_before=30, buffer_after=60)
    house.book(hours(8), hours(10))
    assert house.held(house.studio.id) == [(hours(7.5), hours(11))]
    for start, end in ((6, 7.75), (11.25, 12)):
        with pytest.raises(Taken):
            house.book(hours(start), hours(end), by=house.rival_scheduler)
    # an hour after, and half an hour to set up
    house.book(hours(11.5), hours(12), by=house.rival_scheduler)
    house.book(hours(5), hours(6.5), by=house.rival_scheduler)


def test_what_was_agreed_is_not_changed_by_a_later_rule(house: House) -> None:
    row = house.book(hours(8), hours(10))
    rule(house, early_minutes=5, cancel_minutes=24 * 60, grace_minutes=1)
    same = booking_for(house.as_(house.scheduler), house.scheduler, row.id)
    assert (same.early_minutes, same.cancel_minutes, same.grace_minutes) == (60, 0, 15)
    actions.cancel(house.as_(house.scheduler), booking=same, by=house.scheduler, at=hours(7))


def test_a_tenant_cancels_until_the_deadline_and_the_desk_after_it(house: House) -> None:
    rule(house, cancel_minutes=120)
    row = house.book(hours(8), hours(10))
    with pytest.raises(WrongState, match="front desk"):
        actions.cancel(house.as_(house.scheduler), booking=row, by=house.scheduler, at=hours(6.1))
    actions.cancel(house.as_(house.desk), booking=row, reason="协商", by=house.desk, at=hours(6.1))


def test_check_in_and_no_show_keep_to_the_terms(house: House) -> None:
    rule(house, early_minutes=10, grace_minutes=45)
    row = house.book(hours(8), hours(10))
    session = house.as_(house.desk)
    with pytest.raises(WrongState, match="too early"):
        actions.mark_checked_in(session, booking=row, by=house.desk, at=hours(7.5))
    with pytest.raises(WrongState, match="no no-show yet"):
        actions.mark_no_show(session, booking=row, by=house.desk, at=hours(8.5))
    assert actions.mark_no_show(session, booking=row, by=house.desk, at=hours(8.75)).state == "no_show"


# — quotas


def test_a_quota_counts_the_tenants_bookings_of_its_period_and_no_others(house: House) -> None:
    quota(house, "day", most_bookings=2)
    house.book(hours(1), hours(2))
    house.book(hours(3), hours(4), by=house.rival_scheduler)
    # 15 h after Monday noon it is Tuesday in Shanghai
    house.book(hours(15), hours(16))
    house.book(hours(5), hours(6))
    with pytest.raises(OverQuota, match="2 times on a day; with this it would be 3"):
        house.book(hours(7), hours(8))
    assert house.book(hours(7), hours(8), by=house.desk).state == "confirmed"


def test_a_quota_of_hours_counts_through_midnight_where_the_booking_begins(house: House) -> None:
    quota(house, "week", house.tenant, most_minutes=600)
    house.book(hours(6), hours(14))
    with pytest.raises(OverQuota, match=r"10 hours a week; with this it would be 10\.5"):
        house.book(hours(30), hours(32.5))
    house.book(hours(30), hours(32))
    house.book(hours(30), hours(40), by=house.rival_scheduler, studio_id=house.other.id)


def test_what_is_cancelled_counts_no_more_and_a_move_is_not_counted_twice(house: House) -> None:
    quota(house, "month", most_bookings=1)
    row = house.book(hours(8), hours(10))
    session = house.as_(house.scheduler)
    moved = actions.move(session, booking=row, start=hours(9), end=hours(11), by=house.scheduler, at=NOW)
    with pytest.raises(OverQuota):
        house.book(hours(20), hours(21))
    actions.cancel(house.as_(house.scheduler), booking=moved, by=house.scheduler, at=NOW)
    house.book(hours(20), hours(21))


def test_a_plans_quota_is_for_those_who_have_it(house: House) -> None:
    quota(house, "day", plan="基础", most_bookings=1)
    admission = house.as_(SYSTEM).get(Admission, (house.tenant.id, house.base.id))
    assert admission
    admission.plan = "基础"
    house.book(hours(1), hours(2))
    with pytest.raises(OverQuota):
        house.book(hours(3), hours(4))
    for start in (5, 7):
        house.book(hours(start), hours(start + 1), by=house.rival_scheduler)


# — swaps


def swapped(house: House, first: Any, second: Any, by: Actor | None = None) -> list[Any]:
    actor = by or house.desk
    rows = actions.swap(house.as_(actor), first=first, second=second, by=actor, at=NOW)
    return list(rows)


def test_two_bookings_exchange_their_studios_and_keep_all_else(house: House) -> None:
    kind = make_kind(house.session, house.base)
    make_unit(house.session, kind, tag="C1")
    make_unit(house.session, kind, tag="C2", fixed_to=house.other)
    needs = Needs(equipment=(("camera", 1),))
    one = house.book(hours(8), hours(10), needs=needs)
    other = house.book(hours(9), hours(12), studio_id=house.other.id, by=house.rival_scheduler, needs=needs)
    first, second = swapped(house, one, other)
    assert (first.studio_id, second.studio_id) == (house.other.id, house.studio.id)
    assert (first.start, first.end, second.start, second.end) == (one.start, one.end, other.start, other.end)
    assert house.held(house.studio.id) == [(hours(9), hours(12))]
    assert house.held(house.other.id) == [(hours(8), hours(10))]
    # what is built in stays where it is
    had = kits(house.as_(SYSTEM), [first.id, second.id])
    assert [line["tag"] for line in had[first.id].equipment] == ["C2"]
    assert [line["tag"] for line in had[second.id].equipment] == ["C1"]
    assert house.events(first)[-1].payload["swapped_with"]["code"] == second.code


def test_a_swap_that_a_third_stands_in_the_way_of_is_refused(house: House) -> None:
    one = house.book(hours(8), hours(12))
    other = house.book(hours(8), hours(10), studio_id=house.other.id)
    house.book(hours(10), hours(12), studio_id=house.other.id)
    session = house.as_(house.desk)
    before = session.begin_nested()
    with pytest.raises(Taken):
        actions.swap(session, first=one, second=other, by=house.desk, at=NOW)
    before.rollback()
    assert house.held(house.studio.id) == [(hours(8), hours(12))]


def test_nobody_swaps_what_is_not_theirs_what_runs_or_what_is_in_one_studio(house: House) -> None:
    one = house.book(hours(0), hours(2))
    rivals = house.book(hours(0), hours(2), studio_id=house.other.id, by=house.rival_scheduler)
    with pytest.raises(NotFound):
        swapped(house, one, rivals, by=house.scheduler)
    later = house.book(hours(4), hours(5))
    with pytest.raises(Invalid, match="two different studios"):
        swapped(house, one, later)
    actions.mark_checked_in(house.as_(house.desk), booking=one, by=house.desk, at=NOW)
    with pytest.raises(WrongState, match="on air"):
        swapped(house, one, rivals)
