"""Signing in. Known, unknown and disabled accounts are answered alike: in words, in status and in time."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from shared_base.people import attempts, passwords, second_factor, sessions
from shared_base.people.emails import canonical
from shared_base.people.errors import SignInExpired, SignInRefused
from shared_base.people.models import User
from shared_base.people.queries import get_user_for_update, user_by_email

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signed:
    """Whose password was good, and the secret for a cookie: the session's, or while `code_wanted` that of the wait."""

    user: User
    secret: str
    code_wanted: bool


def sign_in(session: Session, *, email: str, password: str, at: datetime, address: str, agent: str) -> Signed:
    """Begin a session with e-mail and password, or refuse: `SignInRefused`, `TooManyAttempts`.

    `address` is the client's as the trusted proxy tells it, `agent` its User-Agent. Where the person has a second
    factor (`code_wanted`), the secret opens nothing until `enter_code`.
    """
    attempt = attempts.sign_in(session, email=canonical(email), address=address)
    attempt.count(at=at)
    user = user_by_email(session, email)
    stored = user.password_hash if user else None
    matches = passwords.verify(stored, password)
    if user is None or stored is None or not matches or user.disabled_at is not None:
        logger.warning("sign-in refused: account %s, from %s", user.id if user else "unknown", address)
        raise SignInRefused
    attempt.succeeded()
    if passwords.is_outdated(stored):
        user.password_hash = passwords.hash_password(password)
    code_wanted = user.totp_confirmed_at is not None
    begin = sessions.open_waiting if code_wanted else sessions.open_session
    secret = begin(session, user=user, at=at, address=address, agent=agent)
    logger.info("signed in: account %s, from %s%s", user.id, address, ", code wanted" if code_wanted else "")
    return Signed(user, secret, code_wanted)


def enter_code(session: Session, *, secret: str, code: str, at: datetime) -> Signed:
    """Give the second factor for a session that waits for it (`Signed.secret`).

    A wrong or used code is `Invalid`, too many are `TooManyAttempts`; who took too long begins anew (`SignInExpired`).
    """
    row = sessions.waiting(session, secret, at=at)
    user = get_user_for_update(session, row.user_id) if row else None
    if row is None or user is None or user.disabled_at is not None:
        raise SignInExpired
    second_factor.check_code(session, user, code, at=at)
    logger.info("second factor given: account %s", user.id)
    return Signed(user, sessions.complete(session, row, at=at), code_wanted=False)
