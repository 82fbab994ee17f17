"""One leader among all schedulers: whoever holds an advisory lock on a connection that lives.

The database gives the lock up when the leader's connection ends, for whatever reason; so it is asked on that very
connection, every second, whether it still lives. A leader that was cut off may work a moment longer beside its
successor: that is harmless, because every job is right for any number of processes at once.

The connection must be a direct one: behind a pooler that lends connections by the transaction the lock is nobody's.
"""

import os
import socket

import psycopg

from shared_base.core.clock import Clock

LEADER_LOCK = 7_305_811_205
#: the row of `heartbeats` that `/readyz` and `doctor` read
HEARTBEAT = "scheduler"

# A server that is gone without a word is noticed in about 15 seconds, one that answers nothing in 10.
_OPTIONS = {
    "autocommit": True,
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
    "application_name": "shared-base scheduler",
    "options": "-c statement_timeout=10s -c lock_timeout=5s -c timezone=UTC",
}


class Leadership:
    """A candidate's connection. `with Leadership(url) as candidate:` connects; leaving the block gives the lock up."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, **_OPTIONS)  # type: ignore[arg-type]

    def __enter__(self) -> "Leadership":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def won(self) -> bool:
        """Whether the lock is ours now. Raises `psycopg.OperationalError` when the connection is lost."""
        row = self._connection.execute("select pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
        return bool(row and row[0])

    def check(self) -> None:
        """Raise `psycopg.OperationalError` when the connection, and with it the lock, is lost."""
        self._connection.execute("select 1")

    def beat(self, clock: Clock) -> None:
        """Tell the world that the leader lives, on the connection that holds the lock; raises as `check` does."""
        self._connection.execute(
            "insert into heartbeats (name, at, detail) values (%s, %s, %s)"
            " on conflict (name) do update set at = excluded.at, detail = excluded.detail",
            (HEARTBEAT, clock.now(), f"{socket.gethostname()} {os.getpid()}"),
        )
