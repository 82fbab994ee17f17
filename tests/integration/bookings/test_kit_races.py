"""Many at once want the last camera, the last of a lot, a hold that lapses: what there is goes to as many as it is."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions, holding
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries import booking_for
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine, transaction
from tests.conftest import TestDatabase
from tests.factories.catalogue import make_base, make_studio
from tests.factories.kit import make_kind, make_sample, make_unit
from tests.factories.tenancy import make_actor, make_host, make_tenant
from tests.integration.bookings.conftest import NOW, hours
from tests.integration.bookings.test_races import Arena

CLIENTS = 24
LOT = 5


@pytest.fixture(scope="module")
def arena(new_database: Callable[[], TestDatabase]) -> Iterator[Arena]:
    """A studio for every client, three cameras, two lights and a lot of five: the rooms are never in the way."""
    engine = make_engine(new_database().app, pool_size=CLIENTS, max_overflow=8, pool_timeout=30)
    with transaction(engine, SYSTEM) as session:
        base = make_base(session)
        tenants = [make_tenant(session, base) for _ in range(CLIENTS)]
        for code, number in (("camera", 3), ("light", 2)):
            kind = make_kind(session, base, code)
            for _ in range(number):
                make_unit(session, kind)
        lot = make_sample(session, base, quantity=LOT).id
        arena = Arena(
            engine,
            base.id,
            [make_studio(session, base).id for _ in range(CLIENTS)],
            [tenant.id for tenant in tenants],
            [make_host(session, tenant).id for tenant in tenants],
            [make_actor(session, "tenant_scheduler", tenant=tenant) for tenant in tenants],
        )
    arena.lot = lot  # type: ignore[attr-defined]
    yield arena
    arena.pool.shutdown()
    engine.dispose()


def race(arena: Arena, start: float, needs: Callable[[int], Needs], **asked: Any) -> Counter[str]:
    return arena.at_once(
        [
            arena.booking(client, start, start + 1, studio_id=arena.studios[client], needs=needs(client), **asked)
            for client in range(CLIENTS)
        ]
    )


def test_of_twenty_four_who_each_want_a_camera_exactly_as_many_get_one_as_there_are(arena: Arena) -> None:
    outcomes = Counter[str]()
    for round_ in range(15):
        outcomes += race(arena, 10 + round_ * 2, lambda client: Needs(equipment=(("camera", 1),)))
    assert outcomes == {"done": 15 * 3, "taken": 15 * (CLIENTS - 3)}
    assert arena.overlaps() == 0


def test_kinds_wanted_crosswise_end_without_a_deadlock_and_all_or_nothing(arena: Arena) -> None:
    orders = [
        (("camera", 1), ("light", 1)),
        (("light", 1), ("camera", 1)),
        (("camera", 2),),
        (("light", 2), ("camera", 1)),
    ]
    outcomes = Counter[str]()
    for round_ in range(15):
        outcomes += race(arena, 100 + round_ * 2, lambda client: Needs(equipment=orders[client % 4]))
    assert set(outcomes) == {"done", "taken"}
    assert arena.overlaps() == 0
    # whoever booked holds every unit that was asked for
    with transaction(arena.engine, SYSTEM) as session:
        short = session.scalar(
            sa.text(
                "select count(*) from bookings b where b.state = 'confirmed' and b.needs ? 'equipment' and ("
                " select sum((line ->> 'quantity')::int) from jsonb_array_elements(b.needs -> 'equipment') line)"
                " <> (select count(*) from allocations a"
                "     where a.booking_id = b.id and a.live and a.purpose is not null)"
            )
        )
    assert short == 0


def test_of_twenty_four_who_each_want_two_of_a_lot_of_five_two_get_them(arena: Arena) -> None:
    lot: UUID = arena.lot  # type: ignore[attr-defined]
    outcomes = Counter[str]()
    for round_ in range(15):
        outcomes += race(arena, 200 + round_ * 2, lambda client: Needs(samples=((lot, 2),)))
    assert outcomes == {"done": 15 * 2, "taken": 15 * (CLIENTS - 2)}
    with transaction(arena.engine, SYSTEM) as session:
        peak = session.scalar(
            sa.text(
                "select max(total) from (select sum(c.quantity) as total from lot_claims p"
                " join lot_claims c on c.live and c.resource_id = p.resource_id and c.during @> lower(p.during)"
                " where p.live group by p.id) peaks"
            )
        )
    assert peak == 4


def test_a_hold_that_lapses_goes_to_exactly_one_of_all_who_wait_for_it(arena: Arena) -> None:
    late = NOW + timedelta(minutes=20)
    for round_ in range(10):
        start = 300 + round_ * 2
        with transaction(arena.engine, arena.actors[0]) as session:
            actions.book(
                session, studio_id=arena.studios[0], tenant_id=arena.tenants[0], start=hours(start),
                end=hours(start + 1), title="", hold=True, by=arena.actors[0], at=NOW,
            )  # fmt: skip
        rivals = [
            arena.booking(client, start, start + 1, studio_id=arena.studios[0], at=late) for client in range(1, 17)
        ]

        def sweep() -> str:
            return arena.attempt(SYSTEM, lambda session: holding.lapse(session, at=late))

        outcomes = arena.at_once([*rivals, sweep, sweep])
        assert outcomes == {"done": 3, "taken": 15}
    assert arena.overlaps() == 0


def test_a_hold_confirmed_in_its_last_instant_and_swept_at_once_is_one_or_the_other(arena: Arena) -> None:
    for round_ in range(15):
        start = 400 + round_ * 2
        with transaction(arena.engine, arena.actors[0]) as session:
            row = actions.book(
                session, studio_id=arena.studios[0], tenant_id=arena.tenants[0], start=hours(start),
                end=hours(start + 1), title="", hold=True, by=arena.actors[0], at=NOW,
            )  # fmt: skip
        end = row.hold_until
        assert end

        def confirm(session: Session, row: Any = row, at: Any = end - timedelta(seconds=1)) -> None:
            actions.confirm_hold(session, booking=row, by=arena.actors[0], at=at)

        def sweep(session: Session, at: Any = end) -> None:
            holding.lapse(session, at=at)

        outcomes = arena.at_once(
            [lambda deed=confirm: arena.attempt(arena.actors[0], deed), lambda deed=sweep: arena.attempt(SYSTEM, deed)]
        )
        with transaction(arena.engine, SYSTEM) as session:
            state = booking_for(session, SYSTEM, row.id).state
        assert (state, outcomes["wrong-state"]) in {("confirmed", 0), ("cancelled", 1)}


def test_swaps_of_the_same_two_at_once_leave_each_in_one_studio(arena: Arena) -> None:
    needs = Needs(equipment=(("camera", 1),))
    with transaction(arena.engine, SYSTEM) as session:
        rows = [
            actions.book(
                session, studio_id=arena.studios[n], tenant_id=arena.tenants[n], start=hours(500), end=hours(501),
                title="", needs=needs, by=SYSTEM, at=NOW,
            )
            for n in (0, 1)
        ]  # fmt: skip

    def swap(first: int, second: int) -> Callable[[], str]:
        return lambda: arena.attempt(
            SYSTEM, lambda s: actions.swap(s, first=rows[first], second=rows[second], by=SYSTEM, at=NOW)
        )

    outcomes = arena.at_once([swap(0, 1), swap(1, 0), swap(0, 1), swap(1, 0)])
    assert outcomes == {"done": 4}
    assert arena.overlaps() == 0
    with transaction(arena.engine, SYSTEM) as session:
        assert {booking_for(session, SYSTEM, row.id).studio_id for row in rows} == set(arena.studios[:2])
