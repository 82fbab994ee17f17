"""What a booking holds beside its studio, as rows."""

from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.crew.models import CrewMember
from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from shared_base.resources.models import Allocation, LotClaim, Resource
from shared_base.samples.models import Sample
from tests.factories.catalogue import LONG_AGO


def give_kit(session: Session, booking: Booking) -> None:
    """Two cameras, somebody of the crew and six of a lot."""
    base_id = booking.base_id

    def resource(kind: str) -> Resource:
        made = Resource(kind=kind, base_id=base_id)
        session.add(made)
        session.flush()
        return made

    kind = EquipmentKind(base_id=base_id, code="camera", name="相机", created_at=LONG_AGO)
    session.add(kind)
    session.flush()
    units = [
        EquipmentUnit(id=resource("unit").id, base_id=base_id, kind_id=kind.id, tag=f"C{number}", created_at=LONG_AGO)
        for number in range(2)
    ]
    member = CrewMember(id=resource("crew").id, base_id=base_id, name="场控小周", created_at=LONG_AGO)
    lot = Sample(
        id=resource("sample").id, base_id=base_id, code="S1", name="口红", counted=True, quantity=10,
        created_at=LONG_AGO,
    )  # fmt: skip
    session.add_all([*units, member, lot])
    session.flush()
    held = {"booking_id": booking.id, "tenant_id": booking.tenant_id, "base_id": base_id, "during": booking.during}
    session.add_all([Allocation(resource_id=one.id, live=True, **held) for one in (*units, member)])
    session.add(LotClaim(resource_id=lot.id, quantity=6, **held))
    session.flush()
