"""The waitlist (候补): who wants a time that is taken is offered it, in order of arrival, as soon as it is free.

An offer is a hold (`actions.book`, `hold=True`) with the hold's expiry. Deeds on an entry lock its row first, the
booking's after it; the exclusion constraint has the last word on what is free, as for every booking.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings import actions, holding, queries, queries_waitlist, rules
from shared_base.bookings.availability import free_studios
from shared_base.bookings.errors import AgainstRule, NotInService, OutsideOpening, Taken
from shared_base.bookings.errors_waitlist import AlreadyWaiting, EntryOver, NoSuchStudio, WaitlistFull
from shared_base.bookings.models_waitlist import WaitlistEntry
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.queries_waitlist import Candidate, WaitlistRow
from shared_base.bookings.rows import BookingRow, Wanted
from shared_base.core.actor import SYSTEM, Actor, Grant
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.core.errors import Forbidden, NotFound, SharedBaseError
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_
from shared_base.core.retry import retrying

log = logging.getLogger(__name__)

#: how many entries a tenant may have waiting at a base: enough for a month of nights, too few to be in everybody's way
MOST_WAITING = 60
#: nothing is offered that could not be answered before it begins: a hold ends at the start of what it holds
LEAST_TO_ANSWER = timedelta(minutes=2)
#: areas that can be asked for, in square metres (as the column holds them)
LARGEST_AREA = Decimal(100_000)


def join(
    session: Session,
    *,
    base_id: UUID,
    tenant_id: UUID,
    start: datetime,
    end: datetime,
    title: str | None,
    by: Actor,
    at: datetime,
    studio_id: UUID | None = None,
    scene: str | None = None,
    min_area_m2: Decimal | None = None,
    host_id: UUID | None = None,
    needs: Needs = NOTHING,
) -> WaitlistRow:
    """Put the tenant on the list for a time to come: for one studio, or for any of the scene and the least area.

    Refused like a booking for what will not change by waiting (`Invalid`, `OutsideOpening`, `NotInService`,
    `MayNotBook`, `AgainstRule`, `HostNotReady`, `NotFound`, `Forbidden`); `NoSuchStudio` when none of the base is what
    is asked for, `AlreadyWaiting`, `WaitlistFull`. A time that is free after all is offered within seconds.
    """
    title = text_line(title, "title", longest=rules.LONGEST_TITLE) or ""
    scene = text_line(scene, "scene", longest=rules.LONGEST_PLATFORM) if studio_id is None else None
    if studio_id is not None:
        min_area_m2 = None  # one studio is named: how large it is was seen
    if min_area_m2 is not None and not (min_area_m2.is_finite() and 0 < min_area_m2 < LARGEST_AREA):
        raise faulty("min_area_m2", N_("An area is a number of square metres above 0; leave it empty for any."))
    rules.check_range(start, end)
    if start <= at:
        raise faulty("start", N_("This time has begun or passed: the waitlist is for times to come."))
    _check_wanted(
        session,
        Wanted(studio_id or _fitting(session, base_id, start, end, scene, min_area_m2), tenant_id, host_id, start, end),
        base_id=base_id,
        named=studio_id is not None,
        by=by,
        at=at,
    )
    wanted = (start, end, studio_id, scene, min_area_m2, host_id, title, needs)
    standing = queries_waitlist.waiting_of(session, base_id=base_id, tenant_id=tenant_id)
    for row in standing:
        what = (row.start, row.end, row.studio_id, row.scene, row.min_area_m2, row.host_id, row.title, row.wants)
        if what == wanted:
            raise AlreadyWaiting(N_("You wait for exactly this already; you are told as soon as it is free."))
    if len(standing) >= MOST_WAITING:
        raise WaitlistFull(
            N_("You wait for %(most)s times at this base, and that is the most: withdraw one first."), most=MOST_WAITING
        )
    entry = WaitlistEntry(
        base_id=base_id,
        tenant_id=tenant_id,
        studio_id=studio_id,
        host_id=host_id,
        scene=scene,
        min_area_m2=min_area_m2,
        during=Range(start, end),
        title=title,
        needs=needs.as_json(),
        created_at=at,
        created_by=by.user_id,
    )
    session.add(entry)
    session.flush()
    row = queries_waitlist.get_entry(session, entry.id)
    _tell(session, "waitlist.joined", row, by=by, at=at, studio=row.studio_code, scene=scene)
    return row


def _fitting(
    session: Session, base_id: UUID, start: datetime, end: datetime, scene: str | None, min_area_m2: Decimal | None
) -> UUID:
    found = queries_waitlist.fitting_studio(
        session, base_id=base_id, start=start, end=end, scene=scene, min_area_m2=min_area_m2
    )
    if found is None:
        raise NoSuchStudio(N_("No studio of the base is like that; wait for another scene or a smaller area."))
    return found


def _check_wanted(session: Session, wanted: Wanted, *, base_id: UUID, named: bool, by: Actor, at: datetime) -> None:
    """All rules of a booking, asked of the studio that is named; for any studio, those that all studios share."""
    found = holding.look(session, [wanted])
    if not found or found[0].base_id != base_id:
        raise NotFound(N_("There is no such studio in this base; choose one from its list of studios."))
    if named:
        rules.check_wanted(wanted, found[0], by=by, at=at)
        return
    rules.check_who(by, wanted, found[0])
    rules.check_studio(wanted, found[0])
    rules.check_host(wanted, found[0])


def withdraw(session: Session, *, entry: WaitlistRow, by: Actor, at: datetime) -> WaitlistRow:
    """Wait no longer. What was offered and not yet taken is given up, for whoever comes next."""
    held = _lock(session, entry, by=by)
    if held.state == "offered":
        actions.release_hold(session, booking=_offered(session, held), by=by, at=at)
    elif held.state != "waiting":
        raise _over(held)
    return _change(session, held, "withdrawn", by=by, at=at)


def accept(session: Session, *, entry: WaitlistRow, by: Actor, at: datetime) -> BookingRow:
    """Take what was offered: the hold becomes a booking, or a request where the rules want the staff's word."""
    held = _lock(session, entry, by=by)
    if held.state != "offered":
        raise _over(held)
    booking = actions.confirm_hold(session, booking=_offered(session, held), by=by, at=at)
    _change(session, held, "taken", by=by, at=at, booking_id=str(booking.id), code=booking.code)
    return booking


