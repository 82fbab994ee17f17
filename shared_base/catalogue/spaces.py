"""Deeds upon spaces: entered, changed, closed and opened again."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue import rules
from shared_base.catalogue.errors import KindFixed, refusal
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.resources import actions as resources
from shared_base.resources.models import Allocation, Outage, Resource
from shared_base.resources.queries import Hit, hits
from shared_base.resources.rules import LAST_INSTANT


@dataclass(frozen=True)
class SpaceDetails:
    """What is said of a space; in service from the first to the last day given, both included, in the base's zone."""

    code: str
    name: str
    kind: str
    area_m2: Decimal
    in_service_from: date
    in_service_to: date | None = None
    scene: str | None = None
    floor: str | None = None
    buffer_minutes: int = 0
    notes: str | None = None

    def cleaned(self) -> dict[str, Any]:
        """The columns, checked one by one; `Invalid` for the first that cannot be used."""
        return {
            "code": rules.space_code(self.code),
            "name": text_line(self.name, "name", longest=rules.LONGEST_NAME, required=True),
            "kind": rules.one_of(self.kind, rules.SPACE_KINDS, "kind"),
            "area_m2": rules.area(self.area_m2, "area_m2"),
            "scene": text_line(self.scene, "scene", longest=50),
            "floor": text_line(self.floor, "floor", longest=rules.LONGEST_FLOOR),
            "in_service": rules.days(self.in_service_from, self.in_service_to, "in_service_to"),
            "buffer_minutes": rules.buffer(self.buffer_minutes),
            "notes": rules.notes(self.notes),
        }


@dataclass(frozen=True)
class SpaceChange:
    """A changed space, and the bookings that now lie after its service: somebody has to call them."""

    space: Space
    hits: tuple[Hit, ...]


def create_space(session: Session, base: Base, *, details: SpaceDetails, by: Actor, at: datetime) -> Space:
    """Enter a space of the base; it can be taken from its first day of service. Raises `Invalid`, `CodeTaken`."""
    columns = details.cleaned()
    with refusing(session, refusal):
        resource = Resource(kind="space", base_id=base.id)
        session.add(resource)
        session.flush()
        space = Space(id=resource.id, base_id=base.id, created_at=at, **columns)
        session.add(space)
    _tell(session, "space.created", space, by=by, at=at, code=space.code, name=space.name)
    return space


def change_space(session: Session, space: Space, *, details: SpaceDetails, by: Actor, at: datetime) -> SpaceChange:
    """Change what is said of a space. Its resource row is locked, as a booking locks it, so that the hits are whole.

    Raises `Invalid`, `CodeTaken`, or `KindFixed` for a space that was ever booked.
    """
    columns = details.cleaned()
    session.execute(sa.select(Resource.id).where(Resource.id == space.id).with_for_update(key_share=True))
    if columns["kind"] != space.kind and _was_booked(session, space):
        raise KindFixed
    changed = sorted(name for name, value in columns.items() if getattr(space, name) != value)
    with refusing(session, refusal):
        for name in changed:
            setattr(space, name, columns[name])
    if changed:
        _tell(session, "space.changed", space, by=by, at=at, changed=changed)
    return SpaceChange(space, _after_service(session, space, at=at) if "in_service" in changed else ())


def _was_booked(session: Session, space: Space) -> bool:
    return bool(session.scalar(sa.select(sa.exists().where(Allocation.resource_id == space.id))))


def _after_service(session: Session, space: Space, *, at: datetime) -> tuple[Hit, ...]:
    """The live bookings from now on that reach past the local midnight at which the service ends."""
    last = space.in_service.upper
    if last is None:
        return ()
    zone = ZoneInfo(session.scalars(sa.select(Base.timezone).where(Base.id == space.base_id)).one())
    ends = datetime(last.year, last.month, last.day, tzinfo=zone).astimezone(UTC)
    return tuple(hits(session, [space.id], Range(max(at, ends), LAST_INSTANT)))


def close_space(
    session: Session,
    space: Space,
    *,
    start: datetime,
    end: datetime,
    reason: str,
    ref: str | None = None,
    by: Actor,
    at: datetime,
) -> resources.Closure:
    """Close one space for `[start, end)`: no new bookings; those it hits are named. Raises `Invalid`."""
    return resources.close(
        session,
        base_id=space.base_id,
        resource_id=space.id,
        start=start,
        end=end,
        reason=reason,
        ref=ref,
        by=by,
        at=at,
    )


def close_base(
    session: Session,
    base: Base,
    *,
    start: datetime,
    end: datetime,
    reason: str,
    ref: str | None = None,
    by: Actor,
    at: datetime,
) -> resources.Closure:
    """Close the whole base for `[start, end)`: no new bookings; those it hits are named. Raises `Invalid`."""
    return resources.close(
        session, base_id=base.id, resource_id=None, start=start, end=end, reason=reason, ref=ref, by=by, at=at
    )


def call_off_closure(session: Session, closure: Outage, *, by: Actor, at: datetime) -> Outage:
    """Call a closure off, or end one that runs; `ClosureOver` for one that has ended."""
    return resources.call_off(session, closure, by=by, at=at)


def _tell(session: Session, kind: str, space: Space, *, by: Actor, at: datetime, **payload: Any) -> None:
    record_events(session, [event_row(kind, by=by, at=at, subject_id=space.id, base_id=space.base_id, **payload)])
