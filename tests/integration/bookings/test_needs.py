"""A booking has all that it needs, or nothing: kit by kind, crew by role, samples by their peak."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_base.bookings import actions
from shared_base.bookings.availability import free_studios
from shared_base.bookings.errors import Taken
from shared_base.bookings.models import Booking
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.picking import free_at
from shared_base.bookings.queries_needs import Kit, kits
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Invalid
from shared_base.resources.models import Allocation, LotClaim
from tests.factories.catalogue import make_outage, make_studios
from tests.factories.kit import make_kind, make_member, make_role, make_sample, make_shift, make_unit
from tests.integration.bookings.conftest import NOW, House, hours


def cameras(number: int) -> Needs:
    return Needs(equipment=(("camera", number),))


def kit(house: House, row: BookingRow) -> Kit:
    return kits(house.as_(SYSTEM), [row.id])[row.id]


def tags(house: House, row: BookingRow) -> list[str]:
    return [line["tag"] for line in kit(house, row).equipment]


def refused(house: House, *args: Any, **asked: Any) -> Taken:
    """The refusal; nothing of the booking was written."""
    before = counts(house)
    with pytest.raises(Taken) as caught:
        house.book(*args, **asked)
    assert counts(house) == before
    return caught.value


def counts(house: House) -> list[int]:
    session = house.as_(SYSTEM)
    return [session.scalar(sa.select(sa.func.count()).select_from(it)) or 0 for it in (Booking, Allocation, LotClaim)]


def blocked(taken: Taken, kind: str) -> list[dict[str, Any]]:
    return [it for it in taken.blockers if it["kind"] == kind]


def test_any_free_units_of_a_kind_go_with_the_booking(house: House) -> None:
    kind = make_kind(house.session, house.base)
    for number in (1, 2, 3):
        make_unit(house.session, kind, tag=f"C{number}")
    make_unit(house.session, kind, tag="C0", retired_at=NOW)
    first = house.book(hours(8), hours(14), needs=cameras(2))
    assert tags(house, first) == ["C1", "C2"]
    second = house.book(hours(8), hours(14), studio_id=house.other.id, by=house.rival_scheduler, needs=cameras(1))
    assert tags(house, second) == ["C3"]
    later = house.book(hours(14), hours(15), studio_id=house.other.id, needs=cameras(3))
    assert tags(house, later) == ["C1", "C2", "C3"]


def test_what_is_built_into_a_studio_serves_it_first_and_serves_no_other(house: House) -> None:
    kind = make_kind(house.session, house.base)
    make_unit(house.session, kind, tag="A-PORTABLE")
    make_unit(house.session, kind, tag="Z-FIXED", fixed_to=house.studio)
    there = house.book(hours(8), hours(9), needs=cameras(1))
    assert tags(house, there) == ["Z-FIXED"]
    taken = refused(house, hours(8), hours(9), studio_id=house.other.id, needs=cameras(2))
    (short,) = blocked(taken, "shortage")
    assert (short["code"], short["wanted"], short["free"]) == ("camera", 2, 1)


def test_a_refusal_names_each_busy_unit_and_three_ways_out(house: House) -> None:
    kind = make_kind(house.session, house.base)
    make_unit(house.session, kind, tag="C1")
    make_unit(house.session, kind, tag="C2", fixed_to=house.other)
    own = house.book(hours(8), hours(10), studio_id=house.other.id, needs=cameras(2))
    third = house.book(hours(2), hours(3))
    assert third.needs == NOTHING
    taken = refused(house, hours(9), hours(11), needs=Needs(equipment=(("camera", 1),)))
    assert "only 0 of 1" in str(taken)
    (short,) = blocked(taken, "shortage")
    assert (short["resource"], short["resource_kind"]) == ("相机", "equipment")
    (unit,) = blocked(taken, "booking")
    assert (unit["resource_kind"], unit["resource"], unit["booking"]["code"]) == ("unit", "C1", own.code)
    instead = taken.alternatives
    assert instead["studios"] == []
    assert datetime.fromisoformat(instead["next"]["start"]) == hours(10)
    assert instead["without"] == {}


def test_whose_the_kit_is_stays_a_rivals_secret(house: House) -> None:
    make_unit(house.session, make_kind(house.session, house.base), tag="C1")
    house.book(hours(8), hours(10), by=house.rival_scheduler, needs=cameras(1), title="秘密专场")
    taken = refused(house, hours(8), hours(10), studio_id=house.other.id, needs=cameras(1))
    (unit,) = blocked(taken, "booking")
    assert "booking" not in unit
    assert "秘密" not in str(taken.extra)


def test_another_studio_is_offered_only_with_the_kit_in_it(house: House) -> None:
    kind = make_kind(house.session, house.base)
    make_unit(house.session, kind, tag="C1", fixed_to=house.studio)
    house.book(hours(8), hours(10))
    assert refused(house, hours(8), hours(10), needs=cameras(1)).alternatives["studios"] == []
    make_unit(house.session, kind, tag="C2", fixed_to=house.other)
    (studio,) = refused(house, hours(8), hours(10), needs=cameras(1)).alternatives["studios"]
    assert studio["id"] == str(house.other.id)


def test_a_unit_out_of_order_is_not_picked(house: House) -> None:
    unit = make_unit(house.session, make_kind(house.session, house.base), tag="C1")
    outage = make_outage(house.session, house.base, hours(9), hours(10), reason="送修")
    outage.resource_id = unit.id
    taken = refused(house, hours(8), hours(12), needs=cameras(1))
    (out,) = blocked(taken, "outage")
    assert (out["resource"], out["reason"]) == ("C1", "送修")
    assert house.book(hours(10), hours(12), needs=cameras(1)).needs == cameras(1)


def test_crew_is_whoever_can_do_it_is_free_and_on_shift_for_the_whole_time(house: House) -> None:
    session = house.session
    director, assistant = make_role(session, house.base), make_role(session, house.base, "assistant", "助播")
    both = make_member(session, house.base, director, assistant, name="甲")
    only = make_member(session, house.base, assistant, name="乙")
    make_shift(session, both, hours(8), hours(16))
    make_shift(session, only, hours(8), hours(16))
    row = house.book(hours(8), hours(12), needs=Needs(crew=(("assistant", 1), ("director", 1))))
    assert [(line["role"], line["name"]) for line in kit(house, row).crew] == [("assistant", "乙"), ("director", "甲")]
    # both work until 16: a session that ends later has nobody
    taken = refused(house, hours(15), hours(17), needs=Needs(crew=(("director", 1),)))
    (short,) = blocked(taken, "shortage")
    assert (short["resource_kind"], short["code"], short["free"]) == ("crew", "director", 0)
    assert taken.alternatives["studios"] == []


def test_nobody_fills_two_places_of_one_session(house: House) -> None:
    director, assistant = (
        make_role(house.session, house.base),
        make_role(house.session, house.base, "assistant", "助播"),
    )
    make_shift(house.session, make_member(house.session, house.base, director, assistant), hours(0), hours(12))
    taken = refused(house, hours(1), hours(2), needs=Needs(crew=(("assistant", 1), ("director", 1))))
    assert len(blocked(taken, "shortage")) == 1


def test_a_lot_is_taken_by_its_peak_and_not_by_its_sum(house: House) -> None:
    lot = make_sample(house.session, house.base, quantity=5)

    def needs(number: int) -> Needs:
        return Needs(samples=((lot.id, number),))

    house.book(hours(8), hours(10), needs=needs(3))
    house.book(hours(10), hours(12), needs=needs(3))
    # six are promised in all, three at any time: two are left for the whole of it
    row = house.book(hours(8), hours(12), studio_id=house.other.id, needs=needs(2))
    assert kit(house, row).samples == [{"id": str(lot.id), "code": lot.code, "name": lot.name, "quantity": 2}]
    taken = refused(house, hours(12), hours(13), studio_id=house.other.id, needs=needs(6))
    (short,) = blocked(taken, "shortage")
    assert (short["resource_kind"], short["wanted"], short["free"]) == ("samples", 6, 5)


def test_a_single_sample_is_in_one_session_at_a_time(house: House) -> None:
    sample = make_sample(house.session, house.base)
    needs = Needs(samples=((sample.id, 1),))
    house.book(hours(8), hours(10), needs=needs)
    taken = refused(house, hours(9), hours(11), studio_id=house.other.id, needs=needs)
    assert [it["resource_kind"] for it in blocked(taken, "booking")] == ["sample"]
    assert taken.alternatives["without"] == {}
    house.book(hours(10), hours(11), studio_id=house.other.id, needs=needs)


@pytest.mark.parametrize("what", ["equipment", "crew"])
def test_a_kind_that_the_base_has_not_is_named(house: House, what: str) -> None:
    with pytest.raises(Invalid, match="no hovercraft"):
        house.book(hours(8), hours(9), needs=Needs(**{what: (("hovercraft", 1),)}))


def test_another_bases_sample_is_not_to_be_had(house: House) -> None:
    for sample_id in (uuid4(), house.studio.id):
        with pytest.raises(Invalid, match="not one of the base"):
            house.book(hours(8), hours(9), needs=Needs(samples=((sample_id, 1),)))


def test_cancelling_gives_everything_back(house: House) -> None:
    make_unit(house.session, make_kind(house.session, house.base), tag="C1")
    lot = make_sample(house.session, house.base, quantity=2)
    needs = Needs(equipment=(("camera", 1),), samples=((lot.id, 2),))
    row = house.book(hours(8), hours(10), needs=needs)
    refused(house, hours(8), hours(10), studio_id=house.other.id, needs=needs)
    actions.cancel(house.as_(house.scheduler), booking=row, by=house.scheduler, at=NOW)
    assert house.book(hours(8), hours(10), studio_id=house.other.id, needs=needs).needs == needs
    # what it had is still told
    assert tags(house, row) == ["C1"]


def test_a_move_takes_the_kit_along_and_is_never_in_its_own_way(house: House) -> None:
    kind = make_kind(house.session, house.base)
    make_unit(house.session, kind, tag="C1")
    lot = make_sample(house.session, house.base, quantity=2)
    needs = Needs(equipment=(("camera", 1),), samples=((lot.id, 2),))
    row = house.book(hours(8), hours(10), needs=needs)
    session = house.as_(house.scheduler)
    moved = actions.move(
        session, booking=row, studio_id=house.other.id, start=hours(9), end=hours(11), by=house.scheduler, at=NOW
    )
    assert moved.needs == needs
    assert tags(house, moved) == ["C1"]
    assert house.held(house.studio.id) == []
    rival = refused(house, hours(10), hours(11), needs=Needs(samples=((lot.id, 1),)), by=house.rival_scheduler)
    assert blocked(rival, "shortage")


def test_kit_is_changed_by_itself_and_the_event_says_from_what_to_what(house: House) -> None:
    make_unit(house.session, make_kind(house.session, house.base), tag="C1")
    row = house.book(hours(8), hours(10))
    moved = actions.move(house.as_(house.scheduler), booking=row, needs=cameras(1), by=house.scheduler, at=NOW)
    assert tags(house, moved) == ["C1"]
    event = house.events(moved)[-1]
    assert event.payload["before"] == {"needs": None}
    assert event.payload["after"] == {"needs": {"equipment": [{"kind": "camera", "quantity": 1}]}}
    # and given up again
    again = actions.move(house.as_(house.scheduler), booking=moved, needs=NOTHING, by=house.scheduler, at=NOW)
    assert again.needs == NOTHING
    house.book(hours(8), hours(10), studio_id=house.other.id, needs=cameras(1))


def test_an_early_end_gives_the_kit_back_at_once(house: House) -> None:
    make_unit(house.session, make_kind(house.session, house.base), tag="C1")
    lot = make_sample(house.session, house.base, quantity=1)
    needs = Needs(equipment=(("camera", 1),), samples=((lot.id, 1),))
    row = house.book(hours(0), hours(6), needs=needs)
    running = actions.mark_checked_in(house.as_(house.desk), booking=row, by=house.desk, at=hours(0))
    actions.mark_completed(house.as_(house.desk), booking=running, by=house.desk, at=hours(2))
    house.book(hours(2), hours(6), studio_id=house.other.id, needs=needs, at=hours(2))


def test_availability_with_kit_is_what_can_be_booked_with_it(house: House) -> None:
    kind = make_kind(house.session, house.base)
    make_unit(house.session, kind, tag="C1")
    make_unit(house.session, kind, tag="C2", fixed_to=house.other)

    def free(number: int, start: float = 8) -> set[UUID]:
        found = free_studios(
            house.as_(house.scheduler),
            base_id=house.base.id,
            start=hours(start),
            end=hours(start + 1),
            tenant_id=house.tenant.id,
            equipment=[("camera", number)],
        )
        return {studio.id for studio in found}

    assert free(1) == {house.studio.id, house.other.id}
    assert free(2) == {house.other.id}
    assert free(3) == set()
    house.book(hours(8), hours(9), by=house.rival_scheduler, needs=cameras(1))
    assert free(1) == {house.other.id}
    assert free(2) == set()
    assert free(2, 9) == {house.other.id}
    counted = free_at(
        house.as_(house.scheduler), base_id=house.base.id, studio_id=house.other.id, start=hours(8), end=hours(9)
    )
    assert counted == {"equipment": {"camera": 1}, "crew": {}}


WISH = st.tuples(st.integers(0, 11), st.integers(1, 6), st.integers(1, 4))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WISH, min_size=1, max_size=12), st.integers(1, 5))
def test_a_lots_claims_never_exceed_it_at_any_instant_and_are_refused_only_then(
    house: House, wishes: list[tuple[int, int, int]], quantity: int
) -> None:
    """Against a model that looks at every hour."""
    savepoint = house.as_(SYSTEM).begin_nested()
    lot = make_sample(house.session, house.base, quantity=quantity)
    held = [0] * 24
    for (start, length, number), studio in zip(
        wishes, make_studios(house.session, house.base, len(wishes)), strict=True
    ):
        span = range(start, start + length)
        fits = max(held[hour] for hour in span) + number <= quantity
        needs = Needs(samples=((lot.id, number),))
        if fits:
            house.book(hours(start), hours(start + length), studio_id=studio.id, needs=needs)
            for hour in span:
                held[hour] += number
        else:
            refused(house, hours(start), hours(start + length), studio_id=studio.id, needs=needs)
    house.as_(SYSTEM)
    savepoint.rollback()
