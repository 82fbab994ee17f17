"""Reads of samples, and of the bookings that hold them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Session

from shared_base.core.fields import pattern
from shared_base.resources.models import Allocation, LotClaim
from shared_base.resources.queries import Hit, hits
from shared_base.resources.rules import LAST_INSTANT
from shared_base.samples.errors import UnknownSample
from shared_base.samples.models import Sample


@dataclass(frozen=True)
class SampleFilter:
    """What a list of samples is narrowed to. `counted`: lots, or single items; None: both."""

    search: str | None = None
    counted: bool | None = None
    retired: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = [
            Sample.retired_at.is_not(None) if self.retired else Sample.retired_at.is_(None)
        ]
        if self.counted is not None:
            found.append(Sample.counted.is_(self.counted))
        if self.search and self.search.strip():
            wanted = pattern(self.search)
            found.append(sa.or_(Sample.code.ilike(wanted), Sample.name.ilike(wanted), Sample.sku.ilike(wanted)))
        return found


def sample_of(session: Session, sample_id: UUID, *, base_ids: Collection[UUID] | None = None) -> Sample:
    """One sample, else `UnknownSample`; `base_ids`: only among these bases (whose staff asks)."""
    found = session.get(Sample, sample_id)
    if found is None or (base_ids is not None and found.base_id not in base_ids):
        raise UnknownSample
    return found


def samples(
    session: Session, base_id: UUID, narrowed: SampleFilter, *, after: str | None = None, limit: int | None = None
) -> list[Sample]:
    """Samples of a base by code, from the one after the code `after` on."""
    query = (
        sa.select(Sample).where(Sample.base_id == base_id, *narrowed.conditions()).order_by(Sample.code).limit(limit)
    )
    return list(session.scalars(query if after is None else query.where(Sample.code > after)))


def holds(session: Session, sample: Sample, *, at: datetime) -> list[Hit]:
    """The live bookings that hold the sample now or later, in order of time: what the caller may see of it."""
    ahead = Range(at, LAST_INSTANT)
    if not sample.counted:
        return hits(session, [sample.id], ahead)
    found = session.execute(
        sa.select(LotClaim.booking_id, LotClaim.tenant_id, LotClaim.resource_id, LotClaim.during)
        .where(LotClaim.live, LotClaim.resource_id == sample.id, LotClaim.during.overlaps(ahead))
        .order_by(sa.func.lower(LotClaim.during), LotClaim.booking_id)
    )
    return [Hit(*row) for row in found]


def most_held(session: Session, sample: Sample, *, at: datetime) -> int:
    """The most of a lot that bookings hold at one instant from now on."""
    ahead = sa.cast(Range(at, LAST_INSTANT), TSTZRANGE)
    nothing: Any = sa.cast([], sa.ARRAY(sa.UUID))
    return int(session.execute(sa.select(sa.func.lot_peak(sample.id, ahead, nothing))).scalar_one())


def was_booked(session: Session, sample: Sample) -> bool:
    """Whether a booking ever held the sample."""
    held = sa.exists().where(Allocation.resource_id == sample.id)
    claimed = sa.exists().where(LotClaim.resource_id == sample.id)
    return bool(session.scalar(sa.select(held | claimed)))
