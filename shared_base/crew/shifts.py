"""Deeds upon shifts: entered, one or the same on many days; changed; taken off. Between two lies the base's rest.

All of it happens under the member's row, which bookings lock too: the constraint `crew_shifts_rested` decides, two
writers never wait for each other crosswise, and a booking that commits first is found among the hits.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import Actor
from shared_base.core.database import violated_constraint
from shared_base.core.events import event_row, record_events
from shared_base.core.i18n import N_
from shared_base.crew import queries, rules
from shared_base.crew.actions import lock_member
from shared_base.crew.errors import RESTED, HasLeft, NotRested, ShiftOver
from shared_base.crew.models import CrewMember, CrewShift
from shared_base.crew.rules import ShiftPlan
from shared_base.resources.queries import Hit, hits


@dataclass(frozen=True)
class ShiftChange:
    """A changed shift (None: taken off), and the bookings that counted on it and now lie outside of any shift."""

    shift: CrewShift | None
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class _Terms:
    """What the base says of shifts: its clock, and the rest after each."""

    zone: ZoneInfo
    rest_minutes: int


def enter_shifts(session: Session, member: CrewMember, *, plan: ShiftPlan, by: Actor, at: datetime) -> list[CrewShift]:
    """Enter a shift, or the same one on several days: all of them or none.

    Raises `Invalid`, `HasLeft`, or `NotRested`, which names the shift that stands in the way and from when on the next
    may begin.
    """
    lock_member(session, member)
    if member.left_at is not None:
        raise HasLeft(member.name)
    terms = _terms(session, member.base_id)
    wanted = plan.ranges(terms.zone)
    if close := rules.too_close(wanted, terms.rest_minutes):
        raise NotRested(
            N_("The shifts %(first)s and %(second)s leave less than %(rest)s hours of rest between them."),
            rest_minutes=terms.rest_minutes,
            field="ends",
            first=rules.shown(close[0], terms.zone),
            second=rules.shown(close[1], terms.zone),
        )
    made = [
        CrewShift(
            base_id=member.base_id,
            crew_id=member.id,
            during=during,
            guarded=rules.guarded(during, terms.rest_minutes),
            created_at=at,
        )
        for during in wanted
    ]
    with _rested(session, member, wanted, terms):
        session.add_all(made)
    _tell(session, "crew_member.shifts_entered", member, by=by, at=at, shifts=len(made), **_span(wanted))
    return made


def change_shift(
    session: Session, shift: CrewShift, *, start: datetime, end: datetime, by: Actor, at: datetime
) -> ShiftChange:
    """Let a shift that has not ended begin or end at other times; one that runs keeps its beginning.

    Raises `Invalid`, `ShiftOver`, `NotRested`.
    """
    member = session.get_one(CrewMember, shift.crew_id)
    lock_member(session, member)
    session.refresh(shift)
    _refuse_over(shift, at=at)
    terms = _terms(session, shift.base_id)
    before, after = shift.during, rules.shift_range(start, end)
    if before == after:
        return ShiftChange(shift, ())
    assert before.lower is not None
    assert after.upper is not None
    if (before.lower < at and after.lower != before.lower) or after.upper < at.replace(microsecond=0):
        raise ShiftOver(N_("What was worked stays in the record: a shift that runs can only end later, or now."))
    with _rested(session, member, [after], terms, but_not=shift.id):
        shift.during, shift.guarded = after, rules.guarded(after, terms.rest_minutes)
    found = tuple(hit for hit in hits(session, [member.id], before) if not after.contains(_held_within(hit, before)))
    _tell(session, "crew_member.shift_changed", member, by=by, at=at, hits=len(found), **_span([after]))
    return ShiftChange(shift, found)


def remove_shift(session: Session, shift: CrewShift, *, by: Actor, at: datetime) -> ShiftChange:
    """Take off a shift that has not begun; it names the bookings that count on it. Raises `ShiftOver`."""
    member = session.get_one(CrewMember, shift.crew_id)
    lock_member(session, member)
    session.refresh(shift)
    assert shift.during.lower is not None
    if shift.during.lower <= at:
        raise ShiftOver(N_("This shift has begun and stays in the record; change its end instead."))
    found = tuple(hits(session, [member.id], shift.during))
    _tell(session, "crew_member.shift_removed", member, by=by, at=at, hits=len(found), **_span([shift.during]))
    session.delete(shift)
    session.flush()
    return ShiftChange(None, found)


def _held_within(hit: Hit, shift: Range[datetime]) -> Range[datetime]:
    """The part of a hold that the shift covered: what lay outside of it before was no promise of the shift."""
    assert hit.during.lower is not None
    assert hit.during.upper is not None
    assert shift.lower is not None
    assert shift.upper is not None
    return Range(max(hit.during.lower, shift.lower), min(hit.during.upper, shift.upper))


@contextmanager
def _rested(
    session: Session,
    member: CrewMember,
    wanted: Sequence[Range[datetime]],
    terms: _Terms,
    *,
    but_not: UUID | None = None,
) -> Iterator[None]:
    """Write shifts in a savepoint; where the constraint says no, the refusal says which shift stands in the way."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        if violated_constraint(error) != RESTED:
            raise
        raise _not_rested(session, member, wanted, terms, but_not) or error from error


