"""Equipment, crew and samples as rows, and bookings that hold them, past the rules."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Base, Space
from shared_base.crew.models import CrewMember, CrewRole, CrewShift, CrewSkill
from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from shared_base.resources.models import Allocation, LotClaim, Resource
from shared_base.samples.models import Sample
from tests.factories.catalogue import LONG_AGO

_numbers = count(1)


def make_kind(session: Session, base: Base, code: str = "camera", name: str = "相机") -> EquipmentKind:
    kind = EquipmentKind(base_id=base.id, code=code, name=name, created_at=LONG_AGO)
    session.add(kind)
    session.flush()
    return kind


def make_unit(session: Session, kind: EquipmentKind, *, fixed_to: Space | None = None, **columns: Any) -> EquipmentUnit:
    """A unit in service, portable unless it is fixed to a studio."""
    unit = EquipmentUnit(
        **{
            "id": _resource(session, "unit", kind.base_id),
            "base_id": kind.base_id,
            "kind_id": kind.id,
            "tag": f"{kind.code.upper()}-{next(_numbers):03d}",
            "fixed_to": fixed_to.id if fixed_to else None,
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(unit)
    session.flush()
    return unit


def make_role(session: Session, base: Base, code: str = "director", name: str = "场控") -> CrewRole:
    role = CrewRole(base_id=base.id, code=code, name=name, created_at=LONG_AGO)
    session.add(role)
    session.flush()
    return role


def make_member(session: Session, base: Base, *roles: CrewRole, **columns: Any) -> CrewMember:
    """A member who can take the roles; without a shift."""
    member = CrewMember(
        **{
            "id": _resource(session, "crew", base.id),
            "base_id": base.id,
            "name": f"场务{next(_numbers)}",
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(member)
    session.flush()
    session.add_all(CrewSkill(base_id=base.id, crew_id=member.id, role_id=role.id) for role in roles)
    session.flush()
    return member


def make_shift(
    session: Session, member: CrewMember, start: datetime, end: datetime, *, rest: timedelta = timedelta(hours=11)
) -> CrewShift:
    shift = CrewShift(
        base_id=member.base_id,
        crew_id=member.id,
        during=Range(start, end),
        guarded=Range(start, end + rest),
        created_at=LONG_AGO,
    )
    session.add(shift)
    session.flush()
    return shift


def make_sample(session: Session, base: Base, *, quantity: int | None = None, **columns: Any) -> Sample:
    """A single item, or with a `quantity` a counted lot."""
    number = next(_numbers)
    sample = Sample(
        **{
            "id": _resource(session, "sample", base.id),
            "base_id": base.id,
            "code": f"SP-{number:04d}",
            "name": f"样品{number}",
            "counted": quantity is not None,
            "quantity": 1 if quantity is None else quantity,
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(sample)
    session.flush()
    return sample


def hold(session: Session, booking: Booking, resource_id: UUID, *, quantity: int | None = None) -> None:
    """Let the booking hold one thing more for its own time, or with a `quantity` so many of a lot."""
    shared = {
        "resource_id": resource_id,
        "booking_id": booking.id,
        "tenant_id": booking.tenant_id,
        "base_id": booking.base_id,
        "during": booking.during,
    }
    session.add(Allocation(**shared) if quantity is None else LotClaim(**shared, quantity=quantity))
    session.flush()


def _resource(session: Session, kind: str, base_id: UUID) -> UUID:
    resource = Resource(kind=kind, base_id=base_id)
    session.add(resource)
    session.flush()
    return resource.id
