"""Signed-in browsers, kept by the server: what ends here is over at the next request, whatever the cookie says.

A session ends after 30 days at the latest, and earlier when it stands idle (`docs/decisions/0009-sign-in.md`): 12 hours
for whoever sees other people's data (staff, reviewers, administrators), 7 days for a tenant's people. While a second
factor is still asked for it lasts ten minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.people.models import SignInSession, User
from shared_base.people.secret import digest, new_secret

ABSOLUTE = timedelta(days=30)
IDLE_STAFF, IDLE_TENANT = timedelta(hours=12), timedelta(days=7)
CODE_WANTED = timedelta(minutes=10)
#: how old `seen_at` may grow before a request is worth a write
TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Begun:
    """A new session and the secret for its cookie, which is stored nowhere."""

    id: UUID
    user: User
    secret: str
    code_wanted: bool


def idle_limit(actor: Actor) -> timedelta:
    """How long a session of `actor` may stand idle."""
    return IDLE_STAFF if actor.is_staff or actor.is_reviewer else IDLE_TENANT


def begin(session: Session, user: User, *, at: datetime, address: str, agent: str) -> Begun:
    """Sign a person in whose password was good. With a second factor the session serves the code alone, at first."""
    secret, code_wanted = new_secret(), user.totp_confirmed_at is not None
    row = SignInSession(
        user_id=user.id,
        secret_hash=digest(secret),
        created_at=at,
        seen_at=at,
        expires_at=at + (CODE_WANTED if code_wanted else IDLE_STAFF),
        address=address[:100],
        agent=agent[:300],
    )
    session.add(row)
    session.flush()
    return Begun(row.id, user, secret, code_wanted)


def complete(session: Session, session_id: UUID, *, at: datetime) -> str:
    """The second factor was given: the session counts from now on, under a new secret."""
    secret = new_secret()
    session.execute(
        sa.update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None))
        .values(secret_hash=digest(secret), second_factor_at=at, seen_at=at, expires_at=at + IDLE_STAFF)
    )
    return secret


def prolong(session: Session, session_id: UUID, *, actor: Actor, at: datetime) -> None:
    """The session was used: it lasts the idle time of `actor` from now on, never past its 30 days.

    One that still waits for its second factor is not prolonged. Worth calling once `seen_at` is `TOUCH_EVERY` old, and
    after sign-in.
    """
    waits = sa.select(User.id).where(User.id == SignInSession.user_id, User.totp_confirmed_at.is_not(None)).exists()
    session.execute(
        sa.update(SignInSession)
        .where(
            SignInSession.id == session_id,
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > at,
            SignInSession.second_factor_at.is_not(None) | ~waits,
        )
        .values(
            seen_at=at,
            expires_at=sa.func.least(SignInSession.created_at + ABSOLUTE, sa.literal(at) + idle_limit(actor)),
        )
    )


def live_sessions(session: Session, user_id: UUID, *, at: datetime) -> list[SignInSession]:
    """The person's sessions that are open, the one used last first."""
    return list(
        session.scalars(
            sa.select(SignInSession)
            .where(SignInSession.user_id == user_id, SignInSession.ended_at.is_(None), SignInSession.expires_at > at)
            .order_by(SignInSession.seen_at.desc(), SignInSession.id)
        )
    )


def end(session: Session, session_id: UUID, *, user_id: UUID, at: datetime) -> None:
    """Log out: end one session of the person. `NotFound` if it is not theirs; ending it twice is one effect."""
    row = session.scalar(sa.select(SignInSession).filter_by(id=session_id, user_id=user_id).with_for_update())
    if row is None:
        raise NotFound(N_("There is no such session."))
    row.ended_at = row.ended_at or at
    session.flush()


def end_all(session: Session, user_id: UUID, *, at: datetime, but: UUID | None = None) -> int:
    """End every open session of the person, except `but`; how many."""
    ending = (
        sa.update(SignInSession)
        .where(SignInSession.user_id == user_id, SignInSession.ended_at.is_(None), SignInSession.expires_at > at)
        .values(ended_at=at)
        .returning(SignInSession.id)
    )
    if but is not None:
        ending = ending.where(SignInSession.id != but)
    return len(session.scalars(ending).all())
