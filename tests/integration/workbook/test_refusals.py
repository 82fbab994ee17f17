"""Whatever is wrong, nothing is imported, and the error says which rows and which stored things are in the way."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Space
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine, transaction
from shared_base.core.errors import Conflict
from shared_base.tenancy.models import Tenant
from shared_base.workbook.cells import parse_instant
from shared_base.workbook.errors import WorkbookInvalid
from shared_base.workbook.loading import IMPORT_LOCK, import_workbook
from shared_base.workbook.reading import read_workbook
from tests.conftest import NOON
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.integration.workbook.importing import TWO_BASES, contents, load, refused, refused_before_writing
from tests.unit.workbook.building import BRAND, MCN, csv_folder, places, row, tables


def test_one_bad_cell_anywhere_keeps_the_whole_workbook_out(session: Session, tmp_path: Path) -> None:
    errors = refused_before_writing(session, tmp_path, **tables(bookings=[row("bookings", start="2026-09-30T22:00")]))
    assert places(list(errors)) == [("bookings", 2, "start")]


def test_references_are_looked_up_in_the_file_and_in_the_database(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    errors = refused_before_writing(
        session,
        tmp_path,
        rent_payments=[row("rent_payments", ref="P2"), row("rent_payments", ref="P3", lease_ref="L7")],
        bookings=[row("bookings", ref="B2", space="S09"), row("bookings", ref="B3", tenant_uscc=BRAND)],
    )
    assert places(list(errors)) == [
        ("rent_payments", 3, "lease_ref"),
        ("bookings", 2, "space"),
        ("bookings", 3, "tenant_uscc"),
    ]


def test_a_booking_in_a_room_that_a_stored_one_has_is_refused_naming_both(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    other = row("bookings", ref="B2", start="2026-10-01T01:59+08:00", end="2026-10-01T03:00+08:00", checked_in_at="",
                checked_out_at="")  # fmt: skip
    (error,) = refused_before_writing(session, tmp_path, bookings=[other])
    assert (error.sheet, error.row, error.column) == ("bookings", 2, "start")
    assert "the booking B2 has S01 of HRB while the stored booking B1 has it" in error.what()


def test_a_booking_made_here_is_named_by_its_code(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path, bookings=[row("bookings", state="cancelled")])
    studio, tenant = session.scalars(sa.select(Space)).one(), session.scalars(sa.select(Tenant)).one()
    # completed and given up: no live hold stands in the way, but the room was in use
    made = make_booking(
        session,
        studio,
        tenant,
        parse_instant("2026-09-20T22:00+08:00"),
        parse_instant("2026-09-20T23:00+08:00"),
        state="completed",
    )
    late = row("bookings", ref="B2", start="2026-09-20T22:30+08:00", end="2026-09-21T02:00+08:00", checked_in_at="",
               checked_out_at="")  # fmt: skip
    (error,) = refused_before_writing(session, tmp_path, bookings=[late])
    assert f"while the stored booking {made.code} has it" in error.what()


def test_a_correction_into_a_taken_room_is_refused_and_so_is_one_held_for_a_clean_down(
    session: Session, tmp_path: Path
) -> None:
    spaces = [row("spaces", buffer_minutes="30"), row("spaces", code="S02")]
    future = {"start": "2026-12-01T20:00+08:00", "end": "2026-12-01T22:00+08:00", "state": "confirmed",
              "checked_in_at": "", "checked_out_at": ""}  # fmt: skip
    load(
        session,
        tmp_path,
        spaces=spaces,
        bookings=[row("bookings", **future), row("bookings", ref="B2", space="S02", **future)],
    )
    (error,) = refused_before_writing(
        session, tmp_path, update=True, bookings=[row("bookings", ref="B2", space="S01", **future)]
    )
    assert "the booking B2 has S01 of HRB while the stored booking B1 has it" in error.what()
    soon = {**future, "start": "2026-12-01T22:10+08:00", "end": "2026-12-01T23:00+08:00"}
    for bookings, update in (
        ([row("bookings", ref="B3", **soon)], False),
        ([row("bookings", ref="B2", space="S01", **soon)], True),
    ):
        (error,) = refused(session, tmp_path, update=update, bookings=bookings)
        assert (
            "S01 of HRB is held by the booking B1 until 2026-12-01T22:30:00+08:00, its clean-down included"
            in error.what()
        )


def test_a_lease_of_a_space_let_already_is_refused_naming_both(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path)
    (error,) = refused_before_writing(
        session,
        tmp_path,
        leases=[row("leases", ref="L2", start_date="2027-05-31", end_date="2028-05-31", rent_free="")],
    )
    assert (error.sheet, error.row, error.column) == ("leases", 2, "spaces")
    assert "the lease L2 lets S01, which the stored lease L1 lets too on 2027-05-31" in error.what()


def test_more_than_two_hundred_differences_are_cut_short(session: Session, tmp_path: Path) -> None:
    payments = [row("rent_payments", ref=f"P{number}") for number in range(250)]
    load(session, tmp_path, rent_payments=payments)
    errors = refused_before_writing(
        session, tmp_path, rent_payments=[{**payment, "amount_fen": "1"} for payment in payments]
    )
    assert len(errors) == 200


def test_an_import_while_another_runs_is_refused(session: Session, database: TestDatabase, tmp_path: Path) -> None:
    with psycopg.connect(database.superuser) as other:
        other.execute("select pg_advisory_xact_lock(%s)", (IMPORT_LOCK,))
        with pytest.raises(Conflict, match="Another workbook is being imported"):
            load(session, tmp_path)
    assert load(session, tmp_path).changed == 8


def test_a_refused_import_leaves_a_fresh_database_empty_when_its_transaction_ends(
    new_database: Callable[[], TestDatabase], tmp_path: Path
) -> None:
    database = new_database()
    engine = make_engine(database.app)
    folder = csv_folder(tmp_path / "w", tables(tenants=[row("tenants"), row("tenants", uscc=BRAND, kind="bad")]))
    with pytest.raises(WorkbookInvalid), transaction(engine, SYSTEM) as session:
        import_workbook(session, read_workbook(folder), by=SYSTEM, at=NOON)
    with transaction(engine, SYSTEM) as session:
        assert set(contents(session).values()) == {None}
        assert import_workbook(session, read_workbook(TWO_BASES), by=SYSTEM, at=NOON).changed == 4131
    with transaction(engine, SYSTEM) as session:
        assert session.execute(sa.text("select count(*) from tenants where uscc = :uscc"), {"uscc": MCN}).scalar() == 1
    engine.dispose()
