"""The scheduler's promises, kept by real processes: killed, doubled, late, without a database (issue 2, Shows 5)."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy as sa

from shared_base.catalogue.queries import base
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine, transaction
from shared_base.core.embedded_postgres import EmbeddedPostgres
from shared_base.core.periods import Month
from shared_base.migrations.schema import upgrade
from shared_base.occupancy.actions import close_month
from shared_base.occupancy.models import MonthReport
from tests.databases import TestDatabase
from tests.factories.catalogue import make_base
from tests.integration.jobs.processes import Scheduler, make_house, reports, schedulers, wait_for
from tests.integration.postgres.servers import discard, postmaster

pytestmark = pytest.mark.slow

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: 02:00 on the 1st of October in Shanghai
DUE = datetime(2026, 9, 30, 18, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 1, tzinfo=SHANGHAI)
Start = Callable[[datetime], Scheduler]


def test_killed_and_restarted_four_times_around_the_1st_each_month_is_frozen_once(
    shared: TestDatabase, shared_engine: sa.Engine, scheduler: Start
) -> None:
    make_house(shared_engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 8, 1))
    make_house(shared_engine, "PY", month=SEPTEMBER, reports_from=date(2026, 9, 1))
    expected = [("HRB", "2026-08", 1), ("HRB", "2026-09", 1), ("PY", "2026-09", 1)]
    for seconds_before in (3600, 2, 0, -5):
        process = scheduler(DUE - timedelta(seconds=seconds_before))
        process.wait_until_leading()
        process.kill()
        assert set(reports(shared.superuser)) <= set(expected)
    scheduler(DUE + timedelta(minutes=1))
    wait_for(lambda: reports(shared.superuser) == expected)


def test_before_two_in_the_morning_of_the_1st_the_past_month_stays_open(
    shared: TestDatabase, shared_engine: sa.Engine, scheduler: Start
) -> None:
    make_house(shared_engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 8, 1))
    scheduler(DUE - timedelta(hours=1, minutes=50))
    wait_for(lambda: reports(shared.superuser))
    assert reports(shared.superuser) == [("HRB", "2026-08", 1)]


def test_of_two_schedulers_one_leads_and_the_other_takes_over_when_it_is_killed(
    shared: TestDatabase, shared_engine: sa.Engine, scheduler: Start
) -> None:
    make_house(shared_engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 9, 1))
    first = scheduler(DUE - timedelta(hours=1))
    first.wait_until_leading()
    second = scheduler(DUE + timedelta(minutes=1))
    wait_for(lambda: _beaten_by(shared) == first.pid)
    assert not second.said("leading")
    assert reports(shared.superuser) == []
    first.kill()
    second.wait_until_leading()
    wait_for(lambda: reports(shared.superuser) == [("HRB", "2026-09", 1)])
    wait_for(lambda: _beaten_by(shared) == second.pid)
    assert second.end() == 0


def _beaten_by(database: TestDatabase) -> int:
    """The process of the last heartbeat."""
    with psycopg.connect(database.superuser) as connection:
        row = connection.execute("select detail from heartbeats where name = 'scheduler'").fetchone()
    return int(row[0].split()[-1]) if row else 0


def test_two_schedulers_at_once_with_a_clock_three_months_ahead_freeze_each_month_once_none_before_reports_from(
    shared: TestDatabase, shared_engine: sa.Engine, scheduler: Start
) -> None:
    make_house(shared_engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 8, 1))
    make_house(shared_engine, "NYC", month=SEPTEMBER, reports_from=date(2026, 9, 1), timezone="America/New_York")
    both = [scheduler(DUE + timedelta(days=92)), scheduler(DUE + timedelta(days=92))]
    expected = [("HRB", f"2026-{month:02d}", 1) for month in range(8, 13)]
    # in New York it is not yet the 1st of January
    expected += [("NYC", f"2026-{month:02d}", 1) for month in range(9, 12)]
    wait_for(lambda: reports(shared.superuser) == expected)
    both[0].kill()
    both[1].kill()
    assert reports(shared.superuser) == expected


def test_killed_in_the_middle_of_a_report_it_leaves_nothing_and_the_next_one_freezes_the_same_bytes(
    shared: TestDatabase, shared_engine: sa.Engine, scheduler: Start, new_database: Callable[[], TestDatabase]
) -> None:
    make_house(shared_engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 9, 1))
    with psycopg.connect(shared.superuser) as blocker:
        # the report's own row is written by then; its event is not
        blocker.execute("lock table events in share mode")
        victim = scheduler(DUE + timedelta(minutes=1))
        wait_for(lambda: _blocked(shared))
        victim.kill()
        assert reports(shared.superuser) == []
    wait_for(lambda: not _blocked(shared))
    assert reports(shared.superuser) == []
    scheduler(DUE + timedelta(minutes=2))
    wait_for(lambda: reports(shared.superuser) == [("HRB", "2026-09", 1)])
    assert _digest(shared_engine) == _digest_of_undisturbed(new_database())


def _blocked(database: TestDatabase) -> bool:
    with psycopg.connect(database.superuser) as connection:
        row = connection.execute(
            "select exists (select from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock')"
        ).fetchone()
    return bool(row and row[0])


def _digest(engine: sa.Engine) -> str:
    with transaction(engine, SYSTEM) as session:
        return session.scalars(sa.select(MonthReport.digest)).one()


def _digest_of_undisturbed(database: TestDatabase) -> str:
    """The digest of the same house's month, closed by hand in a database where nothing went wrong."""
    engine = make_engine(database.app)
    make_house(engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 9, 1))
    with transaction(engine, SYSTEM) as session:
        month = Month.of(SEPTEMBER.date())
        digest = close_month(session, base=base(session, "HRB"), month=month, by=SYSTEM, at=DUE).digest
    engine.dispose()
    return digest


@pytest.fixture
def own_server() -> Iterator[tuple[EmbeddedPostgres, Path]]:
    """A database server that this test may kill."""
    folder = Path(tempfile.mkdtemp(prefix="shared-base-test-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    urls = server.start()
    upgrade(urls.owner, app_role=sa.make_url(urls.app).username or "")
    yield server, folder
    server.stop_if_last()
    discard(folder)


def test_a_database_that_is_gone_at_wake_up_is_waited_for_and_the_month_is_caught_up(
    own_server: tuple[EmbeddedPostgres, Path], tmp_path: Path
) -> None:
    server, folder = own_server
    engine = make_engine(server.urls.app)
    make_house(engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 9, 1))
    engine.dispose()
    with schedulers(server.urls.app, tmp_path) as start:
        process = start(DUE - timedelta(seconds=15))
        process.wait_until_leading()
        os.kill(postmaster(folder), signal.SIGKILL)
        wait_for(lambda: process.said("the database is lost") and process.now() > DUE)
        server.revive()
        wait_for(lambda: process.said("the database is back"))
        wait_for(lambda: reports(server.superuser_url("shared_base")) == [("HRB", "2026-09", 1)])


def test_a_base_whose_month_cannot_be_frozen_stops_no_other(
    shared: TestDatabase, shared_engine: sa.Engine, scheduler: Start
) -> None:
    with transaction(shared_engine, SYSTEM) as session:
        make_base(session, code="AAA", timezone="Asia/Nowhere", reports_from=date(2026, 9, 1))
    make_house(shared_engine, "HRB", month=SEPTEMBER, reports_from=date(2026, 9, 1))
    process = scheduler(DUE + timedelta(minutes=1))
    wait_for(lambda: reports(shared.superuser) == [("HRB", "2026-09", 1)])
    wait_for(lambda: process.said("AAA"))
