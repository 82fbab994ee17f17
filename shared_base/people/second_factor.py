"""The second factor: codes of six digits for 30 seconds (RFC 6238). A code serves once; one step of drift passes."""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.errors import Conflict
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.people import attempts, sessions
from shared_base.people.mails import post_mail
from shared_base.people.models import SignInSession, User
from shared_base.people.queries import get_user_for_update

ISSUER = "Shared Base"
STEP_SECONDS = 30
#: an authenticator's clock may be one step off
DRIFT = 1


@dataclass(frozen=True)
class Setup:
    """What an authenticator needs: the secret to type, or the `otpauth:` address of the QR code."""

    secret: str
    uri: str


def begin_setup(session: Session, user_id: UUID) -> None:
    """Make a secret that waits for its first code; one that waited already is replaced."""
    user = get_user_for_update(session, user_id)
    if user.totp_confirmed_at is not None:
        raise Conflict(N_("Two-step sign-in is already on. Turn it off first to set up another device."))
    user.totp_secret = pyotp.random_base32()
    user.totp_last_step = None
    session.flush()


def setup_of(user: User) -> Setup | None:
    """The secret that waits for its first code. None before `begin_setup`, and once confirmed: it is shown no more."""
    if user.totp_secret is None or user.totp_confirmed_at is not None:
        return None
    uri = pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    return Setup(user.totp_secret, uri)


def confirm_setup(session: Session, user_id: UUID, code: str, *, session_id: UUID, at: datetime) -> None:
    """Turn the second factor on with the first code; this session has thereby given it, all others end."""
    user = get_user_for_update(session, user_id)
    if setup_of(user) is None:
        raise Conflict(N_("There is no set-up to finish. Begin again on your account page."))
    check_code(session, user, code, at=at)
    user.totp_confirmed_at = at
    session.execute(
        sa.update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.user_id == user_id)
        .values(second_factor_at=at)
    )
    session.flush()
    sessions.end_all(session, user_id, at=at, but=session_id)
    post_mail(session, user, "two_factor", at=at, on=True, when=at.isoformat())


def check_code(session: Session, user: User, code: str, *, at: datetime) -> None:
    """Accept a code once, or refuse it (`Invalid`); too many wrong ones are `TooManyAttempts`."""
    attempt = attempts.code(session, user_id=user.id)
    attempt.count(at=at)
    step = _step_of(user.totp_secret or "", code, at)
    accepted = step is not None and session.scalar(
        sa.update(User)
        .where(User.id == user.id, sa.func.coalesce(User.totp_last_step, -1) < step)
        .values(totp_last_step=step)
        .returning(User.id)
    )
    if not accepted:
        raise faulty(
            "code", N_("This code is not right, or it was used already. Enter the six digits that your app shows now.")
        )
    attempt.succeeded()


def remove(session: Session, user_id: UUID, *, at: datetime) -> None:
    """Turn the second factor off; the person is told by mail. Nothing happens where none is set up."""
    user = get_user_for_update(session, user_id)
    if user.totp_secret is None:
        return
    was_on = user.totp_confirmed_at is not None
    user.totp_secret = user.totp_confirmed_at = user.totp_last_step = None
    session.flush()
    if was_on:
        post_mail(session, user, "two_factor", at=at, on=False, when=at.isoformat())


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code was typed, within the drift."""
    typed = re.sub(r"\s", "", unicodedata.normalize("NFKC", code))
    now = int(at.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    matching = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(generator.generate_otp(step).encode(), typed.encode())
    ]
    return max(matching, default=None)
