"""The scheduler's process: waits to be the leader, runs the timetable while it is, steps down when it no longer is."""

import logging
import os
import signal
import threading
from collections.abc import Sequence
from datetime import UTC
from itertools import count

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import OperationalError

from config.settings import Settings
from shared_base.core.clock import SystemClock
from shared_base.core.database import make_engine
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.jobs.leadership import Leadership
from shared_base.jobs.schedule import TIMETABLE, Job, Surroundings

log = logging.getLogger(__name__)

#: seconds between two looks of a standby at the lock, and of the leader at its connection
LOOK = 1.0
#: the heartbeat is written at every so many looks
LOOKS_A_BEAT = 5
#: seconds before the next attempt to reach a database that is gone
PAUSE = 1.0


def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; jobs that run are finished first. Main thread only."""
    if settings.database_url is None:
        raise Invalid(N_("Set DATABASE_URL first; `shared-base run` starts the embedded database by itself."))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # it would tell of every look that finds the one before still at work; a job that fails is told by `_carry_out`
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    engine = make_engine(settings.database_url, pool_size=len(TIMETABLE))
    around = Surroundings(engine, SystemClock(settings.clock_offset), settings)
    try:
        stand_by(settings.database_url, around, TIMETABLE, asked)
    finally:
        engine.dispose()


def stand_by(url: str, around: Surroundings, timetable: Sequence[Job], asked: threading.Event) -> None:
    """Be a candidate until asked to end: lead whenever the lock is won, try again whenever the database is lost."""
    lost = False
    while not asked.is_set():
        try:
            with Leadership(url) as candidate:
                if lost:
                    log.info("the database is back")
                    lost = False
                while not asked.is_set() and not candidate.won():
                    asked.wait(LOOK)
                if not asked.is_set():
                    lead(candidate, around, timetable, asked)
        except psycopg.OperationalError as error:
            if not lost:
                log.warning("the database is lost, trying on: %s", str(error).strip())
            lost = True
            asked.wait(PAUSE)


def lead(candidate: Leadership, around: Surroundings, timetable: Sequence[Job], asked: threading.Event) -> None:
    """Run the timetable until asked to end, or until the connection that holds the lock is lost (which raises)."""
    log.info("leading (process %d)", os.getpid())
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(len(timetable))},
        # a look that comes late is still taken, once; none is taken beside itself
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    for job in timetable:
        scheduler.add_job(
            carry_out,
            IntervalTrigger(seconds=job.every.total_seconds(), timezone=UTC),
            args=(job, around),
            next_run_time=SystemClock().now(),
        )
    candidate.beat(around.clock)
    scheduler.start()
    try:
        for look in count(1):
            if asked.wait(LOOK):
                break
            candidate.check()
            if look % LOOKS_A_BEAT == 0:
                candidate.beat(around.clock)
    finally:
        scheduler.shutdown()
        log.info("no longer leading (process %d)", os.getpid())


def carry_out(job: Job, around: Surroundings) -> None:
    """Do a job; its failure is told and ends nothing: the next look tries again."""
    try:
        job.run(around)
    except OperationalError as error:
        log.warning("%s: the database did not answer: %s", job.name, str(error.orig).strip())
    except Exception:
        log.exception("%s failed; it is tried again", job.name)
