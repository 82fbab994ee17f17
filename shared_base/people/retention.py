"""How long what sign-in leaves behind is kept: 90 days, long enough to look into a theft, no longer."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core import limit_storage
from shared_base.people.models import OneTimeLink, SignInSession

KEPT = timedelta(days=90)


def forget_expired(session: Session, *, at: datetime) -> None:
    """Delete sessions and links that expired 90 days ago, and counters whose window has ended. For a daily job."""
    for model in (SignInSession, OneTimeLink):
        session.execute(sa.delete(model).where(model.expires_at < at - KEPT))
    limit_storage.purge(session.connection(), at=at)
