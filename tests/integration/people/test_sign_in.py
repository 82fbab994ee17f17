"""Signing in: who gets in, who does not, and that the two cannot be told apart from outside."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import argon2
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import transaction
from shared_base.core.errors import SharedBaseError
from shared_base.core.housekeeping import RateLimit
from shared_base.people import accounts, passwords, sign_in
from shared_base.people.errors import SignInRefused, TooManyAttempts
from shared_base.people.models import User
from shared_base.tenancy.identity import identify
from tests.factories.tenancy import make_user
from tests.integration.people.conftest import PASSWORD, PASSWORD_HASH

HERE = {"address": "203.0.113.7", "agent": "Mozilla/5.0"}


def attempt(session: Session, clock: FixedClock, email: str, password: str, **where: str) -> sign_in.Signed:
    return sign_in.sign_in(session, email=email, password=password, at=clock.now(), **{**HERE, **where})


def test_the_right_password_opens_a_session_that_the_server_knows(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person("admin")
    signed = attempt(session, clock, f"  {anna.email.upper()} ", PASSWORD)
    identity = identify(session, "session", signed.secret, at=clock.now())
    assert identity is not None
    assert (identity.user_id, identity.actor.reach) == (anna.id, "admin")
    assert not signed.code_wanted


def test_wrong_unknown_disabled_and_not_yet_invited_are_refused_in_the_same_words(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    known = person()
    disabled = person(disabled_at=clock.now())
    invited = person(password_hash=None)
    refusals: list[SharedBaseError] = []
    for email, password in (
        (known.email, "violin moss harbor"),
        ("nobody@example.com", PASSWORD),
        (disabled.email, PASSWORD),
        (invited.email, PASSWORD),
        ("not an address", PASSWORD),
        (known.email, ""),
    ):
        with pytest.raises(SignInRefused) as refusal:
            attempt(session, clock, email, password)
        refusals.append(refusal.value)
    assert len({(error.status, error.type, str(error), str(error.extra)) for error in refusals}) == 1


def test_every_refusal_costs_exactly_one_verification_of_full_strength(
    session: Session, clock: FixedClock, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[argon2.Parameters] = []
    real = argon2.PasswordHasher.verify

    def counting(self: argon2.PasswordHasher, hash: str, password: str) -> Any:
        verified.append(argon2.extract_parameters(hash))
        return real(self, hash, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    for email in (
        person().email,
        "nobody@example.com",
        person(password_hash=None).email,
        person(disabled_at=clock.now()).email,
    ):
        with pytest.raises(SignInRefused):
            attempt(session, clock, email, "violin moss harbor")
    assert len(verified) == 4
    assert len({(p.type, p.memory_cost, p.time_cost, p.parallelism, p.hash_len) for p in verified}) == 1


def test_the_log_names_no_address_that_was_typed(
    session: Session, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(SignInRefused):
        attempt(session, clock, "my-password-typed-into-the-wrong-field", "anna@example.com")
    assert "203.0.113.7" in caplog.text
    assert "wrong-field" not in caplog.text
    assert "anna@example.com" not in caplog.text


def test_the_eleventh_failure_in_a_quarter_of_an_hour_is_refused_with_the_time_to_wait_and_so_is_the_right_password(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    for _ in range(10):
        with pytest.raises(SignInRefused):
            attempt(session, clock, anna.email, "violin moss harbor")
        clock.advance(timedelta(seconds=30))
    for password in ("violin moss harbor", PASSWORD):
        with pytest.raises(TooManyAttempts) as refusal:
            attempt(session, clock, anna.email, password)
        assert refusal.value.status == 429
        assert refusal.value.extra["retry_after"] == 10 * 60
    # another address is not held up by it, and here the window ends
    assert attempt(session, clock, anna.email, PASSWORD, address="203.0.113.8")
    clock.advance(timedelta(minutes=10))
    assert attempt(session, clock, anna.email, PASSWORD)


def test_unknown_accounts_are_counted_like_known_ones(session: Session, clock: FixedClock) -> None:
    for _ in range(10):
        with pytest.raises(SignInRefused):
            attempt(session, clock, "nobody@example.com", PASSWORD)
    with pytest.raises(TooManyAttempts):
        attempt(session, clock, "nobody@example.com", PASSWORD)


def test_a_good_sign_in_wipes_the_account_and_is_not_held_against_its_address(
    session: Session, clock: FixedClock, person: Callable[..., User], engine: sa.Engine
) -> None:
    anna = person()
    for _ in range(9):
        with pytest.raises(SignInRefused):
            attempt(session, clock, anna.email, "violin moss harbor")
    for _ in range(3):
        assert attempt(session, clock, anna.email, PASSWORD)
    with engine.connect() as connection:
        assert dict(connection.execute(sa.select(RateLimit.key, RateLimit.count)).all()) == {
            "sign-in-from:203.0.113.7": 9
        }


def test_one_address_that_tries_many_accounts_is_stopped_and_a_neighbour_in_its_ipv6_network_too(
    session: Session, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "verify", lambda stored, password: False)  # 100 guesses, not 100 hashes
    for number in range(100):
        with pytest.raises(SignInRefused):
            attempt(session, clock, f"person{number}@example.com", PASSWORD, address=f"2001:db8::{number:x}")
    with pytest.raises(TooManyAttempts):
        attempt(session, clock, "eva@example.com", PASSWORD, address="2001:db8::ffff")
    with pytest.raises(SignInRefused):
        attempt(session, clock, "eva@example.com", PASSWORD, address="2001:db8:0:1::1")


def test_many_addresses_that_try_one_account_are_stopped(
    session: Session, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "verify", lambda stored, password: False)
    for number in range(100):
        with pytest.raises(SignInRefused):
            attempt(session, clock, "anna@example.com", PASSWORD, address=f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts):
        attempt(session, clock, "anna@example.com", PASSWORD, address="192.0.2.1")


def test_failures_are_counted_though_their_transactions_are_rolled_back_and_a_hundred_at_once_are_a_hundred(
    own_engine: sa.Engine, clock: FixedClock
) -> None:
    with transaction(own_engine, SYSTEM) as session:
        anna = make_user(session, password_hash=PASSWORD_HASH)

    def guess(number: int) -> type[BaseException]:
        try:
            with transaction(own_engine, SYSTEM) as session:
                attempt(session, clock, anna.email, f"guess number {number}")
        except SharedBaseError as error:
            return type(error)
        raise AssertionError("a guess was believed")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(40)))
    assert answers.count(SignInRefused) == 10
    assert answers.count(TooManyAttempts) == 30


def test_a_hash_of_old_parameters_is_renewed_when_its_owner_signs_in_and_only_then(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    anna = person(password_hash=old)
    with pytest.raises(SignInRefused):
        attempt(session, clock, anna.email, "violin moss harbor")
    assert anna.password_hash == old
    attempt(session, clock, anna.email, PASSWORD)
    assert anna.password_hash is not None
    assert not passwords.is_outdated(anna.password_hash)
    assert passwords.verify(anna.password_hash, PASSWORD)


def test_guessing_at_an_open_session_is_limited_too(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    for _ in range(10):
        with pytest.raises(SharedBaseError, match="not right"):
            accounts.confirm_password(session, anna, "violin moss harbor", at=clock.now())
    with pytest.raises(TooManyAttempts):
        accounts.confirm_password(session, anna, PASSWORD, at=clock.now())
