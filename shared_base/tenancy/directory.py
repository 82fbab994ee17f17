"""Who there is: the people whom an actor may see, with the roles that they hold in the actor's sight.

An administrator sees everybody; an operator whoever holds a role in the base or in a tenant admitted to it; the owner
of a tenant its people. Nobody else keeps a list of people.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import BASE_ROLES, TENANT_ROLES, Actor
from shared_base.core.errors import NotFound
from shared_base.core.fields import pattern
from shared_base.core.i18n import N_
from shared_base.people.models import SignInSession, User
from shared_base.tenancy.memberships import Scope, may_grant
from shared_base.tenancy.models import Admission, Membership, Tenant

STATES = ("active", "invited", "disabled")


@dataclass(frozen=True)
class RoleRow:
    """A role that somebody holds, and where."""

    membership_id: UUID
    role: str
    base_id: UUID | None
    tenant_id: UUID | None
    #: the base's or the tenant's name; None for a role that holds everywhere
    place: str | None
    since: datetime


@dataclass(frozen=True)
class PersonRow:
    """A person as a list shows them."""

    id: UUID
    name: str
    email: str
    state: str
    two_step: bool
    seen_at: datetime | None
    created_at: datetime
    roles: Sequence[RoleRow] = field(default=())


@dataclass(frozen=True)
class Wanted:
    """What of the list is asked for; None: no matter."""

    text: str | None = None
    role: str | None = None
    state: str | None = None
    base_id: UUID | None = None
    tenant_id: UUID | None = None


_last_seen = (
    sa.select(sa.func.max(SignInSession.seen_at))
    .where(SignInSession.user_id == User.id)
    .correlate(User)
    .scalar_subquery()
)
_state = sa.case((User.disabled_at.is_not(None), "disabled"), (User.password_hash.is_(None), "invited"), else_="active")
SORTS: dict[str, Any] = {
    "name": User.name,
    "email": User.email,
    "state": _state,
    "created": User.created_at,
    "seen": sa.func.coalesce(_last_seen, sa.literal("-infinity").cast(sa.TIMESTAMP(timezone=True))),
}


def _in_sight(by: Actor) -> sa.ColumnElement[bool]:
    """The live memberships that the actor may know of."""
    live = Membership.ended_at.is_(None)
    if by.is_admin:
        return live
    bases = {grant.base_id for grant in by.grants if grant.role == "operator"}
    tenants = {grant.tenant_id for grant in by.grants if grant.role == "tenant_owner"}
    admitted = sa.select(Admission.tenant_id).where(Admission.base_id.in_(bases))
    return live & sa.or_(
        Membership.base_id.in_(bases), Membership.tenant_id.in_(tenants), Membership.tenant_id.in_(admitted)
    )


def _conditions(by: Actor, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    held = [
        condition
        for value, condition in (
            (wanted.role, Membership.role == wanted.role),
            (wanted.base_id, Membership.base_id == wanted.base_id),
            (wanted.tenant_id, Membership.tenant_id == wanted.tenant_id),
        )
        if value is not None
    ]
    conditions: list[sa.ColumnElement[bool]] = []
    if held or not by.is_admin:
        conditions.append(sa.exists().where(Membership.user_id == User.id, _in_sight(by), *held))
    if wanted.text:
        like = pattern(wanted.text)
        conditions.append(sa.or_(User.name.ilike(like), User.email.ilike(like)))
    if wanted.state is not None:
        conditions.append(_state == wanted.state)
    return conditions


def count(session: Session, *, by: Actor, wanted: Wanted) -> int:
    """How many people there are to see."""
    return session.scalar(sa.select(sa.func.count()).select_from(User).where(*_conditions(by, wanted))) or 0


def people(
    session: Session, *, by: Actor, wanted: Wanted, sort: str = "name", offset: int = 0, limit: int = 50
) -> list[PersonRow]:
    """The people asked for with their roles, in two statements; `sort` is a key of `SORTS`, with `-` descending."""
    key = SORTS[sort.removeprefix("-")]
    order = key.desc() if sort.startswith("-") else key.asc()
    query = _people().where(*_conditions(by, wanted)).order_by(order, User.id).offset(offset).limit(limit)
    found = session.execute(query).all()
    roles = _roles(session, _in_sight(by), Membership.user_id.in_([row.id for row in found]))
    return [_person(row, roles.get(row.id, [])) for row in found]


def person(session: Session, user_id: UUID, *, by: Actor) -> PersonRow:
    """One of the people in sight, or `NotFound`."""
    row = session.execute(_people().where(User.id == user_id, *_conditions(by, Wanted()))).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such person among those you look after."))
    return _person(row, _roles(session, _in_sight(by), Membership.user_id == user_id).get(user_id, []))


def own_roles(session: Session, user_id: UUID) -> list[RoleRow]:
    """A person's own roles; row-level security shows everybody theirs."""
    return _roles(session, Membership.ended_at.is_(None), Membership.user_id == user_id).get(user_id, [])


def _people() -> sa.Select[Any]:
    return sa.select(
        User.id,
        User.name,
        User.email,
        _state.label("state"),
        User.totp_confirmed_at.is_not(None).label("two_step"),
        _last_seen.label("seen_at"),
        User.created_at,
    )


def _person(row: Any, roles: Sequence[RoleRow]) -> PersonRow:
    return PersonRow(row.id, row.name, row.email, row.state, row.two_step, row.seen_at, row.created_at, roles)


def _roles(session: Session, *conditions: sa.ColumnElement[bool]) -> dict[UUID, list[RoleRow]]:
    """Memberships by person, in the order in which they were given."""
    query = (
        sa.select(Membership, sa.func.coalesce(Base.name, Tenant.name))
        .outerjoin(Base, Base.id == Membership.base_id)
        .outerjoin(Tenant, Tenant.id == Membership.tenant_id)
        .where(*conditions)
        .order_by(Membership.id)
    )
    roles: dict[UUID, list[RoleRow]] = {}
    for held, place in session.execute(query):
        row = RoleRow(held.id, held.role, held.base_id, held.tenant_id, place, held.created_at)
        roles.setdefault(held.user_id, []).append(row)
    return roles


@dataclass(frozen=True)
class Offer:
    """A role that the actor may give, and where: `key` names it in a form."""

    role: str
    base_id: UUID | None = None
    tenant_id: UUID | None = None
    place: str | None = None

    @property
    def key(self) -> str:
        return f"{self.role}:{self.base_id or self.tenant_id or ''}"


def offers(session: Session, *, by: Actor) -> list[Offer]:
    """Every role that the actor may give (`memberships.may_grant`), place by place."""
    bases = session.execute(sa.select(Base.id, Base.name).order_by(Base.code)).all()
    tenants = session.execute(sa.select(Tenant.id, Tenant.name).order_by(Tenant.name)).all()
    admitted: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for tenant_id, base_id in session.execute(sa.select(Admission.tenant_id, Admission.base_id)):
        admitted[tenant_id].add(base_id)
    possible = [
        Offer("admin"),
        Offer("reviewer"),
        *(Offer(role, base.id, None, base.name) for base in bases for role in (*BASE_ROLES, "reviewer")),
        *(Offer(role, None, tenant.id, tenant.name) for tenant in tenants for role in TENANT_ROLES),
    ]
    return [
        offer
        for offer in possible
        if may_grant(
            by,
            offer.role,
            Scope(
                offer.base_id,
                offer.tenant_id,
                offer.place,
                frozenset(admitted[offer.tenant_id] if offer.tenant_id else ()),
            ),
        )
    ]
