"""Crew: roles, members, what each can do, and their shifts. A member is a resource: nobody is in two studios."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key
from shared_base.resources.models import Resource, bounded


class CrewRole(Model):
    """What somebody of the crew does in a session: 场控, 助播, 运营. A booking asks for a role, never for a person."""

    __tablename__ = "crew_roles"
    __table_args__ = (
        sa.UniqueConstraint("base_id", "code", name="crew_roles_code_unique_in_base"),
        sa.UniqueConstraint("base_id", "id", name="crew_roles_base_and_id"),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9_-]{0,39}$'", name="crew_roles_code_shape"),
        sa.CheckConstraint("length(btrim(name)) between 1 and 100", name="crew_roles_name_given"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="crew_roles_base_fkey"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    code: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]


audited(CrewRole)


class CrewMember(Model):
    """Somebody who works for the base's tenants by the session."""

    __tablename__ = "crew_members"
    __table_args__ = (
        sa.UniqueConstraint("base_id", "id", name="crew_members_base_and_id"),
        sa.CheckConstraint("length(btrim(name)) between 1 and 100", name="crew_members_name_given"),
        sa.CheckConstraint("length(phone) <= 40", name="crew_members_phone_length"),
        sa.ForeignKeyConstraint(["id"], ["resources.id"], name="crew_members_resource_fkey"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="crew_members_base_fkey"),
        sa.Index("crew_members_base", "base_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    base_id: Mapped[UUID]
    name: Mapped[str]
    phone: Mapped[str | None]
    left_at: Mapped[datetime | None] = mapped_column(doc="no longer with the base: takes nothing new")
    created_at: Mapped[datetime]

    resource: Mapped[Resource] = relationship(lazy="raise")
    roles: Mapped[list[CrewRole]] = relationship(
        secondary="crew_skills",
        primaryjoin="CrewMember.id == CrewSkill.crew_id",
        secondaryjoin="CrewRole.id == CrewSkill.role_id",
        order_by="CrewRole.code",
        viewonly=True,
        lazy="raise",
    )


audited(CrewMember)


class CrewSkill(Model):
    """A role that a member can take."""

    __tablename__ = "crew_skills"
    __table_args__ = (
        sa.PrimaryKeyConstraint("crew_id", "role_id", name="crew_skills_pkey"),
        sa.ForeignKeyConstraint(
            ["base_id", "crew_id"], ["crew_members.base_id", "crew_members.id"], name="crew_skills_member_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "role_id"], ["crew_roles.base_id", "crew_roles.id"], name="crew_skills_role_fkey"
        ),
        sa.Index("crew_skills_role", "role_id"),
    )

    base_id: Mapped[UUID]
    crew_id: Mapped[UUID]
    role_id: Mapped[UUID]


class CrewShift(Model):
    """When a member works. Sessions lie within a shift; between two shifts lies at least the base's time of rest."""

    __tablename__ = "crew_shifts"
    __table_args__ = (
        sa.CheckConstraint(bounded("during"), name="crew_shifts_during_bounded"),
        sa.CheckConstraint("guarded @> during and lower(guarded) = lower(during)", name="crew_shifts_guard_the_shift"),
        # `guarded` is the shift and the rest after it: two that overlap would leave somebody without rest
        pg.ExcludeConstraint(("crew_id", "="), ("guarded", "&&"), using="gist", name="crew_shifts_rested"),
        sa.ForeignKeyConstraint(
            ["base_id", "crew_id"], ["crew_members.base_id", "crew_members.id"], name="crew_shifts_member_fkey"
        ),
        sa.Index("crew_shifts_base", "base_id", "during", postgresql_using="gist"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    crew_id: Mapped[UUID]
    during: Mapped[Range[datetime]] = mapped_column(pg.TSTZRANGE)
    guarded: Mapped[Range[datetime]] = mapped_column(pg.TSTZRANGE, doc="the shift and the rest that follows it")
    created_at: Mapped[datetime]


audited(CrewShift)
