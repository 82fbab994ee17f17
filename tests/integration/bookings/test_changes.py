"""What is booked can be changed, by whom and when, and every change leaves an event with before and after."""

from datetime import timedelta
from typing import Any

import pytest

from shared_base.bookings import actions, queries
from shared_base.bookings.errors import HostNotReady, OutsideOpening, Stale, Taken, WrongState
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor
from shared_base.core.errors import Forbidden, Invalid, NotFound
from tests.factories.catalogue import make_base, make_outage, make_studio
from tests.factories.tenancy import make_actor, make_host
from tests.integration.bookings.conftest import NOW, House, hours


def done(house: House, verb: Any, row: BookingRow, *, by: Actor | None = None, **asked: Any) -> BookingRow:
    actor = by or house.scheduler
    changed: BookingRow = verb(house.as_(actor), booking=row, by=actor, **{"at": NOW, **asked})
    assert queries.booking_for(house.session, actor, row.id) == changed
    return changed


def test_a_booking_moves_to_another_time_over_its_own_old_one(house: House) -> None:
    row = house.book(hours(8), hours(10))
    moved = done(house, actions.move, row, start=hours(9), end=hours(11))
    assert (moved.start, moved.end, moved.version) == (hours(9), hours(11), 2)
    assert house.held(house.studio.id) == [(hours(9), hours(11))]


def test_a_move_tells_what_was_and_what_is(house: House) -> None:
    row = house.book(hours(8), hours(10))
    at = NOW + timedelta(minutes=5)
    moved = done(house, actions.move, row, studio_id=house.other.id, end=hours(11), by=house.desk, at=at)
    event = house.events(row)[-1]
    assert event.kind == "booking.moved"
    assert event.actor_label == house.desk.label
    assert event.payload == {
        "before": {"studio_id": str(house.studio.id), "end": hours(10).isoformat()},
        "after": {"studio_id": str(house.other.id), "end": hours(11).isoformat()},
    }
    assert moved.changed_at == at


def test_a_moved_booking_frees_its_old_studio_and_holds_the_new_with_its_own_clean_down(house: House) -> None:
    house.studio.buffer_minutes, house.other.buffer_minutes = 30, 15
    row = house.book(hours(8), hours(10))
    done(house, actions.move, row, studio_id=house.other.id)
    assert house.held(house.studio.id) == []
    assert house.held(house.other.id) == [(hours(8), hours(10.25))]


def test_a_move_onto_somebody_else_is_refused_and_changes_nothing(house: House) -> None:
    row = house.book(hours(8), hours(10))
    house.book(hours(8), hours(9), studio_id=house.other.id, by=house.rival_scheduler)
    with pytest.raises(Taken) as refused:
        done(house, actions.move, row, studio_id=house.other.id)
    assert len(refused.value.blockers) == 1
    assert house.held(house.studio.id) == [(hours(8), hours(10))]
    assert queries.booking_for(house.as_(house.scheduler), house.scheduler, row.id) == row


def test_a_move_obeys_the_rules_of_a_new_booking(house: House) -> None:
    outside = make_studio(house.session, make_base(house.session))
    make_outage(house.session, house.base, hours(20), hours(22))
    row = house.book(hours(8), hours(10))
    with pytest.raises(NotFound, match="in this base"):
        done(house, actions.move, row, studio_id=outside.id)
    with pytest.raises(Taken):
        done(house, actions.move, row, start=hours(21), end=hours(23))
    with pytest.raises(Invalid, match="has passed"):
        done(house, actions.move, row, start=hours(-1))
    with pytest.raises(Invalid, match="must end after"):
        done(house, actions.move, row, end=hours(8))


def test_a_move_does_not_leave_the_opening_hours(house: House) -> None:
    house.session.connection().exec_driver_sql("update opening_hours set opens_minute = 480, closes_minute = 1560")
    row = house.book(hours(8), hours(10))
    with pytest.raises(OutsideOpening):
        done(house, actions.extend, row, end=hours(14.5))


