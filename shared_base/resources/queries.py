"""Reads of what is shut and what is held."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.resources.errors import UnknownClosure, UnknownResource
from shared_base.resources.models import Outage, Resource


@dataclass(frozen=True)
class Hit:
    """A booking that holds a resource at some time of a closure; `during` is its hold, clean-down included."""

    booking_id: UUID
    tenant_id: UUID
    resource_id: UUID
    during: Range[datetime]


def closure(session: Session, closure_id: UUID, *, base_ids: Collection[UUID] | None = None) -> Outage:
    """One closure, `UnknownClosure` where there is none; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(Outage, closure_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownClosure
    return found


def closures(
    session: Session,
    *,
    base_id: UUID,
    during: Range[datetime] | None = None,
    resource_id: UUID | None = None,
    called_off: bool = False,
) -> list[Outage]:
    """The closures of a base in order of their beginning; of one resource, the whole base's among them.

    `during`: those that touch it. `called_off`: also those that were called off.
    """
    wanted = sa.select(Outage).where(Outage.base_id == base_id).order_by(sa.func.lower(Outage.during), Outage.id)
    if not called_off:
        wanted = wanted.where(Outage.cancelled_at.is_(None))
    if during is not None:
        wanted = wanted.where(Outage.during.overlaps(during))
    if resource_id is not None:
        wanted = wanted.where(sa.or_(Outage.resource_id.is_(None), Outage.resource_id == resource_id))
    return list(session.scalars(wanted))


# Through the functions that see beside row-level security: under it no index on a range serves.
_HITS = sa.text("""
    select booking_id, tenant_id, resource_id, during from (
      select a.booking_id, a.tenant_id, a.resource_id, a.during
      from seen_allocations(:resources, tstzrange(:start, :end)) a
      union all
      select c.booking_id, c.tenant_id, c.resource_id, c.during
      from lot_claims c where c.resource_id = any(:resources) and c.live and c.during && tstzrange(:start, :end)
    ) held
    order by lower(during), booking_id, resource_id
""").bindparams(sa.bindparam("resources", type_=pg.ARRAY(pg.UUID(as_uuid=True))))


def hits(session: Session, resource_ids: Collection[UUID], during: Range[datetime]) -> list[Hit]:
    """Who holds one of the resources within `during`, in order of time: what the caller may see of it.

    Resources of any kind, counted lots among them.
    """
    values = {"resources": list(resource_ids), "start": during.lower, "end": during.upper}
    return [Hit(*row) for row in session.execute(_HITS, values)]


def resource_of(session: Session, resource_id: UUID, *, base_id: UUID) -> Resource:
    """A resource of the base, of whatever kind but a person of a tenant; else `UnknownResource`."""
    found = session.get(Resource, resource_id)
    if found is None or found.base_id != base_id:
        raise UnknownResource
    return found


def spaces_of_base(session: Session, base_id: UUID) -> list[UUID]:
    """The resources that are spaces of the base, in id order: the order in which they are locked."""
    return list(
        session.scalars(
            sa.select(Resource.id).where(Resource.base_id == base_id, Resource.kind == "space").order_by(Resource.id)
        )
    )
