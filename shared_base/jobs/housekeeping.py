"""What nobody needs any longer is deleted once a day: expired sessions and links, old keys, counters, job runs."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.core.housekeeping import JobRun
from shared_base.core.idempotency import IdempotencyKey
from shared_base.people.retention import forget_expired

NAME = "tidy up"
#: a client that retries later than this asks anew
KEYS_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=400)


def keep_house(engine: sa.Engine, clock: Clock) -> bool:
    """Tidy up unless it was done today (UTC); whether it was done now. Killed half-way, it never ran."""
    at = clock.now()
    with transaction(engine, SYSTEM) as session:
        if not _begin(session, at=at):
            return False
        forget_expired(session, at=at)
        session.execute(sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < at - KEYS_KEPT))
        session.execute(sa.delete(JobRun).where(JobRun.started_at < at - RUNS_KEPT))
    return True


def _begin(session: Session, *, at: datetime) -> bool:
    """Take today's run: whoever comes second waits for the first and finds it taken."""
    taken = session.execute(
        pg.insert(JobRun)
        .values(job=NAME, period=at.date().isoformat(), started_at=at, finished_at=at)
        .on_conflict_do_nothing(constraint="job_runs_once")
        .returning(JobRun.id)
    )
    return taken.first() is not None
