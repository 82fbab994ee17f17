"""An .xlsx as a workbook: Excel's own values, what it may hide, and files made to harm."""

import io
import struct
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from shared_base.workbook.errors import WorkbookUnreadable
from shared_base.workbook.reading import read_workbook
from shared_base.workbook.sources import COMMAND_LINE, UPLOAD, Limits
from tests.unit.workbook.building import MCN, csv_folder, in_chinese, only_error, places, row, tables, xlsx_file

TWO_BASES = Path(__file__).parents[2] / "data" / "two-bases"


def repacked(path: Path, change: dict[str, bytes | None]) -> Path:
    """The .xlsx with some of its parts replaced, added or (None) taken out."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in {**parts, **change}.items():
            if content is not None:
                new.writestr(name, content)
    return path


def test_an_xlsx_reads_the_same_records_as_the_csv_files(tmp_path: Path) -> None:
    from_csv = read_workbook(csv_folder(tmp_path / "csv", tables()))
    from_xlsx = read_workbook(xlsx_file(tmp_path / "w.xlsx", tables()))
    in_zh = read_workbook(xlsx_file(tmp_path / "zh.xlsx", in_chinese(tables())))
    for workbook in (from_xlsx, in_zh):
        assert workbook.errors == []
        assert {n: t.rows for n, t in workbook.tables.items()} == {n: t.rows for n, t in from_csv.tables.items()}


def test_the_whole_of_two_bases_reads_alike_from_csv_and_from_a_stream_of_xlsx(tmp_path: Path) -> None:
    import csv

    sheets = {}
    for path in TWO_BASES.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            sheets[path.stem] = list(csv.DictReader(file))
    stream = io.BytesIO(xlsx_file(tmp_path / "two.xlsx", sheets).read_bytes())
    from_csv, from_xlsx = read_workbook(TWO_BASES), read_workbook(stream, UPLOAD)
    assert from_csv.errors == from_xlsx.errors == []
    assert {name: len(table.rows) for name, table in from_csv.tables.items()} == {
        "bases": 2, "spaces": 26, "closures": 6, "tenants": 9, "leases": 12, "rent_payments": 617, "bookings": 3459,
    }  # fmt: skip
    assert {n: t.rows for n, t in from_xlsx.tables.items()} == {n: t.rows for n, t in from_csv.tables.items()}


def test_dates_months_times_and_numbers_of_excel_are_accepted_where_they_are_meant(tmp_path: Path) -> None:
    formats = {"opens": "hh:mm", "closes": "[h]:mm", "in_service_from": "yyyy/m/d", "service_month": "yyyy-mm",
               "paid_on": "yyyy-mm-dd"}  # fmt: skip
    workbook = read_workbook(
        xlsx_file(
            tmp_path / "w.xlsx",
            tables(
                bases=[
                    row("bases", opens=time(8), closes=timedelta(days=1), lettable_area_m2=6200.5, division_code=230102)
                ],
                spaces=[row("spaces", code=101, in_service_from=datetime(2024, 1, 1), buffer_minutes=30)],
                closures=[row("closures", space=101)],
                leases=[row("leases", spaces=101, monthly_rent_fen=8453250.0)],
                rent_payments=[
                    row(
                        "rent_payments", service_month=datetime(2024, 5, 1), paid_on=datetime(2024, 5, 6), amount_fen=-5
                    )
                ],
                bookings=[row("bookings", space=101)],
            ),
            formats,
        )
    )
    workbook.check_references({})
    assert workbook.errors == []
    base, space, payment = (workbook.rows(name)[0] for name in ("bases", "spaces", "rent_payments"))
    assert (base.opens, base.closes, str(base.lettable_area_m2), base.division_code) == (480, 1440, "6200.5", "230102")
    assert (space.code, space.in_service_from, space.buffer_minutes) == ("101", date(2024, 1, 1), 30)
    assert (str(payment.service_month), payment.paid_on, payment.amount_fen) == ("2024-05", date(2024, 5, 6), -5)


def test_a_date_time_of_excel_is_no_instant_and_says_how_to_write_it(tmp_path: Path) -> None:
    path = xlsx_file(
        tmp_path / "w.xlsx",
        tables(bookings=[row("bookings", start=datetime(2026, 9, 30, 22))]),
        {"start": "yyyy-mm-dd hh:mm"},
    )
    error = only_error(read_workbook(path))
    assert (error.sheet, error.row, error.column) == ("bookings", 2, "start")
    assert "has no offset" in error.what()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("{=SUM(1,2)}", "the cell holds a formula (=SUM(1,2)); paste its value instead"),
        (True, "TRUE or FALSE"),
        (12.5, "not a whole number"),
        (1e300, "has lost the last digits"),
        (datetime(2026, 1, 1), "a date or time of Excel"),
    ],
)
def test_what_excel_computes_or_turned_into_something_else_is_refused_in_place(
    tmp_path: Path, cell: Any, said: str
) -> None:
    formats = {"amount_fen": "yyyy-mm-dd"} if isinstance(cell, datetime) else {}
    sheets = tables(rent_payments=[row("rent_payments", amount_fen=cell)])
    error = only_error(read_workbook(xlsx_file(tmp_path / "w.xlsx", sheets, formats)))
    assert (error.sheet, error.row, error.column) == ("rent_payments", 2, "amount_fen")
    assert said in error.what()


def test_an_error_cell_is_refused_in_place(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "tenants"
    sheet.append(["uscc", "name", "kind"])
    sheet.append([MCN, "#N/A", "mcn"])
    sheet["B2"].data_type = "e"
    book.save(tmp_path / "w.xlsx")
    error = only_error(read_workbook(tmp_path / "w.xlsx"))
    assert (error.row, error.column) == (2, "name")
    assert "Excel's error #N/A" in error.what()


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    workbook = read_workbook(
        xlsx_file(tmp_path / "w.xlsx", {"tenants": [row("tenants", name='=HYPERLINK("http://x")', contact_name="@a")]})
    )
    assert workbook.errors == []
    assert workbook.rows("tenants")[0].name == '=HYPERLINK("http://x")'


def test_control_characters_that_excel_escapes_are_seen_for_what_they_are(tmp_path: Path) -> None:
    error = only_error(read_workbook(xlsx_file(tmp_path / "w.xlsx", {"tenants": [row("tenants", name="a\x0bb")]})))
    assert "character that cannot be printed" in error.what()


def test_a_sheet_of_a_name_that_no_file_can_have_is_refused_by_it(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "w.xlsx", {**tables(), "2026": [{"a": "b"}]})
    with zipfile.ZipFile(path) as package:
        names = package.read("xl/workbook.xml").replace(b'name="2026"', b'name="2026/01"')
    errors = read_workbook(repacked(path, {"xl/workbook.xml": names})).errors
    assert [error.sheet for error in errors] == ["2026/01"]


def test_the_size_that_a_sheet_claims_for_itself_is_not_believed(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "w.xlsx", {"tenants": [row("tenants"), row("tenants", uscc="bad")]})
    with zipfile.ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert b'<dimension ref="A1:C3"/>' in sheet
    for claim in (b"A1", b"A1:C2", b"A1:XFD1048576"):
        repacked(path, {"xl/worksheets/sheet1.xml": sheet.replace(b'ref="A1:C3"', b'ref="' + claim + b'"')})
        assert places(read_workbook(path).errors) == [("tenants", 3, "uscc")]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "w.xlsx", tables())
    repacked(path, {"xl/worksheets/extra.xml": b"<a>" + b" " * (UPLOAD.unpacked_bytes + 1) + b"</a>"})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(WorkbookUnreadable, match="unpacks to more than 48 MB"):
        read_workbook(path, UPLOAD)


def test_a_part_that_lies_about_its_size_unpacks_to_no_more_than_it_said(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "w.xlsx", tables())
    repacked(path, {"xl/worksheets/extra.xml": b"<a>" + b" " * 5_000_000 + b"</a>"})
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(b"xl/worksheets/extra.xml"))
    content[at + 24 : at + 28] = struct.pack("<L", 100)
    path.write_bytes(bytes(content))
    with pytest.raises(WorkbookUnreadable, match="damaged"):
        read_workbook(path)


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        b"<!--" + b" " * 300_000 + b"--><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="cp037"?><a/>',
        b"not xml at all",
    ],
)
def test_xml_that_could_multiply_or_fetch_is_never_parsed(tmp_path: Path, content: bytes) -> None:
    path = repacked(xlsx_file(tmp_path / "w.xlsx", tables()), {"xl/extra.xml": content})
    with pytest.raises(WorkbookUnreadable, match="XML that no spreadsheet program writes"):
        read_workbook(path)


def test_a_row_or_a_sheet_larger_than_any_real_one_is_refused(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "w.xlsx", {"tenants": [row("tenants")]})
    with zipfile.ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    wide = sheet.replace(b"</row></sheetData>", b"<c/>" * 1_000_001 + b"</row></sheetData>")
    with pytest.raises(WorkbookUnreadable, match="larger than any that a person fills in"):
        read_workbook(repacked(path, {"xl/worksheets/sheet1.xml": wide}), UPLOAD)
    far = sheet.replace(b"</sheetData>", b'<row r="2000000"><c r="A2000000"><v>1</v></c></row></sheetData>')
    with pytest.raises(WorkbookUnreadable, match="beyond Excel's last row"):
        read_workbook(repacked(path, {"xl/worksheets/sheet1.xml": far}), UPLOAD)


def test_rows_past_the_limit_are_refused(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path / "w.xlsx", {"tenants": [row("tenants")] * 10})
    with pytest.raises(WorkbookUnreadable, match="tenants has more than 5 rows"):
        read_workbook(path, Limits(unpacked_bytes=1 << 20, rows=5, tags=1000))
    stray = xlsx_file(tmp_path / "wide.xlsx", {"tenants": [{**row("tenants"), **{f"x{n}": "y" for n in range(80)}}]})
    with pytest.raises(WorkbookUnreadable, match="more than 64 columns"):
        read_workbook(stray)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "damaged or no .xlsx"),
        (b"hello", "damaged or no .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .xls or is protected by a password"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged or no .xlsx"),
    ],
)
def test_a_file_that_is_no_xlsx_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "w.xlsx").write_bytes(content)
    for source in (tmp_path / "w.xlsx", io.BytesIO(content)):
        with pytest.raises(WorkbookUnreadable, match=said):
            read_workbook(source)


@pytest.mark.parametrize(
    "change",
    [
        {"xl/workbook.xml": None},
        {"[Content_Types].xml": None},
        {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"},
        {"xl/sharedStrings.xml": b"<sst/>"},
    ],
)
def test_a_damaged_package_is_refused_without_a_traceback(tmp_path: Path, change: dict[str, bytes | None]) -> None:
    path = repacked(xlsx_file(tmp_path / "w.xlsx", tables()), change)
    with pytest.raises(WorkbookUnreadable, match=r"damaged or no \.xlsx"):
        read_workbook(path)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.xlsx", "w") as package:
        package.writestr("readme.txt", "hello")
    with pytest.raises(WorkbookUnreadable, match=r"damaged or no \.xlsx"):
        read_workbook(tmp_path / "w.xlsx")


def test_hidden_sheets_are_read_and_styles_do_not_matter(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "w.xlsx"))
    book.add_worksheet("说明").write_string(0, 0, "anything")
    sheet = book.add_worksheet("tenants")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=tenants!$A$1:$A$2"})
    book.add_chartsheet("chart").set_chart(chart)
    sheet.hide()
    for at, (name, cell) in enumerate(row("tenants").items()):
        sheet.write_string(0, at, name)
        sheet.write_rich_string(1, at, cell[:1], book.add_format({"bold": True}), cell[1:], book.add_format())
    book.close()
    workbook = read_workbook(tmp_path / "w.xlsx")
    assert workbook.errors == []
    assert workbook.rows("tenants")[0].uscc == MCN


def test_the_command_line_lets_in_a_million_rows_and_an_upload_fewer() -> None:
    assert COMMAND_LINE.rows > 1_000_000
    assert UPLOAD.unpacked_bytes < COMMAND_LINE.unpacked_bytes


def test_instants_of_a_workbook_are_utc(tmp_path: Path) -> None:
    workbook = read_workbook(xlsx_file(tmp_path / "w.xlsx", tables()))
    assert workbook.rows("closures")[0].start == datetime(2026, 8, 3, 19, tzinfo=UTC)
