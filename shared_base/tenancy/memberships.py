"""Roles given and taken: who may grant what to whom, invitations, and shutting a person out.

| who | may grant and end |
|---|---|
| administrator | every role |
| operator of a base | `operator` and `front_desk` of that base; `tenant_owner` of the tenants admitted to it |
| owner of a tenant | `tenant_owner` and `tenant_scheduler` of that tenant |

A reviewer is never anything else: who decides on claims holds no part in them. The last administrator stays.
A role given or ended counts at the person's next request: every request reads its memberships anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import BASE_ROLES, ROLES, SYSTEM, TENANT_ROLES, Actor
from shared_base.core.database import set_scope
from shared_base.core.errors import Conflict, Forbidden, Invalid, NotFound
from shared_base.core.events import event_row, record_events
from shared_base.core.i18n import N_
from shared_base.people import accounts, links
from shared_base.people.mails import post_mail
from shared_base.people.models import User
from shared_base.people.queries import get_user, get_user_for_update
from shared_base.tenancy.models import Admission, Membership, Tenant


@dataclass(frozen=True)
class Scope:
    """What a role is for: a base, a tenant, or (neither) everything; with what is needed to judge and to tell it."""

    base_id: UUID | None = None
    tenant_id: UUID | None = None
    #: the base's or the tenant's name, None where the role is for everything
    name: str | None = None
    #: the bases, among those the caller sees, to which the tenant is admitted
    admitted_to: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Invitation:
    """What `invite` did. `path` opens the account; None where the person has a password already."""

    user: User
    membership: Membership
    path: str | None


def may_grant(by: Actor, role: str, scope: Scope) -> bool:
    """Whether `by` may grant, and end, the role there; see the table above."""
    if by.is_admin:
        return True
    if by.is_reviewer:
        return False
    if role in BASE_ROLES:
        return scope.base_id is not None and by.serves(scope.base_id, "operator")
    if role not in TENANT_ROLES or scope.tenant_id is None:
        return False
    as_owner = by.acts_for(scope.tenant_id, "tenant_owner")
    return as_owner or (role == "tenant_owner" and any(by.serves(base, "operator") for base in scope.admitted_to))


def scope_of(session: Session, role: str, *, base_id: UUID | None, tenant_id: UUID | None) -> Scope:
    """The scope of a role; `Invalid` when it does not fit the role, `NotFound` when the caller sees no such thing."""
    if role not in ROLES:
        raise Invalid(N_("There is no role %(role)s; choose one of %(known)s."), role=role, known=", ".join(ROLES))
    takes_base, takes_tenant = role in (*BASE_ROLES, "reviewer"), role in TENANT_ROLES
    if (base_id and not takes_base) or (role in BASE_ROLES and not base_id):
        raise Invalid(
            N_("The role %(role)s is for one base: choose it.")
            if takes_base
            else N_("The role %(role)s takes no base."),
            role=role,
        )
    if bool(tenant_id) != takes_tenant:
        raise Invalid(
            N_("The role %(role)s is for one tenant: choose it.")
            if takes_tenant
            else N_("The role %(role)s takes no tenant."),
            role=role,
        )
    name: str | None = None
    if base_id:
        name = session.scalar(sa.select(Base.name).where(Base.id == base_id))
    elif tenant_id:
        name = session.scalar(sa.select(Tenant.name).where(Tenant.id == tenant_id))
    if (base_id or tenant_id) and name is None:
        raise NotFound(N_("There is no such base or tenant."))
    admitted = (
        session.scalars(sa.select(Admission.base_id).where(Admission.tenant_id == tenant_id)) if tenant_id else ()
    )
    return Scope(base_id, tenant_id, name, frozenset(admitted))


def grant(
    session: Session,
    user_id: UUID,
    *,
    role: str,
    base_id: UUID | None = None,
    tenant_id: UUID | None = None,
    by: Actor,
    at: datetime,
) -> Membership:
    """Give a person a role, or refuse: `Forbidden`, `Conflict` (they hold it, or a reviewer would be two things)."""
    scope = scope_of(session, role, base_id=base_id, tenant_id=tenant_id)
    return _grant(session, get_user_for_update(session, user_id), role, scope, by=by, at=at)


def _grant(session: Session, user: User, role: str, scope: Scope, *, by: Actor, at: datetime) -> Membership:
    _require(by, role, scope)
    _refuse_reviewer_and_more(session, user, role)
    membership_id = session.scalar(
        pg.insert(Membership)
        .values(user_id=user.id, role=role, base_id=scope.base_id, tenant_id=scope.tenant_id, created_at=at)
        .on_conflict_do_nothing()
        .returning(Membership.id)
    )
    if membership_id is None:
        raise Conflict(N_("%(name)s already holds this role."), name=user.name)
    _record(session, "membership.granted", membership_id, user, role, scope, by=by, at=at)
    return session.get_one(Membership, membership_id)


def end(session: Session, membership_id: UUID, *, by: Actor, at: datetime) -> Membership:
    """Take a role away. Whoever may grant it may end it; twice is one effect; the last administrator stays."""
    membership = session.scalar(sa.select(Membership).filter_by(id=membership_id))
    if membership is None:
        raise NotFound(N_("There is no such role."))
    role, user = membership.role, get_user(session, membership.user_id)
    scope = scope_of(session, role, base_id=membership.base_id, tenant_id=membership.tenant_id)
    _require(by, role, scope)
    if role == "admin":
        _lock_admins(session)
    session.refresh(membership, with_for_update=True)
    if membership.ended_at is None:
        if role == "admin":
            _refuse_to_lose_last_admin(session, user)
        membership.ended_at = max(at, membership.created_at)
        session.flush()
        _record(session, "membership.ended", membership.id, user, role, scope, by=by, at=at)
    return membership


def invite(
    session: Session,
    *,
    email: str,
    name: str,
    role: str,
    base_id: UUID | None = None,
    tenant_id: UUID | None = None,
    locale: str = "zh_Hans_CN",
    by: Actor,
    at: datetime,
) -> Invitation:
    """Give a role to whoever has this address: a new person is mailed an invitation of 7 days, a known one the news."""
    scope = scope_of(session, role, base_id=base_id, tenant_id=tenant_id)
    _require(by, role, scope)
    found = accounts.find_or_create(session, email=email, name=name, locale=locale, at=at)
    user = get_user_for_update(session, found.id)
    membership = _grant(session, user, role, scope, by=by, at=at)
    values = {"role": role, "scope": scope.name or "", "inviter": by.label if by.user_id else ""}
    if user.password_hash is not None:
        post_mail(session, user, "role_granted", at=at, path="/", **values)
        return Invitation(user, membership, None)
    path = links.issue(session, user, "invitation", at=at)
    post_mail(session, user, "invitation", at=at, path=path, **values)
    return Invitation(user, membership, path)


def invite_again(session: Session, user_id: UUID, *, by: Actor, at: datetime) -> None:
    """Mail a new invitation to a person who has not taken theirs up; the earlier link stops working."""
    user = get_user_for_update(session, user_id)
    live = session.scalars(sa.select(Membership).filter_by(user_id=user_id, ended_at=None)).all()
    scopes = [(m.role, scope_of(session, m.role, base_id=m.base_id, tenant_id=m.tenant_id)) for m in live]
    if not by.is_admin and not any(may_grant(by, role, scope) for role, scope in scopes):
        raise Forbidden(N_("Only whoever may give this person a role may invite them again."))
    if user.password_hash is not None or user.disabled_at is not None:
        raise Conflict(N_("%(name)s has taken up the invitation, or is disabled."), name=user.name)
    post_mail(session, user, "invitation", at=at, path=links.issue(session, user, "invitation", at=at))


def disable(session: Session, user_id: UUID, *, by: Actor, at: datetime) -> User:
    """Shut a person out everywhere, at once: for administrators. The last one of them stays."""
    _require_admin(by)
    _lock_admins(session)
    _refuse_to_lose_last_admin(session, get_user(session, user_id))
    return accounts.shut_out(session, user_id, at=at)


def enable(session: Session, user_id: UUID, *, by: Actor) -> User:
    """Let a disabled person in again, with the roles they hold: for administrators."""
    _require_admin(by)
    return accounts.let_in(session, user_id)


def send_password_reset(session: Session, user_id: UUID, *, by: Actor, at: datetime) -> None:
    """Recovery: mail a reset link to a person. For administrators."""
    _require_admin(by)
    accounts.send_reset(session, get_user(session, user_id).email, at=at)


def reset_second_factor(session: Session, user_id: UUID, *, by: Actor, at: datetime) -> None:
    """Recovery: the person's device is lost. For administrators, who have made sure who asks."""
    _require_admin(by)
    accounts.reset_second_factor(session, user_id, at=at)


