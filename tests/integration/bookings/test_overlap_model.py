"""Whatever is done in whatever order, the database holds what a plain model of intervals holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from shared_base.bookings import actions
from shared_base.bookings.errors import Taken, WrongState
from shared_base.bookings.models import Booking
from shared_base.bookings.queries import booking_for
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Invalid
from shared_base.core.events import Event
from shared_base.resources.models import Allocation
from tests.factories.tenancy import make_host
from tests.integration.bookings.conftest import NOW, House, hours, make_house

# few half-hours and much to do in them: what is wanted meets what is there
SLOTS = st.integers(min_value=0, max_value=9)
LENGTHS = st.integers(min_value=1, max_value=5)
BUFFER = timedelta(minutes=30)

Held = tuple[Any, datetime, datetime]  # resource, from, until


class Desk(RuleBasedStateMachine):
    """The desk books, moves, checks in, ends and cancels; the model is a list of held intervals a booking."""

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
        self.hosts = [make_host(session, self.house.tenant).id for _ in range(2)]
        self.studios = [self.house.studio.id, self.house.other.id]
        self.session = self.house.as_(self.house.desk)
        self.rows: dict[Any, BookingRow] = {}
        self.held: dict[Any, list[Held]] = {}
        self.deeds = 0
        self.now = NOW

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.session.close()
            self.outer.rollback()
            self.connection.close()

    def free(self, wanted: list[Held], but: Any = None) -> bool:
        return not any(
            resource == theirs and start < end and begin < until
            for resource, start, until in wanted
            for booking, held in self.held.items()
            if booking != but
            for theirs, begin, end in held
        )

    @contextmanager
    def expecting(self, *refusals: type[Exception]) -> Iterator[None]:
        if refusals:
            with pytest.raises(refusals):
                yield
        else:
            yield
            self.deeds += 1

    def wanted(self, studio: int, host: int | None, start: datetime, end: datetime) -> list[Held]:
        held: list[Held] = [(self.studios[studio], start, end + BUFFER)]
        return [*held, (self.hosts[host], start, end)] if host is not None else held

    @rule(studio=st.sampled_from([0, 1]), host=st.sampled_from([None, 0, 1]), slot=SLOTS, length=LENGTHS)
    def book(self, studio: int, host: int | None, slot: int, length: int) -> None:
        start, end = hours(slot / 2), hours((slot + length) / 2)
        wanted = self.wanted(studio, host, start, end)
        past = start < self.now - timedelta(hours=2) or end <= self.now
        with self.expecting(*([Invalid] if past else [] if self.free(wanted) else [Taken])):
            row = actions.book(
                self.session,
                studio_id=self.studios[studio],
                tenant_id=self.house.tenant.id,
                host_id=self.hosts[host] if host is not None else None,
                start=start,
                end=end,
                title="",
                by=self.house.desk,
                at=self.now,
            )
            self.rows[row.id], self.held[row.id] = row, wanted

    def pick(self, choice: int, *states: str) -> BookingRow | None:
        among = [row for row in self.rows.values() if row.state in states]
        return among[choice % len(among)] if among else None

    @precondition(lambda self: self.rows)
    @rule(choice=st.integers(0, 99), studio=st.sampled_from([0, 1]), slot=SLOTS, length=LENGTHS)
    def move(self, choice: int, studio: int, slot: int, length: int) -> None:
        row = self.pick(choice, "confirmed")
        if row is None:
            return
        start, end = hours(slot / 2), hours((slot + length) / 2)
        host = self.hosts.index(row.host_id) if row.host_id else None
        wanted = self.wanted(studio, host, start, end)
        past = end <= self.now or (start != row.start and start < self.now - timedelta(hours=2))
        with self.expecting(*([Invalid] if past else [] if self.free(wanted, but=row.id) else [Taken])):
            moved = actions.move(
                self.session,
                booking=row,
                studio_id=self.studios[studio],
                start=start,
                end=end,
                by=self.house.desk,
                at=self.now,
            )
            self.rows[row.id], self.held[row.id] = moved, wanted

    @precondition(lambda self: self.rows)
    @rule(choice=st.integers(0, 99))
    def cancel(self, choice: int) -> None:
        row = self.pick(choice, "confirmed", "completed")
        if row is None:
            return
        with self.expecting(*([WrongState] if row.state == "completed" else [])):
            self.rows[row.id] = actions.cancel(self.session, booking=row, reason="x", by=self.house.desk, at=self.now)
            self.held[row.id] = []

    @precondition(lambda self: self.rows)
    @rule(choice=st.integers(0, 99))
    def check_in_or_out(self, choice: int) -> None:
        row = self.pick(choice, "confirmed", "checked_in")
        if row is None:
            return
        if row.state == "confirmed":
            untimely = self.now < row.start - timedelta(hours=1) or self.now >= row.end
            with self.expecting(*([WrongState] if untimely else [])):
                self.rows[row.id] = actions.mark_checked_in(self.session, booking=row, by=self.house.desk, at=self.now)
            return
        with self.expecting():
            self.rows[row.id] = actions.mark_completed(self.session, booking=row, by=self.house.desk, at=self.now)
            if self.now < row.end:
                self.cut(row, clean=True)

    @precondition(lambda self: self.rows)
    @rule(choice=st.integers(0, 99))
    def no_show(self, choice: int) -> None:
        row = self.pick(choice, "confirmed")
        if row is None:
            return
        early = self.now < row.start + timedelta(minutes=15)
        with self.expecting(*([WrongState] if early else [])):
            self.rows[row.id] = actions.mark_no_show(self.session, booking=row, by=self.house.desk, at=self.now)
            if self.now < row.end:
                self.cut(row, clean=False)

    def cut(self, row: BookingRow, *, clean: bool) -> None:
        kept = []
        for resource, start, end in self.held[row.id]:
            until = min(end, self.now + (BUFFER if clean and resource in self.studios else timedelta(0)))
            if until > start:
                kept.append((resource, start, until))
        self.held[row.id] = kept

    @rule(minutes=st.sampled_from([10, 20, 45]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def the_database_holds_what_the_model_holds(self) -> None:
        if not hasattr(self, "session"):
            return
        found = self.session.execute(
            sa.select(Allocation.booking_id, Allocation.resource_id, Allocation.during).where(Allocation.live)
        )
        actual = {(row.booking_id, row.resource_id, row.during.lower, row.during.upper) for row in found}
        assert actual == {(booking, *held) for booking, several in self.held.items() for held in several}

    @invariant()
    def every_deed_left_one_event_and_every_booking_reads_as_answered(self) -> None:
        if not hasattr(self, "session"):
            return
        assert self.session.scalar(sa.select(sa.func.count()).select_from(Event)) == self.deeds
        assert self.session.scalar(sa.select(sa.func.count()).select_from(Booking)) == len(self.rows)
        for row in self.rows.values():
            assert booking_for(self.session, self.house.desk, row.id) == row


def test_any_order_of_deeds_keeps_to_the_model(engine: sa.Engine) -> None:
    class Bound(Desk):
        pass

    Bound.engine = engine
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
