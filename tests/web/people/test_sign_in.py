"""The sign-in pages, as a browser meets them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import transaction
from shared_base.core.housekeeping import RateLimit
from shared_base.people import tokens
from shared_base.people.models import ApiToken, SignInSession, User
from shared_base.tenancy import memberships
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_user
from tests.web.people.conftest import PASSWORD, PASSWORD_HASH

Open = Callable[..., FlaskClient]
Person = Callable[..., User]


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **fields: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password, **fields})


def cookie_of(answer: TestResponse, name: str) -> str:
    return next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}="))


@pytest.fixture
def over_https(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["shared_base_settings"]
    monkeypatch.setitem(app.extensions, "shared_base_settings", replace(settings, base_url="https://base.example.com"))


def test_signing_in_opens_the_page_that_was_asked_for_and_signing_out_closes_it(stranger: Open, person: Person) -> None:
    anna, browser = person("admin"), stranger()
    asked = browser.get("/account/sessions?x=1")
    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/account/sessions?x%3D1")
    form = browser.get(asked.location)
    assert 'value="/account/sessions?x=1"' in form.text
    done = sign_in(browser, anna.email, next="/account/sessions?x=1")
    assert (done.status_code, done.location) == (303, "/account/sessions?x=1")
    assert "This device" in browser.get(done.location).text
    assert browser.get("/sign-in?next=/account").location == "/account"  # nothing to do here any more
    out = browser.post("/sign-out")
    assert (out.status_code, out.location) == (303, "/sign-in")
    assert browser.get("/account").status_code == 303


def test_a_cookie_from_before_signing_out_opens_nothing(stranger: Open, person: Person) -> None:
    browser, thief = stranger(), stranger()
    answer = sign_in(browser, person("admin").email)
    stolen = cookie_of(answer, "shared_base").partition("=")[2].partition(";")[0]
    thief.set_cookie("shared_base", stolen)
    assert thief.get("/account").status_code == 200
    browser.post("/sign-out")
    assert thief.get("/account").status_code == 303


def test_the_cookie_is_bound_to_host_and_https_and_unreadable_for_scripts(
    stranger: Open, person: Person, over_https: None
) -> None:
    answer = sign_in(stranger(), person().email)
    cookie = cookie_of(answer, "__Host-shared_base")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=2592000"):
        assert part in cookie
    assert "Domain" not in cookie


def test_over_plain_http_in_development_one_can_sign_in_all_the_same(stranger: Open, person: Person) -> None:
    cookie = cookie_of(sign_in(stranger(), person().email), "shared_base")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie


def test_known_unknown_and_disabled_accounts_answer_alike_in_body_and_status(
    stranger: Open, person: Person, clock: FixedClock
) -> None:
    answers = []
    for email in (person().email, "nobody@example.com", person(disabled_at=clock.now()).email):
        answer = sign_in(stranger(), email, "violin moss harbor")
        body = re.sub(r'(csrf[-_]token" (?:content|value)=")[^"]+', r"\1TOKEN", answer.text).replace(email, "EMAIL")
        answers.append((answer.status_code, body, [name for name, _ in answer.headers]))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401
    assert "do not match" in answers[0][1]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "javascript:alert(1)", "/\t/evil.example", "evil.example", "http:evil.example", "",
    ],
)  # fmt: skip
def test_after_signing_in_nobody_is_sent_to_another_site(stranger: Open, person: Person, target: str) -> None:
    anna, browser = person(), stranger()
    form = browser.get("/sign-in", query_string={"next": target})
    assert 'name="next" type="hidden" value="/"' in form.text
    assert sign_in(stranger(), anna.email, next=target).location == "/"
    sign_in(browser, anna.email)
    assert browser.get("/sign-in", query_string={"next": target}).location == "/"


def test_too_many_failures_answer_429_with_the_time_to_wait(stranger: Open, person: Person, clock: FixedClock) -> None:
    anna = person()
    for _ in range(10):
        assert sign_in(stranger(), anna.email, "violin moss harbor").status_code == 401
    clock.advance(timedelta(minutes=5))
    refused = sign_in(stranger(), anna.email)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    assert "in 10 minutes" in refused.text


def test_a_strangers_forwarded_header_does_not_make_another_address(
    stranger: Open, person: Person, engine: sa.Engine
) -> None:
    browser, anna = stranger(), person()
    for number in range(10):
        browser.post(
            "/sign-in",
            data={"email": anna.email, "password": "violin moss harbor"},
            headers={"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"},
        )
    assert sign_in(browser, anna.email).status_code == 429
    with engine.connect() as connection:
        assert not [key for key in connection.scalars(sa.select(RateLimit.key)) if "198.51.100" in key]


def test_the_sixty_first_knock_in_a_minute_waits_whatever_it_asks(stranger: Open) -> None:
    browser = stranger()
    for _ in range(60):
        assert browser.post("/sign-in", data={}).status_code == 422
    refused = browser.post("/sign-in", data={})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61


def test_a_role_changed_elsewhere_counts_at_the_next_request(
    session: Session, stranger: Open, person: Person, clock: FixedClock
) -> None:
    base = make_base(session)
    eva = person()
    browser = stranger()
    sign_in(browser, eva.email)
    assert browser.get("/people").status_code == 403
    held = memberships.grant(session, eva.id, role="operator", base_id=base.id, by=SYSTEM, at=clock.now())
    session.commit()
    assert browser.get("/people").status_code == 200
    memberships.end(session, held.id, by=SYSTEM, at=clock.now())
    session.commit()
    assert browser.get("/people").status_code == 403


def test_who_is_disabled_is_out_at_the_next_request(
    session: Session, stranger: Open, person: Person, clock: FixedClock
) -> None:
    person("admin")
    eva, browser = person("admin"), stranger()
    sign_in(browser, eva.email)
    memberships.disable(session, eva.id, by=SYSTEM, at=clock.now())
    session.commit()
    assert browser.get("/account").status_code == 303


@pytest.fixture
def used(real_app: tuple[Flask, sa.Engine]) -> tuple[FlaskClient, sa.Engine]:
    """A browser in which an administrator signed in just now, and its database."""
    app, engine = real_app
    with transaction(engine, SYSTEM) as session:
        anna = make_user(session, "admin", password_hash=PASSWORD_HASH)
    browser = app.test_client()
    assert sign_in(browser, anna.email).status_code == 303
    return browser, engine


def test_staff_idle_for_12_hours_signs_in_again_and_use_keeps_the_session_alive(
    used: tuple[FlaskClient, sa.Engine], clock: FixedClock
) -> None:
    browser, _ = used
    for _ in range(3):
        clock.advance(timedelta(hours=11))
        assert browser.get("/account").status_code == 200  # a GET, and yet the use is remembered
    clock.advance(timedelta(hours=12))
    assert browser.get("/account").status_code == 303


def test_the_use_of_a_session_is_written_every_five_minutes_not_with_every_request(
    used: tuple[FlaskClient, sa.Engine], clock: FixedClock
) -> None:
    browser, engine = used
    seen = clock.now()
    for wait, expected in ((timedelta(minutes=4), seen), (timedelta(minutes=1), seen + timedelta(minutes=5))):
        clock.advance(wait)
        browser.get("/account")
        with engine.connect() as connection:
            assert connection.scalar(sa.select(SignInSession.seen_at)) == expected


def test_the_use_of_a_token_is_written_too(real_app: tuple[Flask, sa.Engine], clock: FixedClock) -> None:
    app, engine = real_app
    with transaction(engine, SYSTEM) as session:
        anna = make_user(session, "admin")
        token = tokens.create(session, user_id=anna.id, name="kiosk", at=clock.now())
    answer = app.test_client().get("/api/v1/bases", headers={"Authorization": f"Bearer {token.secret}"})
    assert answer.status_code == 200
    with engine.connect() as connection:
        assert connection.scalar(sa.select(ApiToken.used_at)) == clock.now()


def test_signing_in_as_somebody_else_ends_the_browsers_earlier_session(
    session: Session, stranger: Open, person: Person, clock: FixedClock
) -> None:
    anna, eva, browser = person(), person(), stranger()
    sign_in(browser, anna.email)
    sign_in(browser, eva.email)
    open_sessions = session.scalars(sa.select(SignInSession.user_id).where(SignInSession.ended_at.is_(None)))
    assert open_sessions.all() == [eva.id]


@pytest.fixture
def guarded(session: Session, person: Person, clock: FixedClock) -> User:
    """An administrator with a second factor."""
    user = person("admin", totp_secret=pyotp.random_base32(), totp_confirmed_at=clock.now())
    return user


def code(user: User, clock: FixedClock) -> str:
    assert user.totp_secret is not None
    return pyotp.TOTP(user.totp_secret).at(clock.now())


def test_with_a_second_factor_the_password_leads_to_the_code_and_the_code_to_the_page(
    stranger: Open, guarded: User, clock: FixedClock
) -> None:
    browser = stranger()
    first = sign_in(browser, guarded.email, next="/account/tokens")
    assert (first.status_code, first.location) == (303, "/sign-in/code?next=/account/tokens")
    step = cookie_of(first, "shared_base_step").partition("=")[2].partition(";")[0]
    assert browser.get("/account").status_code == 303
    thief = stranger()
    for stolen in (step, f"waiting:{step}"):
        thief.set_cookie("shared_base", stolen)
        assert thief.get("/account").status_code == 303
    assert 'value="/account/tokens"' in browser.get(first.location).text
    wrong = browser.post("/sign-in/code", data={"code": "000000", "next": "/account/tokens"})
    assert wrong.status_code == 422
    assert "not right" in wrong.text
    done = browser.post("/sign-in/code", data={"code": code(guarded, clock), "next": "/account/tokens"})
    assert (done.status_code, done.location) == (303, "/account/tokens")
    assert browser.get("/account/tokens").status_code == 200
    again = browser.post("/sign-in/code", data={"code": code(guarded, clock)})
    assert again.location.startswith("/sign-in")


def test_the_step_cookie_is_as_strict_as_the_sessions(stranger: Open, guarded: User, over_https: None) -> None:
    cookie = cookie_of(sign_in(stranger(), guarded.email), "__Host-shared_base_step")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=600"):
        assert part in cookie


def test_too_many_wrong_codes_answer_429(stranger: Open, guarded: User, clock: FixedClock) -> None:
    browser = stranger()
    sign_in(browser, guarded.email)
    for _ in range(5):
        assert browser.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    refused = browser.post("/sign-in/code", data={"code": code(guarded, clock)})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")


def test_without_the_first_step_there_is_no_second(stranger: Open) -> None:
    browser = stranger()
    assert browser.get("/sign-in/code?next=/account").location == "/sign-in?next=/account"
    answer = browser.post("/sign-in/code", data={"code": "123456", "next": "//evil.example"})
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/")


def in_production(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["shared_base_settings"]
    monkeypatch.setitem(app.extensions, "shared_base_settings", replace(settings, environment="production"))


@pytest.mark.parametrize(
    ("role", "asked"),
    [("admin", True), ("operator", True), ("reviewer", True), ("front_desk", False), (None, False)],
)
def test_production_asks_administrators_operators_and_reviewers_to_set_up_the_second_factor_before_anything_else(
    app: Flask, session: Session, person: Person, at_home: Open, monkeypatch: pytest.MonkeyPatch,
    role: str | None, asked: bool,
) -> None:  # fmt: skip
    in_production(app, monkeypatch)
    browser = at_home(person(role, base=make_base(session)))
    page = browser.get("/account?a=1")
    if not asked:
        assert page.status_code == 200
        return
    assert (page.status_code, page.location) == (303, "/account/two-step?next=/account?a%3D1")
    assert "Your role needs two-step sign-in" in browser.get(page.location).text
    assert browser.post("/account", data={"name": "x", "locale": "en"}).status_code == 403
    assert browser.post("/sign-out").status_code == 303


def test_in_production_who_must_have_a_second_factor_sets_it_up_goes_on_and_cannot_turn_it_off(
    app: Flask, session: Session, person: Person, at_home: Open, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_production(app, monkeypatch)
    anna = person("admin")
    browser = at_home(anna)
    begun = browser.post("/account/two-step", data={"current": PASSWORD, "next": "/account?a=1"})
    secret = re.sub(r"\s", "", re.search(r'class="qr-text">([A-Z2-7 ]+)<', begun.text)[1])  # type: ignore[index]
    done = browser.post(
        "/account/two-step/confirmation", data={"code": pyotp.TOTP(secret).at(clock.now()), "next": "/account?a=1"}
    )
    assert done.location == "/account?a=1"
    assert browser.get("/account?a=1").status_code == 200
    refused = browser.post("/account/two-step/removal", data={"current": PASSWORD})
    assert refused.status_code == 409
    assert "cannot be turned off" in refused.text


def test_the_pages_speak_the_language_of_the_browser_and_then_of_the_person(
    app: Flask, person: Person, at_home: Open
) -> None:
    def title(client: FlaskClient, **headers: str) -> str:
        return re.search(r'<html lang="([^"]+)"', client.get("/sign-in", headers=headers).text)[1]  # type: ignore[index]

    assert title(app.test_client(), Accept_Language="en-GB,en") == "en"
    assert title(app.test_client(), Accept_Language="zh-CN,zh") == "zh-Hans-CN"
    assert title(app.test_client()) == "zh-Hans-CN"


def test_errors_keep_the_typed_address_and_never_the_password(stranger: Open, person: Person) -> None:
    anna: Any = person()
    page = sign_in(stranger(), anna.email, "violin moss harbor")
    assert f'value="{anna.email}"' in page.text
    assert "violin" not in page.text
