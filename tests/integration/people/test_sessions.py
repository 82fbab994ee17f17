"""Sessions live on the server: they end when it says so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.core.errors import Invalid, NotFound
from shared_base.people import accounts, retention, sessions
from shared_base.people.models import SignInSession, User
from shared_base.tenancy.identity import Identity, identify
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_tenant, make_user
from tests.integration.people.conftest import PASSWORD

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opened(session: Session, user: User, clock: FixedClock) -> str:
    return sessions.open_session(session, user=user, at=clock.now(), address="203.0.113.7", agent="Mozilla/5.0")


def caller(session: Session, secret: str, clock: FixedClock) -> Identity | None:
    return identify(session, "session", secret, at=clock.now())


def known(session: Session, secret: str, clock: FixedClock) -> Identity:
    identity = caller(session, secret, clock)
    assert identity is not None
    return identity


def test_after_log_out_the_same_cookie_opens_nothing(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    secret, other = opened(session, anna, clock), opened(session, anna, clock)
    identity = known(session, secret, clock)
    sessions.end(session, identity.credential_id, user_id=anna.id, at=clock.now())
    assert caller(session, secret, clock) is None
    assert caller(session, other, clock) is not None
    sessions.end(session, identity.credential_id, user_id=anna.id, at=clock.now() + HOUR)  # twice is one effect
    assert session.get_one(SignInSession, identity.credential_id).ended_at == clock.now()


def test_the_database_holds_no_secret_that_opens_a_session(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    secret = opened(session, person(), clock)
    row = session.execute(sa.text("select to_jsonb(s)::text from sign_in_sessions s")).scalar_one()
    assert secret not in row
    assert caller(session, session.scalar(sa.select(SignInSession.secret_hash)).hex(), clock) is None  # type: ignore[union-attr]


def test_staff_that_stands_idle_for_12_hours_is_signed_out_and_a_tenants_people_after_7_days(
    session: Session, clock: FixedClock
) -> None:
    base = make_base(session)
    for user, idle in (
        (make_user(session, "operator", base=base), 12 * HOUR),
        (make_user(session, "reviewer"), 12 * HOUR),
        (make_user(session, "admin"), 12 * HOUR),
        (make_user(session, "tenant_scheduler", tenant=make_tenant(session, base)), 7 * DAY),
    ):
        secret = opened(session, user, clock)
        identity = known(session, secret, clock)
        sessions.prolong(session, identity.credential_id, actor=identity.actor, at=clock.now())
        clock.advance(idle - timedelta(seconds=1))
        assert caller(session, secret, clock) is not None
        clock.advance(timedelta(seconds=1))
        assert caller(session, secret, clock) is None


def test_a_session_in_use_lasts_but_never_longer_than_30_days(session: Session, clock: FixedClock) -> None:
    user = make_user(session, "admin")
    secret = opened(session, user, clock)
    for _ in range(30 * 24 // 8 - 1):
        clock.advance(8 * HOUR)
        identity = known(session, secret, clock)
        sessions.prolong(session, identity.credential_id, actor=identity.actor, at=clock.now())
    clock.advance(8 * HOUR - timedelta(seconds=1))
    assert caller(session, secret, clock) is not None
    clock.advance(timedelta(seconds=1))
    assert caller(session, secret, clock) is None


def test_using_an_ended_session_does_not_bring_it_back(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    secret = opened(session, anna, clock)
    identity = known(session, secret, clock)
    sessions.end_all(session, anna.id, at=clock.now())
    sessions.prolong(session, identity.credential_id, actor=identity.actor, at=clock.now())
    assert caller(session, secret, clock) is None
    late = opened(session, anna, clock)
    identity = known(session, late, clock)
    clock.advance(13 * HOUR)
    sessions.prolong(session, identity.credential_id, actor=identity.actor, at=clock.now())
    assert caller(session, late, clock) is None


def test_a_person_sees_and_ends_their_own_sessions_and_nobody_elses(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna, eva = person(), person()
    opened(session, anna, clock)
    clock.advance(HOUR)
    latest = opened(session, anna, clock)
    theirs = known(session, opened(session, eva, clock), clock).credential_id
    listed = sessions.live_sessions(session, anna.id, at=clock.now())
    assert [row.seen_at for row in listed] == [clock.now(), clock.now() - HOUR]
    with pytest.raises(NotFound):
        sessions.end(session, theirs, user_id=anna.id, at=clock.now())
    assert sessions.end_all(session, anna.id, at=clock.now(), but=known(session, latest, clock).credential_id) == 1
    assert [row.id for row in sessions.live_sessions(session, anna.id, at=clock.now())] == [listed[0].id]
    assert len(sessions.live_sessions(session, eva.id, at=clock.now())) == 1


def test_changing_the_password_ends_every_other_session_and_says_so_by_mail(
    session: Session, clock: FixedClock, person: Callable[..., User], mails: Callable[[], list[dict]]
) -> None:
    anna = person()
    here, elsewhere = opened(session, anna, clock), opened(session, anna, clock)
    this = known(session, here, clock).credential_id
    with pytest.raises(Invalid, match="not right"):
        accounts.change_password(
            session, anna.id, current="violin moss harbor", new="harbour seven kites", session_id=this, at=clock.now()
        )
    accounts.change_password(
        session, anna.id, current=PASSWORD, new="harbour seven kites", session_id=this, at=clock.now()
    )
    assert caller(session, here, clock) is not None
    assert caller(session, elsewhere, clock) is None
    assert [(mail["template"], mail["to"]) for mail in mails()] == [("password_changed", anna.email)]


def test_a_disabled_account_is_out_at_once_and_stays_signed_out_when_enabled_again(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    secret = opened(session, anna, clock)
    accounts.shut_out(session, anna.id, at=clock.now())
    assert caller(session, secret, clock) is None
    accounts.let_in(session, anna.id)
    assert caller(session, secret, clock) is None


def test_sessions_and_links_are_forgotten_90_days_after_they_expired(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    opened(session, person(), clock)
    clock.advance(12 * HOUR + 90 * DAY)
    retention.forget_expired(session, at=clock.now())
    assert session.scalar(sa.select(sa.func.count()).select_from(SignInSession)) == 1
    clock.advance(timedelta(seconds=1))
    retention.forget_expired(session, at=clock.now())
    assert session.scalar(sa.select(sa.func.count()).select_from(SignInSession)) == 0