def _lock(session: Session, entry: WaitlistRow, *, by: Actor) -> WaitlistRow:
    if not by.serves(entry.base_id) and not by.acts_for(entry.tenant_id):
        raise Forbidden(N_("Only the tenant and the base's staff may change this entry."))
    return queries_waitlist.get_entry_for_update(session, entry.id)


def _offered(session: Session, entry: WaitlistRow) -> BookingRow:
    assert entry.booking_id is not None, "the constraint waitlist_entries_offer_is_a_hold"
    return queries.get_booking(session, entry.booking_id)


#: why an entry in that state is not open for the deed, and what to do instead
_STANDS = {
    "waiting": N_("Nothing is free yet for this entry: you are told as soon as something is."),
    "offered": N_("A studio is held for this entry: take it, or withdraw."),
    "taken": N_("This entry led to a booking: cancel that one instead."),
    "expired": N_("This entry has expired: its time began, or its offer was not taken. Wait anew for another time."),
    "withdrawn": N_("This entry was withdrawn: wait anew if the time still suits."),
}


def _over(entry: WaitlistRow) -> EntryOver:
    return EntryOver(_STANDS[entry.state], extra={"state": entry.state})


def _change(
    session: Session, entry: WaitlistRow, state: str, *, by: Actor, at: datetime, **payload: Any
) -> WaitlistRow:
    """Write the new state of a locked entry, and the event that tells it."""
    changes: dict[str, Any] = {"state": state}
    if state == "offered":
        changes["offered_booking_id"] = UUID(payload["booking_id"])
    else:
        changes["ended_at"] = at
    session.execute(
        sa.update(WaitlistEntry)
        .where(WaitlistEntry.id == entry.id)
        .values(**changes)
        .execution_options(synchronize_session=False)
    )
    _tell(session, f"waitlist.{state}", entry, by=by, at=at, **payload)
    return queries_waitlist.get_entry(session, entry.id)


