"""A base with two studios and two tenants, seen by each of their people."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.database import set_scope
from shared_base.core.events import Event
from shared_base.resources.models import Allocation
from shared_base.tenancy.models import Tenant
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_actor, make_tenant

#: the present of these tests: Monday noon in Shanghai
NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def hours(number: float) -> datetime:
    """So many hours after NOW."""
    return NOW + timedelta(hours=number)


@dataclass
class House:
    """A base open round the clock, its studio and another, two admitted tenants, a desk and a scheduler of each."""

    session: Session
    base: Base
    studio: Space
    other: Space
    tenant: Tenant
    rival: Tenant
    desk: Actor
    scheduler: Actor
    rival_scheduler: Actor

    def as_(self, actor: Actor) -> Session:
        """The session as somebody: row-level security applies to whatever follows."""
        self.session.flush()
        self.session.expunge_all()
        set_scope(self.session, actor)
        return self.session

    def book(self, start: datetime, end: datetime, *, by: Actor | None = None, **asked: Any) -> BookingRow:
        """Book as somebody (default: the tenant's scheduler) at NOW."""
        actor = by or self.scheduler
        session = self.as_(actor)
        values: dict[str, Any] = {
            "studio_id": self.studio.id,
            "tenant_id": self.rival.id if actor is self.rival_scheduler else self.tenant.id,
            "title": "晚八点专场",
            "at": NOW,
            **asked,
        }
        return actions.book(session, start=start, end=end, by=actor, **values)

    def held(self, resource_id: UUID) -> list[tuple[datetime, datetime]]:
        """The live allocations of a resource, in order of time."""
        session = self.as_(SYSTEM)
        found = session.scalars(
            sa.select(Allocation.during)
            .where(Allocation.resource_id == resource_id, Allocation.live)
            .order_by(Allocation.during)
        )
        return [(during.lower, during.upper) for during in found]  # type: ignore[misc]

    def events(self, booking: BookingRow) -> list[Event]:
        session = self.as_(SYSTEM)
        return list(session.scalars(sa.select(Event).where(Event.subject_id == booking.id).order_by(Event.id)))


def make_house(session: Session, **base: Any) -> House:
    of_base = make_base(session, **base)
    tenant, rival = make_tenant(session, of_base), make_tenant(session, of_base)
    return House(
        session=session,
        base=of_base,
        studio=make_studio(session, of_base, scene="美妆"),
        other=make_studio(session, of_base, scene="服装"),
        tenant=tenant,
        rival=rival,
        desk=make_actor(session, "front_desk", base=of_base),
        scheduler=make_actor(session, "tenant_scheduler", tenant=tenant),
        rival_scheduler=make_actor(session, "tenant_scheduler", tenant=rival),
    )


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)
