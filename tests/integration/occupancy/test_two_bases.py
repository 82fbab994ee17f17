"""The operator's workbook, from files to frozen figures (issue 2, Shows 3): equal to the second."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM
from shared_base.core.canonical import digest_of
from shared_base.core.periods import Month, parse_months
from shared_base.occupancy import actions, queries
from tests.databases import TestDatabase
from tests.integration.occupancy import two_bases

EXPECTED = json.loads((Path(__file__).parents[2] / "data" / "two-bases-expected.json").read_text(encoding="utf-8"))
OCTOBER = datetime(2026, 10, 2, tzinfo=UTC)


@pytest.fixture
def bases(session: Session) -> dict[str, Base]:
    return two_bases.load(session)


def closed(session: Session, base: Base, month: str, *, at: datetime = OCTOBER) -> dict[str, Any]:
    row = actions.close_month(session, base=base, month=Month.parse(month), by=SYSTEM, at=at)
    return queries.document_of(row)


def assert_as_expected(document: dict[str, Any], expected: dict[str, Any]) -> None:
    for member, value in expected.items():
        assert document[member] == value, (expected["base"], expected["month"], member)


def test_every_figure_of_the_four_reports_is_as_expected_to_the_second(
    session: Session, bases: dict[str, Base]
) -> None:
    assert len(EXPECTED["reports"]) == 4
    for expected in EXPECTED["reports"]:
        assert_as_expected(closed(session, bases[expected["base"]], expected["month"]), expected)


def test_the_digest_is_that_of_all_else_and_the_bytes_do_not_depend_on_when_it_was_closed(
    session: Session, bases: dict[str, Base]
) -> None:
    with session.begin_nested() as undone:
        later = closed(session, bases["HRB"], "2026-08", at=OCTOBER + timedelta(days=40))
        undone.rollback()
    document = closed(session, bases["HRB"], "2026-08")
    assert document["digest"] == digest_of(document)
    assert later["digest"] == document["digest"]
    assert later["closed_at"] == "2026-11-11T08:00:00+08:00" != document["closed_at"]


def test_stays_never_checked_out_are_counted_in_a_warning(session: Session, bases: dict[str, Base]) -> None:
    # none of them runs across an end of the month
    august = [
        row
        for row in two_bases.rows("bookings")
        if row["base"] == "HRB" and row["checked_in_at"].startswith("2026-08") and not row["checked_out_at"]
    ]
    counted = [row for row in august if row["state"] != "cancelled"]
    warning = closed(session, bases["HRB"], "2026-08")["warnings"][0]
    assert (warning["code"], warning["subject"]) == ("auto_closed", "HRB")
    assert warning["text"].startswith(f"{len(counted)} ")


def test_leases_of_a_month_carry_what_claims_are_computed_from(session: Session, bases: dict[str, Base]) -> None:
    document = closed(session, bases["PY"], "2025-01")
    assert [row["ref"] for row in document["leases"]] == ["PY-L07", "PY-L12"]
    assert document["leases"][1] == {
        "ref": "PY-L12",
        "uscc": "912301029AQ05Q7D94",
        "area_m2": "2400",
        "days_in_force": 31,
        "payable_days": 0,
        "days_of_month": 31,
        "rent_due_fen": 0,
        "property_fee_due_fen": 2_160_000,
        "recognised": True,
    }
    part_month = closed(session, bases["PY"], "2025-06")["leases"][0]
    assert (part_month["ref"], part_month["days_in_force"], part_month["payable_days"]) == ("PY-L03", 30, 30)
    begun = next(row for row in closed(session, bases["PY"], "2025-03")["leases"] if row["ref"] == "PY-L03")
    # from the 6th: 26 of 31 days, 6,195,000 × 26 ÷ 31 = 5,195,806.45 fen
    assert (begun["days_in_force"], begun["rent_due_fen"], begun["property_fee_due_fen"]) == (26, 5_195_806, 593_806)


def test_a_base_recognised_on_one_day_of_the_month_was_recognised(session: Session, bases: dict[str, Base]) -> None:
    # Panyu's recognition ends on 2025-10-15
    assert all(row["recognised"] for row in closed(session, bases["PY"], "2025-10")["leases"])
    assert not any(row["recognised"] for row in closed(session, bases["PY"], "2025-11")["leases"])


@pytest.mark.slow
def test_from_the_workbook_to_the_figures_by_command(new_database: Callable[[], TestDatabase], tmp_path: Path) -> None:
    database = new_database()
    environment = {**os.environ, "DATABASE_URL": database.app, "SHARED_BASE_DATA_DIR": str(tmp_path)}

    def command(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "shared_base.app", *arguments, "--json"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    command("import", str(two_bases.FOLDER))
    for code in ("HRB", "PY"):
        frozen = command("report", "close", "--base", code, "--month", "2025-01/2026-09")["reports"]
        assert [report["month"] for report in frozen] == [str(month) for month in parse_months("2025-01/2026-09")]
        assert {report["revision"] for report in frozen} == {1}
    shown = {}
    for expected in EXPECTED["reports"]:
        base, month = expected["base"], expected["month"]
        shown[base, month] = command("report", "show", "--base", base, "--month", month)
        assert_as_expected(shown[base, month], expected)
    command("import", str(two_bases.FOLDER))
    again = command("report", "close", "--base", "HRB", "--month", "2026-08")["reports"][0]
    assert again["digest"] == shown["HRB", "2026-08"]["digest"]
