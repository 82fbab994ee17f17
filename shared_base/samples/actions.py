"""Deeds upon samples: entered, changed, retired and brought back.

What there is of a sample is a fact: always accepted, and it names the bookings it hits. It is written under the row
that bookings lock, so that a booking which commits first is found among the hits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.resources.models import Resource
from shared_base.resources.queries import Hit
from shared_base.samples import queries, rules
from shared_base.samples.errors import CountingFixed, refusal
from shared_base.samples.models import Sample


@dataclass(frozen=True)
class SampleDetails:
    """What is said of a sample; `counted` makes it a lot of `quantity` alike, of which bookings take a number."""

    code: str
    name: str
    sku: str | None = None
    counted: bool = False
    quantity: int = 1

    def cleaned(self) -> dict[str, Any]:
        """The columns, checked one by one; `Invalid` for the first that cannot be used."""
        return {
            "code": rules.code(self.code),
            "name": text_line(self.name, "name", longest=rules.LONGEST_NAME, required=True),
            "sku": text_line(self.sku, "sku", longest=rules.LONGEST_SKU),
            "counted": self.counted,
            "quantity": rules.quantity(self.quantity, counted=self.counted),
        }


@dataclass(frozen=True)
class SampleChange:
    """A changed or retired sample, and the bookings to come that it can no longer serve: somebody has to call them."""

    sample: Sample
    hits: tuple[Hit, ...]


def create_sample(session: Session, base: Base, *, details: SampleDetails, by: Actor, at: datetime) -> Sample:
    """Enter a sample; bookings can take it at once. Raises `Invalid`, `SampleCodeTaken`."""
    columns = details.cleaned()
    with refusing(session, refusal):
        resource = Resource(kind="sample", base_id=base.id)
        session.add(resource)
        session.flush()
        sample = Sample(id=resource.id, base_id=base.id, created_at=at, **columns)
        session.add(sample)
    _tell(session, "sample.created", sample, by=by, at=at, code=sample.code, quantity=sample.quantity)
    return sample


def change_sample(session: Session, sample: Sample, *, details: SampleDetails, by: Actor, at: datetime) -> SampleChange:
    """Change what is said of a sample. A lot that becomes smaller than its peak hits all that hold it from now on.

    Raises `Invalid`, `SampleCodeTaken`, or `CountingFixed` where a sample that was ever booked would be counted
    otherwise.
    """
    columns = details.cleaned()
    _lock(session, sample)
    if columns["counted"] != sample.counted and queries.was_booked(session, sample):
        raise CountingFixed
    changed = sorted(name for name, value in columns.items() if getattr(sample, name) != value)
    with refusing(session, refusal):
        for name in changed:
            setattr(sample, name, columns[name])
    if not changed:
        return SampleChange(sample, ())
    found: tuple[Hit, ...] = ()
    if "quantity" in changed and queries.most_held(session, sample, at=at) > sample.quantity:
        found = tuple(queries.holds(session, sample, at=at))
    _tell(session, "sample.changed", sample, by=by, at=at, changed=changed, hits=len(found))
    return SampleChange(sample, found)


def retire_sample(session: Session, sample: Sample, *, by: Actor, at: datetime) -> SampleChange:
    """Retire a sample: nobody takes it any more. Again is harmless and names the bookings anew."""
    _lock(session, sample)
    found = tuple(queries.holds(session, sample, at=at))
    if sample.retired_at is None:
        sample.retired_at = at
        session.flush()
        _tell(session, "sample.retired", sample, by=by, at=at, code=sample.code, hits=len(found))
    return SampleChange(sample, found)


def restore_sample(session: Session, sample: Sample, *, by: Actor, at: datetime) -> Sample:
    """Bring a retired sample back; one that is there stays as it is."""
    _lock(session, sample)
    if sample.retired_at is not None:
        sample.retired_at = None
        session.flush()
        _tell(session, "sample.restored", sample, by=by, at=at, code=sample.code)
    return sample


def _lock(session: Session, sample: Sample) -> None:
    """The sample's row among the resources, as bookings lock it; what is said of it is then read anew."""
    session.execute(sa.select(Resource.id).where(Resource.id == sample.id).with_for_update(key_share=True))
    session.refresh(sample)


def _tell(session: Session, kind: str, sample: Sample, *, by: Actor, at: datetime, **payload: Any) -> None:
    record_events(session, [event_row(kind, by=by, at=at, subject_id=sample.id, base_id=sample.base_id, **payload)])
