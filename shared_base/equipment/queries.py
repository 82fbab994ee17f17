"""Reads of equipment: kinds with their counts, units, each list in one statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Space
from shared_base.core.fields import pattern
from shared_base.equipment.errors import UnknownKind, UnknownUnit
from shared_base.equipment.models import EquipmentKind, EquipmentUnit


@dataclass(frozen=True)
class KindRow:
    """A kind and how many units of it there are: in service, those of them that are fixed, and retired ones."""

    id: UUID
    code: str
    name: str
    units: int
    fixed: int
    retired: int

    @property
    def portable(self) -> int:
        return self.units - self.fixed


@dataclass(frozen=True)
class UnitRow:
    """A unit with its kind, and the studio that it is fixed to."""

    id: UUID
    tag: str
    serial: str | None
    kind_code: str
    kind_name: str
    space_id: UUID | None
    space_code: str | None
    retired_at: datetime | None


@dataclass(frozen=True)
class UnitFilter:
    """What a list of units is narrowed to. `fixed`: those built in, or those that can be carried; None: both."""

    search: str | None = None
    kind_code: str | None = None
    fixed: bool | None = None
    retired: bool = False


def kind_of(session: Session, kind_id: UUID, *, base_ids: Collection[UUID] | None = None) -> EquipmentKind:
    """One kind, else `UnknownKind`; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(EquipmentKind, kind_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownKind
    return found


def unit_of(session: Session, unit_id: UUID, *, base_ids: Collection[UUID] | None = None) -> EquipmentUnit:
    """One unit, else `UnknownUnit`; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(EquipmentUnit, unit_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownUnit
    return found


def kinds(session: Session, base_id: UUID) -> list[KindRow]:
    """The kinds of a base by code, each with its counts: one statement."""
    in_service = EquipmentUnit.retired_at.is_(None) & EquipmentUnit.id.is_not(None)
    found = session.execute(
        sa.select(
            EquipmentKind.id,
            EquipmentKind.code,
            EquipmentKind.name,
            sa.func.count().filter(in_service),
            sa.func.count().filter(in_service, EquipmentUnit.fixed_to.is_not(None)),
            sa.func.count().filter(EquipmentUnit.retired_at.is_not(None)),
        )
        .outerjoin(EquipmentUnit, EquipmentUnit.kind_id == EquipmentKind.id)
        .where(EquipmentKind.base_id == base_id)
        .group_by(EquipmentKind.id)
        .order_by(EquipmentKind.code)
    )
    return [KindRow(*row) for row in found]


def units(
    session: Session, base_id: UUID, narrowed: UnitFilter, *, after: str | None = None, limit: int | None = None
) -> Sequence[UnitRow]:
    """Units of a base by tag, from the one after the tag `after` on: one statement."""
    query = (
        sa.select(
            EquipmentUnit.id,
            EquipmentUnit.tag,
            EquipmentUnit.serial,
            EquipmentKind.code,
            EquipmentKind.name,
            Space.id,
            Space.code,
            EquipmentUnit.retired_at,
        )
        .join(EquipmentKind, EquipmentKind.id == EquipmentUnit.kind_id)
        .outerjoin(Space, Space.id == EquipmentUnit.fixed_to)
        .where(EquipmentUnit.base_id == base_id, *_conditions(narrowed))
        .order_by(EquipmentUnit.tag)
        .limit(limit)
    )
    if after is not None:
        query = query.where(EquipmentUnit.tag > after)
    return [UnitRow(*row) for row in session.execute(query)]


def _conditions(narrowed: UnitFilter) -> list[sa.ColumnElement[bool]]:
    retired = EquipmentUnit.retired_at
    found: list[sa.ColumnElement[bool]] = [retired.is_not(None) if narrowed.retired else retired.is_(None)]
    if narrowed.kind_code is not None:
        found.append(EquipmentKind.code == narrowed.kind_code)
    if narrowed.fixed is not None:
        found.append(EquipmentUnit.fixed_to.is_not(None) if narrowed.fixed else EquipmentUnit.fixed_to.is_(None))
    if narrowed.search and narrowed.search.strip():
        wanted = pattern(narrowed.search)
        columns = (EquipmentUnit.tag, EquipmentUnit.serial, EquipmentKind.name, EquipmentKind.code, Space.code)
        found.append(sa.or_(*(column.ilike(wanted) for column in columns)))
    return found
