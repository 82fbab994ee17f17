"""Invitations and password resets: a mailed link opens one account, once, for a while."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import transaction
from shared_base.core.errors import Invalid
from shared_base.core.outbox import OutboxMessage
from shared_base.people import accounts, links, passwords, sessions
from shared_base.people.errors import LinkSpent, TooManyAttempts
from shared_base.people.models import User
from shared_base.tenancy.identity import identify
from tests.factories.tenancy import make_user
from tests.integration.people.conftest import PASSWORD

NEW = "harbour seven kites"


def issued(session: Session, user: User, purpose: links.Purpose, clock: FixedClock) -> str:
    return links.issue(session, user, purpose, at=clock.now()).rpartition("/")[2]


def test_an_invitation_sets_name_language_and_password_once(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    invited = person(password_hash=None)
    secret = issued(session, invited, "invitation", clock)
    assert links.holder(session, "invitation", secret, at=clock.now()) is invited
    user = accounts.accept_invitation(session, secret=secret, name="李娜", password=NEW, locale="en", at=clock.now())
    assert (user.id, user.name, user.locale) == (invited.id, "李娜", "en")
    assert passwords.verify(user.password_hash, NEW)
    with pytest.raises(LinkSpent, match="invitation"):
        accounts.accept_invitation(session, secret=secret, name="别人", password=NEW, locale="en", at=clock.now())


def test_a_refused_password_does_not_use_the_link_up(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    secret = issued(session, person(), "password_reset", clock)
    with pytest.raises(Invalid):
        accounts.reset_password(session, secret=secret, password="short", at=clock.now())
    assert accounts.reset_password(session, secret=secret, password=NEW, at=clock.now())


@pytest.mark.parametrize(
    ("purpose", "lasts"), [("invitation", timedelta(days=7)), ("password_reset", timedelta(hours=1))]
)
def test_a_link_ends_with_its_time(
    session: Session, clock: FixedClock, person: Callable[..., User], purpose: links.Purpose, lasts: timedelta
) -> None:
    secret = issued(session, person(), purpose, clock)
    clock.advance(lasts - timedelta(seconds=1))
    assert links.holder(session, purpose, secret, at=clock.now())
    clock.advance(timedelta(seconds=1))
    with pytest.raises(LinkSpent) as refusal:
        links.holder(session, purpose, secret, at=clock.now())
    assert refusal.value.status == 410
    with pytest.raises(LinkSpent):
        links.use(session, purpose, secret, at=clock.now())


def test_a_newer_link_replaces_the_older_and_one_of_another_purpose_does_not_serve(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    older, newer = (issued(session, anna, "password_reset", clock) for _ in range(2))
    for purpose, secret in (("password_reset", older), ("invitation", newer), ("password_reset", "made up")):
        with pytest.raises(LinkSpent):
            links.use(session, purpose, secret, at=clock.now())  # type: ignore[arg-type]
    assert links.use(session, "password_reset", newer, at=clock.now()) is anna


def test_a_disabled_persons_links_open_nothing(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    secret = issued(session, anna, "password_reset", clock)
    anna.disabled_at = clock.now()
    session.flush()
    with pytest.raises(LinkSpent):
        links.holder(session, "password_reset", secret, at=clock.now())
    with pytest.raises(LinkSpent):
        accounts.reset_password(session, secret=secret, password=NEW, at=clock.now())


def test_a_new_password_ends_every_session_and_every_other_link(
    session: Session, clock: FixedClock, person: Callable[..., User], mails: Callable[[], list[dict]]
) -> None:
    anna = person()
    cookie = sessions.open_session(session, user=anna, at=clock.now(), address="203.0.113.7", agent="Mozilla/5.0")
    invitation = issued(session, anna, "invitation", clock)
    secret = issued(session, anna, "password_reset", clock)
    accounts.reset_password(session, secret=secret, password=NEW, at=clock.now())
    assert identify(session, "session", cookie, at=clock.now()) is None
    with pytest.raises(LinkSpent):
        links.use(session, "invitation", invitation, at=clock.now())
    assert [mail["template"] for mail in mails()] == ["password_changed"]


def test_of_eight_who_use_one_link_at_once_one_succeeds(own_engine: sa.Engine, clock: FixedClock) -> None:
    with transaction(own_engine, SYSTEM) as session:
        anna = make_user(session)
        secrets = [issued(session, anna, purpose, clock) for purpose in links.LIFETIMES]

    def use(purpose: links.Purpose, secret: str) -> bool:
        try:
            with transaction(own_engine, SYSTEM) as session:
                links.use(session, purpose, secret, at=clock.now())
        except LinkSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        for purpose, secret in zip(links.LIFETIMES, secrets, strict=True):
            assert sum(pool.map(lambda _: use(purpose, secret), range(8))) == 1  # noqa: B023


def test_asking_for_a_reset_does_the_same_for_known_and_unknown_addresses(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    statements: list[list[str]] = []

    def remember(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements[-1].append(statement)

    sa.event.listen(session.connection(), "before_cursor_execute", remember)
    for email in (anna.email, "nobody@example.com", "not an address"):
        statements.append([])
        accounts.request_reset(session, email=email, address="203.0.113.7", at=clock.now())
    assert statements[0] == statements[1] == statements[2]
    assert len(statements[0]) == 1
    posted = session.execute(sa.select(OutboxMessage.topic, OutboxMessage.payload).order_by(OutboxMessage.id)).all()
    assert [tuple(row) for row in posted] == [
        ("password_reset", {"email": email}) for email in (anna.email, "nobody@example.com", "not an address")
    ]


def test_reset_requests_are_limited_for_each_account_and_address_known_or_not(
    session: Session, clock: FixedClock
) -> None:
    for _ in range(3):
        accounts.request_reset(session, email="nobody@example.com", address="203.0.113.7", at=clock.now())
    with pytest.raises(TooManyAttempts):
        accounts.request_reset(session, email="NOBODY@example.com", address="203.0.113.8", at=clock.now())
    for number in range(17):
        accounts.request_reset(session, email=f"a{number}@example.com", address="203.0.113.7", at=clock.now())
    with pytest.raises(TooManyAttempts):
        accounts.request_reset(session, email="b@example.com", address="203.0.113.7", at=clock.now())


def test_a_reset_is_mailed_to_whom_has_a_password_an_invitation_to_whom_has_none_and_nothing_to_anybody_else(
    session: Session, clock: FixedClock, person: Callable[..., User], mails: Callable[[], list[dict]]
) -> None:
    anna, invited, disabled = person(), person(password_hash=None), person(disabled_at=clock.now())
    for email in (anna.email, invited.email, disabled.email, "nobody@example.com"):
        accounts.send_reset(session, email, at=clock.now())
    assert [(mail["template"], mail["to"]) for mail in mails()] == [
        ("password_reset", anna.email),
        ("invitation", invited.email),
    ]
    assert mails()[0]["values"]["path"].startswith("/password-resets/")
    assert mails()[1]["values"]["path"].startswith("/invitations/")


def test_the_database_keeps_no_link_that_opens_an_account(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    secret = issued(session, person(), "password_reset", clock)
    assert secret not in session.execute(sa.text("select to_jsonb(l)::text from one_time_links l")).scalar_one()


def test_one_person_invited_twice_at_once_is_one_account(own_engine: sa.Engine, clock: FixedClock) -> None:

    def invite(number: int) -> object:
        with transaction(own_engine, SYSTEM) as session:
            return accounts.find_or_create(session, email="Anna@example.com", name=f"Anna {number}", at=clock.now()).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(invite, range(8)))) == 1


def test_the_audit_trail_shows_that_a_password_changed_and_never_the_hash(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    accounts.set_password(session, anna, NEW)
    entry = session.execute(
        sa.text("select before::text, after::text from audit_entries where action = 'update' and subject_id = :id"),
        {"id": str(anna.id)},
    ).one()
    assert tuple(entry) == ('{"password_hash": "•••"}', '{"password_hash": "•••"}')
    assert PASSWORD not in str(entry)
