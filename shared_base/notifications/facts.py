"""How the bookings stand that mails tell of, and who hears of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.models_waitlist import WaitlistEntry
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import BASE_ROLES, TENANT_ROLES
from shared_base.people.models import User
from shared_base.tenancy.models import Host, Membership, Tenant


@dataclass(frozen=True)
class Facts:
    """A booking as it stands now, with the names around it. Instants are UTC, `timezone` is the base's."""

    id: UUID
    code: str
    title: str
    base_id: UUID
    base: str
    timezone: str
    tenant_id: UUID
    tenant: str
    studio_id: UUID
    studio: str
    host: str | None
    start: datetime
    end: datetime
    state: str
    hold_until: datetime | None
    created_by: UUID | None

    def as_json(self) -> dict[str, Any]:
        """What a mail's template says of a booking."""
        return {
            "code": self.code,
            "title": self.title,
            "studio": self.studio,
            "host": self.host or "",
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "hold_until": self.hold_until.isoformat() if self.hold_until else "",
            "zone": self.timezone,
        }


def facts_of(session: Session, booking_ids: Collection[UUID]) -> dict[UUID, Facts]:
    """The bookings by id, in one statement."""
    statement: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            Booking.id,
            Booking.code,
            Booking.title,
            Booking.base_id,
            Base.name,
            Base.timezone,
            Booking.tenant_id,
            Tenant.name,
            Booking.studio_id,
            Space.code,
            sa.func.coalesce(Host.stage_name, Booking.host_name),
            Booking.starts_at,
            sa.func.upper(Booking.during),
            Booking.state,
            Booking.hold_until,
            Booking.created_by,
        )
        .join(Base, Base.id == Booking.base_id)
        .join(Space, Space.id == Booking.studio_id)
        .join(Tenant, Tenant.id == Booking.tenant_id)
        .outerjoin(Host, Host.id == Booking.host_id)
        .where(Booking.id.in_(booking_ids))
    )
    return {row[0]: Facts(*row) for row in session.execute(statement)}


@dataclass(frozen=True)
class Offer:
    """The hold that is made for an entry of a waitlist, and who put the entry there."""

    booking_id: UUID
    created_by: UUID | None


def offers_of(session: Session, entry_ids: Collection[UUID]) -> dict[UUID, Offer]:
    """What each entry is offered now; entries that are offered nothing are left out."""
    found = session.execute(
        sa.select(WaitlistEntry.id, WaitlistEntry.offered_booking_id, WaitlistEntry.created_by).where(
            WaitlistEntry.id.in_(entry_ids), WaitlistEntry.state == "offered"
        )
    )
    return {entry: Offer(booking, by) for entry, booking, by in found if booking is not None}


def names_of(session: Session, studio_ids: Collection[UUID], host_ids: Collection[UUID]) -> dict[str, str]:
    """Codes of studios and names of hosts, by id as text."""
    studios = sa.select(Space.id, Space.code).where(Space.id.in_(studio_ids))
    hosts = sa.select(Host.id, Host.stage_name).where(Host.id.in_(host_ids))
    return {str(row[0]): row[1] for row in session.execute(sa.union_all(studios, hosts))}


class Readers:
    """Who hears of what: the members of the tenants and the staff of the bases, read once."""

    def __init__(self, session: Session, *, tenants: Collection[UUID], bases: Collection[UUID]) -> None:
        found = session.execute(
            sa.select(Membership.user_id, Membership.tenant_id, Membership.base_id)
            .join(User, User.id == Membership.user_id)
            .where(
                Membership.ended_at.is_(None),
                User.disabled_at.is_(None),
                sa.or_(
                    sa.and_(Membership.tenant_id.in_(tenants), Membership.role.in_(TENANT_ROLES)),
                    sa.and_(Membership.base_id.in_(bases), Membership.role.in_(BASE_ROLES)),
                ),
            )
        )
        people: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for user_id, tenant_id, base_id in found:
            of = tenant_id or base_id
            assert of is not None, "every one of these roles is of a base or of a tenant"
            people[of].add(user_id)
        self._people: Mapping[UUID, set[UUID]] = people

    def of(self, facts: Facts) -> set[UUID]:
        """Whoever booked, as long as they act for the tenant; else its owners and schedulers."""
        members = self._people.get(facts.tenant_id, set())
        return {facts.created_by} if facts.created_by in members else members

    def staff(self, base_id: UUID) -> set[UUID]:
        """The operators and the front desk of a base."""
        return self._people.get(base_id, set())
