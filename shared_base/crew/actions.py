"""Deeds upon the crew: roles and members entered, changed, gone and back. Shifts: `shifts.py`.

Somebody's leaving is a fact: always accepted, and it names the bookings it hits. It is written under the row that
bookings lock, so that a booking which commits first is found among the hits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty, script_code, text_line
from shared_base.core.i18n import N_
from shared_base.crew import queries, rules
from shared_base.crew.errors import refusal
from shared_base.crew.models import CrewMember, CrewRole, CrewShift, CrewSkill
from shared_base.resources.models import Resource
from shared_base.resources.queries import Hit, hits
from shared_base.resources.rules import LAST_INSTANT


@dataclass(frozen=True)
class MemberDetails:
    """What is said of a member: `role_ids` are the roles of the base that they can take."""

    name: str
    phone: str | None = None
    role_ids: frozenset[UUID] = frozenset()

    def cleaned(self) -> dict[str, Any]:
        """The columns, checked one by one; `Invalid` for the first that cannot be used."""
        return {
            "name": text_line(self.name, "name", longest=rules.LONGEST_NAME, required=True),
            "phone": text_line(self.phone, "phone", longest=rules.LONGEST_PHONE),
        }


@dataclass(frozen=True)
class Departure:
    """Who has left, the bookings to come that count on them, and how many of their shifts were taken off."""

    member: CrewMember
    hits: tuple[Hit, ...]
    shifts: int


def create_role(session: Session, base: Base, *, code: str, name: str, by: Actor, at: datetime) -> CrewRole:
    """Enter a role. Its code stays for good: scripts and bookings ask for it by that. Raises `Invalid`, `Conflict`."""
    role = CrewRole(base_id=base.id, code=script_code(code), name=_name(name), created_at=at)
    with refusing(session, refusal):
        session.add(role)
    _tell(session, "crew_role.created", role.id, base.id, by=by, at=at, code=role.code, name=role.name)
    return role


def change_role(session: Session, role: CrewRole, *, name: str, by: Actor, at: datetime) -> CrewRole:
    """Give a role another name. Raises `Invalid`."""
    cleaned = _name(name)
    if role.name != cleaned:
        role.name = cleaned
        session.flush()
        _tell(session, "crew_role.changed", role.id, role.base_id, by=by, at=at, name=cleaned)
    return role


def retire_role(session: Session, role: CrewRole, *, by: Actor, at: datetime) -> int:
    """Take a role off the list, and off all who could take it: their number. What is booked stays with its people."""
    able = sa.delete(CrewSkill).where(CrewSkill.role_id == role.id).returning(CrewSkill.crew_id)
    lost = len(session.scalars(able).all())
    _tell(session, "crew_role.retired", role.id, role.base_id, by=by, at=at, code=role.code, members=lost)
    session.delete(role)
    session.flush()
    return lost


def create_member(session: Session, base: Base, *, details: MemberDetails, by: Actor, at: datetime) -> CrewMember:
    """Enter a member of the base's crew. Bookings take them within their shifts. Raises `Invalid`."""
    columns = details.cleaned()
    _check_roles(session, base.id, details.role_ids)
    resource = Resource(kind="crew", base_id=base.id)
    session.add(resource)
    session.flush()
    member = CrewMember(id=resource.id, base_id=base.id, created_at=at, **columns)
    session.add(member)
    session.flush()
    _learn(session, member, details.role_ids)
    _tell(session, "crew_member.created", member.id, base.id, by=by, at=at, name=member.name)
    return member


def change_member(
    session: Session, member: CrewMember, *, details: MemberDetails, by: Actor, at: datetime
) -> CrewMember:
    """Change what is said of a member, and what they can do. What is booked stays with them. Raises `Invalid`."""
    columns = details.cleaned()
    lock_member(session, member)
    held = queries.role_ids_of(session, member.id)
    _check_roles(session, member.base_id, details.role_ids - held)
    changed = sorted(name for name, value in columns.items() if getattr(member, name) != value)
    for name in changed:
        setattr(member, name, columns[name])
    if gone := held - details.role_ids:
        session.execute(sa.delete(CrewSkill).where(CrewSkill.crew_id == member.id, CrewSkill.role_id.in_(gone)))
    _learn(session, member, details.role_ids - held)
    session.flush()
    if held != details.role_ids:
        session.expire(member, ["roles"])
        changed.append("roles")
    if changed:
        _tell(session, "crew_member.changed", member.id, member.base_id, by=by, at=at, changed=changed)
    return member


def let_go(session: Session, member: CrewMember, *, by: Actor, at: datetime) -> Departure:
    """Record that a member is no longer with the base: they take nothing new, and shifts not begun are taken off.

    Again is harmless and names the bookings anew.
    """
    lock_member(session, member)
    found = tuple(hits(session, [member.id], Range(at, LAST_INSTANT)))
    if member.left_at is not None:
        return Departure(member, found, 0)
    ahead = sa.delete(CrewShift).where(CrewShift.crew_id == member.id, sa.func.lower(CrewShift.during) >= at)
    dropped = len(session.scalars(ahead.returning(CrewShift.id)).all())
    member.left_at = at
    session.flush()
    _tell(session, "crew_member.left", member.id, member.base_id, by=by, at=at, hits=len(found), shifts=dropped)
    return Departure(member, found, dropped)


def take_back(session: Session, member: CrewMember, *, by: Actor, at: datetime) -> CrewMember:
    """Record that a member is with the base again; shifts are planned anew."""
    lock_member(session, member)
    if member.left_at is not None:
        member.left_at = None
        session.flush()
        _tell(session, "crew_member.returned", member.id, member.base_id, by=by, at=at)
    return member


def lock_member(session: Session, member: CrewMember) -> None:
    """The member's row among the resources, as bookings lock it; what is said of them is then read anew."""
    session.execute(sa.select(Resource.id).where(Resource.id == member.id).with_for_update(key_share=True))
    session.refresh(member, ["name", "phone", "left_at"])


def _learn(session: Session, member: CrewMember, role_ids: Iterable[UUID]) -> None:
    session.add_all(CrewSkill(base_id=member.base_id, crew_id=member.id, role_id=role_id) for role_id in role_ids)
    session.flush()


def _check_roles(session: Session, base_id: UUID, role_ids: frozenset[UUID] | set[UUID]) -> None:
    known = sa.select(sa.func.count()).where(CrewRole.base_id == base_id, CrewRole.id.in_(role_ids))
    if session.execute(known).scalar_one() != len(role_ids):
        raise faulty("roles", N_("A member takes roles of their own base; choose among those."))


def _name(text: str) -> str:
    cleaned = text_line(text, "name", longest=rules.LONGEST_NAME, required=True)
    assert cleaned is not None
    return cleaned


def _tell(
    session: Session, kind: str, subject_id: UUID, base_id: UUID, *, by: Actor, at: datetime, **payload: Any
) -> None:
    record_events(session, [event_row(kind, by=by, at=at, subject_id=subject_id, base_id=base_id, **payload)])
