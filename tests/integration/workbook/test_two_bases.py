"""The whole workbook of two bases (3,459 bookings): imported, imported again, tried dry."""

from collections import Counter
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import read_workbook
from tests.conftest import NOON
from tests.integration.workbook.importing import TWO_BASES, contents, one, rows

ROWS = {
    "bases": 2, "spaces": 26, "closures": 6, "tenants": 9, "leases": 12, "rent_payments": 617, "bookings": 3459,
}  # fmt: skip


def test_two_bases_are_imported_whole_and_a_second_import_changes_nothing(session: Session) -> None:
    first = import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON)
    assert {name: (counts.added, counts.unchanged, counts.corrected) for name, counts in first.sheets.items()} == {
        name: (number, 0, 0) for name, number in ROWS.items()
    }
    assert rows(session, "select code, reports_from, created_at from bases order by code") == [
        ("HRB", date(2026, 11, 1), NOON),
        ("PY", date(2026, 11, 1), NOON),
    ]
    assert rows(
        session, "select code, opens_minute, closes_minute from opening_hours join bases b on b.id = base_id order by 1"
    ) == [("HRB", 480, 1560), ("PY", 0, 1440)]
    assert rows(session, "select number, lower(valid), upper(valid) from recognitions order by 1") == [
        ("HLJ-2021-001", date(2024, 1, 1), None),
        ("PY-2022-017", date(2024, 3, 1), date(2025, 10, 16)),
    ]
    # every booking but the cancelled holds its room for its scheduled time alone: it is history
    states = Counter(dict(rows(session, "select state, count(*) from bookings group by state")))
    assert states == {"completed": 2750, "no_show": 274, "cancelled": 300, "confirmed": 135}
    assert one(session, "select count(*) from allocations where live") == 3459 - 300
    assert (
        one(
            session,
            "select count(*) from allocations a join bookings b on b.id = a.booking_id"
            " where a.during <> b.during or a.resource_id <> b.studio_id",
        )
        == 0
    )
    assert one(session, "select count(*) from stays") == 2750
    assert one(session, "select count(*) from stays where checked_out_at is null") == 145
    # refused passes are recorded in transactions of their own, by whatever test ran before
    told = "select kind, count(*) from events where kind <> 'pass.refused' group by kind"
    assert rows(session, told) == [("booking.imported", 3459)]
    assert one(session, "select sum(amount_fen) from rent_payments where amount_fen < 0") < 0

    before = contents(session)
    second = import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON)
    assert second.changed == 0
    assert {name: counts.unchanged for name, counts in second.sheets.items()} == ROWS
    assert second.warnings == []
    assert contents(session) == before


def test_use_across_a_closure_is_imported_with_a_warning(session: Session) -> None:
    result = import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON)
    assert result.warning_counts["across_closure"] == one(
        session,
        "select count(*) from bookings b where state <> 'cancelled' and exists (select from outages o"
        " where o.base_id = b.base_id and (o.resource_id is null or o.resource_id = b.studio_id)"
        " and o.during && b.during)",
    )
    warning = next(each for each in result.warnings if each.code == "across_closure")
    assert warning.text() == f"{warning.ref} uses the room across a closure"
    assert f"warning: bookings, row {warning.row}: " in result.as_text()


def test_tenants_are_admitted_where_they_lease_or_book(session: Session) -> None:
    import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON)
    wanted = rows(
        session,
        "select tenant_id, base_id from leases union select tenant_id, base_id from bookings order by 1, 2",
    )
    assert rows(session, "select tenant_id, base_id from admissions order by 1, 2") == wanted


def test_a_dry_run_says_what_an_import_does_and_writes_nothing(session: Session) -> None:
    before = contents(session)
    tried = import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON, dry_run=True)
    assert contents(session) == before
    done = import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON)
    assert tried.as_json() == {**done.as_json(), "dry_run": True}
    assert "Dry run: nothing was written." in tried.as_text()


def test_the_number_of_statements_does_not_grow_with_the_bookings(session: Session) -> None:
    statements: list[str] = []
    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))
    import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON)
    assert len(statements) < 60
