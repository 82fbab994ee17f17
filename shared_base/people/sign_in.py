"""Signing in. Known, unknown and disabled accounts are answered alike: in words, in status and in time."""

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.people import attempts, passwords, second_factor, sessions
from shared_base.people.emails import canonical
from shared_base.people.errors import SignInRefused
from shared_base.people.queries import get_user_for_update, user_by_email

logger = logging.getLogger(__name__)


def sign_in(session: Session, *, email: str, password: str, at: datetime, address: str, agent: str) -> sessions.Begun:
    """Begin a session with e-mail and password, or refuse: `SignInRefused`, `TooManyAttempts`.

    `address` is the client's as the trusted proxy tells it, `agent` its User-Agent. Where the person has a second
    factor (`code_wanted`), the session opens nothing until `enter_code`.
    """
    attempt = attempts.sign_in(session, email=canonical(email), address=address)
    attempt.count(at=at)
    user = user_by_email(session, email)
    matches = passwords.verify(user.password_hash if user else None, password)
    if user is None or not matches or user.disabled_at is not None:
        logger.warning("sign-in refused: account %s, from %s", user.id if user else "unknown", address)
        raise SignInRefused
    attempt.succeeded()
    if user.password_hash is None or passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    begun = sessions.begin(session, user, at=at, address=address, agent=agent)
    logger.info("signed in: account %s, from %s", user.id, address)
    return begun


def enter_code(session: Session, *, session_id: UUID, user_id: UUID, code: str, at: datetime) -> str:
    """Give the second factor; the session then counts, under the new secret that is returned.

    A wrong or used code is `Invalid`, too many are `TooManyAttempts`.
    """
    user = get_user_for_update(session, user_id)
    second_factor.check_code(session, user, code, at=at)
    return sessions.complete(session, session_id, at=at)
