"""Equipment: its kinds, and the units that bookings take. A unit is a resource: one booking at a time holds it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.catalogue.models import Base, Space
from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key
from shared_base.resources.models import Resource


class EquipmentKind(Model):
    """A kind of equipment of a base (相机, 采集卡, 主灯). A booking asks for a number of a kind, never for a unit."""

    __tablename__ = "equipment_kinds"
    __table_args__ = (
        sa.UniqueConstraint("base_id", "code", name="equipment_kinds_code_unique_in_base"),
        sa.UniqueConstraint("base_id", "id", name="equipment_kinds_base_and_id"),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9_-]{0,39}$'", name="equipment_kinds_code_shape"),
        sa.CheckConstraint("length(btrim(name)) between 1 and 100", name="equipment_kinds_name_given"),
        sa.ForeignKeyConstraint(["base_id"], ["bases.id"], name="equipment_kinds_base_fkey"),
    )

    id: Mapped[UUID] = uuid_key()
    base_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(doc="what scripts and the workbook call it: `camera`")
    name: Mapped[str]
    created_at: Mapped[datetime]

    base: Mapped[Base] = relationship(lazy="raise")
    units: Mapped[list["EquipmentUnit"]] = relationship(
        order_by="EquipmentUnit.tag", lazy="raise", back_populates="kind"
    )


audited(EquipmentKind)


class EquipmentUnit(Model):
    """One piece of equipment, known by its tag. Fixed to a studio it serves that studio only; else any of its base."""

    __tablename__ = "equipment_units"
    __table_args__ = (
        sa.UniqueConstraint("base_id", "tag", name="equipment_units_tag_unique_in_base"),
        sa.UniqueConstraint("base_id", "id", name="equipment_units_base_and_id"),
        sa.CheckConstraint("length(btrim(tag)) between 1 and 40", name="equipment_units_tag_given"),
        sa.CheckConstraint("length(serial) <= 100", name="equipment_units_serial_length"),
        sa.ForeignKeyConstraint(["id"], ["resources.id"], name="equipment_units_resource_fkey"),
        sa.ForeignKeyConstraint(
            ["base_id", "kind_id"], ["equipment_kinds.base_id", "equipment_kinds.id"], name="equipment_units_kind_fkey"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "fixed_to"], ["spaces.base_id", "spaces.id"], name="equipment_units_space_fkey"
        ),
        sa.Index("equipment_units_kind", "kind_id"),
        sa.Index("equipment_units_fixed", "fixed_to", postgresql_where=sa.text("fixed_to is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    base_id: Mapped[UUID]
    kind_id: Mapped[UUID]
    tag: Mapped[str] = mapped_column(doc="what stands on its label")
    serial: Mapped[str | None]
    fixed_to: Mapped[UUID | None] = mapped_column(doc="the studio it is built into; null: it can be carried")
    retired_at: Mapped[datetime | None] = mapped_column(doc="nobody takes it any more")
    created_at: Mapped[datetime]

    kind: Mapped[EquipmentKind] = relationship(lazy="raise", back_populates="units")
    space: Mapped[Space | None] = relationship(lazy="raise", overlaps="kind,units")
    resource: Mapped[Resource] = relationship(lazy="raise")


audited(EquipmentUnit)