def _tell(session: Session, kind: str, entry: WaitlistRow, *, by: Actor, at: datetime, **payload: Any) -> None:
    told = {"start": entry.start.isoformat(), "end": entry.end.isoformat(), "title": entry.title} | payload
    event = event_row(kind, by=by, at=at, subject_id=entry.id, base_id=entry.base_id, tenant_id=entry.tenant_id, **told)
    record_events(session, [event])


# — served by the scheduler


def serve_waitlists(engine: sa.Engine, clock: Clock) -> int:
    """Offer what was freed to those who wait for it, everywhere; how many offers were made.

    With nothing to do it costs one statement. Any number of processes may do this at once: an entry is offered once.
    What fails at one base is logged, tried again at the next look, and stops nothing else.
    """
    with transaction(engine, SYSTEM) as session:
        due = queries_waitlist.due_bases(session, at=clock.now())
    offers = 0
    for base_id in due:
        try:
            offers += serve_base(engine, base_id, at=clock.now())
        except Exception:
            log.exception("the waitlist of base %s could not be served; tried again at the next look", base_id)
    return offers


def serve_base(engine: sa.Engine, base_id: UUID, *, at: datetime) -> int:
    """One look at the list of a base: what was answered or came too late is put away, then each in turn is tried.

    An entry is a transaction of its own, so that nobody's booking waits for the whole list to be gone through.
    """
    with transaction(engine, SYSTEM) as session:
        settle(session, base_id=base_id, at=at)
        waiting = queries_waitlist.candidates(session, base_id, start_after=at + LEAST_TO_ANSWER)
    offers = sum(_offer_alone(engine, candidate, at=at) for candidate in waiting if candidate.studio_ids)
    with transaction(engine, SYSTEM) as session:
        tried(session, [candidate.entry_id for candidate in waiting], at=at)
    return offers


def _offer_alone(engine: sa.Engine, candidate: Candidate, *, at: datetime) -> bool:
    with Session(engine, info={"actor": SYSTEM}, expire_on_commit=False) as session:

        def attempt() -> bool:
            made = offer(session, candidate, at=at)
            session.commit()
            return made is not None

        return retrying(attempt, rollback=session.rollback)


def settle(session: Session, *, base_id: UUID, at: datetime) -> int:
    """Put away what is no longer open: offers that were taken or lost, and entries whose time has begun."""
    answered = session.execute(_ANSWERED, {"base_id": base_id, "at": at}).all()
    late = session.execute(_TOO_LATE, {"base_id": base_id, "at": at}).all()
    events = [
        event_row(
            f"waitlist.{row.state}",
            by=SYSTEM,
            at=at,
            subject_id=row.id,
            base_id=base_id,
            tenant_id=row.tenant_id,
            **{"start": row.start.isoformat(), "end": row.end.isoformat(), "title": row.title},
            **({"booking_id": str(row.offered_booking_id)} if row.offered_booking_id else {}),
        )
        for row in (*answered, *late)
    ]
    record_events(session, events)
    return len(events)


