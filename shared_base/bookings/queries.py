"""Reading bookings, always as somebody: what is not theirs is not found, by our own filter and by the database's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Session

from shared_base.bookings.models import STATES, Booking
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.fields import faulty, pattern
from shared_base.core.i18n import N_
from shared_base.tenancy.models import Host, Tenant

#: a booking with the names around it; a tenant whose name the caller may not see stays nameless, its booking is told
_ROWS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Booking.id,
        Booking.code,
        Booking.ref,
        Booking.base_id,
        Base.code.label("base_code"),
        Base.name.label("base_name"),
        Base.timezone,
        Booking.studio_id,
        Space.code.label("studio_code"),
        Space.name.label("studio_name"),
        Booking.tenant_id,
        sa.func.coalesce(Tenant.name, "").label("tenant_name"),
        sa.func.coalesce(Tenant.uscc, "").label("tenant_uscc"),
        Booking.host_id,
        sa.func.coalesce(Host.stage_name, Booking.host_name).label("host_name"),
        Booking.title,
        Booking.platform,
        Booking.starts_at.label("start"),
        sa.func.upper(Booking.during).label("end"),
        Booking.released_at,
        Booking.state,
        Booking.created_at,
        Booking.cancelled_at,
        Booking.cancel_reason,
        Booking.changed_at,
        Booking.version,
        Booking.hold_until,
        Booking.buffer_before,
        sa.func.coalesce(Booking.buffer_after, Space.buffer_minutes).label("buffer_after"),
        Booking.early_minutes,
        Booking.grace_minutes,
        Booking.cancel_minutes,
        Booking.series_id,
        Booking.occurrence_at,
        Booking.own_fields,
        Booking.needs,
    )
    .join(Base, Base.id == Booking.base_id)
    .join(Space, Space.id == Booking.studio_id)
    .outerjoin(Tenant, Tenant.id == Booking.tenant_id)
    .outerjoin(Host, Host.id == Booking.host_id)
)


def visible(actor: Actor) -> sa.ColumnElement[bool]:
    """The bookings an actor may see: of the bases they serve or review, of the tenants they act for."""
    if actor.is_admin:
        return sa.true()
    return sa.or_(Booking.base_id.in_(actor.bases), Booking.tenant_id.in_(actor.tenants))


def _touching(during: Range[datetime], base_id: UUID | None) -> sa.Select[*tuple[Any, ...]]:
    """The ids of the bookings that touch a time in the base (None: in all), by the index on ranges.

    An `overlaps` of our own would read every row: no range operator may run before row-level security's conditions
    (`bookings.models`, `seen_bookings`).
    """
    seen = sa.func.seen_bookings(Base.id, sa.cast(during, TSTZRANGE)).table_valued("id").lateral()
    found = sa.select(seen.c.id).select_from(sa.join(Base, seen, sa.true()))
    return found if base_id is None else found.where(Base.id == base_id)


def open_bookings(session: Session, actor: Actor, base_id: UUID, during: Range[datetime]) -> list[BookingRow]:
    """The actor's bookings of a base that run, and those confirmed that touch a time; by start."""
    running = sa.select(Booking.id).where(Booking.base_id == base_id, Booking.state == "checked_in")
    found = session.execute(
        _ROWS.where(
            visible(actor),
            Booking.id.in_(sa.union_all(running, _touching(during, base_id))),
            Booking.state.in_(("checked_in", "confirmed")),
        ).order_by(Booking.starts_at, Booking.id)
    )
    return [BookingRow(*row) for row in found]


def booking_for(session: Session, actor: Actor, booking_id: UUID) -> BookingRow:
    """The booking, or `NotFound` when there is none or it is not theirs."""
    return _one(session, _ROWS.where(Booking.id == booking_id, visible(actor)))


def bookings_among(session: Session, actor: Actor, ids: Collection[UUID]) -> list[BookingRow]:
    """The actor's bookings among some, by start."""
    if not ids:
        return []
    mine = _ROWS.where(Booking.id.in_(ids), visible(actor)).order_by(Booking.starts_at, Booking.id)
    return [BookingRow(*row) for row in session.execute(mine)]


def booking_by_code(session: Session, actor: Actor, code: str) -> BookingRow:
    """As `booking_for`, by the code that people say; blanks and case do not matter."""
    return _one(session, _ROWS.where(Booking.code == code.strip().upper(), visible(actor)))


