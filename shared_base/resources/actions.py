"""Closing and opening again. A closure is a fact: always accepted, and it names the bookings it hits.

It is written under the resource rows that bookings lock too: a booking that commits first is found among the hits, one
that comes later sees the closure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.i18n import N_
from shared_base.resources import queries, rules
from shared_base.resources.errors import ClosureOver, refusal
from shared_base.resources.models import Outage, Resource


@dataclass(frozen=True)
class Closure:
    """A closure as it was made, and the bookings that hold what it shuts: somebody has to call them."""

    outage: Outage
    hits: tuple[queries.Hit, ...]


def close(
    session: Session,
    *,
    base_id: UUID,
    resource_id: UUID | None,
    start: datetime,
    end: datetime,
    reason: str,
    ref: str | None = None,
    by: Actor,
    at: datetime,
) -> Closure:
    """Shut a resource of the base, or the whole base (`resource_id` None), for `[start, end)`.

    Raises `Invalid` for a time or reason that cannot be used, `ClosureRefTaken` for a number already given.
    """
    during = rules.closure_range(start, end)
    cleaned = rules.closure_reason(reason)
    shut = [resource_id] if resource_id else queries.spaces_of_base(session, base_id)
    _lock(session, shut)
    outage = Outage(ref=ref, base_id=base_id, resource_id=resource_id, during=during, reason=cleaned, created_at=at)
    with refusing(session, refusal):
        session.add(outage)
    found = tuple(queries.hits(session, shut, during))
    _tell(session, "closure.made", outage, by=by, at=at, reason=cleaned, hits=len(found))
    _tell_tenants(session, outage, found, by=by, at=at)
    return Closure(outage, found)


def call_off(session: Session, outage: Outage, *, by: Actor, at: datetime) -> Outage:
    """Call a closure off. Before it begins it then never counted; one that runs ends now; again is harmless.

    One that has ended happened: `ClosureOver`.
    """
    if outage.cancelled_at is not None:
        return outage
    assert outage.during.lower is not None
    assert outage.during.upper is not None
    now = at.replace(microsecond=0)
    if outage.during.upper <= now:
        raise ClosureOver(N_("This closure has ended and stays in the record; it can no longer be called off."))
    if outage.during.lower >= now:
        outage.cancelled_at = at
    else:
        outage.during = Range(outage.during.lower, now)
    _tell(session, "closure.called_off", outage, by=by, at=at)
    session.flush()
    return outage


def correct(
    session: Session,
    outage: Outage,
    *,
    start: datetime,
    end: datetime,
    reason: str,
    resource_id: UUID | None,
    by: Actor,
    at: datetime,
) -> Closure:
    """Record that the closure was another one: other times, another place or reason. The audit trail keeps what stood.

    For mistakes of the record, those of the past too; a month frozen meanwhile shows it in its next revision.
    """
    during = rules.closure_range(start, end)
    cleaned = rules.closure_reason(reason)
    shut = [resource_id] if resource_id else queries.spaces_of_base(session, outage.base_id)
    _lock(session, shut)
    told = {hit.booking_id for hit in queries.hits(session, _shut_by(session, outage), outage.during)}
    outage.during, outage.reason, outage.resource_id = during, cleaned, resource_id
    session.flush()
    found = tuple(queries.hits(session, shut, during))
    _tell(session, "closure.corrected", outage, by=by, at=at, reason=cleaned, hits=len(found))
    _tell_tenants(session, outage, [hit for hit in found if hit.booking_id not in told], by=by, at=at)
    return Closure(outage, found)


def _lock(session: Session, resource_ids: Sequence[UUID]) -> None:
    """The rows in id order, as bookings take them: no two wait for each other crosswise."""
    session.execute(
        sa.select(Resource.id)
        .where(Resource.id.in_(resource_ids))
        .order_by(Resource.id)
        .with_for_update(key_share=True)
    )


def _shut_by(session: Session, outage: Outage) -> Sequence[UUID]:
    """What a closure shuts as it stands: one resource, or every space of the base."""
    return [outage.resource_id] if outage.resource_id else queries.spaces_of_base(session, outage.base_id)


def _tell_tenants(session: Session, outage: Outage, hits: Sequence[queries.Hit], *, by: Actor, at: datetime) -> None:
    """One event for each booking that is yet to end and was not told of this closure: its tenant hears of it."""
    assert outage.during.upper is not None
    ahead = {hit.booking_id: hit for hit in hits if hit.during.upper is not None and hit.during.upper > at}
    if outage.during.upper <= at:
        return
    record_events(
        session,
        [
            event_row(
                "booking.hit_by_closure",
                by=by,
                at=at,
                subject_id=booking_id,
                base_id=outage.base_id,
                tenant_id=hit.tenant_id,
                closure_id=str(outage.id),
                resource_id=str(hit.resource_id),
                reason=outage.reason,
                **_span(outage.during),
            )
            for booking_id, hit in ahead.items()
        ],
    )


def _tell(session: Session, kind: str, outage: Outage, *, by: Actor, at: datetime, **payload: Any) -> None:
    record_events(
        session,
        [
            event_row(
                kind,
                by=by,
                at=at,
                subject_id=outage.id,
                base_id=outage.base_id,
                resource_id=str(outage.resource_id) if outage.resource_id else None,
                **_span(outage.during),
                **payload,
            )
        ],
    )


def _span(during: Range[datetime]) -> dict[str, Any]:
    assert during.lower is not None
    assert during.upper is not None
    return {"start": during.lower.isoformat(), "end": during.upper.isoformat()}
