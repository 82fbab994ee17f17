"""Idempotency keys: a retried POST is one effect and gets the first answer again."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.database import Model


class IdempotencyKey(Model):
    """A caller's key, the digest of what it asked, and the answer; written in the transaction of the effect."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        sa.PrimaryKeyConstraint("caller_id", "key", name="idempotency_keys_pkey"),
        sa.CheckConstraint("length(key) between 1 and 255", name="idempotency_keys_key_length"),
        sa.Index("idempotency_keys_created", "created_at"),
    )

    caller_id: Mapped[UUID]
    key: Mapped[str]
    request_digest: Mapped[bytes] = mapped_column(doc="SHA-256 of method, path and body")
    status: Mapped[int | None] = mapped_column(sa.Integer)
    answer: Mapped[bytes | None] = mapped_column(doc="the answer's bytes, null while the first request runs")
    location: Mapped[str | None]
    created_at: Mapped[datetime]
