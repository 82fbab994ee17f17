"""Many at once, on connections of their own: one of them has the studio, nobody meets a deadlock."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions
from shared_base.bookings.errors import Taken, WrongState
from shared_base.bookings.queries import booking_for
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.database import make_engine, transaction
from shared_base.core.errors import SharedBaseError
from shared_base.core.retry import retrying
from shared_base.resources.actions import close
from shared_base.resources.models import Allocation
from shared_base.tenancy.actions_leases import sign_lease
from shared_base.tenancy.models import Tenant
from shared_base.tenancy.rules_leases import LeaseTerms
from tests.conftest import TestDatabase
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_actor, make_host, make_tenant
from tests.integration.bookings.conftest import NOW, hours

CLIENTS = 32
ROUNDS = 50


@dataclass
class Arena:
    """A committed base with studios, and clients who each act for another tenant with a host of its own."""

    engine: sa.Engine
    base_id: UUID
    studios: list[UUID]
    tenants: list[UUID]
    hosts: list[UUID]
    actors: list[Actor]

    def attempt(self, actor: Actor, deed: Callable[[Session], Any]) -> str:
        """The deed as one transaction, retried as delivery does; `done`, or the type of the refusal."""
        with Session(self.engine, info={"actor": actor}, expire_on_commit=False) as session:

            def once() -> str:
                deed(session)
                session.commit()
                return "done"

            try:
                return retrying(once, rollback=session.rollback)
            except SharedBaseError as error:
                session.rollback()
                return error.type

    def at_once(self, deeds: list[Callable[[], str]]) -> Counter[str]:
        """All deeds from one starting shot."""
        gate = threading.Barrier(len(deeds))

        def run(deed: Callable[[], str]) -> str:
            gate.wait()
            return deed()

        return Counter(self.pool.map(run, deeds))

    def __post_init__(self) -> None:
        self.pool = ThreadPoolExecutor(CLIENTS)

    def booking(self, client: int, start: float, end: float, **asked: Any) -> Callable[[], str]:
        values = {"studio_id": self.studios[0], "tenant_id": self.tenants[client], "title": "", "at": NOW, **asked}
        actor = self.actors[client]

        def deed(session: Session) -> None:
            actions.book(session, start=hours(start), end=hours(end), by=actor, **values)

        return lambda: self.attempt(actor, deed)

    def overlaps(self) -> int:
        """Pairs of live allocations of one resource that share an instant, counted without the constraint's help."""
        with transaction(self.engine, SYSTEM) as session:
            return (
                session.scalar(
                    sa.text(
                        "select count(*) from allocations a join allocations b on a.resource_id = b.resource_id"
                        " and a.id < b.id and a.live and b.live"
                        " where lower(a.during) < upper(b.during) and lower(b.during) < upper(a.during)"
                    )
                )
                or 0
            )

    def half_held(self) -> int:
        """Bookings that do not hold exactly their studio and, where they have one, their host."""
        with transaction(self.engine, SYSTEM) as session:
            return (
                session.scalar(
                    sa.text(
                        "select count(*) from bookings b where b.state = 'confirmed'"
                        " and 1 + (b.host_id is not null)::int"
                        " <> (select count(*) from allocations a where a.booking_id = b.id and a.live)"
                    )
                )
                or 0
            )


@pytest.fixture(scope="module")
def arena(new_database: Callable[[], TestDatabase]) -> Iterator[Arena]:
    engine = make_engine(new_database().app, pool_size=CLIENTS, max_overflow=2, pool_timeout=30)
    with transaction(engine, SYSTEM) as session:
        base = make_base(session)
        tenants = [make_tenant(session, base) for _ in range(CLIENTS)]
        arena = Arena(
            engine,
            base.id,
            [make_studio(session, base, buffer_minutes=30).id for _ in range(3)],
            [tenant.id for tenant in tenants],
            [make_host(session, tenant).id for tenant in tenants],
            [make_actor(session, "tenant_scheduler", tenant=tenant) for tenant in tenants],
        )
    yield arena
    arena.pool.shutdown()
    engine.dispose()


def test_of_thirty_two_clients_who_want_one_studio_and_hour_exactly_one_has_it(arena: Arena) -> None:
    outcomes = Counter[str]()
    for round_ in range(ROUNDS):
        start = 10 + round_ * 2
        outcomes += arena.at_once([arena.booking(client, start, start + 1) for client in range(CLIENTS)])
    assert outcomes == {"done": ROUNDS, "taken": ROUNDS * (CLIENTS - 1)}
    assert arena.overlaps() == 0


