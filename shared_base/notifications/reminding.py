"""Reminders by mail: of bookings that begin soon, and of holds that are about to lapse."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.reminders import claim_ending_holds, claim_reminders
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.notifications.facts import Facts, Readers, facts_of
from shared_base.notifications.letters import Piece, post_letters

log = logging.getLogger(__name__)


def remind(engine: sa.Engine, clock: Clock) -> int:
    """Put in the outbox what people are to be reminded of now; how many mails. For a job, any number of them at once.

    The claims and the mails are one transaction: killed in between, nothing was claimed.
    """
    with transaction(engine, SYSTEM) as session:
        mails = remind_due(session, at=clock.now())
    if mails:
        log.info("reminders: %d mails", mails)
    return mails


def remind_due(session: Session, *, at: datetime) -> int:
    """One transaction's part of it: claims and mails."""
    due, ending = claim_reminders(session, at=at), claim_ending_holds(session, at=at)
    if not due and not ending:
        return 0
    known = facts_of(session, [*due, *ending])
    return post_letters(session, _pieces(session, {"booking_reminder": due, "hold_ending": ending}, known), at=at)


def _pieces(session: Session, due: Mapping[str, Sequence[UUID]], known: Mapping[UUID, Facts]) -> list[Piece]:
    readers = Readers(session, tenants={facts.tenant_id for facts in known.values()}, bases=())
    found: list[Piece] = []
    for template, ids in due.items():
        for booking in (known[it] for it in ids):
            details = {"until": booking.hold_until.isoformat()} if booking.hold_until else {}
            found += [Piece(reader, template, booking, details=details) for reader in readers.of(booking)]
    return found
