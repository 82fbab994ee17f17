"""Requests (待审批): bookings that wait for the staff's word, with what stands around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.queries import Filter, list_bookings
from shared_base.bookings.queries_needs import Kit, kits
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor

#: more are looked at once these are answered
MOST_SHOWN = 100


@dataclass(frozen=True)
class Neighbour:
    """The booking of the same studio before or after; `at`: when that one ends, or begins."""

    code: str
    tenant: str
    at: datetime


@dataclass(frozen=True)
class Request:
    """A booking that waits for an answer, and what whoever answers should know. Its own time is held for it."""

    booking: BookingRow
    kit: Kit
    before: Neighbour | None  #: within a day
    after: Neighbour | None
    closures: Sequence[str]  #: why the studio or the base is closed for part of the time
    elsewhere: Sequence[str]  #: codes of the tenant's other bookings at the same time
    waiting: int  #: who else waits for that studio at that time
    suspended: str | None  #: why the tenant is


# By start, not by range: under row-level security an index on an instant serves, one on a range does not.
_AROUND = sa.text("""
    select r.id, before.code, before.tenant, before.at, after.code, after.tenant, after.at,
      array(select x.reason from outages x where x.base_id = r.base_id and x.during && r.during
            and x.cancelled_at is null and (x.resource_id is null or x.resource_id = r.studio_id) order by 1),
      array(select b.code from seen_bookings(r.base_id, r.during) b where b.tenant_id = r.tenant_id and b.id <> r.id
            and b.state in ('held', 'requested', 'confirmed', 'checked_in') order by 1),
      (select count(*) from waitlist_entries w where w.base_id = r.base_id and w.state = 'waiting'
         and w.during && r.during and (w.studio_id is null or w.studio_id = r.studio_id)),
      t.suspension_reason
    from bookings r
    left join tenants t on t.id = r.tenant_id
    left join lateral (
      select b.code, coalesce(n.name, '') as tenant, coalesce(b.released_at, upper(b.during)) as at
      from bookings b left join tenants n on n.id = b.tenant_id
      where b.studio_id = r.studio_id and b.starts_at < r.starts_at and b.starts_at > r.starts_at - interval '1 day'
        and b.state not in ('cancelled', 'no_show') order by b.starts_at desc limit 1) before on true
    left join lateral (
      select b.code, coalesce(n.name, '') as tenant, b.starts_at as at
      from bookings b left join tenants n on n.id = b.tenant_id
      where b.studio_id = r.studio_id and b.starts_at > r.starts_at
        and b.starts_at < upper(r.during) + interval '1 day'
        and b.state not in ('cancelled', 'no_show') order by b.starts_at limit 1) after on true
    where r.id = any(:bookings)
""")


def requests_of(session: Session, actor: Actor, base_id: UUID) -> list[Request]:
    """What waits for an answer at the base, by start; three statements, whatever the number."""
    asked = list_bookings(session, actor, Filter(base_id=base_id, states=["requested"]), limit=MOST_SHOWN)
    if not asked:
        return []
    ids = [booking.id for booking in asked]
    around = {row[0]: row for row in session.connection().execute(_AROUND, {"bookings": ids})}
    kit = kits(session, ids)
    return [_request(booking, kit.get(booking.id, Kit()), around[booking.id]) for booking in asked]


def _request(booking: BookingRow, kit: Kit, row: Any) -> Request:
    return Request(booking, kit, _neighbour(row[1:4]), _neighbour(row[4:7]), *row[7:])


def _neighbour(columns: Sequence[Any]) -> Neighbour | None:
    return Neighbour(*columns) if columns[0] is not None else None
