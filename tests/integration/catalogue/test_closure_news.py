"""Whoever a closure hits hears of it: one event for each booking ahead, told once, whatever kind of thing is closed."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import SYSTEM
from shared_base.core.database import set_scope
from shared_base.core.events import Event
from shared_base.resources import actions, queries
from shared_base.resources.models import Allocation, LotClaim, Outage, Resource
from shared_base.tenancy.models import Tenant
from tests.conftest import NOON
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_actor, make_tenant


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session)


@pytest.fixture
def studio(session: Session, base: Base) -> Space:
    return make_studio(session, base)


@pytest.fixture
def tenant(session: Session, base: Base) -> Tenant:
    return make_tenant(session, base)


def close(
    session: Session, base: Base, resource_id: UUID | None, start: float, end: float, *, at: datetime = NOON
) -> Outage:
    return actions.close(
        session, base_id=base.id, resource_id=resource_id, start=hours(start), end=hours(end), reason="检修",
        by=SYSTEM, at=at,
    ).outage  # fmt: skip


def told(session: Session) -> list[Event]:
    return list(session.scalars(sa.select(Event).where(Event.kind == "booking.hit_by_closure").order_by(Event.id)))


def test_each_booking_hit_is_told_with_its_tenant_the_reason_and_the_time(
    session: Session, base: Base, studio: Space, tenant: Tenant
) -> None:
    hit = make_booking(session, studio, tenant, hours(5), hours(9))
    make_booking(session, studio, tenant, hours(20), hours(22))
    closure = close(session, base, studio.id, 6, 8)
    (event,) = told(session)
    assert (event.subject_id, event.base_id, event.tenant_id) == (hit.id, base.id, tenant.id)
    assert event.payload == {
        "closure_id": str(closure.id),
        "resource_id": str(studio.id),
        "reason": "检修",
        "start": hours(6).isoformat(),
        "end": hours(8).isoformat(),
    }


def test_nobody_is_told_of_what_is_over(session: Session, base: Base, studio: Space, tenant: Tenant) -> None:
    make_booking(session, studio, tenant, hours(5), hours(9))
    make_booking(session, studio, tenant, hours(10), hours(12))
    close(session, base, studio.id, 4, 8, at=hours(9))
    assert told(session) == []
    # a record that runs on: the one that ended is not told, the one ahead is
    close(session, base, studio.id, 4, 20, at=hours(9))
    assert len(told(session)) == 1


def test_a_correction_tells_those_alone_that_the_closure_did_not_hit_before(
    session: Session, base: Base, studio: Space, tenant: Tenant
) -> None:
    first, second = (make_booking(session, studio, tenant, hours(at), hours(at + 2)) for at in (4, 8))
    closure = close(session, base, studio.id, 4, 6)
    actions.correct(
        session, closure, start=hours(4), end=hours(9), reason="检修", resource_id=studio.id, by=SYSTEM, at=NOON
    )
    assert [event.subject_id for event in told(session)] == [first.id, second.id]


def test_a_booking_hit_in_two_things_at_once_is_told_once(
    session: Session, base: Base, studio: Space, tenant: Tenant
) -> None:
    other = make_studio(session, base)
    hit = make_booking(session, studio, tenant, hours(5), hours(9))
    session.add(
        Allocation(resource_id=other.id, booking_id=hit.id, tenant_id=tenant.id, base_id=base.id, during=hit.during)
    )
    session.flush()
    close(session, base, None, 4, 10)
    assert [event.subject_id for event in told(session)] == [hit.id]


@pytest.mark.parametrize("kind", ["unit", "crew", "sample"])
def test_units_people_and_samples_are_closed_like_rooms(
    session: Session, base: Base, studio: Space, tenant: Tenant, kind: str
) -> None:
    thing = Resource(kind=kind, base_id=base.id)
    session.add(thing)
    session.flush()
    hit = make_booking(session, studio, tenant, hours(5), hours(9))
    held = {"resource_id": thing.id, "booking_id": hit.id, "tenant_id": tenant.id, "base_id": base.id}
    session.add(
        LotClaim(**held, during=hit.during, quantity=3) if kind == "sample" else Allocation(**held, during=hit.during)
    )
    session.flush()
    assert [found.booking_id for found in queries.hits(session, [thing.id], Range(hours(4), hours(6)))] == [hit.id]
    close(session, base, thing.id, 4, 6)
    assert [event.subject_id for event in told(session)] == [hit.id]


def test_hits_are_those_of_the_bases_that_one_sees(session: Session, base: Base, studio: Space, tenant: Tenant) -> None:
    hit: Booking = make_booking(session, studio, tenant, hours(5), hours(9))
    staff, other = make_actor(session, "operator", base=base), make_actor(session, "operator", base=make_base(session))
    rival = make_actor(session, "tenant_owner", tenant=make_tenant(session, base))
    seen = []
    for actor in (staff, other, rival):
        set_scope(session, actor)
        seen.append([it.booking_id for it in queries.hits(session, [studio.id], Range(hours(4), hours(6)))])
    assert seen == [[hit.id], [], []]
