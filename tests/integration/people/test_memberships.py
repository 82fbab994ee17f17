"""Roles given and taken, as the people themselves, behind row-level security."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.clock import FixedClock
from shared_base.core.database import set_scope, transaction
from shared_base.core.errors import Conflict, Forbidden, Invalid, NotFound, SharedBaseError
from shared_base.core.events import Event
from shared_base.people import sessions
from shared_base.people.models import User
from shared_base.tenancy import memberships
from shared_base.tenancy.identity import identify
from shared_base.tenancy.models import Membership, Tenant
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_actor, make_tenant, make_user


@contextmanager
def acting(session: Session, actor: Actor) -> Iterator[Actor]:
    """See and write what `actor` may, then again everything."""
    set_scope(session, actor)
    yield actor
    set_scope(session, SYSTEM)


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session)


@pytest.fixture
def tenant(session: Session, base: Base) -> Tenant:
    return make_tenant(session, base)


def events(session: Session) -> list[Event]:
    return list(session.scalars(sa.select(Event).where(Event.kind.startswith("membership.")).order_by(Event.id)))


def test_an_operator_staffs_the_base_and_names_owners_of_its_tenants(
    session: Session, clock: FixedClock, base: Base, tenant: Tenant
) -> None:
    operator = make_actor(session, "operator", base=base)
    front, owner = make_user(session), make_user(session)
    with acting(session, operator) as by:
        memberships.grant(session, front.id, role="front_desk", base_id=base.id, by=by, at=clock.now())
        memberships.grant(session, front.id, role="operator", base_id=base.id, by=by, at=clock.now())
        memberships.grant(session, owner.id, role="tenant_owner", tenant_id=tenant.id, by=by, at=clock.now())
    told = events(session)
    assert [(event.kind, event.payload["role"], event.base_id, event.tenant_id) for event in told] == [
        ("membership.granted", "front_desk", base.id, None),
        ("membership.granted", "operator", base.id, None),
        ("membership.granted", "tenant_owner", base.id, tenant.id),
    ]
    assert {event.actor_id for event in told} == {operator.user_id}


def test_an_owner_gives_the_tenants_roles_and_no_others(
    session: Session, clock: FixedClock, base: Base, tenant: Tenant
) -> None:
    owner, rival = make_actor(session, "tenant_owner", tenant=tenant), make_tenant(session, base)
    eva = make_user(session)
    with acting(session, owner) as by:
        memberships.grant(session, eva.id, role="tenant_scheduler", tenant_id=tenant.id, by=by, at=clock.now())
        for role, scope, refusal in (
            ("operator", {"base_id": base.id}, Forbidden),
            ("front_desk", {"base_id": base.id}, Forbidden),
            ("admin", {}, Forbidden),
            ("reviewer", {}, Forbidden),
            ("tenant_owner", {"tenant_id": rival.id}, NotFound),  # a rival is not even there
        ):
            with pytest.raises(refusal):
                memberships.grant(session, eva.id, role=role, by=by, at=clock.now(), **scope)
    assert session.scalars(sa.select(Membership.role).filter_by(user_id=eva.id)).all() == ["tenant_scheduler"]


@pytest.mark.parametrize("role", ["front_desk", "tenant_scheduler", "reviewer"])
def test_a_front_desk_a_scheduler_and_a_reviewer_grant_nothing_and_the_database_would_refuse_a_reviewer_too(
    session: Session, clock: FixedClock, base: Base, tenant: Tenant, role: str
) -> None:
    eva = make_user(session)
    with acting(session, make_actor(session, role, base=base, tenant=tenant)) as by:
        for wanted, scope in (
            ("front_desk", {"base_id": base.id}),
            ("tenant_scheduler", {"tenant_id": tenant.id}),
        ):
            with pytest.raises((Forbidden, NotFound)):
                memberships.grant(session, eva.id, role=wanted, by=by, at=clock.now(), **scope)
            with pytest.raises((Forbidden, NotFound)):
                memberships.invite(
                    session, email="new@example.com", name="新人", role=wanted, by=by, at=clock.now(), **scope
                )
        if role == "reviewer":
            with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), session.begin_nested():
                session.add(Membership(user_id=eva.id, role="front_desk", base_id=base.id, created_at=clock.now()))
                session.flush()
    assert not session.scalar(sa.select(User).filter_by(email="new@example.com"))


def test_a_role_needs_the_scope_it_is_for(session: Session, clock: FixedClock, base: Base, tenant: Tenant) -> None:
    eva = make_user(session)
    for role, scope in (
        ("owner", {}),
        ("operator", {}),
        ("operator", {"base_id": base.id, "tenant_id": tenant.id}),
        ("tenant_owner", {}),
        ("tenant_owner", {"base_id": base.id}),
        ("admin", {"base_id": base.id}),
        ("reviewer", {"tenant_id": tenant.id}),
    ):
        with pytest.raises(Invalid):
            memberships.grant(session, eva.id, role=role, by=SYSTEM, at=clock.now(), **scope)


def test_a_reviewer_is_never_anything_else_also_where_the_granter_cannot_see_it(
    session: Session, clock: FixedClock, base: Base
) -> None:
    elsewhere = make_base(session)
    reviewer = make_user(session, "reviewer", base=elsewhere)
    operator = make_actor(session, "operator", base=base)
    with acting(session, operator) as by:
        assert session.scalar(sa.select(Membership.id).filter_by(user_id=reviewer.id)) is None
        with pytest.raises(Conflict, match="is a reviewer"):
            memberships.grant(session, reviewer.id, role="front_desk", base_id=base.id, by=by, at=clock.now())
        # the look behind the curtain is over: the operator still sees their own alone
        assert session.scalar(sa.select(Membership.id).filter_by(user_id=reviewer.id)) is None
    with pytest.raises(Conflict, match="holds other roles"):
        memberships.grant(session, operator.user_id, role="reviewer", by=SYSTEM, at=clock.now())
    memberships.grant(session, reviewer.id, role="reviewer", base_id=base.id, by=SYSTEM, at=clock.now())


def test_a_role_is_held_once_and_can_be_given_again_after_its_end(
    session: Session, clock: FixedClock, base: Base
) -> None:
    eva = make_user(session)
    give = {"role": "front_desk", "base_id": base.id, "by": SYSTEM, "at": clock.now()}
    first = memberships.grant(session, eva.id, **give)
    with pytest.raises(Conflict, match="already holds"):
        memberships.grant(session, eva.id, **give)
    for _ in range(2):
        assert memberships.end(session, first.id, by=SYSTEM, at=clock.now()).ended_at == clock.now()
    assert memberships.grant(session, eva.id, **give).id != first.id
    assert [event.kind for event in events(session)] == [
        "membership.granted", "membership.ended", "membership.granted",
    ]  # fmt: skip


def test_a_role_given_or_ended_elsewhere_counts_at_the_next_request(
    session: Session, clock: FixedClock, base: Base
) -> None:
    eva = make_user(session)
    cookie = sessions.open_session(session, user=eva, at=clock.now(), address="203.0.113.7", agent="Mozilla/5.0")

    def roles() -> list[str]:
        identity = identify(session, "session", cookie, at=clock.now())
        assert identity is not None
        set_scope(session, SYSTEM)
        return [grant.role for grant in identity.actor.grants]

    assert roles() == []
    membership = memberships.grant(session, eva.id, role="operator", base_id=base.id, by=SYSTEM, at=clock.now())
    assert roles() == ["operator"]
    memberships.end(session, membership.id, by=SYSTEM, at=clock.now())
    assert roles() == []


def test_an_operator_ends_roles_of_the_own_base_and_finds_no_others(
    session: Session, clock: FixedClock, base: Base
) -> None:
    elsewhere = make_base(session)
    for place in (base, elsewhere):
        make_user(session, "front_desk", base=place)
    here, there = session.scalars(sa.select(Membership.id).filter_by(role="front_desk").order_by(Membership.id)).all()
    with acting(session, make_actor(session, "operator", base=base)) as by:
        memberships.end(session, here, by=by, at=clock.now())
        with pytest.raises(NotFound):
            memberships.end(session, there, by=by, at=clock.now())


def test_the_last_administrator_is_neither_removed_nor_disabled(session: Session, clock: FixedClock) -> None:
    anna, eva = make_user(session, "admin"), make_user(session, "admin")
    memberships.disable(session, anna.id, by=SYSTEM, at=clock.now())
    role_of_eva = session.scalars(sa.select(Membership.id).filter_by(user_id=eva.id)).one()
    with pytest.raises(Conflict, match="last administrator"):
        memberships.disable(session, eva.id, by=SYSTEM, at=clock.now())
    with pytest.raises(Conflict, match="last administrator"):
        memberships.end(session, role_of_eva, by=SYSTEM, at=clock.now())
    memberships.enable(session, anna.id, by=SYSTEM)
    memberships.end(session, role_of_eva, by=SYSTEM, at=clock.now())
    with pytest.raises(Conflict, match="last administrator"):
        memberships.disable(session, anna.id, by=SYSTEM, at=clock.now())


def test_two_administrators_who_remove_each_other_at_once_leave_one(own_engine: sa.Engine, clock: FixedClock) -> None:
    with transaction(own_engine, SYSTEM) as session:
        people = [make_user(session, "admin").id for _ in range(4)]
        roles = session.scalars(sa.select(Membership.id).order_by(Membership.id)).all()
    deeds = [
        lambda s: memberships.disable(s, people[0], by=SYSTEM, at=clock.now()),
        lambda s: memberships.end(s, roles[1], by=SYSTEM, at=clock.now()),
        lambda s: memberships.disable(s, people[2], by=SYSTEM, at=clock.now()),
        lambda s: memberships.end(s, roles[3], by=SYSTEM, at=clock.now()),
    ]

    def do(deed: Callable[[Session], object]) -> bool:
        try:
            with transaction(own_engine, SYSTEM) as session:
                deed(session)
        except SharedBaseError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(do, deeds)) == 3


def test_only_administrators_disable_people_and_reset_what_they_lost(
    session: Session, clock: FixedClock, base: Base
) -> None:
    eva = make_user(session, "front_desk", base=base)
    with acting(session, make_actor(session, "operator", base=base)) as by:
        for deed in (
            lambda: memberships.disable(session, eva.id, by=by, at=clock.now()),
            lambda: memberships.enable(session, eva.id, by=by),
            lambda: memberships.send_password_reset(session, eva.id, by=by, at=clock.now()),
            lambda: memberships.reset_second_factor(session, eva.id, by=by, at=clock.now()),
        ):
            with pytest.raises(Forbidden):
                deed()


def test_an_invitation_makes_the_account_gives_the_role_and_mails_a_link(
    session: Session, clock: FixedClock, base: Base, mails: Callable[[], list[dict]]
) -> None:
    with acting(session, make_actor(session, "operator", base=base)) as by:
        invitation = memberships.invite(
            session,
            email="Li.Na@Example.com",
            name="李娜",
            role="front_desk",
            base_id=base.id,
            locale="en",
            by=by,
            at=clock.now(),
        )
    assert invitation.path is not None
    assert (invitation.user.email, invitation.user.locale) == ("li.na@example.com", "en")
    assert mails() == [
        {
            "template": "invitation",
            "to": "li.na@example.com",
            "name": "李娜",
            "locale": "en",
            "values": {"role": "front_desk", "scope": base.name, "inviter": by.label, "path": invitation.path},
        }
    ]


def test_who_has_an_account_is_told_of_the_role_and_keeps_password_and_name(
    session: Session, clock: FixedClock, base: Base, person: Callable[..., User], mails: Callable[[], list[dict]]
) -> None:
    anna = person(name="安娜")
    stored = anna.password_hash
    invitation = memberships.invite(
        session, email=anna.email, name="Mallory", role="operator", base_id=base.id, by=SYSTEM, at=clock.now()
    )
    assert (invitation.user.id, invitation.path) == (anna.id, None)
    assert (anna.name, anna.password_hash) == ("安娜", stored)
    assert [(mail["template"], mail["values"]) for mail in mails()] == [
        ("role_granted", {"role": "operator", "scope": base.name, "inviter": "", "path": "/"})
    ]


def test_an_invitation_is_sent_again_by_whoever_could_give_the_role_while_it_is_open(
    session: Session, clock: FixedClock, base: Base, person: Callable[..., User], mails: Callable[[], list[dict]]
) -> None:
    invited = make_user(session, "front_desk", base=base)
    with acting(session, make_actor(session, "operator", base=base)) as by:
        memberships.invite_again(session, invited.id, by=by, at=clock.now())
    assert [mail["template"] for mail in mails()] == ["invitation"]
    stranger = make_actor(session, "operator", base=make_base(session))
    with acting(session, stranger) as by, pytest.raises(Forbidden):
        memberships.invite_again(session, invited.id, by=by, at=clock.now())
    with pytest.raises(Conflict):
        memberships.invite_again(session, person().id, by=SYSTEM, at=clock.now())
