"""Reads of the crew: roles with their counts, members, and who works when; each list in one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.core.fields import pattern
from shared_base.crew.errors import UnknownMember, UnknownRole, UnknownShift
from shared_base.crew.models import CrewMember, CrewRole, CrewShift, CrewSkill


@dataclass(frozen=True)
class RoleRow:
    """A role and how many members with the base can take it."""

    id: UUID
    code: str
    name: str
    members: int


@dataclass(frozen=True)
class MemberRow:
    """A member with the codes and names of the roles they can take, and their next or running shift."""

    id: UUID
    name: str
    phone: str | None
    left_at: datetime | None
    role_codes: list[str]
    role_names: list[str]
    next_shift: Range[datetime] | None


@dataclass(frozen=True)
class ShiftRow:
    """A shift with whose it is."""

    id: UUID
    member_id: UUID
    member_name: str
    during: Range[datetime]


def role_of(session: Session, role_id: UUID, *, base_ids: Collection[UUID] | None = None) -> CrewRole:
    """One role, else `UnknownRole`; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(CrewRole, role_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownRole
    return found


def member_of(session: Session, member_id: UUID, *, base_ids: Collection[UUID] | None = None) -> CrewMember:
    """One member, else `UnknownMember`; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(CrewMember, member_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownMember
    return found


def shift_of(session: Session, shift_id: UUID, *, base_ids: Collection[UUID] | None = None) -> CrewShift:
    """One shift, else `UnknownShift`; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(CrewShift, shift_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownShift
    return found


def roles(session: Session, base_id: UUID) -> list[RoleRow]:
    """The roles of a base by code, each with its count."""
    found = session.execute(
        sa.select(CrewRole.id, CrewRole.code, CrewRole.name, sa.func.count(CrewMember.id))
        .outerjoin(CrewSkill, CrewSkill.role_id == CrewRole.id)
        .outerjoin(CrewMember, sa.and_(CrewMember.id == CrewSkill.crew_id, CrewMember.left_at.is_(None)))
        .where(CrewRole.base_id == base_id)
        .group_by(CrewRole.id)
        .order_by(CrewRole.code)
    )
    return [RoleRow(*row) for row in found]


def role_ids_of(session: Session, member_id: UUID) -> set[UUID]:
    """The roles that a member can take."""
    return set(session.scalars(sa.select(CrewSkill.role_id).where(CrewSkill.crew_id == member_id)))


@dataclass(frozen=True)
class MemberFilter:
    """What a list of members is narrowed to."""

    search: str | None = None
    role_code: str | None = None
    left: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = [
            CrewMember.left_at.is_not(None) if self.left else CrewMember.left_at.is_(None)
        ]
        if self.role_code is not None:
            found.append(
                sa.exists().where(
                    CrewSkill.crew_id == CrewMember.id,
                    CrewSkill.role_id == CrewRole.id,
                    CrewRole.code == self.role_code,
                )
            )
        if self.search and self.search.strip():
            wanted = pattern(self.search)
            found.append(sa.or_(CrewMember.name.ilike(wanted), CrewMember.phone.ilike(wanted)))
        return found


def members(
    session: Session,
    base_id: UUID,
    narrowed: MemberFilter,
    *,
    at: datetime,
    after: tuple[str, UUID] | None = None,
    limit: int | None = None,
) -> list[MemberRow]:
    """Members of a base by name, from the one after `after` (name, id) on; their next shift as of `at`."""
    skills = (
        sa.select(_codes(CrewRole.code).label("codes"), _codes(CrewRole.name).label("names"))
        .join(CrewSkill, CrewSkill.role_id == CrewRole.id)
        .where(CrewSkill.crew_id == CrewMember.id)
        .lateral()
    )
    ahead = (
        sa.select(CrewShift.during)
        .where(CrewShift.crew_id == CrewMember.id, sa.func.upper(CrewShift.during) > at)
        .order_by(CrewShift.during)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            CrewMember.id,
            CrewMember.name,
            CrewMember.phone,
            CrewMember.left_at,
            skills.c.codes,
            skills.c.names,
            ahead,
        )
        .join(skills, sa.true())
        .where(CrewMember.base_id == base_id, *narrowed.conditions())
        .order_by(CrewMember.name, CrewMember.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(sa.tuple_(CrewMember.name, CrewMember.id) > sa.tuple_(*map(sa.literal, after)))
    return [MemberRow(*row) for row in session.execute(query)]


def _codes(column: Any) -> Any:
    """The texts of a group as a list, in order of the roles' codes; an empty one where there is none."""
    ordered = pg.aggregate_order_by(column, CrewRole.code)
    return sa.func.coalesce(sa.func.array_agg(ordered), sa.cast([], pg.ARRAY(sa.Text)))


def shifts(
    session: Session, base_id: UUID, during: Range[datetime], *, member_id: UUID | None = None
) -> list[ShiftRow]:
    """The shifts of a base, or of one of its members, that touch a time, in order."""
    query = (
        sa.select(CrewShift.id, CrewMember.id, CrewMember.name, CrewShift.during)
        .join(CrewMember, CrewMember.id == CrewShift.crew_id)
        .where(CrewShift.base_id == base_id, CrewShift.during.overlaps(during))
        .order_by(CrewShift.during, CrewMember.name, CrewMember.id)
    )
    if member_id is not None:
        query = query.where(CrewShift.crew_id == member_id)
    return [ShiftRow(*row) for row in session.execute(query)]


def shift_in_the_way(
    session: Session, member_id: UUID, guarded: Range[datetime], *, but_not: UUID | None = None
) -> CrewShift | None:
    """The first stored shift of the member that, with its rest, meets a shift with its rest."""
    query = sa.select(CrewShift).where(CrewShift.crew_id == member_id, CrewShift.guarded.overlaps(guarded))
    if but_not is not None:
        query = query.where(CrewShift.id != but_not)
    return session.scalar(query.order_by(CrewShift.during).limit(1))
