"""Whatever happens in whatever order, the waitlist does what a plain list of people in order of arrival does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from shared_base.bookings import actions, actions_waitlist, holding, queries_waitlist
from shared_base.bookings.actions_waitlist import LEAST_TO_ANSWER
from shared_base.bookings.errors import Taken
from shared_base.bookings.errors_waitlist import AlreadyWaiting
from shared_base.bookings.models import Booking
from shared_base.bookings.queries import get_booking
from shared_base.bookings.queries_waitlist import WaitlistFilter, list_entries
from shared_base.bookings.terms import HOUSE
from shared_base.core.actor import SYSTEM
from shared_base.core.events import Event
from shared_base.core.fields import faulty
from tests.integration.bookings.conftest import NOW, House, hours, make_house

# few half-hours, so that what is wanted meets what is there
SLOTS = st.integers(min_value=2, max_value=9)
LENGTHS = st.integers(min_value=1, max_value=4)
BUFFER = timedelta(minutes=30)
HOLD = timedelta(minutes=HOUSE.hold_minutes)


@dataclass
class Waiting:
    """One who waits, as the model has it."""

    tenant: int
    studio: int | None
    start: datetime
    end: datetime
    state: str = "waiting"
    booking: UUID | None = None


@dataclass
class Held:
    """A time in which somebody has a studio; `until` of a hold."""

    studio: int
    start: datetime
    end: datetime
    until: datetime | None = None


class Line(RuleBasedStateMachine):
    """The desk books and cancels, tenants wait, take and withdraw, the scheduler looks, time passes."""

    engine: sa.Engine

    @initialize()
    def open_the_house(self) -> None:
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        session = Session(
            self.connection, join_transaction_mode="create_savepoint", info={"actor": SYSTEM}, expire_on_commit=False
        )
        self.house: House = make_house(session)
        self.house.studio.buffer_minutes = self.house.other.buffer_minutes = 30
        rooms = sorted([self.house.studio, self.house.other], key=lambda room: room.code)
        self.studios = [room.id for room in rooms]
        self.tenants = [self.house.tenant.id, self.house.rival.id]
        self.actors = [self.house.scheduler, self.house.rival_scheduler]
        self.base_id = self.house.base.id
        self.session = self.house.as_(SYSTEM)
        self.line: dict[UUID, Waiting] = {}
        self.held: dict[UUID, Held] = {}
        self.now = NOW

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.session.close()
            self.outer.rollback()
            self.connection.close()

    # — the model

    def free(self, studio: int, start: datetime, end: datetime) -> bool:
        return not any(
            it.studio == studio and it.start < end + BUFFER and start < it.end + BUFFER for it in self.held.values()
        )

    def lapse(self) -> None:
        for booking in [id_ for id_, it in self.held.items() if it.until is not None and it.until <= self.now]:
            self.give_up(booking)

    def give_up(self, booking: UUID) -> None:
        """Nobody holds it any more; an offer that is lost so has expired."""
        del self.held[booking]
        for it in self.line.values():
            if it.booking == booking and it.state == "offered":
                it.state = "expired"

    def pick(self, choice: int, state: str) -> tuple[UUID, Waiting] | None:
        among = [(id_, it) for id_, it in self.line.items() if it.state == state]
        return among[choice % len(among)] if among else None

    # — what people do

    @rule(tenant=st.sampled_from([0, 1]), studio=st.sampled_from([None, 0, 1]), slot=SLOTS, length=LENGTHS)
    def join(self, tenant: int, studio: int | None, slot: int, length: int) -> None:
        it = Waiting(tenant, studio, hours(slot / 2), hours((slot + length) / 2))
        asked: dict[str, Any] = {
            "base_id": self.base_id,
            "tenant_id": self.tenants[tenant],
            "studio_id": self.studios[studio] if studio is not None else None,
            "title": "",
            "by": self.actors[tenant],
            "at": self.now,
        }
        same = [
            other
            for other in self.line.values()
            if other.state == "waiting"
            and (other.tenant, other.studio, other.start, other.end) == (tenant, studio, it.start, it.end)
        ]
        refusal = type(faulty("start", "x")) if it.start <= self.now else AlreadyWaiting if same else None
        try:
            row = actions_waitlist.join(self.session, start=it.start, end=it.end, **asked)
        except Exception as error:
            assert refusal is not None and isinstance(error, refusal)  # noqa: PT017, PT018
        else:
            assert refusal is None
            self.line[row.id] = it

    @rule(studio=st.sampled_from([0, 1]), slot=SLOTS, length=LENGTHS)
    def book(self, studio: int, slot: int, length: int) -> None:
        start, end = hours(slot / 2), hours((slot + length) / 2)
        if start < self.now:
            return
        self.lapse()
        possible = self.free(studio, start, end)
        try:
            row = actions.book(
                self.session, studio_id=self.studios[studio], tenant_id=self.tenants[0], start=start, end=end, title="",
                by=self.house.desk, at=self.now,
            )  # fmt: skip
        except Taken:
            assert not possible
            # what lapsed is given up by whoever meets it; the rest by the job
            holding.lapse(self.session, at=self.now)
        else:
            assert possible
            holding.lapse(self.session, at=self.now)
            self.held[row.id] = Held(studio, start, end)

    @rule(choice=st.integers(0, 99))
    def cancel(self, choice: int) -> None:
        among = [id_ for id_, it in self.held.items() if it.until is None and it.start > self.now]
        if among:
            booking = among[choice % len(among)]
            row = get_booking(self.session, booking)
            actions.cancel(self.session, booking=row, reason="x", by=self.house.desk, at=self.now)
            self.give_up(booking)

    @rule(choice=st.integers(0, 99), on_its_page=st.booleans())
    def take(self, choice: int, on_its_page: bool) -> None:
        self.lapse_all()
        picked = self.pick(choice, "offered")
        if picked is None:
            return
        id_, it = picked
        assert it.booking is not None
        actor = self.actors[it.tenant]
        if on_its_page:
            actions.confirm_hold(self.session, booking=get_booking(self.session, it.booking), by=actor, at=self.now)
        else:
            entry = queries_waitlist.get_entry(self.session, id_)
            actions_waitlist.accept(self.session, entry=entry, by=actor, at=self.now)
        self.held[it.booking].until = None
        it.state = "taken"

    @rule(choice=st.integers(0, 99), state=st.sampled_from(["waiting", "offered"]))
    def withdraw(self, choice: int, state: str) -> None:
        self.lapse_all()
        picked = self.pick(choice, state)
        if picked is None:
            return
        id_, it = picked
        entry = queries_waitlist.get_entry(self.session, id_)
        actions_waitlist.withdraw(self.session, entry=entry, by=self.actors[it.tenant], at=self.now)
        it.state = "withdrawn"
        if state == "offered" and it.booking is not None:
            self.give_up(it.booking)

    def lapse_all(self) -> None:
        holding.lapse(self.session, at=self.now)
        self.lapse()

    @rule(minutes=st.sampled_from([1, 10, 20, 45]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.lapse_all()

    # — what the scheduler does

    @rule()
    def look(self) -> None:
        actions_waitlist.settle(self.session, base_id=self.base_id, at=self.now)
        waiting = queries_waitlist.candidates(self.session, self.base_id, start_after=self.now + LEAST_TO_ANSWER)
        for candidate in waiting:
            actions_waitlist.offer(self.session, candidate, at=self.now)
        actions_waitlist.tried(self.session, [it.entry_id for it in waiting], at=self.now)
        offered = {
            row.id: row for row in list_entries(self.session, SYSTEM, WaitlistFilter(states=["offered"]), limit=1000)
        }
        for id_, it in self.line.items():
            if it.state == "waiting" and it.start <= self.now:
                it.state = "expired"
            elif it.state == "waiting" and it.start > self.now + LEAST_TO_ANSWER:
                among = [0, 1] if it.studio is None else [it.studio]
                fits = [studio for studio in among if self.free(studio, it.start, it.end)]
                if fits:
                    it.state, it.booking = "offered", offered[id_].booking_id
                    assert it.booking is not None
                    self.held[it.booking] = Held(fits[0], it.start, it.end, min(self.now + HOLD, it.start))

    # — what always holds

    @invariant()
    def the_list_reads_as_the_model_in_order_of_arrival(self) -> None:
        if hasattr(self, "session"):
            rows = list_entries(self.session, SYSTEM, WaitlistFilter(), limit=1000)
            late = {id_ for id_, it in self.line.items() if it.state == "waiting" and it.start <= self.now}
            assert [(row.id, row.state) for row in rows] == [(id_, it.state) for id_, it in self.line.items()], late
            for row in rows:
                assert row.booking_id == self.line[row.id].booking

    @invariant()
    def an_offer_is_a_hold_of_what_was_waited_for(self) -> None:
        if not hasattr(self, "session"):
            return
        found = self.session.execute(
            sa.select(Booking.id, Booking.studio_id, Booking.during, Booking.hold_until).where(
                Booking.state.in_(("held", "confirmed"))
            )
        )
        actual = {(row.id, row.studio_id, row.during.lower, row.during.upper, row.hold_until) for row in found}
        assert actual == {(id_, self.studios[it.studio], it.start, it.end, it.until) for id_, it in self.held.items()}

    @invariant()
    def every_offer_was_told_once(self) -> None:
        if not hasattr(self, "session"):
            return
        told = self.session.scalars(sa.select(Event.subject_id).where(Event.kind == "waitlist.offered"))
        assert sorted(told) == sorted(id_ for id_, it in self.line.items() if it.booking is not None)


def test_any_order_of_deeds_serves_the_line_as_people_came(engine: sa.Engine) -> None:
    class Bound(Line):
        pass

    Bound.engine = engine
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
