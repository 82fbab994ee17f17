"""A real calendar client, khal, reads a feed over HTTP's own bytes: what it shows is what was booked.

khal runs where it is installed (PATH, or beside this Python); it is no requirement of the product.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.web.calendars.conftest import House

KHAL = shutil.which("khal") or shutil.which("khal", path=str(Path(sys.executable).parent))
needs_khal = pytest.mark.skipif(
    KHAL is None, reason="NO CALENDAR CLIENT TRIED: khal is not installed (pip install khal==0.14.1)"
)
CONFIG = """
[calendars]
[[base]]
path = {folder}
[locale]
local_timezone = Asia/Shanghai
default_timezone = Asia/Shanghai
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {home}/khal.db
[default]
print_new = False
"""


class Client:
    """khal with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "calendar").mkdir()
        (home / "config").write_text(CONFIG.format(folder=home / "calendar", home=home), encoding="utf-8")

    def run(self, *arguments: str) -> str:
        assert KHAL is not None
        surroundings = {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "XDG_DATA_HOME": str(self.home),
        }  # fmt: skip
        done = subprocess.run(
            [KHAL, "--config", str(self.home / "config"), *arguments],
            capture_output=True, text=True, timeout=60, env=surroundings, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert "WARNING" not in done.stderr.upper().replace("DEPRECATIONWARNING", ""), done.stderr
        return done.stdout

    def read(self, calendar: bytes) -> None:
        """Import a whole calendar, as a person would."""
        path = self.home / "feed.ics"
        path.write_bytes(calendar)
        self.run("import", "--batch", "-a", "base", str(path))


@needs_khal
def test_khal_reads_a_feed_and_shows_the_nights_as_they_were_booked(
    session: Session,
    house: House,
    client: FlaskClient,
    address_of: Callable[..., str],
    tmp_path: Path,
) -> None:
    house.book(session, 0, title="晚八点, 专场; 𠮷野家")
    house.book(session, 1, title="第二晚", host=house.host)
    house.book(session, 2, title="别家的", tenant=house.rival)
    house.book(session, 3, title="不来了", state="cancelled", cancelled_at=house.tonight - timedelta(hours=9))
    session.commit()
    khal = Client(tmp_path)
    khal.read(client.get(address_of(house.scheduler, f"tenant:{house.tenant.id}")).data)
    columns = "{start-long}|{end-long}|{title}|{location}|{status}"
    shown = khal.run("list", "--day-format", "", "--once", "--format", columns, "2026-11-01", "10d")
    lines = {line.split("|")[2]: line.split("|") for line in shown.splitlines() if "|" in line}
    assert lines.keys() == {"晚八点, 专场; 𠮷野家", "第二晚", "不来了"}
    first = lines["晚八点, 专场; 𠮷野家"]
    assert first[:2] == ["2026-11-02 20:00", "2026-11-03 02:00"]
    assert first[3] == "番禺基地, A01 绿幕直播间, 3F"
    assert "CANCELLED" in lines["不来了"][4].upper()
    told = khal.run("list", "--day-format", "", "--once", "--format", "{description}", "2026-11-03", "1d")
    assert "主播：小林" in told


@needs_khal
def test_a_later_file_of_a_booking_replaces_the_earlier_one(
    session: Session, house: House, client: FlaskClient, address_of: Callable[..., str], tmp_path: Path
) -> None:
    booking = house.book(session, 0, title="专场")
    address = address_of(house.scheduler, f"tenant:{house.tenant.id}")
    khal = Client(tmp_path)
    khal.read(client.get(address).data)
    booking.title, booking.version = "改到九点", 2
    session.commit()
    khal.read(client.get(address).data)
    shown = khal.run("list", "--day-format", "", "--once", "--format", "{title}", "2026-11-01", "10d")
    assert shown.split() == ["改到九点"]
