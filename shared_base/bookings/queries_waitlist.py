"""Reading the waitlist as somebody, and for the job that serves it: where to look, and who could be given what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.models_waitlist import WAITLIST_STATES, WaitlistEntry
from shared_base.bookings.needs import Needs
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.database import Direct
from shared_base.core.errors import NotFound
from shared_base.core.events import Event
from shared_base.core.fields import faulty, pattern
from shared_base.core.i18n import N_
from shared_base.tenancy.models import Host, Tenant

#: A change is dated when its request began and is seen when it commits: so much later at most, give or take. A look
#: goes back so far behind the last one, lest what committed meanwhile be missed.
COMMITS_WITHIN = timedelta(seconds=30)
#: What frees a time without a change of a booking or a closure (a lease that ended, a suspension lifted, other opening
#: hours) is found by then.
LOOKED_AT_LEAST = timedelta(minutes=10)


@dataclass(frozen=True)
class WaitlistRow:
    """An entry of the waitlist with the names around it. Instants are UTC; `zone` is the base's."""

    id: UUID
    base_id: UUID
    base_code: str
    base_name: str
    timezone: str
    tenant_id: UUID
    tenant_name: str
    studio_id: UUID | None  #: None: any that fits
    studio_code: str | None
    host_id: UUID | None
    host_name: str | None
    scene: str | None
    min_area_m2: Decimal | None
    start: datetime
    end: datetime
    title: str
    needs: dict[str, Any]
    state: str
    place: int | None  #: in line among those who wait for an overlapping time; only of one that waits
    booking_id: UUID | None  #: what was offered
    booking_code: str | None
    booking_studio: str | None
    hold_until: datetime | None
    created_at: datetime
    created_by: UUID | None
    ended_at: datetime | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def wants(self) -> Needs:
        return Needs.from_json(self.needs)


_OFFERED = Booking.__table__.alias("offered")
_OFFERED_STUDIO = Space.__table__.alias("offered_studio")

# A booking that was cancelled after all had been taken once.
_CONFIRMED_ONCE = sa.exists().where(
    Event.subject_id == _OFFERED.c.id, Event.kind.in_(("booking.confirmed", "booking.requested"))
)
# Whoever confirms or loses the hold on the booking's own page is read so at once, not at the next look of the job.
_STATE: sa.ColumnElement[str] = sa.case(
    (sa.and_(WaitlistEntry.state == "offered", _OFFERED.c.state == "cancelled", ~_CONFIRMED_ONCE), "expired"),
    (sa.and_(WaitlistEntry.state == "offered", _OFFERED.c.state != "held"), "taken"),
    else_=WaitlistEntry.state,
)

_ROWS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        WaitlistEntry.id,
        WaitlistEntry.base_id,
        Base.code.label("base_code"),
        Base.name.label("base_name"),
        Base.timezone,
        WaitlistEntry.tenant_id,
        sa.func.coalesce(Tenant.name, "").label("tenant_name"),
        WaitlistEntry.studio_id,
        Space.code.label("studio_code"),
        WaitlistEntry.host_id,
        Host.stage_name.label("host_name"),
        WaitlistEntry.scene,
        WaitlistEntry.min_area_m2,
        sa.func.lower(WaitlistEntry.during).label("start"),
        sa.func.upper(WaitlistEntry.during).label("end"),
        WaitlistEntry.title,
        WaitlistEntry.needs,
        _STATE.label("state"),
        sa.func.waitlist_place(WaitlistEntry.id).label("place"),
        WaitlistEntry.offered_booking_id,
        _OFFERED.c.code.label("booking_code"),
        _OFFERED_STUDIO.c.code.label("booking_studio"),
        _OFFERED.c.hold_until,
        WaitlistEntry.created_at,
        WaitlistEntry.created_by,
        WaitlistEntry.ended_at,
    )
    .join(Base, Base.id == WaitlistEntry.base_id)
    .outerjoin(Tenant, Tenant.id == WaitlistEntry.tenant_id)
    .outerjoin(Space, Space.id == WaitlistEntry.studio_id)
    .outerjoin(Host, Host.id == WaitlistEntry.host_id)
    .outerjoin(_OFFERED, _OFFERED.c.id == WaitlistEntry.offered_booking_id)
    .outerjoin(_OFFERED_STUDIO, _OFFERED_STUDIO.c.id == _OFFERED.c.studio_id)
)


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """The entries an actor may see: of the bases they serve or review, of the tenants they act for."""
    if actor.is_admin:
        return sa.true()
    return sa.or_(WaitlistEntry.base_id.in_(actor.bases), WaitlistEntry.tenant_id.in_(actor.tenants))


