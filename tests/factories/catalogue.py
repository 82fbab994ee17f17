"""Bases, spaces and outages."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, OpeningHours, Recognition, Space
from shared_base.resources.models import Outage, Resource

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
_numbers = count(1)


def minutes(clock: str) -> int:
    """`08:30` as minutes from midnight."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def make_base(
    session: Session,
    *,
    code: str | None = None,
    opens: str = "00:00",
    closes: str = "24:00",
    recognised: tuple[date, date | None] | None = (date(2024, 1, 1), None),
    **columns: Any,
) -> Base:
    """A recognised base, open round the clock unless told; `closes` not after `opens` is the next day's.

    `recognised`: first and last day (inclusive; None: open), or None for a base that is not recognised.
    """
    code = code or f"B{next(_numbers)}"
    base = Base(
        **{
            "code": code,
            "name": f"{code}直播基地",
            "tier": "large",
            "division_code": "440113",
            "timezone": "Asia/Shanghai",
            "lettable_area_m2": Decimal("5000"),
            "reports_from": date(2024, 1, 1),
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(base)
    session.flush()
    opening, closing = minutes(opens), minutes(closes)
    session.add(
        OpeningHours(
            base_id=base.id,
            valid=Range(date(2000, 1, 1), None),
            opens_minute=opening,
            closes_minute=closing if closing > opening else closing + 1440,
        )
    )
    if recognised:
        first, last = recognised
        session.add(Recognition(base_id=base.id, number=f"{code}-001", valid=days(first, last)))
    session.flush()
    return base


def days(first: date, last: date | None) -> Range[date]:
    """Both days included, as PostgreSQL stores them: half-open; `last` None is open."""
    return Range(first, date.fromordinal(last.toordinal() + 1) if last else None)


def make_space(session: Session, base: Base, *, kind: str = "studio", **columns: Any) -> Space:
    """A space of the base, in service since 2024, 30 m², without a buffer."""
    resource = Resource(kind="space", base_id=base.id)
    session.add(resource)
    session.flush()
    number = next(_numbers)
    first, last = columns.pop("in_service_from", date(2024, 1, 1)), columns.pop("in_service_to", None)
    space = Space(
        **{
            "id": resource.id,
            "base_id": base.id,
            "code": f"{kind[0].upper()}{number}",
            "name": f"{number}号{'直播间' if kind == 'studio' else '房'}",
            "kind": kind,
            "area_m2": Decimal("30"),
            "scene": None,
            "in_service": days(first, last),
            "buffer_minutes": 0,
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(space)
    session.flush()
    return space


def make_studio(session: Session, base: Base, **columns: Any) -> Space:
    """A studio (直播间); `in_service_from` and `in_service_to` are days, both included."""
    return make_space(session, base, kind="studio", **columns)


def make_studios(session: Session, base: Base, number: int, **columns: Any) -> list[Space]:
    return [make_studio(session, base, **columns) for _ in range(number)]


def make_outage(
    session: Session, base: Base, start: datetime, end: datetime, *, space: Space | None = None, **columns: Any
) -> Outage:
    """A closure of the space, or of the whole base."""
    outage = Outage(
        **{
            "base_id": base.id,
            "resource_id": space.id if space else None,
            "during": Range(start, end),
            "reason": "设备检修",
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(outage)
    session.flush()
    return outage


def ids(rows: Iterable[Any]) -> set[UUID]:
    return {row.id for row in rows}