def test_a_stale_change_is_refused(house: House) -> None:
    row = house.book(hours(8), hours(10))
    done(house, actions.move, row, end=hours(11), version=1)
    with pytest.raises(Stale):
        done(house, actions.move, row, end=hours(12), version=1)


def test_an_extension_ends_later_and_stops_at_whoever_comes_next(house: House) -> None:
    row = house.book(hours(8), hours(10))
    house.book(hours(12), hours(13), by=house.rival_scheduler)
    extended = done(house, actions.extend, row, end=hours(12))
    assert extended.end == hours(12)
    with pytest.raises(Taken):
        done(house, actions.extend, row, end=hours(12.5))
    with pytest.raises(Invalid, match="later"):
        done(house, actions.extend, extended, end=hours(12))


def test_a_host_is_set_changed_and_taken_away(house: House) -> None:
    first, second = make_host(house.session, house.tenant), make_host(house.session, house.tenant)
    unchecked = make_host(house.session, house.tenant, checked=False)
    rivals = make_host(house.session, house.rival)
    row = house.book(hours(8), hours(10), host_id=first.id)
    row = done(house, actions.move, row, host_id=second.id)
    assert (house.held(first.id), house.held(second.id)) == ([], [(hours(8), hours(10))])
    with pytest.raises(HostNotReady):
        done(house, actions.move, row, host_id=unchecked.id)
    with pytest.raises(NotFound):
        done(house, actions.move, row, host_id=rivals.id)
    row = done(house, actions.move, row, host_id=None)
    assert (row.host_id, house.held(second.id)) == (None, [])


def test_a_running_booking_is_extended_but_keeps_its_start(house: House) -> None:
    row = done(house, actions.mark_checked_in, house.book(hours(0), hours(2)))
    assert done(house, actions.extend, row, end=hours(3), at=hours(1.5)).state == "checked_in"
    with pytest.raises(WrongState, match="on air"):
        done(house, actions.move, row, start=hours(1), at=hours(1.5), by=house.desk)
    with pytest.raises(Invalid, match="has passed"):
        done(house, actions.move, row, end=hours(1), at=hours(1.5))


def test_a_running_booking_moves_from_now_on_and_the_old_studio_is_held_until_it_is_clean(house: House) -> None:
    house.studio.buffer_minutes = 30
    house.other.buffer_minutes = 30
    row = done(house, actions.mark_checked_in, house.book(hours(0), hours(4)))
    row = done(house, actions.move, row, studio_id=house.other.id, at=hours(1))
    assert (row.start, row.studio_id) == (hours(0), house.other.id)
    assert house.held(house.studio.id) == [(hours(0), hours(1.5))]
    assert house.held(house.other.id) == [(hours(1), hours(4.5))]


def test_a_running_booking_may_move_back_before_the_first_studio_is_clean(house: House) -> None:
    house.studio.buffer_minutes = 30
    row = done(house, actions.mark_checked_in, house.book(hours(0), hours(4)))
    row = done(house, actions.move, row, studio_id=house.other.id, at=hours(1))
    done(house, actions.move, row, studio_id=house.studio.id, at=hours(1.25))
    assert house.held(house.studio.id)[-1] == (hours(1.25), hours(4.5))
    assert house.held(house.other.id) == [(hours(1), hours(1.25))]


def test_once_it_has_begun_only_the_desk_moves_a_booking_that_nobody_came_to(house: House) -> None:
    row = house.book(hours(1), hours(4))
    with pytest.raises(WrongState, match="front desk"):
        done(house, actions.move, row, start=hours(8), end=hours(10), at=hours(1))
    assert done(house, actions.move, row, start=hours(8), end=hours(10), at=hours(1), by=house.desk).start == hours(8)


