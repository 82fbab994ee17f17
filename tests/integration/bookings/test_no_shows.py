"""The scheduler marks who did not come: after the grace, once, with the evidence kept and the rest of the time free."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared_base.bookings import actions
from shared_base.bookings.no_shows import mark_due_no_shows, mark_overdue, next_overdue
from shared_base.bookings.queries import get_booking
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine, transaction
from shared_base.core.events import Event
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.integration.bookings.conftest import NOW, House, hours, make_house

GRACE = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


def look(house: House, at: datetime) -> list[UUID]:
    """What one look marks."""
    session = house.as_(SYSTEM)
    marked = []
    while (found := next_overdue(session, at=at)) is not None:
        mark_overdue(session, found, at=at)
        marked.append(found)
    return marked


def test_nobody_is_marked_before_the_grace_is_over_and_everybody_then(house: House) -> None:
    booking = house.book(hours(1), hours(4))
    assert look(house, hours(1) + GRACE - SECOND) == []
    assert look(house, hours(1) + GRACE) == [booking.id]
    assert look(house, hours(1) + GRACE) == []
    assert look(house, NOW) == []  # the clock was set back
    assert house.events(booking)[-1].kind == "booking.no_show"
    assert house.events(booking)[-1].actor_label == "system"


def test_the_grace_is_the_one_under_which_it_was_booked(house: House) -> None:
    booking = make_booking(house.session, house.studio, house.tenant, hours(1), hours(4), grace_minutes=45)
    assert look(house, hours(1) + 3 * GRACE - SECOND) == []
    assert look(house, hours(1) + 3 * GRACE) == [booking.id]


def test_the_rest_of_the_time_is_free_and_what_was_held_stays_on_record(house: House) -> None:
    booking = house.book(hours(1), hours(4))
    look(house, hours(2))
    assert house.held(house.studio.id) == [(hours(1), hours(2))]
    row = get_booking(house.as_(SYSTEM), booking.id)
    assert (row.state, row.released_at, row.start, row.end) == ("no_show", hours(2), hours(1), hours(4))
    assert house.book(hours(2), hours(4), by=house.rival_scheduler, at=hours(2)).studio_id == house.studio.id


def test_one_whose_time_passed_while_no_scheduler_ran_is_marked_all_the_same(house: House) -> None:
    booking = house.book(hours(1), hours(4))
    assert look(house, hours(400)) == [booking.id]
    row = get_booking(house.as_(SYSTEM), booking.id)
    assert (row.state, row.released_at) == ("no_show", None)


def test_imported_history_is_final(house: House) -> None:
    session = house.session
    make_booking(session, house.studio, house.tenant, hours(-9), hours(-7), created_at=hours(-7), changed_at=hours(-7))
    make_booking(session, house.studio, house.tenant, hours(-5), hours(-3), created_at=NOW, changed_at=NOW)
    running = make_booking(session, house.studio, house.tenant, hours(-1), hours(1), created_at=NOW, changed_at=NOW)
    assert look(house, NOW + GRACE) == [running.id]


@pytest.mark.parametrize("state", ["checked_in", "completed", "cancelled", "requested"])
def test_only_who_is_expected_can_fail_to_come(house: House, state: str) -> None:
    make_booking(house.session, house.studio, house.tenant, hours(1), hours(4), state=state)
    assert look(house, hours(3)) == []


def test_a_walk_in_and_an_undone_check_in_have_their_grace_from_then_on(house: House) -> None:
    walk_in = house.book(hours(-1), hours(4), by=house.desk)
    assert look(house, NOW + GRACE - SECOND) == []
    actions.mark_checked_in(house.as_(house.desk), booking=walk_in, by=house.desk, at=NOW + GRACE - SECOND)
    actions.undo_check_in(house.session, booking=walk_in, by=house.desk, at=NOW + GRACE)
    assert look(house, NOW + 2 * GRACE - SECOND) == []
    assert look(house, NOW + 2 * GRACE) == [walk_in.id]


def test_the_look_reads_an_index_that_history_is_not_in(house: House) -> None:
    """However long the imported history: its rows are in no index that the look uses."""
    session = house.as_(SYSTEM)
    (definition,) = session.scalars(sa.text("select indexdef from pg_indexes where indexname = 'bookings_expected'"))
    assert "created_at < upper(during)" in definition
    session.execute(sa.text("set local enable_seqscan = off"))
    plan = "\n".join(
        session.scalars(
            sa.text(
                "explain select id from bookings b where b.state = 'confirmed' and b.created_at < upper(b.during)"
                " and b.starts_at <= now() order by b.starts_at limit 1"
            )
        )
    )
    assert "Index Scan using bookings_expected" in plan


# — in transactions of their own


@pytest.fixture
def own_database(new_database: Callable[[], TestDatabase]) -> TestDatabase:
    return new_database()


@pytest.fixture
def own_engine(own_database: TestDatabase) -> Iterator[sa.Engine]:
    engine = make_engine(own_database.app, pool_size=8)
    yield engine
    engine.dispose()


def _overdue(engine: sa.Engine, number: int) -> list[UUID]:
    with transaction(engine, SYSTEM) as session:
        house = make_house(session)
        return [
            make_booking(session, house.studio, house.tenant, hours(2 * it), hours(2 * it + 2)).id
            for it in range(number)
        ]


def _no_shows(engine: sa.Engine) -> list[UUID]:
    with transaction(engine, SYSTEM) as session:
        return list(session.scalars(sa.select(Event.subject_id).where(Event.kind == "booking.no_show")))


def test_schedulers_at_once_mark_each_booking_once(own_engine: sa.Engine) -> None:
    due = _overdue(own_engine, 24)
    gate = threading.Barrier(6)
    marked: list[int] = []

    def scheduler() -> None:
        gate.wait()
        marked.append(mark_due_no_shows(own_engine, FixedClock(hours(100))))

    threads = [threading.Thread(target=scheduler) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(marked) == 24
    assert sorted(_no_shows(own_engine)) == sorted(due)


def test_who_is_being_checked_in_at_this_moment_is_left_alone(own_engine: sa.Engine) -> None:
    (due,) = _overdue(own_engine, 1)
    clock = FixedClock(hours(1))
    with transaction(own_engine, SYSTEM) as session:
        actions.mark_checked_in(session, booking=get_booking(session, due), by=SYSTEM, at=hours(1))
        assert mark_due_no_shows(own_engine, clock) == 0
    assert mark_due_no_shows(own_engine, clock) == 0
    with transaction(own_engine, SYSTEM) as session:
        assert get_booking(session, due).state == "checked_in"


def test_one_that_cannot_be_marked_is_told_of_and_stops_no_other(
    own_database: TestDatabase, own_engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    broken, due = _overdue(own_engine, 2)
    owner = make_engine(own_database.owner, poolclass=sa.NullPool)
    with owner.begin() as connection:
        connection.exec_driver_sql(f"alter table bookings add check (id <> '{broken}' or state <> 'no_show')")
    owner.dispose()
    assert mark_due_no_shows(own_engine, FixedClock(hours(100))) == 1
    assert _no_shows(own_engine) == [due]
    assert f"{broken} could not be marked" in caplog.text