_ENDED = "w.id, w.tenant_id, w.state, w.title, w.offered_booking_id, lower(w.during) as start, upper(w.during) as end"
# A hold that was cancelled lapsed or was given up, unless it had been confirmed before, which its events say.
_ANSWERED = sa.text(f"""
    update waitlist_entries w
    set state = case when b.state <> 'cancelled' or exists (
            select from events e where e.subject_id = b.id and e.kind in ('booking.confirmed', 'booking.requested'))
          then 'taken' else 'expired' end,
        ended_at = :at
    from bookings b
    where w.base_id = :base_id and w.state = 'offered' and b.id = w.offered_booking_id and b.state <> 'held'
    returning {_ENDED}
""")  # noqa: S608 (our own columns)
_TOO_LATE = sa.text(f"""
    update waitlist_entries w set state = 'expired', ended_at = :at
    where w.base_id = :base_id and w.state = 'waiting' and lower(w.during) <= :at
    returning {_ENDED}
""")  # noqa: S608 (our own columns)


def tried(session: Session, entry_ids: Sequence[UUID], *, at: datetime) -> None:
    """Remember that it was looked for them at `at`: the next look is for what was freed since."""
    session.execute(
        sa.update(WaitlistEntry)
        .where(WaitlistEntry.id.in_(entry_ids), WaitlistEntry.state == "waiting")
        .values(tried_at=at)
        .execution_options(synchronize_session=False)
    )


def offer(session: Session, candidate: Candidate, *, at: datetime) -> BookingRow | None:
    """Hold the first studio that can be the entry's, and tell its tenant; None: there is none, or it waits no more.

    The hold is made as by the tenant itself: what its rules refuse it is not offered either.
    """
    entry = _waiting(session, candidate.entry_id, at=at)
    if entry is None:
        return None
    free = free_studios(
        session,
        base_id=entry.base_id,
        start=entry.start,
        end=entry.end,
        tenant_id=entry.tenant_id,
        scene=entry.scene,
        min_area_m2=entry.min_area_m2,
        equipment=entry.wants.equipment,
        staff=False,
    )
    could_be = set(candidate.studio_ids)
    for studio in free:
        if studio.id not in could_be:
            continue
        try:
            with session.begin_nested():
                booking = _hold(session, entry, studio.id, at=at)
        except SharedBaseError as refusal:
            if not _of_the_studio(refusal):
                break
        else:
            _change(
                session,
                entry,
                "offered",
                by=SYSTEM,
                at=at,
                booking_id=str(booking.id),
                code=booking.code,
                studio_id=str(booking.studio_id),
                studio=booking.studio_code,
                hold_until=booking.hold_until.isoformat() if booking.hold_until else None,
            )
            return booking
    return None


def _waiting(session: Session, entry_id: UUID, *, at: datetime) -> WaitlistRow | None:
    """The entry, locked, if it still waits for a time to come: whoever comes second finds it offered."""
    begins = sa.func.lower(WaitlistEntry.during)
    waits = (WaitlistEntry.state == "waiting") & (begins > at + LEAST_TO_ANSWER)
    locked = sa.select(WaitlistEntry.id).where(WaitlistEntry.id == entry_id, waits).with_for_update(key_share=True)
    return queries_waitlist.get_entry(session, entry_id) if session.scalar(locked) else None


def _hold(session: Session, entry: WaitlistRow, studio_id: UUID, *, at: datetime) -> BookingRow:
    return actions.book(
        session,
        studio_id=studio_id,
        tenant_id=entry.tenant_id,
        host_id=entry.host_id,
        start=entry.start,
        end=entry.end,
        title=entry.title,
        needs=entry.wants,
        by=_on_behalf(entry.tenant_id),
        at=at,
        hold=True,
    )


def _on_behalf(tenant_id: UUID) -> Actor:
    """The system, with no more rights than the tenant has."""
    grants = (Grant("tenant_scheduler", tenant_id=tenant_id),)
    return Actor(None, SYSTEM.label, "member", grants, tenants=frozenset({tenant_id}))


def _of_the_studio(refusal: SharedBaseError) -> bool:
    """Whether another studio may well do. None helps a host who is elsewhere, or a tenant who is suspended."""
    if isinstance(refusal, Taken):
        return all(it.get("resource_kind") != "host" for it in refusal.blockers)
    return isinstance(refusal, AgainstRule | NotInService | OutsideOpening)