def test_a_cancelled_booking_holds_nothing_and_stays_on_record(house: House) -> None:
    host = make_host(house.session, house.tenant)
    row = house.book(hours(8), hours(10), host_id=host.id)
    at = hours(7.9)
    row = done(house, actions.cancel, row, reason="主播生病", at=at)
    assert (row.state, row.cancelled_at, row.cancel_reason) == ("cancelled", at, "主播生病")
    assert house.held(house.studio.id) == house.held(host.id) == []
    event = house.events(row)[-1]
    assert (event.kind, event.payload["reason"]) == ("booking.cancelled", "主播生病")
    assert event.payload["before"] == {"state": "confirmed"}
    assert event.payload["after"] == {"state": "cancelled"}
    house.book(hours(8), hours(10), by=house.rival_scheduler)


def test_a_tenant_cancels_until_the_start_and_the_desk_after_it_with_a_reason(house: House) -> None:
    row = house.book(hours(8), hours(10))
    with pytest.raises(WrongState, match="front desk"):
        done(house, actions.cancel, row, at=hours(8))
    with pytest.raises(Invalid):
        done(house, actions.cancel, row, at=hours(8), by=house.desk)
    assert done(house, actions.cancel, row, at=hours(8), by=house.desk, reason="停电").state == "cancelled"


@pytest.mark.parametrize("verb", ["mark_checked_in", "cancel", "mark_no_show", "mark_completed", "move", "describe"])
def test_a_rival_changes_nothing_of_another_tenants(house: House, verb: str) -> None:
    row = house.book(hours(-0.0), hours(2))
    with pytest.raises(NotFound):
        queries.booking_for(house.as_(house.rival_scheduler), house.rival_scheduler, row.id)
    asked: dict[str, Any] = {"title": "x", "platform": None} if verb == "describe" else {}
    with pytest.raises(NotFound):  # row-level security alone, with a row handed past the filter
        done(house, getattr(actions, verb), row, by=house.rival_scheduler, at=hours(1), **asked)


def test_a_reviewer_reads_but_changes_nothing(house: House) -> None:
    reviewer = make_actor(house.session, "reviewer", base=house.base)
    row = house.book(hours(0), hours(2))
    assert queries.booking_for(house.as_(reviewer), reviewer, row.id) == row
    with pytest.raises(Forbidden):
        done(house, actions.mark_checked_in, row, by=reviewer)
    with pytest.raises(Forbidden):
        done(house, actions.move, row, by=reviewer, end=hours(3))


def test_guests_check_in_from_an_hour_before_until_the_end(house: House) -> None:
    row = house.book(hours(2), hours(4))
    with pytest.raises(WrongState, match="doors open for it at 2026-11-02 13:00"):
        done(house, actions.mark_checked_in, row, at=hours(0.99))
    with pytest.raises(WrongState, match="ended"):
        done(house, actions.mark_checked_in, row, at=hours(4), by=house.desk)
    assert done(house, actions.mark_checked_in, row, at=hours(1)).state == "checked_in"


def test_an_undone_check_in_waits_again_and_is_the_desks(house: House) -> None:
    row = done(house, actions.mark_checked_in, house.book(hours(0), hours(4)))
    with pytest.raises(Forbidden, match="front desk"):
        done(house, actions.undo_check_in, row)
    assert done(house, actions.undo_check_in, row, by=house.desk).state == "confirmed"


def test_a_check_out_before_the_end_gives_the_rest_back(house: House) -> None:
    house.studio.buffer_minutes = 30
    host = make_host(house.session, house.tenant)
    row = done(house, actions.mark_checked_in, house.book(hours(0), hours(4), host_id=host.id))
    row = done(house, actions.mark_completed, row, at=hours(3) + timedelta(milliseconds=900))
    assert (row.state, row.end, row.released_at) == ("completed", hours(4), hours(3))
    assert house.held(house.studio.id) == [(hours(0), hours(3.5))]
    assert house.held(host.id) == [(hours(0), hours(3))]


def test_a_check_out_after_the_end_gives_nothing_back(house: House) -> None:
    row = done(house, actions.mark_checked_in, house.book(hours(0), hours(4)))
    row = done(house, actions.mark_completed, row, at=hours(5))
    assert (row.state, row.released_at) == ("completed", None)


