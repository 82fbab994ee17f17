"""What processes tell each other through the database: jobs done, processes alive, attempts counted."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.database import Model, uuid_key


class JobRun(Model):
    """A job and the period it was done for: a second run of the same finds the row and does nothing."""

    __tablename__ = "job_runs"
    __table_args__ = (sa.UniqueConstraint("job", "period", name="job_runs_once"),)

    id: Mapped[UUID] = uuid_key()
    job: Mapped[str]
    period: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    detail: Mapped[str | None]


class Heartbeat(Model):
    """When a kind of process was last seen alive; `/readyz` and `doctor` read it."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(server_default="")


class RateLimit(Model):
    """A counter of a fixed window; UNLOGGED: losing it in a crash only forgives."""

    __tablename__ = "rate_limits"
    __table_args__ = (
        sa.Index("rate_limits_expiry", "expires_at"),
        {"prefixes": ["UNLOGGED"]},
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(sa.Integer)
    expires_at: Mapped[datetime]
