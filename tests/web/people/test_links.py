"""Forgotten passwords and invitations, from the mail to the page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.outbox import OutboxMessage
from shared_base.notifications.mails import render
from shared_base.people import accounts, links
from shared_base.people.models import User
from shared_base.tenancy import memberships
from tests.factories.catalogue import make_base
from tests.web.people.conftest import PASSWORD

Open = Callable[..., FlaskClient]
Person = Callable[..., User]
Mails = Callable[[], list[dict[str, Any]]]
NEW = "harbour seven kites"


@pytest.fixture
def reset_link(session: Session, person: Person, clock: FixedClock) -> tuple[str, User]:
    user = person("admin")
    path = links.issue(session, user, "password_reset", at=clock.now())
    session.commit()
    return path, user


@pytest.fixture
def invitation_link(session: Session, clock: FixedClock) -> str:
    base = make_base(session)
    invitation = memberships.invite(
        session, email="li.na@example.com", name="li.na", role="operator", base_id=base.id, by=SYSTEM, at=clock.now()
    )
    session.commit()
    assert invitation.path is not None
    return invitation.path


def test_asking_for_a_reset_answers_alike_for_known_and_unknown_addresses(
    session: Session, stranger: Open, person: Person
) -> None:
    assert stranger().get("/password-resets/new").status_code == 200
    answers = []
    for email in (person().email, "nobody@example.com", "not an address"):
        browser = stranger()
        answer = browser.post("/password-resets/new", data={"email": email})
        answers.append((answer.status_code, answer.location, answer.text, browser.get(answer.location).status_code))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][:2] == (303, "/password-resets/sent")
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 3


def test_a_fourth_request_within_the_hour_waits(stranger: Open) -> None:
    for _ in range(3):
        assert stranger().post("/password-resets/new", data={"email": "nobody@example.com"}).status_code == 303
    refused = stranger().post("/password-resets/new", data={"email": "nobody@example.com"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")


def test_a_forged_host_never_reaches_a_mail_and_is_refused(
    app: Flask, session: Session, stranger: Open, person: Person, mails: Mails, clock: FixedClock
) -> None:
    anna, browser = person(), stranger()
    for headers in ({"Host": "evil.example"}, {"Host": "127.0.0.1@evil.example"}):
        assert browser.post("/password-resets/new", data={"email": anna.email}, headers=headers).status_code == 400
    answer = browser.post(
        "/password-resets/new",
        data={"email": anna.email},
        headers={"Host": "127.0.0.1:1234", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    assert answer.status_code == 303
    accounts.send_reset(session, anna.email, at=clock.now())
    base_url = app.extensions["shared_base_settings"].base_url
    mail = render(mails()[-1], base_url=base_url)
    assert "evil.example" not in mail.text + mail.html
    assert f"{base_url}/password-resets/" in mail.text


def test_the_mailed_link_sets_a_new_password_once(stranger: Open, reset_link: tuple[str, User], at_home: Open) -> None:
    path, user = reset_link
    elsewhere = at_home(user)
    browser = stranger()
    for _ in range(2):  # looking at it, as a mail scanner does, does not use it up
        assert user.email in browser.get(path).text
    weak = browser.post(path, data={"password": "password1234"})
    assert weak.status_code == 422
    assert "easy to guess" in weak.text
    assert elsewhere.get("/account").status_code == 200
    done = browser.post(path, data={"password": NEW})
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert elsewhere.get("/account").status_code == 303
    assert browser.get("/account").status_code == 303  # a reset signs nobody in
    for spent in (browser.get(path), browser.post(path, data={"password": NEW})):
        assert spent.status_code == 410
        assert "no longer works" in spent.text
    assert browser.post("/sign-in", data={"email": user.email, "password": PASSWORD}).status_code == 401
    assert browser.post("/sign-in", data={"email": user.email, "password": NEW}).status_code == 303


def test_a_link_that_is_too_old_or_made_up_says_what_to_do(
    stranger: Open, reset_link: tuple[str, User], invitation_link: str, clock: FixedClock
) -> None:
    browser = stranger()
    clock.advance(timedelta(hours=1))
    for path in (reset_link[0], "/password-resets/made-up", "/invitations/made-up"):
        page = browser.get(path)
        assert page.status_code == 410
        assert "Ask" in page.text
    assert browser.get(invitation_link).status_code == 200
    clock.advance(timedelta(days=7))
    assert browser.get(invitation_link).status_code == 410


def test_who_takes_up_an_invitation_is_in_with_the_role_it_gave(
    session: Session, stranger: Open, invitation_link: str
) -> None:
    browser = stranger()
    page = browser.get(invitation_link)
    assert "li.na@example.com" in page.text
    refused = browser.post(invitation_link, data={"name": "", "locale": "en", "password": NEW})
    assert refused.status_code == 422
    done = browser.post(invitation_link, data={"name": "李娜", "locale": "en", "password": NEW})
    assert (done.status_code, done.location) == (303, "/")
    account = browser.get("/account").text
    assert "李娜" in account
    assert "Operator" in account
    assert browser.get("/people").status_code == 200
    assert stranger().post(invitation_link, data={"name": "x", "locale": "en", "password": NEW}).status_code == 410


def test_an_invitation_cannot_be_turned_into_another_role_or_account(
    session: Session, stranger: Open, invitation_link: str
) -> None:
    data = {"name": "李娜", "locale": "en", "password": NEW, "role": "admin", "email": "admin@example.com", "id": "1"}
    browser = stranger()
    browser.post(invitation_link, data=data)
    assert browser.get("/audit").status_code == 200  # an operator reads the trail of the base
    assert browser.post("/people/01a2007a-2e16-7056-9f56-2654f90bfa11/disabling").status_code == 403
    assert session.scalars(sa.select(User.email)).all() == ["li.na@example.com"]
