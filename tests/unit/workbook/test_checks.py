"""What must hold within and between rows of the file."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.workbook.building import BRAND, MCN, only_error, places, read, row


@pytest.mark.parametrize(
    ("sheet", "cells", "column", "said"),
    [
        (
            "bases",
            {"recognised_from": "2026-01-02", "recognised_to": "2026-01-01"},
            "recognised_to",
            "before the first day",
        ),
        ("bases", {"recognised_to": "2026-01-01"}, "recognised_from", "first day of the recognition is missing"),
        ("bases", {"recognition_no": "HLJ-1"}, "recognised_from", "first day of the recognition is missing"),
        ("spaces", {"in_service_to": "2023-12-31"}, "in_service_to", "before the first day"),
        ("closures", {"end": "2026-08-04T03:00+08:00"}, "end", "ends before or when it begins"),
        ("leases", {"end_date": "2024-05-11", "rent_free": ""}, "end_date", "before the first day"),
        ("leases", {"rent_free": "2023-03-01/2023-03-31"}, "rent_free", "outside of the lease"),
        ("bookings", {"end": "2026-09-30T22:00+08:00"}, "end", "ends before or when it begins"),
        ("bookings", {"end": "2026-09-30T14:00+08:00"}, "end", "ends before or when it begins"),
        ("bookings", {"released_at": "2026-10-01T02:00:01+08:00"}, "released_at", "between the start and the end"),
        ("bookings", {"released_at": "2026-09-30T21:59+08:00"}, "released_at", "between the start and the end"),
        ("bookings", {"checked_in_at": ""}, "checked_out_at", "check-out without a check-in"),
        (
            "bookings",
            {"checked_out_at": "2026-09-30T21:56:29+08:00"},
            "checked_out_at",
            "check-out is before the check-in",
        ),
    ],
)
def test_cells_of_a_row_that_contradict_each_other_are_refused(
    tmp_path: Path, sheet: str, cells: dict[str, Any], column: str, said: str
) -> None:
    error = only_error(read(tmp_path, **{sheet: [row(sheet, **cells)]}))
    assert (error.sheet, error.row, error.column) == (sheet, 2, column)
    assert said in error.what()


@pytest.mark.parametrize(
    ("sheet", "cells"),
    [
        ("bases", {"recognised_from": "2026-01-01", "recognised_to": "2026-01-01"}),
        ("bases", {"opens": "00:00", "closes": "24:00"}),
        ("bases", {"opens": "08:00", "closes": "08:00"}),
        ("spaces", {"in_service_to": "2024-01-01"}),
        ("leases", {"end_date": "2024-06-01"}),
        ("bookings", {"checked_out_at": "2026-09-30T21:56:30+08:00"}),
        ("bookings", {"checked_in_at": "2026-10-01T03:00+08:00", "checked_out_at": ""}),
        ("bookings", {"released_at": "2026-10-01T02:00+08:00"}),
        ("bookings", {"released_at": "2026-09-30T22:00+08:00"}),
        ("bookings", {"state": "no_show"}),
    ],
)
def test_what_history_may_hold_is_accepted(tmp_path: Path, sheet: str, cells: dict[str, Any]) -> None:
    assert read(tmp_path, **{sheet: [row(sheet, **cells)]}).errors == []


@pytest.mark.parametrize(
    ("opens", "closes", "minutes"),
    [
        ("08:00", "02:00", 1080),
        ("00:00", "24:00", 1440),
        ("08:00", "08:00", 1440),
        ("08:00", "24:00", 960),
        ("08:00", "00:00", 960),
        ("09:30", "18:00", 510),
    ],
)
def test_a_close_not_after_the_opening_is_the_next_days(tmp_path: Path, opens: str, closes: str, minutes: int) -> None:
    (base,) = read(tmp_path, bases=[row("bases", opens=opens, closes=closes)]).rows("bases")
    assert base.open_minutes == minutes


def test_a_natural_key_stands_once_whatever_its_width(tmp_path: Path) -> None:
    workbook = read(
        tmp_path,
        tenants=[row("tenants"), row("tenants", uscc=MCN.lower())],
        spaces=[row("spaces"), row("spaces", code="Ｓ０１"), row("spaces", code="S02")],
        rent_payments=[row("rent_payments"), row("rent_payments"), row("rent_payments", amount_fen="bad")],
    )
    assert places(workbook.errors) == [
        ("spaces", 3, "code"),
        ("tenants", 3, "uscc"),
        ("rent_payments", 3, "ref"),
        ("rent_payments", 4, "ref"),
        ("rent_payments", 4, "amount_fen"),
    ]
    assert "P1 stands in row 2 already" in workbook.errors[2].what()


def test_the_same_code_of_a_space_may_stand_in_two_bases(tmp_path: Path) -> None:
    workbook = read(
        tmp_path,
        bases=[row("bases"), row("bases", code="PY")],
        spaces=[row("spaces"), row("spaces", base="PY")],
    )
    assert workbook.errors == []


def test_references_to_what_nobody_knows_are_errors_also_from_rows_that_are_bad_otherwise(tmp_path: Path) -> None:
    workbook = read(
        tmp_path,
        closures=[row("closures", space="S99"), row("closures", ref="C2", base="XX")],
        leases=[row("leases", tenant_uscc=BRAND, spaces="S01;O77", area_m2="bad")],
        rent_payments=[row("rent_payments", lease_ref="L9")],
        bookings=[row("bookings", base="hrb", space="S02")],
    )
    assert places(workbook.errors) == [
        ("closures", 2, "space"),
        ("closures", 3, "base"),
        ("leases", 2, "tenant_uscc"),
        ("leases", 2, "spaces"),
        ("leases", 2, "area_m2"),
        ("rent_payments", 2, "lease_ref"),
        ("bookings", 2, "space"),
    ]
    assert "the base HRB has no space S99" in workbook.errors[0].what()
    assert "O77" in workbook.errors[3].what()


def test_what_is_stored_already_need_not_stand_in_the_workbook(tmp_path: Path) -> None:
    from shared_base.workbook.reading import read_workbook
    from tests.unit.workbook.building import csv_folder

    folder = csv_folder(
        tmp_path / "w", {"bookings": [row("bookings"), row("bookings", ref="B2", space="S02", state="cancelled")]}
    )
    workbook = read_workbook(folder)
    assert workbook.named_keys() == {
        "bases": {("HRB",)},
        "spaces": {("HRB", "S01"), ("HRB", "S02")},
        "tenants": {(MCN,)},
        "leases": set(),
    }
    workbook.check_references({"bases": {("HRB",)}, "spaces": {("HRB", "S01")}, "tenants": {(MCN,)}})
    assert places(workbook.errors) == [("bookings", 3, "space")]


def test_two_bookings_of_one_space_at_one_time_are_an_error_naming_both(tmp_path: Path) -> None:
    workbook = read(
        tmp_path,
        bookings=[
            row("bookings", start="2026-09-30T20:00+08:00", end="2026-10-01T04:00+08:00"),
            row("bookings", ref="B2", start="2026-09-30T21:00+08:00", end="2026-09-30T22:00+08:00"),
            # overlaps the first, not the second: the longest so far is what counts
            row("bookings", ref="B3", start="2026-10-01T03:59+08:00", end="2026-10-01T05:00+08:00"),
        ],
    )
    assert places(workbook.errors) == [("bookings", 3, "start"), ("bookings", 4, "start")]
    assert "the bookings B3 and B1 (row 2) have S01 of HRB at the same time" in workbook.errors[1].what()


def test_bookings_that_touch_or_were_cancelled_or_given_back_do_not_overlap(tmp_path: Path) -> None:
    workbook = read(
        tmp_path,
        spaces=[row("spaces"), row("spaces", code="S02")],
        bookings=[
            row("bookings"),
            row(
                "bookings",
                ref="B2",
                start="2026-10-01T02:00+08:00",
                end="2026-10-01T04:00+08:00",
                released_at="2026-10-01T03:00+08:00",
            ),
            row("bookings", ref="B3", start="2026-10-01T03:00+08:00", end="2026-10-01T04:00+08:00"),
            row("bookings", ref="B4", state="cancelled"),
            row("bookings", ref="B5", space="S02"),
            # given back when it began: it held the room for no time at all
            row(
                "bookings",
                ref="B6",
                start="2026-10-01T03:30+08:00",
                end="2026-10-01T04:00+08:00",
                released_at="2026-10-01T03:30+08:00",
            ),
        ],
    )
    assert workbook.errors == []


def test_two_leases_of_one_space_on_one_day_are_an_error_naming_both(tmp_path: Path) -> None:
    spaces = [row("spaces", code=code, kind="office") for code in ("S01", "O01", "O02")]
    workbook = read(
        tmp_path,
        spaces=spaces,
        leases=[
            row("leases", spaces="O01;O02"),
            row("leases", ref="L2", spaces="O02", start_date="2027-05-31", end_date="2028-05-31", rent_free=""),
            row("leases", ref="L3", spaces="O01", start_date="2027-06-01", end_date="2028-05-31", rent_free=""),
        ],
    )
    error = only_error(workbook)
    assert (error.row, error.column) == (3, "spaces")
    assert "the leases L2 and L1 (row 2) both let O02 of HRB on 2027-05-31" in error.what()
