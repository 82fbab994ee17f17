"""The outbox: messages to the world outside, committed with the deed and sent by the scheduler afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared_base.core.database import Model, uuid_key


class OutboxMessage(Model):
    """One message to deliver at least once. `topic` names the deliverer (`mail`), `payload` what it needs."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        sa.CheckConstraint("attempts >= 0", name="outbox_messages_attempts_counted"),
        sa.Index("outbox_messages_due", "due_at", postgresql_where=sa.text("done_at is null and failed_at is null")),
    )

    id: Mapped[UUID] = uuid_key()
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(sa.Integer, server_default="0")
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None] = mapped_column(doc="given up after the last attempt; `doctor` reports it")


def post(session: Session, topic: str, payload: dict[str, Any], *, at: datetime) -> None:
    """Put a message in the outbox; it leaves after the commit."""
    session.execute(
        sa.insert(OutboxMessage.__table__).inline(),  # type: ignore[arg-type]
        {"topic": topic, "payload": payload, "created_at": at, "due_at": at},
    )
