"""Reading series and their occurrences, always as somebody: what is not theirs is not found."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.models_series import Series
from shared_base.bookings.queries import bookings_among, get_bookings_for_update
from shared_base.bookings.rows import BookingRow
from shared_base.bookings.series import SeriesRow
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.tenancy.models import Host, Tenant

_ROWS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Series.id,
        Series.base_id,
        Base.code,
        Base.name,
        Base.timezone,
        Series.studio_id,
        Space.code,
        Series.tenant_id,
        sa.func.coalesce(Tenant.name, ""),
        Series.host_id,
        Host.stage_name,
        Series.title,
        Series.platform,
        Series.rrule,
        Series.timezone,
        Series.first_start,
        Series.duration_seconds,
        Series.exdates,
        Series.rdates,
        Series.needs,
        Series.on_conflict,
        Series.split_from,
        Series.cancelled_at,
        Series.created_at,
        Series.version,
    )
    .join(Base, Base.id == Series.base_id)
    .join(Space, Space.id == Series.studio_id)
    .outerjoin(Tenant, Tenant.id == Series.tenant_id)
    .outerjoin(Host, Host.id == Series.host_id)
)


def _visible(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.is_admin:
        return sa.true()
    return sa.or_(Series.base_id.in_(actor.bases), Series.tenant_id.in_(actor.tenants))


def series_for(session: Session, actor: Actor, series_id: UUID) -> SeriesRow:
    """The series, or `NotFound` when there is none or it is not theirs."""
    return _one(session, _ROWS.where(Series.id == series_id, _visible(actor)))


def zone_of(session: Session, studio_id: UUID) -> ZoneInfo:
    """The zone of a studio's base; `NotFound` where there is no such studio."""
    zone = session.scalar(sa.select(Base.timezone).join(Space, Space.base_id == Base.id).where(Space.id == studio_id))
    if zone is None:
        raise NotFound(N_("There is no such studio; choose one from the list of studios."))
    return ZoneInfo(zone)


def get_series(session: Session, series_id: UUID) -> SeriesRow:
    """The series, for deeds that were handed one; whoever asks for themselves uses `series_for`."""
    return _one(session, _ROWS.where(Series.id == series_id))


def get_series_for_update(session: Session, series_id: UUID) -> SeriesRow:
    """The series as it stands now, its row locked: deeds on one series follow one another."""
    session.execute(sa.select(Series.id).where(Series.id == series_id).with_for_update(key_share=True))
    return get_series(session, series_id)


def _one(session: Session, statement: sa.Select[*tuple[Any, ...]]) -> SeriesRow:
    row = session.execute(statement).first()
    if row is None:
        raise NotFound(N_("There is no such series among yours."))
    return SeriesRow(*row)


def occurrences_of(session: Session, actor: Actor, series_id: UUID) -> list[BookingRow]:
    """The bookings of a series, cancelled ones too, in the order of the rule; at most a thousand."""
    ids = session.scalars(sa.select(Booking.id).where(Booking.series_id == series_id)).all()
    return sorted(bookings_among(session, actor, ids), key=_place)


def get_occurrences_for_update(session: Session, series_id: UUID) -> list[BookingRow]:
    """The bookings of a series as they stand now, in the order of the rule, all rows locked in id order."""
    ids = session.scalars(sa.select(Booking.id).where(Booking.series_id == series_id)).all()
    return sorted(get_bookings_for_update(session, ids), key=_place)


def _place(occurrence: BookingRow) -> datetime:
    assert occurrence.occurrence_at is not None, "a check says so of every booking of a series"
    return occurrence.occurrence_at
