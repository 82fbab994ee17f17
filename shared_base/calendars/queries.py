"""Reading calendars: a feed by its secret, its bookings in one statement, and the feeds that somebody looks after."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.calendars.models import CalendarFeed
from shared_base.calendars.rows import Appointment, FeedRow, OpenFeed, Subject, appointment
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.database import Direct, set_scope
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.people.models import User
from shared_base.people.secret import digest
from shared_base.tenancy.models import Host, Tenant

#: how far a feed reaches: what was, and what is to come
BACK = timedelta(days=90)
AHEAD = timedelta(days=366)
#: so long a cancelled booking stays in the feed as cancelled, for clients that only add
CANCELLED_FOR = timedelta(days=30)
#: more than any client shows; the soonest come first
MOST = 5_000

# What is held beside the studio: units by their kind, single samples and lots by name, the crew by name.
_KIT = """
    select coalesce(json_agg(json_build_array(held.name, held.number) order by held.name), '[]') from (
      select k.name, count(*) as number
      from allocations a join equipment_units u on u.id = a.resource_id join equipment_kinds k on k.id = u.kind_id
      where a.booking_id = b.id and a.live group by k.name
      union all
      select m.name, 1 from allocations a join crew_members m on m.id = a.resource_id
      where a.booking_id = b.id and a.live
      union all
      select s.name, 1 from allocations a join samples s on s.id = a.resource_id
      where a.booking_id = b.id and a.live
      union all
      select s.name, sum(c.quantity) from lot_claims c join samples s on s.id = c.resource_id
      where c.booking_id = b.id and c.live group by s.name
    ) held
"""
# The columns are the fields of `Appointment`, in their order.
_SELECT = f"""
    select b.id, b.code, b.title, b.state, b.starts_at, upper(b.during), b.released_at, b.hold_until, b.created_at,
           b.changed_at, b.version, b.platform, b.cancel_reason, base.name, base.timezone, s.code, s.name, s.floor,
           coalesce(t.name, ''), coalesce(h.stage_name, b.host_name), ({_KIT})
    from bookings b join bases base on base.id = b.base_id join spaces s on s.id = b.studio_id
    left join tenants t on t.id = b.tenant_id left join hosts h on h.id = b.host_id
"""  # noqa: S608 (composed of our own expressions)
_WITHIN = f"""
    and b.starts_at >= :first and b.starts_at < :last and (b.state <> 'cancelled' or b.cancelled_at >= :cancelled_since)
    order by b.starts_at, b.id limit {MOST}
"""
_OF = {
    "tenant": Direct(f"{_SELECT} where b.tenant_id = :tenant_id {_WITHIN}"),
    "host": Direct(f"{_SELECT} where b.tenant_id = :tenant_id and b.host_id = :host_id {_WITHIN}"),
    "studio": Direct(f"{_SELECT} where b.studio_id = :studio_id {_WITHIN}"),
}
_ONE = Direct(f"{_SELECT} where b.id = :booking_id")
_OPEN = Direct("select open_calendar_feed(:secret)")
_NAME = {
    "tenant": Direct("select name from tenants where id = :tenant_id"),
    "host": Direct("select stage_name from hosts where id = :host_id"),
    "studio": Direct("select b.name || ' ' || s.code from spaces s join bases b on b.id = s.base_id"
                     " where s.id = :studio_id"),
}  # fmt: skip


def open_feed(session: Session, secret: str) -> OpenFeed:
    """The feed behind an address. `NotFound`: it never was, was revoked, or whoever made it may no longer see it."""
    found: dict[str, Any] | None = _OPEN.rows(session, {"secret": digest(secret)})[0][0]
    if found is None:
        raise NotFound(
            N_("There is no calendar at this address, or it was switched off. Ask whoever gave it to you for another.")
        )
    ids = {
        name: UUID(found[name]) if found[name] else None for name in ("tenant_id", "host_id", "base_id", "studio_id")
    }
    return OpenFeed(
        id=UUID(found["id"]),
        kind=found["kind"],
        used_at=found["used_at"] and datetime.fromisoformat(found["used_at"]),
        locale=found["locale"],
        creator=UUID(found["creator"]),
        **ids,
    )


def read_as(session: Session, feed: OpenFeed) -> None:
    """From here on the transaction sees what the feed shows, and can write nothing at all."""
    set_scope(session, feed.reader)
    session.connection().exec_driver_sql("set transaction read only")


def feed_name(session: Session, feed: OpenFeed) -> str:
    """What the feed is of, as people call it."""
    return str(_NAME[feed.kind].rows(session, _ids(feed))[0][0])


def appointments(session: Session, feed: OpenFeed, *, at: datetime) -> list[Appointment]:
    """The feed's bookings from `BACK` before to `AHEAD` after `at`, by start; one statement, whatever their number."""
    asked = {"first": at - BACK, "last": at + AHEAD, "cancelled_since": at - CANCELLED_FOR}
    return [appointment(row) for row in _OF[feed.kind].rows(session, _ids(feed) | asked)]


