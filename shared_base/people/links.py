"""One-time links: an invitation serves 7 days, a password reset one hour; once, and only the newest."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.people.errors import LinkSpent
from shared_base.people.models import OneTimeLink, User
from shared_base.people.queries import get_user
from shared_base.people.secret import digest, new_secret

Purpose = Literal["invitation", "password_reset"]
LIFETIMES: dict[Purpose, timedelta] = {"invitation": timedelta(days=7), "password_reset": timedelta(hours=1)}
#: where a link's secret is opened; `web/people` serves these
PATHS: dict[Purpose, str] = {"invitation": "/invitations/", "password_reset": "/password-resets/"}


def issue(session: Session, user: User, purpose: Purpose, *, at: datetime) -> str:
    """A new link for the person, as the path to mail; earlier ones of the purpose stop working."""
    void(session, user.id, purpose, at=at)
    secret = new_secret()
    session.add(
        OneTimeLink(
            user_id=user.id,
            purpose=purpose,
            secret_hash=digest(secret),
            created_at=at,
            expires_at=at + LIFETIMES[purpose],
        )
    )
    session.flush()
    return PATHS[purpose] + secret


def void(session: Session, user_id: UUID, *purposes: Purpose, at: datetime) -> None:
    """Let the person's unused links (of `purposes`; default: all) open nothing any more."""
    session.execute(
        sa.update(OneTimeLink)
        .where(
            OneTimeLink.user_id == user_id,
            OneTimeLink.purpose.in_(purposes or tuple(LIFETIMES)),
            OneTimeLink.used_at.is_(None),
        )
        .values(used_at=at)
    )


def holder(session: Session, purpose: Purpose, secret: str, *, at: datetime) -> User:
    """Whose link it is, without using it: mail scanners open links too. `LinkSpent` if it serves no more."""
    found = session.scalar(
        sa.select(User)
        .join(OneTimeLink, OneTimeLink.user_id == User.id)
        .where(*_usable(purpose, secret, at), User.disabled_at.is_(None))
    )
    if found is None:
        raise LinkSpent(purpose)
    return found


def use(session: Session, purpose: Purpose, secret: str, *, at: datetime) -> User:
    """Use the link up and return whose it is; of several at once one succeeds, the others get `LinkSpent`."""
    user_id = session.scalar(
        sa.update(OneTimeLink).where(*_usable(purpose, secret, at)).values(used_at=at).returning(OneTimeLink.user_id)
    )
    user = get_user(session, user_id) if user_id else None
    if user is None or user.disabled_at is not None:
        raise LinkSpent(purpose)
    return user


def _usable(purpose: Purpose, secret: str, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        OneTimeLink.secret_hash == digest(secret),
        OneTimeLink.purpose == purpose,
        OneTimeLink.used_at.is_(None),
        OneTimeLink.expires_at > at,
    )
