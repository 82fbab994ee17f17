"""Counting against limits in PostgreSQL: fixed windows in the UNLOGGED table `rate_limits`, one upsert a count.

Every process counts in one place, so a limit holds for the installation, not for each worker. Failed sign-ins are
counted here directly (`people.attempts`); requests through Flask-Limiter, of whose storage this is one:

    Limiter(..., storage_uri=URI, storage_options={"engine": engine})
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from limits.storage import Storage
from sqlalchemy.dialects import postgresql as pg

from shared_base.core.clock import Clock, SystemClock
from shared_base.core.housekeeping import RateLimit

URI = "shared-base://"
#: the keys of `limits` begin with this; others (failed sign-ins) are not its to reset
LIMITS_PREFIX = "LIMITER"


@dataclass(frozen=True)
class Window:
    """How much of a limit is used, and when its window ends and the count begins anew."""

    used: int
    ends_at: datetime


def count(
    connection: sa.Connection, windows: Mapping[str, timedelta], *, at: datetime, amount: int = 1
) -> dict[str, Window]:
    """Add `amount` to every key at once and return the counts; a window that has ended starts anew.

    Rows are locked in the order of their keys, so that counts of several keys never wait for each other in a circle.
    """
    insert = pg.insert(RateLimit).values(
        [{"key": key, "count": amount, "expires_at": at + windows[key]} for key in sorted(windows)]
    )
    over = RateLimit.expires_at <= at
    upsert = insert.on_conflict_do_update(
        index_elements=[RateLimit.key],
        set_={
            "count": sa.case((over, insert.excluded["count"]), else_=RateLimit.count + insert.excluded["count"]),
            "expires_at": sa.case((over, insert.excluded.expires_at), else_=RateLimit.expires_at),
        },
    ).returning(RateLimit.key, RateLimit.count, RateLimit.expires_at)
    return {key: Window(used, ends_at) for key, used, ends_at in connection.execute(upsert)}


def give_back(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Take one back from every key: the attempt turned out to be a good one."""
    for key in sorted(keys):
        connection.execute(
            sa.update(RateLimit).where(RateLimit.key == key, RateLimit.count > 0).values(count=RateLimit.count - 1)
        )


def forget(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Count these keys from nothing again."""
    for key in sorted(keys):
        connection.execute(sa.delete(RateLimit).where(RateLimit.key == key))


def purge(connection: sa.Connection, *, at: datetime) -> int:
    """Delete the windows that have ended; how many."""
    return connection.execute(sa.delete(RateLimit).where(RateLimit.expires_at <= at)).rowcount


class PostgresStorage(Storage):
    """Storage of the `limits` package, fixed windows. Each count is a short transaction of its own, so that it
    outlives the refusal of the request that it counted."""

    STORAGE_SCHEME = ["shared-base"]  # noqa: RUF012 (the registry of `limits` reads a list)

    def __init__(
        self, uri: str, *, engine: sa.Engine, clock: Clock | None = None, wrap_exceptions: bool = False
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.engine = engine
        # `limits` compares our expiry with the machine's time
        self.clock = clock or SystemClock()

    @property
    def base_exceptions(self) -> type[Exception]:
        return sa.exc.SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self.engine.begin() as connection:
            windows = count(connection, {key: timedelta(seconds=expiry)}, at=self.clock.now(), amount=amount)
        return windows[key].used

    def _window(self, key: str) -> Window | None:
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(RateLimit.count, RateLimit.expires_at).where(
                    RateLimit.key == key, RateLimit.expires_at > self.clock.now()
                )
            ).one_or_none()
        return Window(*row) if row else None

    def get(self, key: str) -> int:
        window = self._window(key)
        return window.used if window else 0

    def get_expiry(self, key: str) -> float:
        window = self._window(key)
        return (window.ends_at if window else self.clock.now()).timestamp()

    def check(self) -> bool:
        try:
            with self.engine.connect() as connection:
                return connection.scalar(sa.text("select true")) is True
        except sa.exc.SQLAlchemyError:
            return False

    def reset(self) -> int:
        with self.engine.begin() as connection:
            return connection.execute(
                sa.delete(RateLimit).where(RateLimit.key.startswith(LIMITS_PREFIX, autoescape=True))
            ).rowcount

    def clear(self, key: str) -> None:
        with self.engine.begin() as connection:
            forget(connection, [key])
