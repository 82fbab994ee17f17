"""A base with two studios and two tenants, seen by each of their people."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.database import set_scope
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

    base: Base
    studio: Space
    other: Space
    tenant: Tenant
    rival: Tenant
    desk: Actor
    scheduler: Actor
    rival_scheduler: Actor


@pytest.fixture
def house(session: Session) -> House:
    base = make_base(session)
    tenant, rival = make_tenant(session, base), make_tenant(session, base)
    return House(
        base=base,
        studio=make_studio(session, base, scene="美妆"),
        other=make_studio(session, base, scene="服装"),
        tenant=tenant,
        rival=rival,
        desk=make_actor(session, "front_desk", base=base),
        scheduler=make_actor(session, "tenant_scheduler", tenant=tenant),
        rival_scheduler=make_actor(session, "tenant_scheduler", tenant=rival),
    )


class Seeing:
    """The test's session as somebody: row-level security applies to what is done inside."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session, self.actor = session, actor

    def __enter__(self) -> Session:
        self.session.flush()
        self.session.expunge_all()
        set_scope(self.session, self.actor)
        return self.session

    def __exit__(self, *error: object) -> None:
        set_scope(self.session, SYSTEM)
