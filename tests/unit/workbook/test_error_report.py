"""The faults for those who mend them: as lines, as JSON, as a sheet."""

from pathlib import Path

import openpyxl

from shared_base.workbook.error_report import as_json, as_text, write_xlsx
from shared_base.workbook.errors import CellError, WorkbookInvalid

FAULTS = [
    CellError("bookings", 5, "start", "%(text)s has no offset", "an instant", {"text": "2026-09-30T22:00"}),
    CellError("leases", 1, "=HYPERLINK(1)", "the sheet has no such column; it has: %(known)s", None, {"known": "ref"}),
    CellError("+cmd", None, None, "-1+1", None),
]


def test_each_fault_is_one_line_with_place_fault_and_remedy() -> None:
    assert as_text(FAULTS).splitlines() == [
        "bookings, row 5, start: 2026-09-30T22:00 has no offset (expected: an instant)",
        "leases, row 1, =HYPERLINK(1): the sheet has no such column; it has: ref",
        "+cmd: -1+1",
    ]
    assert as_text(FAULTS, more=True).endswith("Reading stopped after 3 errors; there may be more.")


def test_scripts_get_the_place_in_parts() -> None:
    assert as_json(FAULTS)["errors"][0] == {
        "sheet": "bookings",
        "row": 5,
        "column": "start",
        "message": "2026-09-30T22:00 has no offset",
        "expected": "an instant",
    }
    assert as_json(FAULTS, more=True)["more_errors"] is True


def test_the_readers_language_reaches_message_expectation_and_frame() -> None:
    chinese = {
        "row %(row)s": "第 %(row)s 行",
        "%(text)s has no offset": "%(text)s 没有时区偏移",
        "an instant": "时刻",
        "%(fault)s (expected: %(wanted)s)": "%(fault)s（应填：%(wanted)s）",
    }
    line = as_text(FAULTS[:1], translate=lambda text: chinese.get(text, text))
    assert line == "bookings, 第 5 行, start: 2026-09-30T22:00 没有时区偏移（应填：时刻）"
    refusal = WorkbookInvalid(FAULTS[:1])
    assert "没有时区偏移" in refusal.text(lambda text: chinese.get(text, text))


def test_the_sheet_of_faults_holds_no_formula_whatever_was_typed(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "errors.xlsx", [*FAULTS, CellError("@x", 2, "-a", "a\x0bb", "=1+1")], more=True)
    book = openpyxl.load_workbook(tmp_path / "errors.xlsx")
    cells = [cell for line in book.active.iter_rows(min_row=2) for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert {cell.value for cell in cells} >= {"=HYPERLINK(1)", "+cmd", "-1+1", "@x", "=1+1", 5}