def get_booking_for_update(session: Session, booking_id: UUID) -> BookingRow:
    """The booking as it stands now, its row locked: deeds on one booking follow one another.

    Locked first and read after: a statement that locks a join drops the row whose studio was changed meanwhile.
    """
    session.execute(sa.select(Booking.id).where(Booking.id == booking_id).with_for_update(key_share=True))
    return get_booking(session, booking_id)


def get_bookings_for_update(session: Session, booking_ids: Sequence[UUID]) -> list[BookingRow]:
    """Several bookings as they stand now, in the order asked, their rows locked in id order; `NotFound` for none."""
    ids = list(booking_ids)
    session.execute(
        sa.select(Booking.id).where(Booking.id.in_(ids)).order_by(Booking.id).with_for_update(key_share=True)
    )
    rows = {row.id: row for row in (BookingRow(*found) for found in session.execute(_ROWS.where(Booking.id.in_(ids))))}
    if rows.keys() != set(ids):
        raise NotFound(N_("There is no such booking among yours."))
    return [rows[booking_id] for booking_id in ids]


def get_booking(session: Session, booking_id: UUID) -> BookingRow:
    """The booking, for deeds that were handed one; whoever asks for themselves uses `booking_for`."""
    return _one(session, _ROWS.where(Booking.id == booking_id))


def _one(session: Session, statement: sa.Select[*tuple[Any, ...]]) -> BookingRow:
    row = session.execute(statement).first()
    if row is None:
        raise NotFound(N_("There is no such booking among yours."))
    return BookingRow(*row)


@dataclass(frozen=True)
class Filter:
    """What a list of bookings is narrowed to; None: not. `start` and `end` cut a time that bookings touch."""

    start: datetime | None = None
    end: datetime | None = None
    base_id: UUID | None = None
    studio_id: UUID | None = None
    tenant_id: UUID | None = None
    states: Sequence[str] = ()
    search: str | None = None

    def conditions(self, actor: Actor) -> list[sa.ColumnElement[bool]]:
        if unknown := set(self.states) - set(STATES):
            raise faulty(
                "state",
                N_("There is no state %(state)s; choose among %(known)s."),
                state=", ".join(sorted(unknown)),
                known=", ".join(STATES),
            )
        found: list[sa.ColumnElement[bool]] = []
        if self.start and self.end and self.end <= self.start:
            raise faulty("to", N_("The end of the time must be after its start."))
        if self.start or self.end:
            found.append(self._within(actor, Range(self.start, self.end)))
        for column, value in (
            (Booking.base_id, self.base_id),
            (Booking.studio_id, self.studio_id),
            (Booking.tenant_id, self.tenant_id),
        ):
            if value is not None:
                found.append(column == value)
        if self.states:
            found.append(Booking.state.in_(self.states))
        if self.search and self.search.strip():
            found.append(_matches(self.search.strip()))
        return found

    def _within(self, actor: Actor, during: Range[datetime]) -> sa.ColumnElement[bool]:
        """By time where whole bases are asked for; one tenant's or one studio's few are found first, then compared."""
        by_time = not self.tenant_id and not self.studio_id and (self.base_id or not actor.tenants)
        touches: sa.ColumnElement[bool] = Booking.during.overlaps(during)
        return Booking.id.in_(_touching(during, self.base_id)) if by_time else touches


def _matches(text: str) -> sa.ColumnElement[bool]:
    anywhere = pattern(text)
    return sa.or_(Booking.title.ilike(anywhere), Booking.code.ilike(anywhere), Tenant.name.ilike(anywhere))


#: what a list is ordered by, and so what `after` names: start and id
Key = tuple[datetime, UUID]


def list_bookings(
    session: Session,
    actor: Actor,
    narrowed: Filter,
    *,
    after: Key | None = None,
    limit: int,
    newest_first: bool = False,
) -> list[BookingRow]:
    """At most `limit` of the actor's bookings by start, those behind the key `after`; one statement."""
    statement = _ROWS.where(visible(actor), *narrowed.conditions(actor))
    if after is not None:
        key, last = sa.tuple_(Booking.starts_at, Booking.id), sa.tuple_(*map(sa.literal, after))
        statement = statement.where(key < last if newest_first else key > last)
    order = (Booking.starts_at.desc(), Booking.id.desc()) if newest_first else (Booking.starts_at, Booking.id)
    return [BookingRow(*row) for row in session.execute(statement.order_by(*order).limit(limit))]


def count_bookings(session: Session, actor: Actor, narrowed: Filter) -> int:
    """How many bookings of the actor's the filter lets through."""
    found = _ROWS.where(visible(actor), *narrowed.conditions(actor)).with_only_columns(sa.func.count())
    return session.scalar(found) or 0
