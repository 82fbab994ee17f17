"""The timetable: everything that happens without anybody asking for it.

Jobs look often and let the database decide what there is to do: none remembers when it ran last, so a process that was
off, was killed, or runs twice misses nothing and repeats nothing (docs/decisions/0007-scheduler.md).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from config.settings import Settings
from shared_base.bookings.actions_waitlist import serve_waitlists
from shared_base.bookings.holding import lapse
from shared_base.bookings.no_shows import mark_due_no_shows
from shared_base.bookings.overruns import tell_overruns
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import Clock
from shared_base.core.database import transaction
from shared_base.jobs.housekeeping import keep_house
from shared_base.notifications.delivery import drain
from shared_base.notifications.news import tell_news
from shared_base.notifications.reminding import remind
from shared_base.occupancy.actions import close_due_months

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What a job works with: the app role's engine, the clock, the settings."""

    engine: sa.Engine
    clock: Clock
    settings: Settings


def freeze_due_months(around: Surroundings) -> None:
    """Freeze every base's closed months that have no report yet, from 02:00 local on the 1st."""
    close_due_months(around.engine, around.clock)


def lapse_holds(around: Surroundings) -> None:
    """Give up the holds that nobody confirmed in time."""
    with transaction(around.engine, SYSTEM) as session:
        lapsed = lapse(session, at=around.clock.now())
    if lapsed:
        log.info("holds: %d lapsed", lapsed)


def mark_no_shows(around: Surroundings) -> None:
    """Mark whoever did not come within the grace; the rest of their time is free again."""
    mark_due_no_shows(around.engine, around.clock)


def watch_overruns(around: Surroundings) -> None:
    """Say to whom the session before theirs runs over."""
    tell_overruns(around.engine, around.clock)


def offer_freed_times(around: Surroundings) -> None:
    """Hold what became free for those who wait for it, in order of arrival."""
    serve_waitlists(around.engine, around.clock)


def tell_people(around: Surroundings) -> None:
    """Write mails about what happened to bookings."""
    tell_news(around.engine, around.clock)


def remind_people(around: Surroundings) -> None:
    """Write mails about what begins or lapses soon."""
    remind(around.engine, around.clock)


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
    Job("lapse holds", every=timedelta(seconds=3), run=lapse_holds),
    Job("offer freed times", every=timedelta(seconds=3), run=offer_freed_times),
    Job("mark no-shows", every=timedelta(seconds=10), run=mark_no_shows),
    Job("watch overruns", every=timedelta(seconds=20), run=watch_overruns),
    Job("tell people", every=timedelta(seconds=5), run=tell_people),
    Job("remind people", every=timedelta(seconds=30), run=remind_people),
    Job("send messages", every=timedelta(seconds=2), run=send_messages),
    Job("tidy up", every=timedelta(minutes=10), run=tidy_up),
)
