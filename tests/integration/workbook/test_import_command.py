"""`shared-base import` as a person and as a script call it: output, exit status, what is written."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine, transaction
from shared_base.workbook.reading import read_workbook
from tests.databases import TestDatabase
from tests.integration.workbook.importing import TWO_BASES, contents
from tests.unit.workbook.building import csv_folder, row, tables

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def database(new_database: Callable[[], TestDatabase]) -> TestDatabase:
    return new_database()


@pytest.fixture
def command(database: TestDatabase, tmp_path: Path) -> Command:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))},
        "DATABASE_URL": database.app,
        "SHARED_BASE_DATA_DIR": str(tmp_path / "var"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "shared_base.app", "import", *arguments],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def stored(database: TestDatabase) -> Iterator[Callable[[], dict[str, str | None]]]:
    engine = make_engine(database.app)

    def look() -> dict[str, str | None]:
        with transaction(engine, SYSTEM) as session:
            return contents(session)

    yield look
    engine.dispose()


def test_two_bases_import_from_the_command_line_dry_then_for_good_then_without_change(
    command: Command, stored: Callable[[], dict[str, str | None]]
) -> None:
    empty = stored()
    dry = command(str(TWO_BASES), "--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "bookings: 3459 added, 0 corrected, 0 unchanged" in dry.stdout
    assert stored() == empty
    done = command(str(TWO_BASES), "--json")
    assert json.loads(done.stdout)["sheets"]["bookings"] == {"added": 3459, "unchanged": 0, "corrected": 0}
    after = stored()
    assert after != empty
    again = command(str(TWO_BASES))
    assert again.returncode == 0
    assert "bookings: 0 added, 0 corrected, 3459 unchanged" in again.stdout
    assert stored() == after


def test_a_refusal_is_one_clear_line_then_every_error_and_status_one(
    command: Command, stored: Callable[[], dict[str, str | None]], tmp_path: Path
) -> None:
    folder = csv_folder(
        tmp_path / "w", tables(bookings=[row("bookings", start="2026-09-30T22:00", state="done")], tenants=[])
    )
    (folder / "tenants.csv").unlink()
    empty = stored()
    refused = command(str(folder), "--errors", str(tmp_path / "errors.xlsx"))
    assert (refused.returncode, refused.stdout) == (1, "")
    first, *lines = refused.stderr.splitlines()
    assert first.startswith("The workbook has errors (4); nothing was imported. The first is: leases, row 2,")
    assert len(lines) == 4
    assert lines[2].startswith("  bookings, row 2, start: 2026-09-30T22:00 has no offset")
    assert stored() == empty
    sheet = openpyxl.load_workbook(tmp_path / "errors.xlsx").active
    assert [cell.value for cell in sheet[4]][:3] == ["bookings", 2, "start"]

    scripted = command(str(folder), "--json")
    assert scripted.returncode == 1
    problem = json.loads(scripted.stderr)
    assert (problem["type"], problem["status"]) == ("workbook-invalid", 422)
    assert [(error["sheet"], error["row"], error["column"]) for error in problem["errors"]] == [
        ("leases", 2, "tenant_uscc"),
        ("bookings", 2, "tenant_uscc"),
        ("bookings", 2, "start"),
        ("bookings", 2, "state"),
    ]
    missing = command(str(tmp_path / "nothing.xlsx"))
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert "There is no file or folder" in missing.stderr


def test_update_records_corrections(command: Command, tmp_path: Path) -> None:
    assert command(str(csv_folder(tmp_path / "one", tables()))).returncode == 0
    changed = str(csv_folder(tmp_path / "two", {"tenants": [row("tenants", name="新名字")]}))
    refused = command(changed)
    assert refused.returncode == 1
    assert "import with --update to correct it" in refused.stderr
    corrected = command(changed, "--update")
    assert (corrected.returncode, corrected.stdout) == (0, "tenants: 0 added, 1 corrected, 0 unchanged\n")


def test_the_template_is_written_once_and_imports_as_it_is(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "模板.xlsx"
    written = command("--template", str(target))
    assert (written.returncode, written.stdout) == (0, f"{target}\n")
    assert read_workbook(target).errors == []
    again = command("--template", str(target))
    assert again.returncode == 1
    assert "exists; choose another name" in again.stderr
    assert command("--template", str(tmp_path / "en.xlsx"), "--language", "en", "--json").returncode == 0
    assert "bases" in openpyxl.load_workbook(tmp_path / "en.xlsx").sheetnames
    imported = command(str(target))
    assert imported.returncode == 0
    assert "bookings: 0 added, 0 corrected, 0 unchanged" in imported.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a", "--template", "b.xlsx"),
        ("--template", "b.xlsx", "--update"),
        ("--template", "b.csv"),
        ("a", "--errors", "b.txt"),
        ("a", "--no-such-option"),
    ],
)
def test_wrong_usage_has_status_two(command: Command, arguments: tuple[str, ...]) -> None:
    wrong = command(*arguments)
    assert wrong.returncode == 2
    assert "Usage:" in wrong.stderr