def _require(by: Actor, role: str, scope: Scope) -> None:
    if not may_grant(by, role, scope):
        raise Forbidden(N_("You may not give or end the role %(role)s there. Ask an administrator."), role=role)


def _require_admin(by: Actor) -> None:
    if not by.is_admin:
        raise Forbidden(N_("Only an administrator may do this."))


def _refuse_reviewer_and_more(session: Session, user: User, role: str) -> None:
    # The caller holds the person's row, so no second role slips in meanwhile. Roles elsewhere are none of the
    # granter's business and hidden from them: the system looks, and tells no more than that there is a clash.
    with _as_system(session):
        others = set(session.scalars(sa.select(Membership.role).filter_by(user_id=user.id, ended_at=None)))
    if role == "reviewer" and others - {"reviewer"}:
        raise Conflict(
            N_("%(name)s holds other roles. A reviewer is never anything else: end those first."), name=user.name
        )
    if role != "reviewer" and "reviewer" in others:
        raise Conflict(N_("%(name)s is a reviewer, and a reviewer is never anything else."), name=user.name)


def _lock_admins(session: Session) -> None:
    """Let nobody else remove an administrator meanwhile; in the order of ids, so that no two wait for each other."""
    admins = sa.select(Membership.id).filter_by(role="admin", ended_at=None).order_by(Membership.id)
    session.execute(admins.with_for_update(key_share=True)).all()


