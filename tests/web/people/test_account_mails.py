"""Everybody chooses the mails they get, for themselves alone."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.people.mail_choices import choose_kinds, wanted_kinds, who_muted
from shared_base.people.models import User
from shared_base.people.models_mail import MAIL_KINDS
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_tenant

Open = Callable[..., FlaskClient]
Person = Callable[..., User]
ALL = frozenset(MAIL_KINDS)
ADDRESS = "/account/mails"


def test_every_kind_is_on_until_it_is_switched_off_and_on_again(
    session: Session, person: Person, at_home: Open
) -> None:
    tenant = make_tenant(session, make_base(session))
    anna, ben = person("tenant_scheduler", tenant=tenant), person("tenant_owner", tenant=tenant)
    browser = at_home(anna)
    assert browser.get(ADDRESS).text.count(" checked") == 4
    assert browser.post(ADDRESS, data={"bookings": "y", "holds": "y"}).status_code == 303
    assert wanted_kinds(session, anna.id) == ALL - {"disruptions", "reminders"}
    assert browser.get(ADDRESS).text.count(" checked") == 2
    assert wanted_kinds(session, ben.id) == ALL
    assert who_muted(session, [anna.id, ben.id]) == {(anna.id, "disruptions"), (anna.id, "reminders")}
    browser.post(ADDRESS, data={"bookings": "y", "holds": "y", "reminders": "y", "disruptions": "y"})
    assert wanted_kinds(session, anna.id) == ALL


def test_the_boxes_are_those_of_the_persons_roles_and_others_stay_as_chosen(
    session: Session, person: Person, at_home: Open
) -> None:
    desk = person("front_desk", base=make_base(session))
    choose_kinds(session, desk.id, ALL - {"reminders"})
    page = at_home(desk).get(ADDRESS).text
    assert 'name="requests"' in page
    assert 'name="reminders"' not in page
    at_home(desk).post(ADDRESS, data={"reminders": "y"})
    assert wanted_kinds(session, desk.id) == ALL - {"reminders", "requests"}


def test_who_is_sent_no_news_is_told_so(person: Person, at_home: Open) -> None:
    assert "No mails to choose among" in at_home(person()).get(ADDRESS).text


def test_the_choice_is_one_of_the_sections_of_the_account(person: Person, at_home: Open) -> None:
    assert f'href="{ADDRESS}"' in at_home(person()).get("/account").text


def test_a_stranger_is_sent_to_sign_in(stranger: Open) -> None:
    assert stranger().get(ADDRESS).headers["Location"].startswith("/sign-in")
