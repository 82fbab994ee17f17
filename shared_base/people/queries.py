"""Reading accounts."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.people.emails import canonical
from shared_base.people.models import User


def user_by_email(session: Session, email: str) -> User | None:
    """The account of an address, however it is typed."""
    return session.scalar(sa.select(User).where(sa.func.lower(User.email) == canonical(email)))


def get_user(session: Session, user_id: UUID) -> User:
    """The account, or `NotFound`. Whether the caller may see it is the caller's to know (`tenancy.directory`)."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(N_("There is no such person."))
    return user


def get_user_for_update(session: Session, user_id: UUID) -> User:
    """The account with its row locked: what is decided about one person is decided one after the other."""
    user = session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None:
        raise NotFound(N_("There is no such person."))
    return user
