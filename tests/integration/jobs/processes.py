"""Real scheduler processes on a database of their own, at a time of the test's choosing."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from shared_base.core.actor import SYSTEM
from shared_base.core.database import transaction
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.occupancy import make_stay
from tests.factories.tenancy import make_lease, make_tenant, make_uscc

PATIENCE = 60  # seconds until a test gives up; a machine under load is slow, never wrong


def wait_for(what: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for something that did not happen"
        time.sleep(0.05)


class Scheduler:
    """`shared-base scheduler`, as production runs it, with its clock set to `now` at its start."""

    def __init__(self, url: str, folder: Path, now: datetime) -> None:
        self.log = folder / f"scheduler-{time.monotonic_ns()}.log"
        offset = int((now - datetime.now(UTC)).total_seconds())
        self.offset = timedelta(seconds=offset)
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "SHARED_BASE_DATA_DIR": str(folder),
            "SHARED_BASE_CLOCK_OFFSET": str(offset),
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "shared_base.app", "scheduler"], env=environment, stdout=out, stderr=out
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def now(self) -> datetime:
        """The present on this process's clock."""
        return datetime.now(UTC) + self.offset

    def said(self, text: str) -> bool:
        assert self.process.poll() is None, f"the scheduler ended:\n{self.log.read_text()}"
        return text in self.log.read_text()

    def wait_until_leading(self) -> None:
        wait_for(lambda: self.said("leading (process"))

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ctrl-C, as the supervisor passes it on; the exit status."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def schedulers(url: str, folder: Path) -> Iterator[Callable[[datetime], Scheduler]]:
    """Starts schedulers; whatever is left of them at the end is killed."""
    started: list[Scheduler] = []

    def start(now: datetime) -> Scheduler:
        started.append(Scheduler(url, folder, now))
        return started[-1]

    try:
        yield start
    finally:
        for scheduler in started:
            scheduler.kill()


def reports(url: str) -> list[tuple[str, str, int]]:
    """Base, month and revision of every frozen report, as the superuser sees them."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(
            "select b.code, to_char(r.month, 'YYYY-MM'), r.revision"
            " from month_reports r join bases b on b.id = r.base_id order by 1, 2, 3"
        ).fetchall()


def make_house(engine: sa.Engine, code: str, *, month: datetime, **columns: Any) -> None:
    """A base with a studio, a tenant with a lease, and a stay on every fifth day of the month: the same every time."""
    with transaction(engine, SYSTEM) as session:
        base = make_base(session, code=code, **columns)
        studio = make_studio(session, base, code="S01")
        tenant = make_tenant(session, base, uscc=make_uscc(sum(code.encode())))
        make_lease(session, tenant, base, ref=f"{code}-L01")
        for day in (5, 10, 15, 20, 25):
            start, end = month.replace(day=day, hour=12), month.replace(day=day, hour=18)
            booking = make_booking(session, studio, tenant, start, end, state="completed")
            make_stay(session, booking, start, end)
