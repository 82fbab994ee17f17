"""Writing a change of a booking: the row, its version, and the event that tells what differs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.queries import get_booking
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor
from shared_base.core.events import event_row, record_events


class Unchanged:
    """The type of `SAME`: a field that is not given, where None would mean: take it away."""


SAME: Final = Unchanged()


def change(
    session: Session,
    held: BookingRow,
    kind: str,
    changes: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    own: Iterable[str] = (),
    **told: Any,
) -> BookingRow:
    """Write the change of a locked booking and the event that tells it: what differs, before and after, and `told`.

    `own`: what an occurrence of a series no longer takes from its series (`time`, `studio`, `host`, `needs`, `title`,
    `platform`); of another booking nothing is noted.
    """
    if held.series_id and set(own) - set(held.own_fields):
        changes = changes | {"own_fields": sorted(set(held.own_fields) | set(own))}
    session.execute(
        sa.update(Booking)
        .where(Booking.id == held.id)
        .values(**changes, changed_at=at, version=Booking.version + 1)
        .execution_options(synchronize_session=False)
    )
    changed = get_booking(session, held.id)
    before, after = held.as_json(), changed.as_json()
    differs = [name for name in {**before, **after} if after.get(name) != before.get(name)]
    payload: dict[str, Any] = {
        "before": {name: before.get(name) for name in differs},
        "after": {name: after.get(name) for name in differs},
        **told,
    }
    if "cancel_reason" in changes:
        payload["reason"] = changed.cancel_reason
    event = event_row(kind, by=by, at=at, subject_id=held.id, base_id=held.base_id, tenant_id=held.tenant_id, **payload)
    record_events(session, [event])
    return changed
