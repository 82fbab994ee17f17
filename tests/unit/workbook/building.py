"""Small workbooks for tests: a valid one, and what a test changes in it, as a folder of .csv or as an .xlsx."""

import csv
from pathlib import Path
from typing import Any

import xlsxwriter

from shared_base.workbook.errors import CellError
from shared_base.workbook.reading import Workbook, read_workbook
from shared_base.workbook.sheets import BY_NAME

MCN = "9144030523YC1N11LP"
BRAND = "912301024EYHTTTF2X"

#: One valid row a sheet; tests override cells by name.
VALID: dict[str, dict[str, Any]] = {
    "bases": {
        "code": "HRB",
        "name": "哈尔滨直播电商共享基地",
        "tier": "large",
        "division_code": "230102",
        "opens": "08:00",
        "closes": "02:00",
        "lettable_area_m2": "6200",
    },
    "spaces": {
        "base": "HRB",
        "code": "S01",
        "name": "1号直播间",
        "kind": "studio",
        "area_m2": "88.25",
        "in_service_from": "2024-01-01",
    },
    "closures": {
        "ref": "C1",
        "base": "HRB",
        "space": "S01",
        "start": "2026-08-04T03:00+08:00",
        "end": "2026-08-04T11:00+08:00",
        "reason": "停电检修",
    },
    "tenants": {"uscc": MCN, "name": "海禾传媒有限公司", "kind": "mcn"},
    "leases": {
        "ref": "L1",
        "tenant_uscc": MCN,
        "base": "HRB",
        "spaces": "S01",
        "area_m2": "1300.5",
        "start_date": "2024-05-12",
        "end_date": "2027-05-31",
        "monthly_rent_fen": "8453250",
        "rent_free": "2024-06-01/2024-06-20",
    },
    "rent_payments": {
        "ref": "P1",
        "lease_ref": "L1",
        "service_month": "2024-05",
        "paid_on": "2024-05-06",
        "kind": "rent",
        "amount_fen": "8453250",
        "invoice_no": "20052132068804992909",
    },
    "equipment": {
        "base": "HRB",
        "tag": "CAM-01",
        "kind": "camera",
        "kind_name": "相机",
        "serial": "SN1",
        "fixed_to": "",
    },
    "bookings": {
        "ref": "B1",
        "space": "S01",
        "base": "HRB",
        "tenant_uscc": MCN,
        "start": "2026-09-30T22:00+08:00",
        "end": "2026-10-01T02:00+08:00",
        "state": "completed",
        "checked_in_at": "2026-09-30T21:56:30+08:00",
        "checked_out_at": "2026-10-01T01:30:00+08:00",
        "released_at": "",
        "title": "晚八点专场",
    },
}

Rows = list[dict[str, Any]]


def row(sheet: str, **cells: Any) -> dict[str, Any]:
    """The valid row of the sheet with some cells changed; a cell of None is left out with its column."""
    changed = {**VALID[sheet], **cells}
    return {name: cell for name, cell in changed.items() if cell is not None}


def tables(**sheets: Rows) -> dict[str, Rows]:
    """A whole valid workbook, with the sheets named replaced."""
    return {**{name: [dict(cells)] for name, cells in VALID.items()}, **sheets}


def headers(rows: Rows) -> list[str]:
    return list(dict.fromkeys(name for cells in rows for name in cells))


def csv_folder(folder: Path, sheets: dict[str, Rows], *, encoding: str = "utf-8") -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in sheets.items():
        with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, headers(rows))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def xlsx_file(path: Path, sheets: dict[str, Rows], formats: dict[str, str] | None = None) -> Path:
    """An .xlsx whose cells keep their Python types; `formats` gives number formats by column name."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, header in enumerate(headers(rows)):
            sheet.write_string(0, at, header)
            number_format = book.add_format({"num_format": (formats or {}).get(header, "General")})
            for number, cells in enumerate(rows, start=1):
                cell = cells.get(header, "")
                if isinstance(cell, str) and not cell.startswith("{="):
                    sheet.write_string(number, at, cell)
                elif isinstance(cell, str):
                    sheet.write_formula(number, at, cell[1:-1])
                elif header in (formats or {}):
                    sheet.write(number, at, cell, number_format)
                else:
                    sheet.write(number, at, cell)
    book.close()
    return path


def in_chinese(sheets: dict[str, Rows]) -> dict[str, Rows]:
    """The same workbook under Chinese names of sheets and columns."""
    return {
        BY_NAME[name].zh[0]: [
            {BY_NAME[name].by_name[column].zh[0]: cell for column, cell in cells.items()} for cells in rows
        ]
        for name, rows in sheets.items()
    }


def read(folder: Path, **sheets: Rows) -> Workbook:
    """The valid workbook with some sheets replaced, written as .csv files and read back, references checked."""
    workbook = read_workbook(csv_folder(folder / "workbook", tables(**sheets)))
    workbook.check_references({})
    return workbook


def places(errors: list[CellError]) -> list[tuple[str, int | None, str | None]]:
    return [(error.sheet, error.row, error.column) for error in errors]


def only_error(workbook: Workbook) -> CellError:
    assert len(workbook.errors) == 1, [error.line() for error in workbook.errors]
    return workbook.errors[0]
