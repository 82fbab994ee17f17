"""Deeds upon equipment: kinds and units entered, changed, retired and brought back.

Retiring is a fact: always accepted, and it names the bookings it hits. It is written under the rows that bookings lock
when they pick a unit (the kind's, then the resource's): a booking that commits first is found among the hits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty, script_code, text_line
from shared_base.core.i18n import N_
from shared_base.equipment import rules
from shared_base.equipment.errors import KindRetired, refusal
from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from shared_base.resources.models import Allocation, Resource
from shared_base.resources.queries import Hit, hits
from shared_base.resources.rules import LAST_INSTANT


@dataclass(frozen=True)
class UnitDetails:
    """What is said of a unit; `fixed_to` is the studio it is built into, None: it can be carried."""

    tag: str
    serial: str | None = None
    fixed_to: UUID | None = None

    def cleaned(self) -> dict[str, Any]:
        """The columns, checked one by one; `Invalid` for the first that cannot be used."""
        return {
            "tag": rules.tag(self.tag),
            "serial": text_line(self.serial, "serial", longest=rules.LONGEST_SERIAL),
            "fixed_to": self.fixed_to,
        }


@dataclass(frozen=True)
class UnitChange:
    """A changed or retired unit, and the bookings to come that hold it and can no longer: somebody has to call them."""

    unit: EquipmentUnit
    hits: tuple[Hit, ...]


def create_kind(session: Session, base: Base, *, code: str, name: str, by: Actor, at: datetime) -> EquipmentKind:
    """Enter a kind of equipment. Its code stays for good: scripts, workbooks and bookings ask for it by that.

    Raises `Invalid`, `NameTaken`.
    """
    kind = EquipmentKind(base_id=base.id, code=script_code(code), name=_name(name), created_at=at)
    with refusing(session, refusal):
        session.add(kind)
    _tell(session, "equipment_kind.created", kind.id, base.id, by=by, at=at, code=kind.code, name=kind.name)
    return kind


def change_kind(session: Session, kind: EquipmentKind, *, name: str, by: Actor, at: datetime) -> EquipmentKind:
    """Give a kind another name. Raises `Invalid`."""
    cleaned = _name(name)
    if kind.name != cleaned:
        kind.name = cleaned
        session.flush()
        _tell(session, "equipment_kind.changed", kind.id, kind.base_id, by=by, at=at, name=cleaned)
    return kind


def retire_kind(session: Session, kind: EquipmentKind, *, by: Actor, at: datetime) -> tuple[Hit, ...]:
    """Retire every unit of a kind; one that never had a unit is taken off the list altogether.

    Returns the bookings to come that hold one of the units. Raises `KindRetired` when none is in service.
    """
    _lock_kind(session, kind.id)
    every = session.scalars(
        sa.select(EquipmentUnit).where(EquipmentUnit.kind_id == kind.id).execution_options(populate_existing=True)
    ).all()
    in_service = [unit for unit in every if unit.retired_at is None]
    if every and not in_service:
        raise KindRetired(N_("Every unit of this kind is retired already; bring one back to use the kind again."))
    found = _retire(session, in_service, by=by, at=at)
    _tell(session, "equipment_kind.retired", kind.id, kind.base_id, by=by, at=at, code=kind.code, hits=len(found))
    if not every:
        session.delete(kind)
        session.flush()
    return found


def create_unit(
    session: Session, kind: EquipmentKind, *, details: UnitDetails, by: Actor, at: datetime
) -> EquipmentUnit:
    """Enter a unit of the kind; bookings can take it at once. Raises `Invalid`, `NameTaken`."""
    columns = details.cleaned()
    _check_studio(session, kind.base_id, columns["fixed_to"])
    with refusing(session, refusal):
        resource = Resource(kind="unit", base_id=kind.base_id)
        session.add(resource)
        session.flush()
        unit = EquipmentUnit(id=resource.id, base_id=kind.base_id, kind_id=kind.id, created_at=at, **columns)
        session.add(unit)
    _tell(session, "equipment_unit.created", unit.id, unit.base_id, by=by, at=at, tag=unit.tag, kind_code=kind.code)
    return unit


def change_unit(session: Session, unit: EquipmentUnit, *, details: UnitDetails, by: Actor, at: datetime) -> UnitChange:
    """Change what is said of a unit. Fixed to a studio, it hits the bookings to come that hold it in another.

    Raises `Invalid`, `NameTaken`.
    """
    columns = details.cleaned()
    _lock_kind(session, unit.kind_id)
    _lock_units(session, [unit])
    changed = sorted(name for name, value in columns.items() if getattr(unit, name) != value)
    if "fixed_to" in changed:
        _check_studio(session, unit.base_id, columns["fixed_to"])
    with refusing(session, refusal):
        for name in changed:
            setattr(unit, name, columns[name])
    if not changed:
        return UnitChange(unit, ())
    found = _held_elsewhere(session, unit, at=at) if "fixed_to" in changed else ()
    _tell(session, "equipment_unit.changed", unit.id, unit.base_id, by=by, at=at, changed=changed, hits=len(found))
    return UnitChange(unit, found)


def retire_unit(session: Session, unit: EquipmentUnit, *, by: Actor, at: datetime) -> UnitChange:
    """Retire a unit: nobody takes it any more. Again is harmless and names the bookings anew."""
    _lock_kind(session, unit.kind_id)
    return UnitChange(unit, _retire(session, [unit], by=by, at=at))


def restore_unit(session: Session, unit: EquipmentUnit, *, by: Actor, at: datetime) -> EquipmentUnit:
    """Bring a retired unit back into service; one in service stays as it is."""
    _lock_units(session, [unit])
    if unit.retired_at is not None:
        unit.retired_at = None
        session.flush()
        _tell(session, "equipment_unit.restored", unit.id, unit.base_id, by=by, at=at, tag=unit.tag)
    return unit


def _retire(session: Session, units: Sequence[EquipmentUnit], *, by: Actor, at: datetime) -> tuple[Hit, ...]:
    if not units:
        return ()
    _lock_units(session, units)
    found = tuple(hits(session, [unit.id for unit in units], Range(at, LAST_INSTANT)))
    newly = [unit for unit in units if unit.retired_at is None]
    for unit in newly:
        unit.retired_at = at
    session.flush()
    record_events(
        session,
        [
            event_row("equipment_unit.retired", by=by, at=at, subject_id=unit.id, base_id=unit.base_id, tag=unit.tag,
                      hits=sum(hit.resource_id == unit.id for hit in found))
            for unit in newly
        ],
    )  # fmt: skip
    return found


def _held_elsewhere(session: Session, unit: EquipmentUnit, *, at: datetime) -> tuple[Hit, ...]:
    """The bookings to come that hold the unit in another studio than the one it is now fixed to."""
    if unit.fixed_to is None:
        return ()
    found = hits(session, [unit.id], Range(at, LAST_INSTANT))
    there = set(
        session.scalars(
            sa.select(Allocation.booking_id).where(
                Allocation.resource_id == unit.fixed_to, Allocation.booking_id.in_([hit.booking_id for hit in found])
            )
        )
    )
    return tuple(hit for hit in found if hit.booking_id not in there)


def _lock_kind(session: Session, kind_id: UUID) -> None:
    """The kind's row, as a booking that picks any unit of it locks it first."""
    session.execute(sa.select(EquipmentKind.id).where(EquipmentKind.id == kind_id).with_for_update(key_share=True))


def _lock_units(session: Session, units: Sequence[EquipmentUnit]) -> None:
    """The resource rows in id order, as bookings take them; the units are then read anew."""
    wanted = sa.select(Resource.id).where(Resource.id.in_([unit.id for unit in units])).order_by(Resource.id)
    session.execute(wanted.with_for_update(key_share=True))
    for unit in units:
        session.refresh(unit)


def _check_studio(session: Session, base_id: UUID, space_id: UUID | None) -> None:
    if space_id is None:
        return
    studio = sa.select(Space.id).where(Space.id == space_id, Space.base_id == base_id, Space.kind == "studio")
    if session.scalar(studio) is None:
        raise faulty("fixed_to", N_("Equipment is fixed to a studio of its own base; choose one of those."))


def _name(text: str) -> str:
    cleaned = text_line(text, "name", longest=rules.LONGEST_NAME, required=True)
    assert cleaned is not None
    return cleaned


def _tell(
    session: Session, kind: str, subject_id: UUID, base_id: UUID, *, by: Actor, at: datetime, **payload: Any
) -> None:
    record_events(session, [event_row(kind, by=by, at=at, subject_id=subject_id, base_id=base_id, **payload)])