def _not_rested(
    session: Session,
    member: CrewMember,
    wanted: Sequence[Range[datetime]],
    terms: _Terms,
    but_not: UUID | None,
) -> NotRested | None:
    for during in wanted:
        guarded = rules.guarded(during, terms.rest_minutes)
        other = queries.shift_in_the_way(session, member.id, guarded, but_not=but_not)
        if other is not None:
            break
    else:
        return None
    assert guarded.lower is not None
    assert other.guarded.upper is not None
    start, end = other.during.lower, other.during.upper
    assert start is not None
    assert end is not None
    said = {"name": member.name, "shift": rules.shown(other.during, terms.zone)}
    blocker = (other.id, start, end)
    if guarded.lower >= start:
        return NotRested(
            N_("%(name)s has the shift %(shift)s; after %(rest)s hours of rest the next may begin at %(next)s."),
            rest_minutes=terms.rest_minutes,
            blocker=blocker,
            next_from=other.guarded.upper,
            next=rules.moment(other.guarded.upper, terms.zone),
            **said,
        )
    return NotRested(
        N_(
            "%(name)s has the shift %(shift)s: one before it ends by %(until)s, for %(rest)s hours of rest, "
            "and one after it may begin at %(next)s."
        ),
        rest_minutes=terms.rest_minutes,
        field="ends",
        blocker=blocker,
        next_from=other.guarded.upper,
        until=rules.moment(start - timedelta(minutes=terms.rest_minutes), terms.zone),
        next=rules.moment(other.guarded.upper, terms.zone),
        **said,
    )


def _refuse_over(shift: CrewShift, *, at: datetime) -> None:
    assert shift.during.upper is not None
    if shift.during.upper <= at:
        raise ShiftOver(N_("This shift has ended and stays in the record."))


def _terms(session: Session, base_id: UUID) -> _Terms:
    zone, rest = session.execute(sa.select(Base.timezone, Base.crew_rest_minutes).where(Base.id == base_id)).one()
    return _Terms(ZoneInfo(zone), rest)


def _span(shifts: Sequence[Range[datetime]]) -> dict[str, str]:
    first, last = shifts[0].lower, shifts[-1].upper
    assert first is not None
    assert last is not None
    return {"start": first.isoformat(), "end": last.isoformat()}


def _tell(session: Session, kind: str, member: CrewMember, *, by: Actor, at: datetime, **payload: Any) -> None:
    record_events(session, [event_row(kind, by=by, at=at, subject_id=member.id, base_id=member.base_id, **payload)])
