"""The timetable: everything that happens without anybody asking for it.

Jobs look often and let the database decide what there is to do: none remembers when it ran last, so a process that was
off, was killed, or runs twice misses nothing and repeats nothing (docs/decisions/0007-scheduler.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from config.settings import Settings
from shared_base.core.clock import Clock
from shared_base.jobs.housekeeping import keep_house
from shared_base.notifications.delivery import drain
from shared_base.occupancy.actions import close_due_months


@dataclass(frozen=True)
class Surroundings:
    """What a job works with: the app role's engine, the clock, the settings."""

    engine: sa.Engine
    clock: Clock
    settings: Settings


def freeze_due_months(around: Surroundings) -> None:
    """Freeze every base's closed months that have no report yet, from 02:00 local on the 1st."""
    close_due_months(around.engine, around.clock)


def send_messages(around: Surroundings) -> None:
    """Deliver what waits in the outbox."""
    drain(around.engine, around.clock, around.settings)


def tidy_up(around: Surroundings) -> None:
    """Delete, once a day, what nobody needs any longer."""
    keep_house(around.engine, around.clock)


@dataclass(frozen=True)
class Job:
    """A job of the timetable: its name in logs, how often it looks, what it does."""

    name: str
    every: timedelta
    run: Callable[[Surroundings], None]


TIMETABLE = (
    Job("freeze due months", every=timedelta(seconds=10), run=freeze_due_months),
    Job("send messages", every=timedelta(seconds=2), run=send_messages),
    Job("tidy up", every=timedelta(minutes=10), run=tidy_up),
)
