"""The documented script of a nightly series, run against a real server: exceptions survive, and nothing overlaps."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from shared_base.people import tokens
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.kit import make_kind, make_member, make_role, make_shift, make_unit
from tests.factories.tenancy import make_tenant, make_user
from tests.live import LiveServer, rows

SCRIPT = Path(__file__).parents[2] / "docs/examples/nightly_series.py"
NIGHT = timedelta(days=1)


def test_a_quarter_of_nights_is_booked_moved_cancelled_and_changed(live_server: LiveServer) -> None:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=20, minute=0, second=0, microsecond=0)
    first = (today + 7 * NIGHT).astimezone(UTC)
    with live_server.session() as session:
        base = make_base(session)
        studio = make_studio(session, base)
        kind, role = make_kind(session, base), make_role(session, base)
        for _ in range(3):
            make_unit(session, kind)
        # works through the night for a quarter and two weeks: the rules of rest are not what is tried here
        make_shift(session, make_member(session, base, role), first - NIGHT, first + 110 * NIGHT)
        tenant, rival = make_tenant(session, base), make_tenant(session, base)
        taken = first + 50 * NIGHT
        make_booking(session, studio, rival, taken, taken + timedelta(hours=2))
        user = make_user(session, "tenant_scheduler", tenant=tenant)
        secret = tokens.create(session, user_id=user.id, name="script", at=datetime.now(UTC)).secret
        session.commit()
    done = subprocess.run(
        [sys.executable, SCRIPT, live_server.url, base.code, studio.code, "--first", f"{today + 7 * NIGHT:%Y-%m-%d}"],
        env={**os.environ, "SHARED_BASE_TOKEN": secret},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "booked 89 nights, skipped 1" in done.stdout
    assert "FREQ=DAILY;COUNT=29" in done.stdout
    assert "FREQ=DAILY;COUNT=61" in done.stdout
    listed = [line.split() for line in done.stdout.splitlines() if line[:2] == "20"]
    assert len(listed) == 89
    assert listed[8][1:] == ["20:00", "02:00", "confirmed"]
    assert listed[9][1:] == ["21:00", "03:00", "confirmed", "time"]
    assert listed[19][1:] == ["20:00", "02:00", "cancelled"]
    assert {tuple(line[1:]) for line in listed[29:]} == {("19:30", "01:30", "confirmed")}
    held = rows(
        live_server.database,
        "select count(*), count(distinct a.booking_id) from allocations a join bookings b on b.id = a.booking_id"
        f" where a.live and b.tenant_id = '{tenant.id}'",
    )
    assert held == [(88 * 4, 88)]  # the studio, two cameras and the director, each night
    titles = rows(
        live_server.database, "select title, platform, count(*) from booking_series group by 1, 2 order by count(*), 1"
    )
    assert sorted(titles) == [("晚七点半专场", "抖音", 1), ("晚八点专场", "快手", 1)]
