"""A folder of .csv files as a workbook: encodings, names, headers, rows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from shared_base.workbook.errors import WorkbookInvalid, WorkbookUnreadable
from shared_base.workbook.reading import read_workbook
from shared_base.workbook.rows import BaseRow, BookingRow, LeaseRow
from shared_base.workbook.sources import Limits
from tests.unit.workbook.building import MCN, csv_folder, in_chinese, only_error, places, read, row, tables


def test_a_valid_workbook_becomes_typed_records(tmp_path: Path) -> None:
    workbook = read(tmp_path)
    assert workbook.errors == []
    (base,) = workbook.rows("bases")
    assert base == BaseRow(
        row=2,
        code="HRB",
        name="哈尔滨直播电商共享基地",
        tier="large",
        division_code="230102",
        timezone="Asia/Shanghai",
        opens=480,
        closes=120,
        lettable_area_m2=Decimal(6200),
        operator_uscc=None,
        recognition_no=None,
        recognised_from=None,
        recognised_to=None,
    )
    assert base.open_minutes == 18 * 60
    (booking,) = workbook.rows("bookings")
    assert isinstance(booking, BookingRow)
    assert booking.start == datetime(2026, 9, 30, 14, tzinfo=UTC)
    assert booking.until == booking.end == datetime(2026, 9, 30, 18, tzinfo=UTC)
    (lease,) = workbook.rows("leases")
    assert isinstance(lease, LeaseRow)
    assert lease.spaces == ("S01",)
    assert lease.end_date == date(2027, 5, 31)
    assert workbook.rows("spaces")[0].buffer_minutes == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_read_with_and_without_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    workbook = read_workbook(csv_folder(tmp_path / "w", tables(), encoding=encoding))
    assert workbook.errors == []
    assert workbook.rows("bases")[0].code == "HRB"


@pytest.mark.parametrize(("encoding", "guess"), [("gb18030", "GBK"), ("utf-16", "UTF-16")])
def test_another_encoding_is_refused_with_how_to_save_it(tmp_path: Path, encoding: str, guess: str) -> None:
    with pytest.raises(WorkbookUnreadable, match=rf"bases\.csv is not UTF-8 but seems to be {guess}.*CSV UTF-8"):
        read_workbook(csv_folder(tmp_path / "w", tables(), encoding=encoding))


def test_bytes_of_no_encoding_are_refused_by_the_name_of_the_file(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    (folder / "tenants.csv").write_bytes(b"uscc,name,kind\n\xff\x81\xff,x,mcn\n")
    with pytest.raises(WorkbookUnreadable, match=r"tenants\.csv is not UTF-8"):
        read_workbook(folder)


def test_chinese_headers_and_sheet_names_read_the_same_records(tmp_path: Path) -> None:
    english = read_workbook(csv_folder(tmp_path / "en", tables()))
    chinese = read_workbook(csv_folder(tmp_path / "zh", in_chinese(tables())))
    assert chinese.errors == []
    assert {name: table.rows for name, table in chinese.tables.items()} == {
        name: table.rows for name, table in english.tables.items()
    }


def test_headers_are_recognised_in_full_width_and_with_blanks(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    (folder / "spaces.csv").write_text(
        "ＢＡＳＥ, Code ,name,kind,面积 (㎡),in_service_from\n"
        "ＨＲＢ, Ｓ０１ ,1号直播间,直播间,３２．５,２０２４－０１－０１\n",
        encoding="utf-8",
    )
    workbook = read_workbook(folder)
    assert workbook.errors == []
    (space,) = workbook.rows("spaces")
    assert (space.base, space.code, space.area_m2) == ("HRB", "S01", Decimal("32.5"))
    assert (space.kind, space.in_service_from) == ("studio", date(2024, 1, 1))


def test_rare_ideographs_of_names_stay_as_they_were_typed(tmp_path: Path) -> None:
    workbook = read(tmp_path, tenants=[row("tenants", name="𠮷野䶮﨑（广州）文化")])
    assert workbook.rows("tenants")[0].name == "𠮷野䶮﨑（广州）文化"


def test_a_foreign_file_in_the_folder_is_refused_by_its_name(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    (folder / "租赁合同.pdf").write_bytes(b"%PDF")
    with pytest.raises(WorkbookUnreadable, match=r"租赁合同\.pdf"):
        read_workbook(folder)


def test_files_that_file_managers_leave_behind_are_passed_over(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    for name in (".DS_Store", "Thumbs.db", "~$bases.csv"):
        (folder / name).write_bytes(b"\x00")
    assert read_workbook(folder).errors == []


def test_a_sheet_of_a_later_release_is_refused_naming_it_and_the_sheets_that_are_read(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", {**tables(), "products": [{"sku": "A1", "name": "口红"}]})
    error = only_error(read_workbook(folder))
    assert error.sheet == "products"
    assert "this release does not read the sheet" in error.what()
    assert "bookings (预订)" in error.what()


def test_an_unknown_sheet_and_one_that_stands_twice_are_refused(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", {**tables(), "Sheet1": [{"a": "b"}], "基地": [row("bases")]})
    errors = read_workbook(folder).errors
    assert sorted(error.sheet for error in errors) == ["Sheet1", "基地"]
    assert any("stands twice, as bases too" in error.what() for error in errors)


def test_an_unknown_column_is_an_error_that_names_it_and_what_was_meant(tmp_path: Path) -> None:
    workbook = read(tmp_path, bases=[row("bases", recognized_from="2024-01-01", colour="red")])
    assert places(workbook.errors) == [("bases", 1, "recognized_from"), ("bases", 1, "colour")]
    assert "did you mean recognised_from (认定起始日)?" in workbook.errors[0].what()
    assert "lettable_area_m2 (可出租面积（㎡）)" in workbook.errors[1].what()


def test_a_column_that_stands_twice_is_refused_in_either_language(tmp_path: Path) -> None:
    workbook = read(tmp_path, bases=[row("bases", 基地名称="另一个名字")])
    error = only_error(workbook)
    assert (error.column, error.values["first"]) == ("基地名称", "name")


def test_a_missing_column_is_named_once_and_not_blamed_on_other_sheets(tmp_path: Path) -> None:
    workbook = read(tmp_path, bases=[row("bases", code=None)])
    error = only_error(workbook)
    assert (error.sheet, error.column) == ("bases", "code")
    assert "code or 基地编码" in error.what()


def test_a_file_separated_by_semicolons_says_so(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    (folder / "tenants.csv").write_text(f"uscc;name;kind\n{MCN};a;mcn\n", encoding="utf-8")
    assert any("separated by commas" in error.what() for error in read_workbook(folder).errors)


def test_an_empty_file_and_a_value_under_no_header_are_refused(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    (folder / "closures.csv").write_text("", encoding="utf-8")
    (folder / "tenants.csv").write_text(f"uscc,name,,kind\n{MCN},a,stray,mcn,more\n", encoding="utf-8")
    errors = read_workbook(folder).errors
    assert places(errors) == [("closures", None, None), ("tenants", 2, "C"), ("tenants", 2, "E")]


def test_blank_rows_are_passed_over_and_rows_keep_the_numbers_of_the_file(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    (folder / "tenants.csv").write_text(f"uscc,name,kind\n\n, \u3000,\n{MCN},a,bad\n", encoding="utf-8")
    workbook = read_workbook(folder)
    assert places(workbook.errors) == [("tenants", 4, "kind")]


def test_every_bad_cell_is_listed_with_its_place_and_what_is_expected(tmp_path: Path) -> None:
    workbook = read(
        tmp_path,
        rent_payments=[row("rent_payments"), row("rent_payments", ref="P2", amount_fen="12.5", paid_on="2024/5/6")],
        bookings=[row("bookings", start="2026-09-30T22:00", state="done", tenant_uscc="")],
    )
    assert places(workbook.errors) == [
        ("rent_payments", 3, "paid_on"),
        ("rent_payments", 3, "amount_fen"),
        ("bookings", 2, "tenant_uscc"),
        ("bookings", 2, "start"),
        ("bookings", 2, "state"),
    ]
    line = workbook.errors[1].line()
    assert line.startswith("rent_payments, row 3, amount_fen: 12.5 is not a whole number")
    assert "(expected: an amount in whole fen" in line
    with pytest.raises(WorkbookInvalid) as refusal:
        workbook.refuse_faults()
    assert refusal.value.status == 422
    assert len(refusal.value.extra["errors"]) == 5
    assert "errors (5)" in str(refusal.value)


def test_a_hostile_cell_is_quoted_short_and_without_control_characters(tmp_path: Path) -> None:
    error = only_error(read(tmp_path, tenants=[row("tenants", kind="\x1b[2Jx" + "y" * 5000)]))
    assert "\x1b" not in error.line()
    assert len(error.line()) < 300


def test_reading_stops_after_two_hundred_errors_and_says_that_there_are_more(tmp_path: Path) -> None:
    bad = [row("rent_payments", ref=f"P{n}", amount_fen="x") for n in range(300)]
    workbook = read(tmp_path, rent_payments=bad)
    assert len(workbook.errors) == 200
    assert workbook.more
    with pytest.raises(WorkbookInvalid, match="200 errors and more"):
        workbook.refuse_faults()


def test_exactly_two_hundred_errors_are_the_whole_list(tmp_path: Path) -> None:
    bad = [row("rent_payments", ref=f"P{n}", amount_fen="x") for n in range(200)]
    workbook = read(tmp_path, rent_payments=bad)
    assert (len(workbook.errors), workbook.more) == (200, False)


def test_unbalanced_quotes_are_refused_with_their_line(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables())
    (folder / "tenants.csv").write_text('uscc,name,kind\n"a"b,c,d\n', encoding="utf-8")
    with pytest.raises(WorkbookUnreadable, match=r"tenants\.csv, line 2"):
        read_workbook(folder)


def test_what_exceeds_the_limits_is_refused_before_or_while_it_is_read(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "w", tables(tenants=[row("tenants")] * 10))
    with pytest.raises(WorkbookUnreadable, match="larger than"):
        read_workbook(folder, Limits(unpacked_bytes=100, rows=100, tags=100))
    with pytest.raises(WorkbookUnreadable, match=r"tenants\.csv has more than 5 rows"):
        read_workbook(folder, Limits(unpacked_bytes=1 << 20, rows=5, tags=100))
    (folder / "tenants.csv").write_text("," * 100 + "x\n", encoding="utf-8")
    with pytest.raises(WorkbookUnreadable, match="more than 64 columns"):
        read_workbook(folder)


def test_what_is_no_workbook_is_refused_by_name_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.csv").write_text("a", encoding="utf-8")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    for name, said in (
        ("empty", r"holds no \.csv"),
        ("one.csv", "give the folder"),
        ("old.xls", "neither an .xlsx"),
        ("nothing.xlsx", "There is no file"),
    ):
        with pytest.raises(WorkbookUnreadable, match=said):
            read_workbook(tmp_path / name)
    folder = csv_folder(tmp_path / "notes", {"说明": [{"a": "b"}]})
    with pytest.raises(WorkbookUnreadable, match="none of the sheets bases, spaces"):
        read_workbook(folder)