def entry_for(session: Session, actor: Actor, entry_id: UUID) -> WaitlistRow:
    """The entry, or `NotFound` when there is none or it is not theirs."""
    return _one(session, _ROWS.where(WaitlistEntry.id == entry_id, visible(actor)))


def get_entry_for_update(session: Session, entry_id: UUID) -> WaitlistRow:
    """The entry as it stands now, its row locked: deeds on one entry follow one another."""
    session.execute(sa.select(WaitlistEntry.id).where(WaitlistEntry.id == entry_id).with_for_update(key_share=True))
    return get_entry(session, entry_id)


def get_entry(session: Session, entry_id: UUID) -> WaitlistRow:
    """The entry, for deeds that were handed one; whoever asks for themselves uses `entry_for`."""
    return _one(session, _ROWS.where(WaitlistEntry.id == entry_id))


def _one(session: Session, statement: sa.Select[*tuple[Any, ...]]) -> WaitlistRow:
    row = session.execute(statement).first()
    if row is None:
        raise NotFound(N_("There is no such entry of the waitlist among yours."))
    return WaitlistRow(*row)


@dataclass(frozen=True)
class WaitlistFilter:
    """What a list of entries is narrowed to; None: not. `start` and `end` cut a time that they touch."""

    base_id: UUID | None = None
    tenant_id: UUID | None = None
    studio_id: UUID | None = None
    states: Sequence[str] = ()
    start: datetime | None = None
    end: datetime | None = None
    search: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        if unknown := set(self.states) - set(WAITLIST_STATES):
            raise faulty(
                "state",
                N_("There is no state %(state)s; choose among %(known)s."),
                state=", ".join(sorted(unknown)),
                known=", ".join(WAITLIST_STATES),
            )
        found: list[sa.ColumnElement[bool]] = [
            column == value
            for column, value in (
                (WaitlistEntry.base_id, self.base_id),
                (WaitlistEntry.tenant_id, self.tenant_id),
                (WaitlistEntry.studio_id, self.studio_id),
            )
            if value is not None
        ]
        if self.states:
            found.append(_STATE.in_(self.states))
        if self.start:
            found.append(sa.func.upper(WaitlistEntry.during) > self.start)
        if self.end:
            found.append(sa.func.lower(WaitlistEntry.during) < self.end)
        if self.search and self.search.strip():
            anywhere = pattern(self.search)
            found.append(
                sa.or_(WaitlistEntry.title.ilike(anywhere), Tenant.name.ilike(anywhere), Space.code.ilike(anywhere))
            )
        return found


def list_entries(
    session: Session,
    actor: Actor,
    narrowed: WaitlistFilter,
    *,
    after: UUID | None = None,
    limit: int,
    newest_first: bool = False,
) -> list[WaitlistRow]:
    """At most `limit` of the actor's entries in the order in which they came, those behind `after`; one statement."""
    statement = _ROWS.where(visible(actor), *narrowed.conditions())
    if after is not None:
        statement = statement.where(WaitlistEntry.id < after if newest_first else WaitlistEntry.id > after)
    order = WaitlistEntry.id.desc() if newest_first else WaitlistEntry.id
    return [WaitlistRow(*row) for row in session.execute(statement.order_by(order).limit(limit))]


# — for the job

