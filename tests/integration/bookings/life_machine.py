"""Tenants, a desk and the scheduler act at random; a plain model of intervals says what must come of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings import actions, holding
from shared_base.bookings.errors import Taken, WrongState
from shared_base.bookings.models import Booking
from shared_base.bookings.models_rules import BookingRule
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries import booking_for
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Forbidden, Invalid, NotFound
from shared_base.core.events import Event
from shared_base.resources.models import Allocation, LotClaim
from tests.factories.catalogue import LONG_AGO
from tests.factories.kit import make_kind, make_sample, make_unit
from tests.factories.tenancy import make_host
from tests.integration.bookings.conftest import NOW, House, make_house

# few half-hours from the present one on, and much to do in them: what is wanted meets what is there
SLOTS = st.integers(min_value=-1, max_value=4)
LENGTHS = st.integers(min_value=1, max_value=5)
STUDIOS = st.sampled_from([0, 1])
CHOICES = st.integers(0, 99)
#: cameras that a booking asks for
KIT = st.sampled_from([0, 1, 1, 2])
LOT_SIZE = 3


def of_the_lot(kit: int) -> int:
    """How many of the lot go with so many cameras: two sessions with one each want more than there are."""
    return kit + 1 if kit else 0


HOLD = timedelta(minutes=15)
#: around a booking: the first studio's clean-down is its own, the second has a rule
BUFFERS = [(timedelta(0), timedelta(minutes=30)), (timedelta(minutes=10), timedelta(minutes=20))]

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Held:
    """What the model says that a booking holds."""

    spans: dict[UUID, Span] = field(default_factory=dict)  #: studio, host and units
    lot: int = 0
    lot_span: Span | None = None


def meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class Life(RuleBasedStateMachine):
    """A base with two studios, two cameras (one built into the first studio) and a lot; the second studio's bookings
    by tenants wait for approval."""

    engine: sa.Engine

    @initialize()
    def open_the_house(self) -> None:
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        session = Session(
            self.connection, join_transaction_mode="create_savepoint", info={"actor": SYSTEM}, expire_on_commit=False
        )
        self.house: House = make_house(session)
        self.house.studio.buffer_minutes = 30
        session.add(
            BookingRule(
                base_id=self.house.base.id, space_id=self.house.other.id, valid=Range(None, None), needs_approval=True,
                buffer_before=10, buffer_after=20, created_at=LONG_AGO,
            )
        )  # fmt: skip
        kind = make_kind(session, self.house.base)
        self.built_in = make_unit(session, kind, fixed_to=self.house.studio).id
        self.portable = make_unit(session, kind).id
        self.lot = make_sample(session, self.house.base, quantity=LOT_SIZE).id
        self.hosts = {tenant.id: make_host(session, tenant).id for tenant in (self.house.tenant, self.house.rival)}
        self.studios = [self.house.studio.id, self.house.other.id]
        self.actors = [self.house.desk, self.house.scheduler, self.house.rival_scheduler]
        self.tenants = [self.house.tenant.id, self.house.tenant.id, self.house.rival.id]
        self.session = session
        self.rows: dict[UUID, BookingRow] = {}
        self.held: dict[UUID, Held] = {}
        self.deeds = 0
        self.now = NOW

    def teardown(self) -> None:
        if hasattr(self, "connection"):
            self.session.close()
            self.outer.rollback()
            self.connection.close()

    # — the model

    def taken(self, resource: UUID, span: Span, but: frozenset[UUID]) -> bool:
        return any(
            resource in held.spans and meet(held.spans[resource], span)
            for booking, held in self.held.items()
            if booking not in but
        )

    def lot_left(self, span: Span, but: frozenset[UUID]) -> int:
        claims = [
            (held.lot_span, held.lot)
            for booking, held in self.held.items()
            if booking not in but and held.lot_span and meet(held.lot_span, span)
        ]
        moments = [max(span[0], claim[0]) for claim, _ in claims]
        return LOT_SIZE - max((sum(n for claim, n in claims if claim[0] <= at < claim[1]) for at in moments), default=0)

    def times(self, slot: int, length: int) -> Span:
        half_hour = timedelta(minutes=30)
        start = NOW + ((self.now - NOW) // half_hour + slot) * half_hour
        return start, start + length * half_hour

    def studio_span(self, studio: int, start: datetime, end: datetime) -> Span:
        before, after = BUFFERS[studio]
        return start - before, end + after

    def free(
        self, studio: int, host: UUID | None, start: datetime, end: datetime, kit: int, but: frozenset[UUID]
    ) -> bool:
        if self.taken(self.studios[studio], self.studio_span(studio, start, end), but):
            return False
        if host and self.taken(host, (start, end), but):
            return False
        usable = [self.portable] + ([self.built_in] if studio == 0 else [])
        units = [unit for unit in usable if not self.taken(unit, (start, end), but)]
        return len(units) >= kit and self.lot_left((start, end), but) >= of_the_lot(kit)

    def holds_now(self, row: BookingRow) -> Held:
        """What a booking must hold after a deed that took everything anew; which unit is the database's choice."""
        studio = self.studios.index(row.studio_id)
        spans = {row.studio_id: self.studio_span(studio, row.start, row.end)}
        if row.host_id:
            spans[row.host_id] = (row.start, row.end)
        units = self.session.scalars(
            sa.select(Allocation.resource_id).where(
                Allocation.booking_id == row.id, Allocation.live, Allocation.purpose == "camera"
            )
        ).all()
        kit = self.kit_of(row)
        assert len(units) == kit
        assert studio == 0 or self.built_in not in units
        spans |= dict.fromkeys(units, (row.start, row.end))
        return Held(spans, of_the_lot(kit), (row.start, row.end) if kit else None)

    def needs(self, kit: int) -> Needs:
        return Needs(equipment=(("camera", kit),), samples=((self.lot, of_the_lot(kit)),)) if kit else Needs()

    def kit_of(self, row: BookingRow) -> int:
        return dict(row.needs.equipment).get("camera", 0)

    def lapse(self) -> None:
        """The model of a sweep: what lapsed holds nothing more."""
        for row in list(self.rows.values()):
            if row.state == "held" and row.hold_until and row.hold_until <= self.now:
                self.rows[row.id] = replace(
                    row, state="cancelled", cancelled_at=self.now, hold_until=None, changed_at=self.now,
                    version=row.version + 1,
                )  # fmt: skip
                self.held[row.id] = Held()
                self.deeds += 1

    @contextmanager
    def expecting(self, refusal: type[Exception] | tuple[type[Exception], ...] | None) -> Iterator[None]:
        """The deed of one request: refused, it leaves nothing; done, it leaves one event."""
        request = self.session.begin_nested()
        if refusal:
            with pytest.raises(refusal):
                yield
            request.rollback()
        else:
            yield
            request.commit()
            self.deeds += 1

    def as_(self, actor: Actor) -> Session:
        return self.house.as_(actor)

    def pick(self, choice: int, *states: str) -> BookingRow | None:
        among = [row for row in self.rows.values() if row.state in states]
        return among[choice % len(among)] if among else None

    def someone(self, who: int, row: BookingRow) -> tuple[Actor, bool, bool]:
        """An actor, whether they are staff, and whether the booking is none of theirs."""
        actor = self.actors[who]
        return actor, who == 0, who != 0 and row.tenant_id != self.tenants[who]

    # — deeds

    @rule(who=CHOICES, studio=STUDIOS, hosted=st.booleans(), slot=SLOTS, length=LENGTHS, kit=KIT, hold=st.booleans())
    def book(self, who: int, studio: int, hosted: bool, slot: int, length: int, kit: int, hold: bool) -> None:
        who %= 3
        start, end = self.times(slot, length)
        tenant = self.tenants[who]
        host = self.hosts[tenant] if hosted else None
        past = start < self.now - (timedelta(hours=2) if who == 0 else timedelta(0)) or end <= self.now
        swept = not past and not self.free(studio, host, start, end, kit, frozenset())
        if swept:
            before = dict(self.rows), dict(self.held), self.deeds
            self.lapse()
            if not self.free(studio, host, start, end, kit, frozenset()):
                # refused: the sweep is undone with the request
                self.rows, self.held, self.deeds = before
        refusal = Invalid if past else None if self.free(studio, host, start, end, kit, frozenset()) else Taken
        session = self.as_(self.actors[who])
        with self.expecting(refusal):
            row = actions.book(
                session, studio_id=self.studios[studio], tenant_id=tenant, host_id=host, start=start, end=end, title="",
                needs=self.needs(kit), hold=hold, by=self.actors[who], at=self.now,
            )  # fmt: skip
            wanted = "held" if hold else "requested" if studio == 1 and who != 0 else "confirmed"
            assert row.state == wanted
            self.rows[row.id] = row
            self.held[row.id] = self.holds_now(row)

    @precondition(lambda self: self.rows)
    @rule(choice=CHOICES, who=STUDIOS, give_up=st.booleans())
    def answer_a_hold(self, choice: int, who: int, give_up: bool) -> None:
        row = self.pick(choice, "held")
        if row is None:
            return
        actor, staff, foreign = self.someone(who + 1, row)
        assert row.hold_until
        late = row.hold_until <= self.now
        deed = actions.release_hold if give_up else actions.confirm_hold
        session = self.as_(actor)
        with self.expecting(NotFound if foreign else WrongState if late else None):
            changed = deed(session, booking=row, by=actor, at=self.now)
            asked = not staff and row.studio_id == self.studios[1]
            assert changed.state == ("cancelled" if give_up else "requested" if asked else "confirmed")
            self.rows[row.id] = changed
            if give_up:
                self.held[row.id] = Held()

    @rule()
    def the_scheduler_sweeps(self) -> None:
        due = [r for r in self.rows.values() if r.state == "held" and r.hold_until and r.hold_until <= self.now]
        assert holding.lapse(self.as_(SYSTEM), at=self.now) == len(due)
        self.lapse()

    @precondition(lambda self: self.rows)
    @rule(choice=CHOICES, who=STUDIOS, yes=st.booleans())
    def the_desk_answers_a_request(self, choice: int, who: int, yes: bool) -> None:
        row = self.pick(choice, "requested")
        if row is None:
            return
        actor, staff, foreign = self.someone(who, row)
        session = self.as_(actor)
        with self.expecting(NotFound if foreign else None if staff else Forbidden):
            if yes:
                changed = actions.approve(session, booking=row, by=actor, at=self.now)
            else:
                changed = actions.decline(session, booking=row, reason="检修", by=actor, at=self.now)
                self.held[row.id] = Held()
            self.rows[row.id] = changed

    @precondition(lambda self: self.rows)
    @rule(choice=CHOICES, studio=STUDIOS, slot=SLOTS, length=LENGTHS, kit=KIT)
    def the_desk_moves(self, choice: int, studio: int, slot: int, length: int, kit: int) -> None:
        row = self.pick(choice, "confirmed", "held", "requested")
        if row is None:
            return
        start, end = self.times(slot, length)
        if (self.studios[studio], start, end, kit) == (row.studio_id, row.start, row.end, self.kit_of(row)):
            return  # nothing would change, and so nothing would be told
        past = end <= self.now or (start != row.start and start < self.now - timedelta(hours=2))
        but = frozenset({row.id})
        if not past and not self.free(studio, row.host_id, start, end, kit, but):
            before = dict(self.rows), dict(self.held), self.deeds
            mine = self.held[row.id]
            self.lapse()
            if self.rows[row.id].state == "cancelled":
                # the booking that moves is locked: the sweep goes around it
                self.rows[row.id], self.held[row.id] = row, mine
                self.deeds -= 1
            if not self.free(studio, row.host_id, start, end, kit, but):
                self.rows, self.held, self.deeds = before
        fits = self.free(studio, row.host_id, start, end, kit, but)
        session = self.as_(self.house.desk)
        with self.expecting(Invalid if past else None if fits else Taken):
            moved = actions.move(
                session, booking=row, studio_id=self.studios[studio], start=start, end=end, needs=self.needs(kit),
                by=self.house.desk, at=self.now,
            )  # fmt: skip
            self.rows[row.id] = moved
            self.held[row.id] = self.holds_now(moved)

    @precondition(lambda self: len(self.rows) > 1)
    @rule(choice=CHOICES, other=CHOICES)
    def the_desk_swaps(self, choice: int, other: int) -> None:
        one, two = self.pick(choice, "confirmed"), self.pick(other, "confirmed")
        if one is None or two is None or one.id == two.id:
            return
        both = frozenset({one.id, two.id})
        places = {row.id: self.studios.index(row.studio_id) for row in (one, two)}
        same = places[one.id] == places[two.id]
        past = one.end <= self.now or two.end <= self.now

        # each in the other's room: what one leaves, the other may take

        def fits(row: BookingRow, studio: int, but: frozenset[UUID]) -> bool:
            return self.free(studio, row.host_id, row.start, row.end, self.kit_of(row), but)

        session = self.as_(self.house.desk)
        certain = not same and not past and fits(one, places[two.id], both)
        request = self.session.begin_nested()
        try:
            first, second = actions.swap(session, first=one, second=two, by=self.house.desk, at=self.now)
        except (Taken, Invalid):
            request.rollback()
            assert same or past or not certain or not fits(two, places[one.id], both) or self.compete(one, two)
            return
        request.commit()
        # a sweep on the way took only holds that had lapsed
        swept = [r.id for r in self.rows.values() if booking_for(self.as_(SYSTEM), SYSTEM, r.id).state != r.state]
        if swept:
            self.lapse()
        self.deeds += 2
        for row in (first, second):
            self.rows[row.id] = row
            self.held[row.id] = self.holds_now(row)

    def compete(self, one: BookingRow, two: BookingRow) -> bool:
        """Whether two bookings want the same kit, host or studio at one time."""
        return meet((one.start - HOLD, one.end + HOLD * 2), (two.start - HOLD, two.end + HOLD * 2))

    @precondition(lambda self: self.rows)
    @rule(choice=CHOICES, who=CHOICES)
    def somebody_cancels(self, choice: int, who: int) -> None:
        row = self.pick(choice, "confirmed", "requested", "held", "completed")
        if row is None:
            return
        actor, staff, foreign = self.someone(who % 3, row)
        over = row.state == "completed" or (self.now >= row.start and not staff)
        session = self.as_(actor)
        with self.expecting(NotFound if foreign else WrongState if over else None):
            self.rows[row.id] = actions.cancel(session, booking=row, reason="x", by=actor, at=self.now)
            self.held[row.id] = Held()

    @precondition(lambda self: self.rows)
    @rule(choice=CHOICES)
    def the_desk_checks_in_or_out(self, choice: int) -> None:
        row = self.pick(choice, "confirmed", "checked_in")
        if row is None:
            return
        session = self.as_(self.house.desk)
        if row.state == "confirmed":
            untimely = self.now < row.start - timedelta(hours=1) or self.now >= row.end
            with self.expecting(WrongState if untimely else None):
                self.rows[row.id] = actions.mark_checked_in(session, booking=row, by=self.house.desk, at=self.now)
            return
        with self.expecting(None):
            self.rows[row.id] = actions.mark_completed(session, booking=row, by=self.house.desk, at=self.now)
            if self.now < row.until:
                self.cut(row, clean=True)

    @precondition(lambda self: self.rows)
    @rule(choice=CHOICES, minutes=st.sampled_from([5, 30]))
    def a_running_session_ends_early(self, choice: int, minutes: int) -> None:
        row = self.pick(choice, "checked_in")
        if row is None or row.released_at:
            return
        until = self.now + timedelta(minutes=minutes)
        session = self.as_(self.house.desk)
        too_late = max(until, row.start) >= row.end
        with self.expecting(Invalid if too_late else None):
            self.rows[row.id] = actions.release_early(
                session, booking=row, until=until, by=self.house.desk, at=self.now
            )
            self.cut(row, clean=True, at=max(until, row.start))

    @precondition(lambda self: self.rows)
    @rule(choice=CHOICES)
    def nobody_came(self, choice: int) -> None:
        row = self.pick(choice, "confirmed")
        if row is None:
            return
        early = self.now < row.start + timedelta(minutes=15)
        session = self.as_(SYSTEM)
        with self.expecting(WrongState if early else None):
            self.rows[row.id] = actions.mark_no_show(session, booking=row, by=SYSTEM, at=self.now)
            if self.now < row.end:
                self.cut(row, clean=False)

    def cut(self, row: BookingRow, *, clean: bool, at: datetime | None = None) -> None:
        moment = at or self.now
        studio = self.studios.index(row.studio_id)
        held, spans = self.held[row.id], {}
        for resource, (start, end) in held.spans.items():
            after = BUFFERS[studio][1] if clean and resource == row.studio_id else timedelta(0)
            until = min(end, moment + after)
            if until > start:
                spans[resource] = (start, until)
        span = held.lot_span and (held.lot_span[0], min(held.lot_span[1], moment))
        self.held[row.id] = Held(spans, held.lot, span) if span and span[1] > span[0] else Held(spans)

    @rule(minutes=st.sampled_from([10, 20, 45]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    # — what must always hold

    @invariant()
    def the_database_holds_what_the_model_holds(self) -> None:
        if not hasattr(self, "session"):
            return
        session = self.as_(SYSTEM)
        found = session.execute(
            sa.select(Allocation.booking_id, Allocation.resource_id, Allocation.during).where(Allocation.live)
        )
        actual = {(row.booking_id, row.resource_id, row.during.lower, row.during.upper) for row in found}
        assert actual == {
            (booking, resource, *span) for booking, held in self.held.items() for resource, span in held.spans.items()
        }
        lots = session.execute(sa.select(LotClaim.booking_id, LotClaim.during, LotClaim.quantity).where(LotClaim.live))
        assert {(row.booking_id, row.during.lower, row.during.upper, row.quantity) for row in lots} == {
            (booking, *held.lot_span, held.lot) for booking, held in self.held.items() if held.lot_span
        }

    @invariant()
    def nothing_is_lost_and_the_events_explain_every_booking(self) -> None:
        if not hasattr(self, "session"):
            return
        session = self.as_(SYSTEM)
        assert session.scalar(sa.select(sa.func.count()).select_from(Booking)) == len(self.rows)
        told: dict[UUID, dict[str, Any]] = {}
        events = session.execute(sa.select(Event.subject_id, Event.payload).order_by(Event.id)).all()
        for subject, payload in events:
            told.setdefault(subject, {}).update(payload["after"])
        assert len(events) == self.deeds
        for row in self.rows.values():
            assert booking_for(session, SYSTEM, row.id) == row
            explained = {name: value for name, value in told[row.id].items() if not (name == "needs" and not value)}
            assert explained == row.as_json()
