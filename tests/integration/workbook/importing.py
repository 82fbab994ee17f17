"""Importing small workbooks in tests, and seeing whether anything in the database moved."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.workbook.errors import CellError, WorkbookInvalid
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import read_workbook
from shared_base.workbook.result import ImportResult
from tests.conftest import NOON
from tests.unit.workbook.building import Rows, csv_folder, tables

TWO_BASES = Path(__file__).parents[2] / "data" / "two-bases"
#: every table that an import writes
WRITTEN = (
    "bases", "opening_hours", "recognitions", "resources", "spaces", "outages", "tenants", "admissions", "leases",
    "lease_spaces", "lease_rent_free", "rent_payments", "equipment_kinds", "equipment_units", "bookings", "allocations",
    "stay_records", "stays", "events", "audit_entries",
)  # fmt: skip


def load(
    session: Session, folder: Path, *, at: datetime = NOON, update: bool = False, dry_run: bool = False, **sheets: Rows
) -> ImportResult:
    """Import the valid workbook with some sheets replaced."""
    return load_only(session, folder, tables(**sheets), at=at, update=update, dry_run=dry_run)


def load_only(
    session: Session,
    folder: Path,
    sheets: dict[str, Rows],
    *,
    at: datetime = NOON,
    update: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Import exactly these sheets."""
    number = len(list(folder.iterdir()))
    workbook = read_workbook(csv_folder(folder / f"import-{number}", sheets))
    return import_workbook(session, workbook, by=SYSTEM, at=at, update=update, dry_run=dry_run)


def refused(session: Session, folder: Path, *, update: bool = False, **sheets: Rows) -> tuple[CellError, ...]:
    """The errors of an import that is refused, in a savepoint as a caller's rollback would undo it; nothing moved."""
    before = contents(session)
    attempt = session.begin_nested()
    with pytest.raises(WorkbookInvalid) as refusal:
        load_only(session, folder, sheets, update=update)
    attempt.rollback()
    assert contents(session) == before
    return refusal.value.errors


def refused_before_writing(
    session: Session, folder: Path, *, update: bool = False, **sheets: Rows
) -> tuple[CellError, ...]:
    """The same, of a refusal that came before the first row was written: there is nothing to undo."""
    before = contents(session)
    with pytest.raises(WorkbookInvalid) as refusal:
        load_only(session, folder, sheets, update=update)
    assert contents(session) == before
    return refusal.value.errors


def contents(session: Session) -> dict[str, str | None]:
    """A digest of every table that an import writes: equal only if no row was added, changed or lost."""
    session.flush()
    return {
        table: session.execute(
            sa.text(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")
        ).scalar()
        for table in WRITTEN
    }


def rows(session: Session, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(sa.text(statement), values)]


def one(session: Session, statement: str, **values: Any) -> Any:
    """The one value of the one row."""
    return session.execute(sa.text(statement), values).scalar_one()
