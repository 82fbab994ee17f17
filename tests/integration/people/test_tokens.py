"""API tokens: shown once, limited in time, ended at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.core.errors import Invalid, NotFound
from shared_base.people import accounts, tokens
from shared_base.people.models import ApiToken, User
from shared_base.tenancy.identity import identify


def test_a_token_identifies_its_person_until_it_expires(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person("admin")
    token = tokens.create(session, user_id=anna.id, name="  the  kiosk ", at=clock.now(), days=30)
    assert len(token.secret) == 46
    assert token.secret.startswith("sb_")
    stored = tokens.tokens_of(session, anna.id)
    assert [(row.name, row.hint) for row in stored] == [("the kiosk", token.secret[:7])]
    clock.advance(timedelta(days=30, seconds=-1))
    identity = identify(session, "token", token.secret, at=clock.now())
    assert identity is not None
    assert (identity.user_id, identity.credential_id) == (anna.id, token.id)
    clock.advance(timedelta(seconds=1))
    assert identify(session, "token", token.secret, at=clock.now()) is None


def test_a_token_is_no_session_and_a_session_no_token(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    token = tokens.create(session, user_id=person().id, name="kiosk", at=clock.now())
    assert identify(session, "session", token.secret, at=clock.now()) is None


def test_a_revoked_token_opens_nothing_and_is_listed_no_more(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna, eva = person(), person()
    token = tokens.create(session, user_id=anna.id, name="kiosk", at=clock.now())
    with pytest.raises(NotFound):
        tokens.revoke(session, token.id, user_id=eva.id, at=clock.now())
    for _ in range(2):
        tokens.revoke(session, token.id, user_id=anna.id, at=clock.now())
        clock.advance(timedelta(minutes=1))
    assert session.get_one(ApiToken, token.id).revoked_at == clock.now() - timedelta(minutes=2)
    assert identify(session, "token", token.secret, at=clock.now()) is None
    assert tokens.tokens_of(session, anna.id) == []


def test_a_disabled_persons_tokens_are_gone_for_good(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    anna = person()
    token = tokens.create(session, user_id=anna.id, name="kiosk", at=clock.now())
    accounts.shut_out(session, anna.id, at=clock.now())
    accounts.let_in(session, anna.id)
    assert identify(session, "token", token.secret, at=clock.now()) is None


@pytest.mark.parametrize(("name", "days"), [("", 30), (" \n", 30), ("n" * 101, 30), ("kiosk", 0), ("kiosk", 366)])
def test_a_token_without_a_name_or_without_an_end_is_refused(
    session: Session, clock: FixedClock, person: Callable[..., User], name: str, days: int
) -> None:
    with pytest.raises(Invalid):
        tokens.create(session, user_id=person().id, name=name, at=clock.now(), days=days)


def test_when_a_token_was_used_is_kept_and_is_no_entry_of_the_audit_trail(
    session: Session, clock: FixedClock, person: Callable[..., User]
) -> None:
    token = tokens.create(session, user_id=person().id, name="kiosk", at=clock.now())
    entries = sa.text("select count(*) from audit_entries where subject_id = :id")
    before = session.scalar(entries, {"id": str(token.id)})
    tokens.mark_used(session, token.id, at=clock.now())
    session.expire_all()
    assert session.get_one(ApiToken, token.id).used_at == clock.now()
    assert session.scalar(entries, {"id": str(token.id)}) == before == 1
