"""The second factor: a code serves once, and nothing goes around it."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.core.errors import Conflict, Invalid
from shared_base.people import accounts, second_factor, sessions, sign_in
from shared_base.people.errors import SignInExpired, TooManyAttempts
from shared_base.people.models import SignInSession, User
from shared_base.tenancy.identity import identify
from tests.integration.people.conftest import PASSWORD

STEP = timedelta(seconds=30)


def code(user: User, clock: FixedClock, steps: int = 0) -> str:
    assert user.totp_secret is not None
    return pyotp.TOTP(user.totp_secret).at(clock.now() + steps * STEP)


def password_step(session: Session, user: User, clock: FixedClock) -> sign_in.Signed:
    return sign_in.sign_in(
        session, email=user.email, password=PASSWORD, at=clock.now(), address="203.0.113.7", agent="Mozilla/5.0"
    )


@pytest.fixture
def guarded(session: Session, clock: FixedClock, person: Callable[..., User]) -> User:
    """A person whose second factor is on; the code of its set-up lies in the past."""
    user = person("admin")
    opened = sessions.open_session(session, user=user, at=clock.now(), address="203.0.113.7", agent="Mozilla/5.0")
    identity = identify(session, "session", opened, at=clock.now())
    assert identity is not None
    second_factor.begin_setup(session, user.id)
    second_factor.confirm_setup(session, user.id, code(user, clock), session_id=identity.credential_id, at=clock.now())
    clock.advance(timedelta(hours=1))
    return user


def test_a_second_factor_counts_once_its_first_code_was_entered(
    session: Session, clock: FixedClock, person: Callable[..., User], mails: Callable[[], list[dict]]
) -> None:
    anna = person()
    here, elsewhere = (
        sessions.open_session(session, user=anna, at=clock.now(), address="203.0.113.7", agent="Mozilla/5.0")
        for _ in range(2)
    )
    this = identify(session, "session", here, at=clock.now())
    assert this is not None
    second_factor.begin_setup(session, anna.id)
    setup = second_factor.setup_of(anna)
    assert setup is not None
    assert setup.uri.startswith("otpauth://totp/Shared%20Base:person")
    assert not password_step(session, anna, clock).code_wanted  # not confirmed: it locks nobody out
    with pytest.raises(Invalid, match="six digits"):
        second_factor.confirm_setup(session, anna.id, "000000", session_id=this.credential_id, at=clock.now())
    second_factor.confirm_setup(session, anna.id, code(anna, clock), session_id=this.credential_id, at=clock.now())
    assert second_factor.setup_of(anna) is None  # the secret is shown no more
    now = identify(session, "session", here, at=clock.now())
    assert now is not None
    assert (now.second_factor, now.has_totp) == (True, True)
    assert identify(session, "session", elsewhere, at=clock.now()) is None
    assert [(mail["template"], mail["values"]["on"]) for mail in mails()] == [("two_factor", True)]
    with pytest.raises(Conflict, match="already on"):
        second_factor.begin_setup(session, anna.id)
    with pytest.raises(Conflict, match="no set-up"):
        second_factor.confirm_setup(session, anna.id, "000000", session_id=this.credential_id, at=clock.now())


def test_with_a_second_factor_the_password_alone_opens_nothing(
    session: Session, clock: FixedClock, guarded: User
) -> None:
    signed = password_step(session, guarded, clock)
    assert signed.code_wanted
    stored = session.scalar(sa.select(SignInSession.secret_hash).order_by(SignInSession.id.desc()).limit(1))
    assert stored is not None
    for cookie in (signed.secret, f"waiting:{signed.secret}", stored.hex(), stored.decode("latin-1")):
        assert identify(session, "session", cookie, at=clock.now()) is None
    shown = sessions.live_sessions(session, guarded.id, at=clock.now())
    assert len(shown) == 1  # the set-up's own; one that waits is none


def test_the_code_opens_the_session_under_a_new_secret(session: Session, clock: FixedClock, guarded: User) -> None:
    waiting = password_step(session, guarded, clock).secret
    signed = sign_in.enter_code(session, secret=waiting, code=code(guarded, clock), at=clock.now())
    identity = identify(session, "session", signed.secret, at=clock.now())
    assert identity is not None
    assert identity.second_factor
    assert identify(session, "session", waiting, at=clock.now()) is None
    with pytest.raises(SignInExpired):
        sign_in.enter_code(session, secret=waiting, code=code(guarded, clock, 1), at=clock.now())


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_one_step_early_or_late_passes(session: Session, clock: FixedClock, guarded: User, steps: int) -> None:
    second_factor.check_code(session, guarded, code(guarded, clock, steps), at=clock.now())


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_two_steps_off_does_not(session: Session, clock: FixedClock, guarded: User, steps: int) -> None:
    with pytest.raises(Invalid):
        second_factor.check_code(session, guarded, code(guarded, clock, steps), at=clock.now())


def test_a_code_serves_once_and_an_older_one_not_after_it(session: Session, clock: FixedClock, guarded: User) -> None:
    second_factor.check_code(session, guarded, code(guarded, clock), at=clock.now())
    for steps in (0, -1):
        with pytest.raises(Invalid, match="used already"):
            second_factor.check_code(session, guarded, code(guarded, clock, steps), at=clock.now())
    second_factor.check_code(session, guarded, code(guarded, clock, 1), at=clock.now())


def test_a_code_typed_with_blanks_or_in_full_width_is_the_same(
    session: Session, clock: FixedClock, guarded: User
) -> None:
    typed = code(guarded, clock)
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in typed)
    second_factor.check_code(session, guarded, f" {full_width[:3]} {full_width[3:]} ", at=clock.now())


def test_the_sixth_wrong_code_in_a_quarter_of_an_hour_waits_whatever_the_address_and_so_does_the_right_one(
    session: Session, clock: FixedClock, guarded: User
) -> None:
    for _ in range(5):
        with pytest.raises(Invalid):
            second_factor.check_code(session, guarded, "000000", at=clock.now())
    # signing in again with the password does not buy more guesses
    waiting = password_step(session, guarded, clock).secret
    with pytest.raises(TooManyAttempts):
        sign_in.enter_code(session, secret=waiting, code=code(guarded, clock), at=clock.now())


def test_who_takes_longer_than_ten_minutes_for_the_code_begins_anew(
    session: Session, clock: FixedClock, guarded: User
) -> None:
    waiting = password_step(session, guarded, clock).secret
    clock.advance(timedelta(minutes=10))
    with pytest.raises(SignInExpired):
        sign_in.enter_code(session, secret=waiting, code=code(guarded, clock), at=clock.now())


def test_who_is_disabled_between_password_and_code_stays_out(
    session: Session, clock: FixedClock, guarded: User
) -> None:
    waiting = password_step(session, guarded, clock).secret
    accounts.shut_out(session, guarded.id, at=clock.now())
    with pytest.raises(SignInExpired):
        sign_in.enter_code(session, secret=waiting, code=code(guarded, clock), at=clock.now())


def test_an_administrator_helps_who_lost_the_device_and_the_person_is_told(
    session: Session, clock: FixedClock, guarded: User, mails: Callable[[], list[dict]]
) -> None:
    waiting = password_step(session, guarded, clock).secret
    accounts.reset_second_factor(session, guarded.id, at=clock.now())
    assert sessions.live_sessions(session, guarded.id, at=clock.now()) == []
    with pytest.raises(SignInExpired):
        sign_in.enter_code(session, secret=waiting, code="000000", at=clock.now())
    assert not password_step(session, guarded, clock).code_wanted
    assert mails()[-1]["values"]["on"] is False


def test_a_reset_password_does_not_go_around_the_second_factor(
    session: Session, clock: FixedClock, guarded: User, mails: Callable[[], list[dict]]
) -> None:
    accounts.send_reset(session, guarded.email, at=clock.now())
    secret = mails()[-1]["values"]["path"].rpartition("/")[2]
    accounts.reset_password(session, secret=secret, password="harbour seven kites", at=clock.now())
    signed = sign_in.sign_in(
        session,
        email=guarded.email,
        password="harbour seven kites",
        at=clock.now(),
        address="203.0.113.7",
        agent="Mozilla/5.0",
    )
    assert signed.code_wanted