# One statement, whatever there is: a row for each base with somebody waiting (an index of those alone), and for each
# of them one look at the newest changes of its bookings, and one at its closures from the last look on.
_DUE = Direct("""
    with listed as materialized (
      select w.base_id, min(w.tried_at) filter (where w.state = 'waiting') as tried_at,
             min(w.tried_at) filter (where w.state = 'waiting') - cast(:margin as interval) as since,
             bool_or(w.state = 'waiting' and w.tried_at is null) as fresh,
             bool_or(w.state = 'waiting' and lower(w.during) <= :at) as late,
             bool_or(w.state = 'offered' and exists (
               select from bookings b where b.id = w.offered_booking_id and b.state <> 'held')) as answered
      from waitlist_entries w where w.state in ('waiting', 'offered') group by w.base_id
    )
    select base_id from listed
    where fresh or late or answered or tried_at < :stale
      or exists (select from bookings b where b.base_id = listed.base_id and b.changed_at > b.created_at
                 and b.changed_at >= listed.since)
      or exists (select from outages x where x.base_id = listed.base_id
                 and x.during && tstzrange(listed.since, null)
                 and (x.cancelled_at >= listed.since or upper(x.during) <= :at))
    order by base_id
""")

# What could be given to whom is settled in one statement, so at one instant: what is freed a moment later is shared out
# at the next look, to whoever comes first then, and not to somebody further down who happens to be asked after it.
_CANDIDATES = Direct("""
    select w.id, array(
      select s.id from spaces s
      where s.base_id = w.base_id and s.kind = 'studio' and (w.studio_id is null or s.id = w.studio_id)
        and (w.scene is null or s.scene = w.scene) and (w.min_area_m2 is null or s.area_m2 >= w.min_area_m2)
        and s.id not in (select busy_resources(w.base_id, w.during)))
    from waitlist_entries w
    where w.base_id = :base_id and w.state = 'waiting' and lower(w.during) > :start_after
    order by w.id
""")


def due_bases(session: Session, *, at: datetime) -> list[UUID]:
    """The bases whose waitlist has to be looked at: something was freed, was answered, is new, or is too late."""
    values = {"at": at, "stale": at - LOOKED_AT_LEAST, "margin": COMMITS_WITHIN}
    return [base_id for (base_id,) in _DUE.rows(session, values)]


class Candidate(NamedTuple):
    """An entry that waits, and the studios that nobody holds for its time (closures, leases, rules: not yet asked)."""

    entry_id: UUID
    studio_ids: Sequence[UUID]


def candidates(session: Session, base_id: UUID, *, start_after: datetime) -> list[Candidate]:
    """Who waits at the base for a time that starts later, in order of arrival, and what could be theirs."""
    return [Candidate(*row) for row in _CANDIDATES.rows(session, {"base_id": base_id, "start_after": start_after})]


# — for whoever puts themselves on the list

_FITTING = Direct("""
    select s.id from spaces s join bases b on b.id = s.base_id
    where s.base_id = :base_id and s.kind = 'studio' and (cast(:scene as text) is null or s.scene = :scene)
      and (cast(:min_area_m2 as numeric) is null or s.area_m2 >= :min_area_m2)
    order by s.in_service @> daterange(cast(cast(:start as timestamptz) at time zone b.timezone as date),
                                       cast(cast(:end as timestamptz) at time zone b.timezone as date), '[]') desc,
             s.code
    limit 1
""")


def fitting_studio(
    session: Session,
    *,
    base_id: UUID,
    start: datetime,
    end: datetime,
    scene: str | None,
    min_area_m2: Decimal | None,
) -> UUID | None:
    """One studio of the base that is what is waited for, in service then where there is one; None: there is none."""
    values = {"base_id": base_id, "start": start, "end": end, "scene": scene, "min_area_m2": min_area_m2}
    found = _FITTING.rows(session, values)
    return found[0][0] if found else None


def waiting_of(session: Session, *, base_id: UUID, tenant_id: UUID) -> list[WaitlistRow]:
    """What the tenant waits for at the base, in order."""
    mine = _ROWS.where(
        WaitlistEntry.base_id == base_id, WaitlistEntry.tenant_id == tenant_id, WaitlistEntry.state == "waiting"
    )
    return [WaitlistRow(*row) for row in session.execute(mine.order_by(WaitlistEntry.id))]
