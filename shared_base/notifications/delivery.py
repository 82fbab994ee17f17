"""Draining the outbox: each message leaves at least once, and no transaction is open while a server is talked to.

Claim (one statement, `SKIP LOCKED`, committed) → send → mark. A claim is a lease: whoever dies between sending and
marking leaves a message that is due again when the lease ends, so it may be repeated, under the same Message-ID, and is
never lost. Any number of processes may drain at once.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from config.settings import Settings
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.core.outbox import OutboxMessage
from shared_base.notifications import channels
from shared_base.notifications.attachments import attachments_of
from shared_base.notifications.errors import Rejected, Unreachable
from shared_base.notifications.mails import render
from shared_base.people import accounts
from shared_base.people.mails import MAIL, PASSWORD_RESET

logger = logging.getLogger(__name__)

#: longer than one message can take (`channels.TIMEOUT` a step), so that a living sender keeps its claim
LEASE = timedelta(minutes=5)
#: the wait after each failed attempt; after the one that follows the last wait the message is given up: within a day
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
#: messages of one call, so that the caller gets to look at its clock and its leader's lock
AT_MOST = 200


@dataclass
class Drained:
    """What one call did: how many left, how many wait for another try, how many were given up."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Claim:
    id: UUID
    topic: str
    payload: dict[str, Any]
    attempts: int


def drain(engine: sa.Engine, clock: Clock, settings: Settings) -> Drained:
    """Deliver the messages that are due, until none is or the way out is closed. For a job every few seconds."""
    done = Drained()
    for _ in range(AT_MOST):
        claim = _claim(engine, at=clock.now())
        if claim is None:
            break
        try:
            if claim.attempts > len(WAITS) + 1:
                raise Rejected("every attempt died before its end")
            _deliver(engine, claim, settings, at=clock.now())
        except Rejected as error:
            _give_up(engine, claim, error, at=clock.now())
            done.failed += 1
        except Exception as error:  # noqa: BLE001 (one message's failure must not stop the others)
            given_up = _wait(engine, claim, error, at=clock.now())
            done.failed += given_up
            done.waiting += not given_up
            if isinstance(error, Unreachable):
                break
        else:
            _mark(engine, claim, done_at=clock.now())
            done.sent += 1
    return done


def _claim(engine: sa.Engine, *, at: datetime) -> Claim | None:
    """Take the message that has been due longest, for the length of the lease."""
    due = (
        sa.select(OutboxMessage.id)
        .where(OutboxMessage.done_at.is_(None), OutboxMessage.failed_at.is_(None), OutboxMessage.due_at <= at)
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claiming = (
        sa.update(OutboxMessage)
        .where(OutboxMessage.id == due.scalar_subquery())
        .values(due_at=at + LEASE, attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage.id, OutboxMessage.topic, OutboxMessage.payload, OutboxMessage.attempts)
    )
    with transaction(engine, SYSTEM) as session:
        row = session.execute(claiming).one_or_none()
        return Claim(*row) if row else None


def _deliver(engine: sa.Engine, claim: Claim, settings: Settings, *, at: datetime) -> None:
    """Do what the message asks for. Its topic says who knows how."""
    match claim.topic:
        case topic if topic == MAIL:
            mail = render(claim.payload, base_url=settings.base_url)
            mail = replace(mail, attachments=attachments_of(engine, claim.payload, settings))
            channels.deliver(mail, settings, message_id=claim.id, at=at)
        case topic if topic == PASSWORD_RESET:
            # the request was answered without a look at the accounts; this is the look (`accounts.request_reset`)
            with transaction(engine, SYSTEM) as session:
                accounts.send_reset(session, claim.payload["email"], at=at)
        case topic:
            raise Rejected(f"nobody delivers {topic!r}")


def _mark(engine: sa.Engine, claim: Claim, **values: Any) -> None:
    """Write how the attempt ended, unless the lease ran out and another process claimed the message since.

    A message that is over keeps no values: they hold addresses that open an account.
    """
    if "due_at" not in values:
        values["payload"] = {key: claim.payload[key] for key in ("template", "to") if key in claim.payload}
    with transaction(engine, SYSTEM) as session:
        session.execute(
            sa.update(OutboxMessage)
            .where(OutboxMessage.id == claim.id, OutboxMessage.attempts == claim.attempts)
            .values(**values)
        )


def _wait(engine: sa.Engine, claim: Claim, error: Exception, *, at: datetime) -> bool:
    """Put the message back for a later attempt; True if that was the last one and it is given up."""
    if claim.attempts > len(WAITS):
        _give_up(engine, claim, error, at=at)
        return True
    logger.warning("outbox: %s %s waits after attempt %s: %s", claim.topic, claim.id, claim.attempts, error)
    _mark(engine, claim, due_at=at + WAITS[claim.attempts - 1], last_error=_text(error))
    return False


def _give_up(engine: sa.Engine, claim: Claim, error: Exception, *, at: datetime) -> None:
    logger.error("outbox: %s %s is given up after attempt %s: %s", claim.topic, claim.id, claim.attempts, error)
    _mark(engine, claim, failed_at=at, last_error=_text(error))


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