def test_guests_who_leave_before_their_time_began_had_none(house: House) -> None:
    row = done(house, actions.mark_checked_in, house.book(hours(1), hours(4)), at=hours(0.5))
    row = done(house, actions.mark_completed, row, at=hours(0.75))
    assert row.released_at == row.start
    assert house.held(house.studio.id) == []


def test_a_no_show_keeps_what_was_wasted_on_record_and_frees_the_rest(house: House) -> None:
    house.studio.buffer_minutes = 30
    row = house.book(hours(1), hours(4))
    with pytest.raises(WrongState, match="wait until 2026-11-02 13:15"):
        done(house, actions.mark_no_show, row, at=hours(1.2), by=house.desk)
    with pytest.raises(Forbidden):
        done(house, actions.mark_no_show, row, at=hours(2))
    row = done(house, actions.mark_no_show, row, at=hours(2), by=house.desk)
    assert (row.state, row.end, row.released_at) == ("no_show", hours(4), hours(2))
    assert house.held(house.studio.id) == [(hours(1), hours(2))]
    house.book(hours(2), hours(4), by=house.rival_scheduler, at=hours(2))


def test_a_no_show_noted_after_the_end_was_wasted_whole(house: House) -> None:
    row = house.book(hours(1), hours(4))
    row = done(house, actions.mark_no_show, row, at=hours(9), by=house.desk)
    assert row.released_at is None
    assert house.held(house.studio.id) == [(hours(1), hours(4))]


def test_a_running_booking_gives_its_room_back_early(house: House) -> None:
    row = done(house, actions.mark_checked_in, house.book(hours(0), hours(6)))
    with pytest.raises(Invalid, match="between now"):
        done(house, actions.release_early, row, at=hours(1), until=hours(6))
    row = done(house, actions.release_early, row, at=hours(1), until=hours(3))
    assert (row.state, row.released_at, row.until) == ("checked_in", hours(3), hours(3))
    house.book(hours(3), hours(6), by=house.rival_scheduler)
    with pytest.raises(WrongState, match="given back"):
        done(house, actions.extend, row, end=hours(7), at=hours(2))
    assert done(house, actions.mark_completed, row, at=hours(3.2)).released_at == hours(3)


def test_only_a_running_booking_gives_its_room_back(house: House) -> None:
    with pytest.raises(WrongState, match="check in first"):
        done(house, actions.release_early, house.book(hours(0), hours(6)), at=hours(1))


def test_what_has_ended_is_final(house: House) -> None:
    rows = {
        "cancelled": done(house, actions.cancel, house.book(hours(8), hours(9))),
        "no_show": done(house, actions.mark_no_show, house.book(hours(1), hours(2)), at=hours(3), by=house.desk),
        "completed": done(
            house,
            actions.mark_completed,
            done(house, actions.mark_checked_in, house.book(hours(4), hours(5)), at=hours(4)),
            at=hours(5),
        ),
    }
    for state, row in rows.items():
        assert row.state == state
        for verb, asked in (
            (actions.mark_checked_in, {}),
            (actions.mark_completed, {}),
            (actions.mark_no_show, {}),
            (actions.cancel, {"reason": "x"}),
            (actions.undo_check_in, {}),
            (actions.release_early, {}),
            (actions.move, {"end": hours(20)}),
            (actions.describe, {"title": "x", "platform": None}),
        ):
            with pytest.raises(WrongState):
                done(house, verb, row, by=house.desk, at=hours(8.5), **asked)


def test_a_title_and_platform_are_written_anew(house: House) -> None:
    row = done(house, actions.describe, house.book(hours(8), hours(9)), title=" 新专场 ", platform="快手")
    assert (row.title, row.platform, row.version) == ("新专场", "快手", 2)
    assert house.events(row)[-1].payload == {
        "before": {"title": "晚八点专场", "platform": None},
        "after": {"title": "新专场", "platform": "快手"},
    }
