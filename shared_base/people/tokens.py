"""API tokens: a person's own key for scripts, shown once. It may do what the person may, without a second factor."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.errors import NotFound
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.people.models import ApiToken
from shared_base.people.secret import TOKEN_PREFIX, digest, new_secret

LIFETIMES_DAYS = (30, 90, 365)
DEFAULT_DAYS = 365
LONGEST_NAME = 100
HINT_LENGTH = len(TOKEN_PREFIX) + 4


@dataclass(frozen=True)
class NewToken:
    """A token just made: `secret` is to be shown now and never again."""

    id: UUID
    secret: str
    expires_at: datetime


def create(session: Session, *, user_id: UUID, name: str, at: datetime, days: int = DEFAULT_DAYS) -> NewToken:
    """A token of the person, good for `days`; `name` says what it is for."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise faulty("name", N_("Give the token a name of 1 to 100 characters that says what it is for."))
    if not 1 <= days <= max(LIFETIMES_DAYS):
        raise faulty("days", N_("A token lasts from 1 to %(longest)s days."), longest=max(LIFETIMES_DAYS))
    secret = TOKEN_PREFIX + new_secret()
    token = ApiToken(
        user_id=user_id,
        name=name,
        secret_hash=digest(secret),
        hint=secret[:HINT_LENGTH],
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    assert token.expires_at is not None
    return NewToken(token.id, secret, token.expires_at)


def tokens_of(session: Session, user_id: UUID) -> list[ApiToken]:
    """The person's tokens that were not revoked, the newest first; expired ones stay listed."""
    return list(
        session.scalars(
            sa.select(ApiToken)
            .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.created_at.desc(), ApiToken.id)
        )
    )


def revoke(session: Session, token_id: UUID, *, user_id: UUID, at: datetime) -> None:
    """End a token of the person at once. `NotFound` if it is not theirs; revoking twice is one effect."""
    token = session.scalar(sa.select(ApiToken).filter_by(id=token_id, user_id=user_id).with_for_update())
    if token is None:
        raise NotFound(N_("There is no such token."))
    token.revoked_at = token.revoked_at or at
    session.flush()


def revoke_all(session: Session, user_id: UUID, *, at: datetime) -> None:
    """End every token of the person."""
    session.execute(
        sa.update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).values(revoked_at=at)
    )


def mark_used(session: Session, token_id: UUID, *, at: datetime) -> None:
    """Remember that the token was used; worth calling once the last such mark is minutes old."""
    session.execute(sa.update(ApiToken).where(ApiToken.id == token_id).values(used_at=at))
