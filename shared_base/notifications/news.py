"""Telling the news: events become mails, each event once, a burst of them as one mail.

A trigger queues the number of an event in its own transaction (`models.News`); here it is taken off the queue in the
transaction that puts the mail in the outbox. So nothing is lost or told twice, whoever dies when, and no order of
numbers is relied on (`docs/decisions/0015-news-by-mail.md`).
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.alternatives_for_hits import WaysOut, ways_out
from shared_base.bookings.queries import bookings_among
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.notifications.facts import Facts, Readers, facts_of, names_of, offers_of
from shared_base.notifications.kinds import Telling, news_of, telling
from shared_base.notifications.letters import Piece, post_letters
from shared_base.notifications.models import News

log = logging.getLogger(__name__)

#: one teller at a time, or a burst would be told by two, in two mails
TELLER_LOCK = 7_305_811_206
#: a tenant's news rests until nothing more comes for so long: who drags a booking about is told of once
QUIET = timedelta(seconds=15)
#: and not longer than this
LONGEST_REST = timedelta(minutes=2)
#: events of one transaction
AT_MOST = 5_000

# The clock that was set back makes no news wait: what seems to come from the future is told at once.
_RESTED = sa.text("""
    with waiting as (
      select e.id, e.at, e.kind, e.subject_id, e.actor_id, e.actor_label, e.payload,
             max(e.at) over burst as newest, min(e.at) over burst as oldest
      from news n join events e on e.id = n.event_id
      window burst as (partition by e.base_id, e.tenant_id)
    )
    select id, at, kind, subject_id, actor_id, actor_label, payload from waiting
    where newest <= cast(:at as timestamptz) - :quiet or newest > :at or oldest <= cast(:at as timestamptz) - :longest
    order by id limit :most
""")


@dataclass
class Told:
    """What one look did: how many events were taken off the queue, and how many mails tell of them."""

    events: int = 0
    mails: int = 0


def tell_news(engine: sa.Engine, clock: Clock) -> Told:
    """Tell what has rested long enough. For a job every few seconds; of several at once the others do nothing."""
    done = Told()
    while True:
        at = clock.now()
        with transaction(engine, SYSTEM) as session:
            told = tell_rested(session, at=at)
        done.events += told.events
        done.mails += told.mails
        if told.events < AT_MOST:
            break
    if done.mails:
        log.info("news: %d mails about %d events", done.mails, done.events)
    return done


def tell_rested(session: Session, *, at: datetime) -> Told:
    """One transaction's part of it: mails into the outbox, events off the queue."""
    if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(TELLER_LOCK))):
        return Told()
    events = session.execute(_RESTED, {"at": at, "quiet": QUIET, "longest": LONGEST_REST, "most": AT_MOST}).all()
    if not events:
        return Told()
    mails = post_letters(session, _pieces(session, events, at=at), at=at)
    session.execute(sa.delete(News).where(News.event_id.in_([event.id for event in events])))
    return Told(len(events), mails)


def _pieces(session: Session, events: Sequence[Any], *, at: datetime) -> Iterator[Piece]:
    """Who hears what of which booking."""
    entries = {event.subject_id for event in events if event.kind == "waitlist.offered"}
    offers = offers_of(session, entries) if entries else {}
    stories: defaultdict[UUID, list[Telling]] = defaultdict(list)
    for event in events:
        if event.subject_id not in entries:
            stories[event.subject_id].append(telling(event))
        elif event.subject_id in offers:
            stories[offers[event.subject_id].booking_id].append(telling(event))
    known = facts_of(session, stories)
    for offer in offers.values():
        # the system made the hold; it is for whoever waited
        known[offer.booking_id] = replace(known[offer.booking_id], created_by=offer.created_by)
    readers = Readers(
        session,
        tenants={facts.tenant_id for facts in known.values()},
        bases={facts.base_id for facts in known.values()},
    )
    names = _names(session, stories.values())
    ways = _ways_out(session, stories, known, at=at)
    for booking_id, tellings in stories.items():
        facts = known.get(booking_id)
        if facts is None or _too_late(facts, tellings, at=at):
            continue
        if facts.state == "requested":
            asked = [told for told in tellings if told.template == "booking_requested"]
            for reader in readers.staff(facts.base_id) if asked else ():
                if reader != asked[-1].actor_id:
                    yield _piece(reader, facts, asked[-1], names, WaysOut())
        for reader in readers.of(facts):
            for told in news_of(tellings, reader=reader):
                if told.template not in STILL_SO or facts.state in STILL_SO[told.template]:
                    yield _piece(reader, facts, told, names, ways.get(booking_id, WaysOut()))


