"""Signed-in browsers, kept by the server: what ends here is over at the next request, whatever the cookie says.

A session ends after 30 days at the latest, and earlier when it stands idle (`docs/decisions/0009-sign-in.md`): 12 hours
for whoever sees other people's data (staff, reviewers, administrators), 7 days for a tenant's people.

While a second factor is still asked for, a session lasts ten minutes and its secret is stored under another digest,
which no look-up of callers finds: it opens nothing but the question for the code, and no guard can forget to ask.
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.people.models import SignInSession, User
from shared_base.people.secret import digest, new_secret, waiting_digest

ABSOLUTE = timedelta(days=30)
IDLE_STAFF, IDLE_TENANT = timedelta(hours=12), timedelta(days=7)
CODE_WANTED = timedelta(minutes=10)
#: how old `seen_at` may grow before a request is worth a write
TOUCH_EVERY = timedelta(minutes=5)


def idle_limit(actor: Actor) -> timedelta:
    """How long a session of `actor` may stand idle."""
    return IDLE_STAFF if actor.is_staff or actor.is_reviewer else IDLE_TENANT


def open_session(
    session: Session, *, user: User, at: datetime, address: str, agent: str, second_factor: bool = False
) -> str:
    """Sign the person in and return the secret for the cookie, which is stored nowhere.

    `second_factor`: it was given just now; without one set up there is none to give.
    """
    secret = new_secret()
    row = _row(user, digest(secret), at, IDLE_STAFF, address, agent)
    row.second_factor_at = at if second_factor else None
    session.add(row)
    session.flush()
    return secret


def open_waiting(session: Session, *, user: User, at: datetime, address: str, agent: str) -> str:
    """The password was good, the second factor is still to be given: the secret serves `waiting` alone."""
    secret = new_secret()
    session.add(_row(user, waiting_digest(secret), at, CODE_WANTED, address, agent))
    session.flush()
    return secret


def _row(user: User, secret_hash: bytes, at: datetime, lasts: timedelta, address: str, agent: str) -> SignInSession:
    return SignInSession(
        user_id=user.id,
        secret_hash=secret_hash,
        created_at=at,
        seen_at=at,
        expires_at=at + lasts,
        address=address[:100],
        agent=agent[:300],
    )


def waiting(session: Session, secret: str, *, at: datetime) -> SignInSession | None:
    """The session that still waits for its second factor; None when it took too long, or was ended."""
    return session.scalar(
        sa.select(SignInSession).where(
            SignInSession.secret_hash == waiting_digest(secret),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > at,
        )
    )


def complete(session: Session, row: SignInSession, *, at: datetime) -> str:
    """The second factor was given: the session counts from now on, under a new secret."""
    secret = new_secret()
    row.secret_hash = digest(secret)
    row.second_factor_at = row.seen_at = at
    row.expires_at = at + IDLE_STAFF
    session.flush()
    return secret


def prolong(session: Session, session_id: UUID, *, actor: Actor, at: datetime) -> None:
    """The session was used: it lasts the idle time of `actor` from now on, never past its 30 days.

    Worth calling right after sign-in, and whenever `seen_at` is `TOUCH_EVERY` old.
    """
    session.execute(
        sa.update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None), SignInSession.expires_at > at)
        .values(
            seen_at=at,
            expires_at=sa.func.least(SignInSession.created_at + ABSOLUTE, sa.literal(at) + idle_limit(actor)),
        )
    )


def choose_base(session: Session, session_id: UUID, *, base_id: UUID) -> None:
    """Show this base's pages in the session from now on; whether the person may is the caller's to know."""
    session.execute(sa.update(SignInSession).where(SignInSession.id == session_id).values(current_base_id=base_id))


def live_sessions(session: Session, user_id: UUID, *, at: datetime) -> list[SignInSession]:
    """The person's sessions that are open, the one used last first; without those that wait for a second factor."""
    waits = sa.select(User.id).where(User.id == user_id, User.totp_confirmed_at.is_not(None)).exists()
    return list(
        session.scalars(
            sa.select(SignInSession)
            .where(
                SignInSession.user_id == user_id,
                SignInSession.ended_at.is_(None),
                SignInSession.expires_at > at,
                SignInSession.second_factor_at.is_not(None) | ~waits,
            )
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
