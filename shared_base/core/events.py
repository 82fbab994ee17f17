"""Events: news of what was done, written in the same transaction as the deed and read by the rooms above."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared_base.core.actor import Actor
from shared_base.core.audit import append_only
from shared_base.core.database import Model
from shared_base.core.row_security import protect


class Event(Model):
    """What happened, to what, by whom and when. `kind` is `noun.deed`, for example `booking.cancelled`."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("events_subject", "subject_id", "id"),
        sa.Index("events_base", "base_id", "id"),
        sa.Index("events_tenant", "tenant_id", "id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    base_id: Mapped[UUID | None]
    tenant_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'"))


protect(Event, tenant_writes=True)
append_only(Event)


class EventRow(TypedDict):
    at: datetime
    kind: str
    subject_id: UUID
    base_id: UUID | None
    tenant_id: UUID | None
    actor_id: UUID | None
    actor_label: str
    payload: dict[str, Any]


def event_row(
    kind: str,
    *,
    by: Actor,
    at: datetime,
    subject_id: UUID,
    base_id: UUID | None = None,
    tenant_id: UUID | None = None,
    **payload: Any,
) -> EventRow:
    """An event's columns; `payload` is JSON (instants as ISO strings)."""
    return {
        "at": at,
        "kind": kind,
        "subject_id": subject_id,
        "base_id": base_id,
        "tenant_id": tenant_id,
        "actor_id": by.user_id,
        "actor_label": by.label,
        "payload": payload,
    }


def record_events(session: Session, rows: Sequence[EventRow]) -> None:
    """Write events beside the change that they tell of."""
    if rows:
        # the identity default may not be asked back: a tenant's events are visible to it, but RETURNING costs a read
        session.execute(sa.insert(Event.__table__).inline(), list(rows))  # type: ignore[arg-type]