def test_two_resources_wanted_crosswise_end_without_a_deadlock(arena: Arena) -> None:
    """Every client of one tenant wants one of two studios and one of two hosts, over each other's times."""
    with transaction(arena.engine, SYSTEM) as session:
        base = make_base(session)
        tenant = make_tenant(session, base)
        studios = [make_studio(session, base).id for _ in range(2)]
        hosts = [make_host(session, tenant).id for _ in range(2)]
        desk = make_actor(session, "front_desk", base=base)
    outcomes = Counter[str]()
    for round_ in range(20):
        deeds = []
        for client in range(16):
            start = 2000 + round_ * 4 + client % 3 * 0.5
            values: dict[str, Any] = {
                "studio_id": studios[client % 2],
                "host_id": hosts[client // 2 % 2],
                "tenant_id": tenant.id,
                "start": hours(start),
                "end": hours(start + 1),
                "title": "",
                "by": desk,
                "at": NOW,
            }

            def deed(session: Session, values: dict[str, Any] = values) -> None:
                actions.book(session, **values)

            deeds.append(lambda deed=deed: arena.attempt(desk, deed))
        outcomes += arena.at_once(deeds)
    assert set(outcomes) == {"done", "taken"}
    assert outcomes["done"] >= 20
    assert (arena.overlaps(), arena.half_held()) == (0, 0)


def _booked(arena: Arena, client: int, start: float, end: float, **asked: Any) -> BookingRow:
    with transaction(arena.engine, arena.actors[client]) as session:
        return actions.book(
            session,
            studio_id=asked.get("studio_id", arena.studios[0]),
            tenant_id=arena.tenants[client],
            start=hours(start),
            end=hours(end),
            title="",
            by=arena.actors[client],
            at=NOW,
        )


def test_a_move_and_a_booking_into_the_same_time_leave_one_of_them_there(arena: Arena) -> None:
    for round_ in range(15):
        start = 4000 + round_ * 4
        row = _booked(arena, 0, start, start + 1, studio_id=arena.studios[1])

        def move(row: BookingRow = row) -> str:
            return arena.attempt(
                arena.actors[0],
                lambda s: actions.move(s, booking=row, studio_id=arena.studios[2], by=arena.actors[0], at=NOW),
            )

        rivals = [arena.booking(client, start, start + 1, studio_id=arena.studios[2]) for client in range(1, 6)]
        outcomes = arena.at_once([move, *rivals])
        assert outcomes == {"done": 1, "taken": 5}
    assert (arena.overlaps(), arena.half_held()) == (0, 0)


def test_two_bookings_that_swap_studios_at_once_do_not_deadlock(arena: Arena) -> None:
    for round_ in range(10):
        start = 5000 + round_ * 4
        rows = [_booked(arena, client, start, start + 1, studio_id=arena.studios[client]) for client in (0, 1)]

        def move(client: int, rows: list[BookingRow] = rows) -> str:
            actor = arena.actors[client]
            target = arena.studios[1 - client]
            return arena.attempt(
                actor, lambda s: actions.move(s, booking=rows[client], studio_id=target, by=actor, at=NOW)
            )

        # a swap needs a third place: each finds the other's studio taken, whoever comes first
        assert arena.at_once([lambda: move(0), lambda: move(1)]) == {"taken": 2}
    assert arena.overlaps() == 0


def test_moves_of_one_booking_follow_one_another_and_all_are_told(arena: Arena) -> None:
    row = _booked(arena, 0, 6000, 6001)
    actor = arena.actors[0]

    def move(number: int) -> str:
        start = hours(6000) + timedelta(minutes=number)
        studio = arena.studios[number % 2]
        return arena.attempt(
            actor,
            lambda s: actions.move(
                s, booking=row, studio_id=studio, start=start, end=start + timedelta(hours=1), by=actor, at=NOW
            ),
        )

    assert arena.at_once([lambda n=n: move(n) for n in range(12)]) == {"done": 12}
    with transaction(arena.engine, actor) as session:
        now = booking_for(session, actor, row.id)
        held = session.execute(
            sa.select(Allocation.resource_id, Allocation.during).where(Allocation.booking_id == row.id, Allocation.live)
        ).all()
    assert now.version == 13
    assert [(one.resource_id, one.during.lower) for one in held] == [(now.studio_id, now.start)]


def test_of_a_cancellation_and_a_check_in_at_once_one_is_refused(arena: Arena) -> None:
    def attempt(verb: Callable[..., Any], row: BookingRow, **asked: Any) -> Callable[[], str]:
        return lambda: arena.attempt(SYSTEM, lambda s: verb(s, booking=row, by=SYSTEM, at=row.start, **asked))

    for round_ in range(10):
        row = _booked(arena, round_, 7000 + round_ * 3, 7001 + round_ * 3)
        outcomes = arena.at_once([attempt(actions.cancel, row, reason="x"), attempt(actions.mark_checked_in, row)])
        assert outcomes == {"done": 1, WrongState.type: 1}


def _let(arena: Arena, studio: Space, start: datetime) -> Callable[[Session], int]:
    """Let the studio whole for the day to somebody else; how many bookings that hits."""

    def deed(session: Session) -> int:
        tenant = session.get_one(Tenant, arena.tenants[-1])
        base = session.get_one(Base, arena.base_id)
        terms = LeaseTerms(
            area_m2=Decimal(30), first=start.date(), last=start.date(), monthly_rent_fen=1, space_ids=[studio.id]
        )
        ref = f"L-{studio.code}"
        return len(sign_lease(session, tenant=tenant, base=base, ref=ref, terms=terms, by=SYSTEM, at=NOW).hits)

    return deed


def _shut(arena: Arena, studio: Space, start: datetime) -> Callable[[Session], int]:
    """Close the studio for two hours; how many bookings that hits."""

    def deed(session: Session) -> int:
        made = close(
            session,
            base_id=arena.base_id,
            resource_id=studio.id,
            start=start,
            end=start + timedelta(hours=2),
            reason="换灯",
            by=SYSTEM,
            at=NOW,
        )
        return len(made.hits)

    return deed


@pytest.mark.parametrize("shutting", [_let, _shut], ids=["lease", "closure"])
def test_a_booking_and_whoever_shuts_its_studio_at_once_know_of_each_other(
    arena: Arena, shutting: Callable[[Arena, Space, datetime], Callable[[Session], int]]
) -> None:
    """Either the booking is refused, or the other is told of it: none slips between the two."""
    for round_ in range(8):
        with transaction(arena.engine, SYSTEM) as session:
            studio = make_studio(session, session.get_one(Base, arena.base_id))
        start = datetime(2027, 3, 1, 4, tzinfo=UTC) + timedelta(days=round_)
        outcome: dict[str, Any] = {}
        shut = shutting(arena, studio, start)

        def close_it(outcome: dict[str, Any] = outcome, shut: Callable[[Session], int] = shut) -> str:
            return arena.attempt(SYSTEM, lambda session: outcome.update(hits=shut(session)))

        def book_it(outcome: dict[str, Any] = outcome, studio: Space = studio, start: datetime = start) -> str:
            hour = (start - NOW) / timedelta(hours=1)
            outcome["booking"] = arena.booking(0, hour, hour + 1, studio_id=studio.id)()
            return str(outcome["booking"])

        arena.at_once([close_it, book_it])
        assert outcome in ({"booking": "done", "hits": 1}, {"booking": "taken", "hits": 0})


def test_whoever_writes_past_the_locks_is_met_by_the_constraint_and_the_request_is_done_again(arena: Arena) -> None:
    """An allocation that commits between our look and our insert: nothing of the booking stays, the retry names it."""
    other = _booked(arena, 1, 8010, 8011)
    looked = 0
    with (
        Session(arena.engine, info={"actor": SYSTEM}) as intruder,
        Session(arena.engine, info={"actor": arena.actors[0]}) as session,
    ):

        def intrude() -> None:
            intruder.execute(
                sa.insert(Allocation)
                .values(
                    resource_id=arena.studios[0],
                    booking_id=other.id,
                    tenant_id=arena.tenants[1],
                    base_id=arena.base_id,
                    during=sa.func.tstzrange(hours(8000), hours(8001)),
                )
                .inline()
            )
            intruder.commit()

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            nonlocal looked
            if "opening_hours" in statement:
                looked += 1
                if looked == 1:
                    intrude()

        def once() -> None:
            connection = session.connection()
            if looked == 0:
                sa.event.listen(connection, "after_cursor_execute", note)
            actions.book(
                session,
                studio_id=arena.studios[0],
                tenant_id=arena.tenants[0],
                start=hours(8000),
                end=hours(8001),
                title="",
                by=arena.actors[0],
                at=NOW,
            )

        with pytest.raises(Taken):
            retrying(once, rollback=session.rollback)
    assert looked == 1
    assert (arena.overlaps(), arena.half_held()) == (0, 1)  # the intruder's own booking, which holds twice
