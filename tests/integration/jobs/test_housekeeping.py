"""What nobody needs any longer goes, once a day; what is still needed stays."""

from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa

from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import transaction
from shared_base.core.housekeeping import JobRun, RateLimit
from shared_base.core.idempotency import IdempotencyKey
from shared_base.jobs.housekeeping import keep_house
from shared_base.people.models import SignInSession
from tests.conftest import NOON
from tests.factories.tenancy import make_user

DAY = timedelta(days=1)


def _leave_behind(engine: sa.Engine) -> None:
    """An old one and a fresh one of everything."""
    with transaction(engine, SYSTEM) as session:
        user = make_user(session)
        for name, age in (("old", 200 * DAY), ("fresh", DAY)):
            session.add(
                SignInSession(
                    user_id=user.id,
                    secret_hash=name.encode(),
                    created_at=NOON - age - DAY,
                    seen_at=NOON - age - DAY,
                    expires_at=NOON - age,
                )
            )
            session.add(IdempotencyKey(caller_id=uuid4(), key=name, request_digest=b"", created_at=NOON - age / 6))
        session.add(RateLimit(key="old", count=1, expires_at=NOON - DAY))
        session.add(RateLimit(key="fresh", count=1, expires_at=NOON + DAY))


def _left(engine: sa.Engine) -> dict[str, set[object]]:
    with transaction(engine, SYSTEM) as session:
        return {
            "sessions": set(session.scalars(sa.select(SignInSession.secret_hash))),
            "keys": set(session.scalars(sa.select(IdempotencyKey.key))),
            "counters": set(session.scalars(sa.select(RateLimit.key))),
        }


def test_what_expired_long_ago_goes_once_a_day_and_the_rest_stays(shared_engine: sa.Engine) -> None:
    clock = FixedClock(NOON)
    _leave_behind(shared_engine)
    assert keep_house(shared_engine, clock)
    assert _left(shared_engine) == {"sessions": {b"fresh"}, "keys": {"fresh"}, "counters": {"fresh"}}
    assert not keep_house(shared_engine, clock)
    clock.advance(DAY)
    assert keep_house(shared_engine, clock)
    with transaction(shared_engine, SYSTEM) as session:
        assert session.scalars(sa.select(JobRun.period).order_by(JobRun.period)).all() == ["2026-11-02", "2026-11-03"]
