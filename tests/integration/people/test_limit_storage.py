"""Limits count in the database: one count for all processes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from shared_base.core import limit_storage
from shared_base.core.clock import FixedClock
from shared_base.core.database import make_engine
from shared_base.core.housekeeping import RateLimit
from shared_base.core.limit_storage import PostgresStorage

MINUTE = timedelta(minutes=1)


def test_a_window_counts_from_its_first_hit_and_begins_anew_after_its_end(engine: sa.Engine, clock: FixedClock) -> None:
    with engine.connect() as connection:
        ends = clock.now() + MINUTE
        for expected in (1, 2, 3):
            windows = limit_storage.count(connection, {"a": MINUTE}, at=clock.now())
            assert windows["a"] == limit_storage.Window(expected, ends)
            clock.advance(timedelta(seconds=15))
        clock.advance(timedelta(seconds=15))
        windows = limit_storage.count(connection, {"a": MINUTE}, at=clock.now())
        assert windows["a"] == limit_storage.Window(1, ends + MINUTE)


def test_what_is_given_back_or_forgotten_does_not_count(engine: sa.Engine, clock: FixedClock) -> None:
    with engine.connect() as connection:
        both = {"a": MINUTE, "b": MINUTE}
        for _ in range(3):
            limit_storage.count(connection, both, at=clock.now())
        limit_storage.give_back(connection, ["a", "never counted"])
        limit_storage.forget(connection, ["b"])
        windows = limit_storage.count(connection, both, at=clock.now())
        assert {key: window.used for key, window in windows.items()} == {"a": 3, "b": 1}


def test_ended_windows_are_purged_and_running_ones_stay(engine: sa.Engine, clock: FixedClock) -> None:
    with engine.connect() as connection:
        limit_storage.count(connection, {"old": MINUTE, "new": 3 * MINUTE}, at=clock.now())
        assert limit_storage.purge(connection, at=clock.now() + 2 * MINUTE) == 1
        assert connection.scalars(sa.select(RateLimit.key)).all() == ["new"]


def test_flask_limiters_storage_refuses_beyond_the_limit_and_counts_for_every_process(
    engine: sa.Engine, clock: FixedClock
) -> None:
    two_a_minute = RateLimitItemPerMinute(2)
    processes = [FixedWindowRateLimiter(PostgresStorage("shared-base://", engine=engine, clock=clock)) for _ in "ab"]
    assert [process.hit(two_a_minute, "10.0.0.1") for process in processes] == [True, True]
    assert not processes[0].hit(two_a_minute, "10.0.0.1")
    assert processes[1].hit(two_a_minute, "10.0.0.2")
    stats = processes[1].get_window_stats(two_a_minute, "10.0.0.1")
    assert stats.remaining == 0
    assert stats.reset_time == (clock.now() + MINUTE).timestamp()
    clock.advance(MINUTE)
    assert processes[0].hit(two_a_minute, "10.0.0.1")


def test_resetting_flask_limiters_storage_leaves_failed_sign_ins_counted(engine: sa.Engine, clock: FixedClock) -> None:
    storage = PostgresStorage("shared-base://", engine=engine, clock=clock)
    with engine.begin() as connection:
        limit_storage.count(connection, {"sign-in:anna": MINUTE}, at=clock.now())
    storage.incr("LIMITER/10.0.0.1", 60)
    storage.incr("LIMITER/10.0.0.2", 60)
    storage.clear("LIMITER/10.0.0.2")
    assert storage.get("LIMITER/10.0.0.1") == 1
    assert storage.get("LIMITER/10.0.0.2") == 0
    assert storage.reset() == 1
    assert storage.get("sign-in:anna") == 1


def test_a_storage_whose_database_is_away_says_so(engine: sa.Engine) -> None:
    gone = make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    assert not PostgresStorage("shared-base://", engine=gone).check()
    assert PostgresStorage("shared-base://", engine=engine).check()
    with pytest.raises(sa.exc.OperationalError):
        PostgresStorage("shared-base://", engine=gone).incr("LIMITER/a", 60)
    gone.dispose()


def test_counts_of_many_at_once_lose_none_and_never_deadlock(own_engine: sa.Engine, clock: FixedClock) -> None:
    keys = {"address": MINUTE, "account": MINUTE, "pair": MINUTE}

    def attempt(number: int) -> None:
        with own_engine.begin() as connection:
            limit_storage.count(connection, keys, at=clock.now())
        if number % 2:
            with own_engine.begin() as connection:
                limit_storage.give_back(connection, sorted(keys, reverse=True))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(200)))
    with own_engine.connect() as connection:
        assert connection.scalars(sa.select(RateLimit.count)).all() == [100, 100, 100]
