"""A base with its operator, desk and a reviewer, and a tenant with its owner; another base and a rival beside them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.database import set_scope
from shared_base.core.events import Event
from shared_base.tenancy.models import Tenant
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_actor, make_tenant

#: Monday noon in Shanghai
NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


@dataclass
class Town:
    session: Session
    base: Base
    other_base: Base
    tenant: Tenant
    rival: Tenant
    admin: Actor
    operator: Actor
    desk: Actor
    reviewer: Actor
    other_operator: Actor
    owner: Actor
    rival_owner: Actor

    def as_(self, actor: Actor) -> Session:
        """The session as somebody: row-level security applies to whatever follows."""
        self.session.flush()
        self.session.expunge_all()
        set_scope(self.session, actor)
        return self.session

    def events(self, subject_id: UUID, actor: Actor = SYSTEM) -> list[Event]:
        """The events of a subject that the actor sees, in order."""
        session = self.as_(actor)
        return list(session.scalars(sa.select(Event).where(Event.subject_id == subject_id).order_by(Event.id)))


@pytest.fixture
def town(session: Session) -> Town:
    base, other_base = make_base(session), make_base(session)
    tenant, rival = make_tenant(session, base), make_tenant(session, other_base)
    return Town(
        session=session,
        base=base,
        other_base=other_base,
        tenant=tenant,
        rival=rival,
        admin=make_actor(session, "admin"),
        operator=make_actor(session, "operator", base=base),
        desk=make_actor(session, "front_desk", base=base),
        reviewer=make_actor(session, "reviewer", base=base),
        other_operator=make_actor(session, "operator", base=other_base),
        owner=make_actor(session, "tenant_owner", tenant=tenant),
        rival_owner=make_actor(session, "tenant_owner", tenant=rival),
    )