def appointment_of(session: Session, booking_id: UUID) -> Appointment:
    """One booking as a calendar shows it, as far as the session may see it."""
    found = _ONE.rows(session, {"booking_id": booking_id})
    if not found:
        raise NotFound(N_("There is no such booking among yours."))
    return appointment(found[0])


def _ids(feed: OpenFeed) -> dict[str, Any]:
    return {"tenant_id": feed.tenant_id, "host_id": feed.host_id, "studio_id": feed.studio_id}


def may_keep(actor: Actor) -> sa.ColumnElement[bool]:
    """The feeds that an actor looks after: of the tenants they act for, of the studios of bases they serve."""
    if actor.is_admin:
        return sa.true()
    served = [grant.base_id for grant in actor.grants if grant.base_id and actor.serves(grant.base_id)]
    own = [grant.tenant_id for grant in actor.grants if grant.tenant_id]
    return sa.or_(CalendarFeed.tenant_id.in_(own), CalendarFeed.base_id.in_(served))


def feeds_of(session: Session, actor: Actor, *, limit: int = 500) -> list[FeedRow]:
    """The feeds that the actor looks after, those in use first, then the newest."""
    statement = (
        sa.select(
            CalendarFeed.id,
            CalendarFeed.kind,
            CalendarFeed.label,
            CalendarFeed.tenant_id,
            CalendarFeed.base_id,
            sa.func.coalesce(Host.stage_name, Tenant.name, Base.name + " " + Space.code, "").label("subject"),
            CalendarFeed.created_by,
            User.name,
            CalendarFeed.created_at,
            CalendarFeed.used_at,
            CalendarFeed.revoked_at,
            sa.func.calendar_feed_stands(CalendarFeed.created_by, CalendarFeed.tenant_id, CalendarFeed.base_id),
        )
        .join(User, User.id == CalendarFeed.created_by)
        .outerjoin(Tenant, Tenant.id == CalendarFeed.tenant_id)
        .outerjoin(Host, Host.id == CalendarFeed.host_id)
        .outerjoin(Space, Space.id == CalendarFeed.studio_id)
        .outerjoin(Base, Base.id == CalendarFeed.base_id)
        .where(may_keep(actor))
        .order_by(CalendarFeed.revoked_at.is_not(None), CalendarFeed.created_at.desc(), CalendarFeed.id)
        .limit(limit)
    )
    return [FeedRow(*values) for values in map(tuple, session.execute(statement))]


def subjects(session: Session, actor: Actor, *, base_id: UUID | None) -> list[Subject]:
    """What the actor may make a feed of: their tenants, those tenants' hosts, the studios of the base they serve."""
    own = [grant.tenant_id for grant in actor.grants if grant.tenant_id]
    found: list[Subject] = []
    if own or actor.is_admin:
        found += _tenants_and_hosts(session, own, everything=actor.is_admin)
    if base_id is not None and actor.serves(base_id):
        rows = session.execute(
            sa.select(Space.id, Space.code, Space.name, Base.name)
            .join(Base, Base.id == Space.base_id)
            .where(Space.base_id == base_id, Space.kind == "studio")
            .order_by(Space.code)
        )
        found += [Subject("studio", row[0], f"{row[1]} {row[2]}", row[3]) for row in rows]
    return found


def _tenants_and_hosts(session: Session, own: list[UUID], *, everything: bool) -> list[Subject]:
    of_tenants = sa.select(Tenant.id, Tenant.name).order_by(Tenant.name, Tenant.id)
    of_hosts = (
        sa.select(Host.id, Host.stage_name, Tenant.name)
        .join(Tenant, Tenant.id == Host.tenant_id)
        .where(Host.left_at.is_(None))
        .order_by(Tenant.name, Host.stage_name, Host.id)
    )
    if not everything:
        of_tenants, of_hosts = of_tenants.where(Tenant.id.in_(own)), of_hosts.where(Host.tenant_id.in_(own))
    tenants = [Subject("tenant", row[0], row[1], row[1]) for row in session.execute(of_tenants)]
    return tenants + [Subject("host", *row) for row in session.execute(of_hosts)]