def _refuse_to_lose_last_admin(session: Session, user: User) -> None:
    """Under `_lock_admins`: of administrators who remove each other, the second sees what the first did."""
    able = set(
        session.scalars(
            sa.select(Membership.user_id)
            .join(User, User.id == Membership.user_id)
            .where(Membership.role == "admin", Membership.ended_at.is_(None), User.disabled_at.is_(None))
        )
    )
    if able == {user.id}:
        raise Conflict(N_("%(name)s is the last administrator. Make another one first."), name=user.name)


def _record(
    session: Session, kind: str, membership_id: UUID, user: User, role: str, scope: Scope, *, by: Actor, at: datetime
) -> None:
    # an operator acts on a tenant's owners through a base of theirs: the event is seen there
    base_id = scope.base_id or next(iter(sorted(scope.admitted_to & by.bases)), None)
    row = event_row(
        kind,
        by=by,
        at=at,
        subject_id=membership_id,
        base_id=base_id,
        tenant_id=scope.tenant_id,
        user_id=str(user.id),
        role=role,
    )
    record_events(session, [row])


@contextmanager
def _as_system(session: Session) -> Iterator[None]:
    """Let one query see everything, then see as before."""
    actor = session.info["actor"]
    set_scope(session, SYSTEM)
    try:
        yield
    except BaseException:
        session.info["actor"] = actor  # the transaction is lost; the next one is the caller's again
        raise
    set_scope(session, actor)