#: news of what stands in the way of a booking: a way out is told with it
IN_THE_WAY = frozenset({"booking_hit", "booking_delayed"})
#: news that is none once the booking's state is another
STILL_SO = {
    "waitlist_offer": ("held",),
    "booking_delayed": ("confirmed",),
    "booking_hit": ("held", "requested", "confirmed", "checked_in"),
}
#: what is told although the booking's time is over, for so long
LATE = timedelta(days=2)


def _too_late(facts: Facts, tellings: Sequence[Telling], *, at: datetime) -> bool:
    """Whether the time is over and nobody can do anything about it; a no-show is told all the same, for two days."""
    if any(told.template == "booking_no_show" for told in tellings):
        return facts.end + LATE <= at
    return facts.end <= at


def _names(session: Session, stories: Any) -> dict[str, str]:
    """Of the studios and hosts that moves mention."""
    studios: set[UUID] = set()
    hosts: set[UUID] = set()
    for told in (it for tellings in stories for it in tellings):
        for side in (told.before, told.after):
            studios |= {UUID(side["studio_id"])} if side.get("studio_id") else set()
            hosts |= {UUID(side["host_id"])} if side.get("host_id") else set()
    return names_of(session, studios, hosts) if studios or hosts else {}


def _piece(reader: UUID, facts: Facts, told: Telling, names: Mapping[str, str], way: WaysOut) -> Piece:
    details: dict[str, Any] = {}
    if told.template == "booking_moved":
        details = _change(facts, told, names)
    if told.template == "waitlist_offer" and facts.hold_until:
        details = {"until": facts.hold_until.isoformat()}
    path = ""
    if told.template in IN_THE_WAY:
        details = {"alternatives": [studio.code for studio in way.studios]}
        if told.template == "booking_hit":
            details["closed"] = {"start": told.payload["start"], "end": told.payload["end"]}
            if way.next:
                details["next"] = dict(zip(("start", "end"), (it.isoformat() for it in way.next), strict=True))
        # the form for moving, with the first free studio filled in where there is one
        path = f"/bookings/{facts.id}/move" + (f"?studio={way.studios[0].id}" if way.studios else "")
    return Piece(reader, told.template, facts, by=told.by, reason=told.reason, path=path, details=details)


def _ways_out(
    session: Session, stories: Mapping[UUID, Sequence[Telling]], known: Mapping[UUID, Facts], *, at: datetime
) -> dict[UUID, WaysOut]:
    """What is free instead, for the bookings that cannot begin as planned: three statements a base."""
    by_base: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for booking_id, tellings in stories.items():
        if booking_id in known and any(told.template in IN_THE_WAY for told in tellings):
            by_base[known[booking_id].base_id].append(booking_id)
    found: dict[UUID, WaysOut] = {}
    for ids in by_base.values():
        found |= ways_out(session, bookings_among(session, SYSTEM, ids), at=at)
    return found


def _change(facts: Facts, told: Telling, names: Mapping[str, str]) -> dict[str, Any]:
    """What it was before the move; times as a pair, since one of them alone says little."""
    was: dict[str, Any] = {}
    if "studio_id" in told.before:
        was["studio"] = names.get(told.before["studio_id"], "—")
    if "host_id" in told.before:
        was["host"] = names.get(told.before["host_id"] or "", "—")
    if "start" in told.before or "end" in told.before:
        was["start"] = told.before.get("start") or facts.start.isoformat()
        was["end"] = told.before.get("end") or facts.end.isoformat()
    return {"was": was, "kit_changed": "needs" in told.before}
