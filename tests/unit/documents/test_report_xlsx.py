"""The month report as a workbook: numbers that can be summed again, and text that stays text."""

import re
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from shared_base.core.errors import Conflict
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.documents.xlsx import report_xlsx
from tests.unit.documents import samples

SHEETS = ["概览", "直播间", "企业", "协议", "按日", "按小时", "警告", "说明"]


def opened(xlsx: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(xlsx))


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows of a sheet by the words of its head."""
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def book() -> openpyxl.Workbook:
    return opened(report_xlsx(samples.hrb_report(), samples.hrb_names()))


def test_there_is_a_sheet_for_each_part_in_either_language(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == SHEETS
    english = opened(report_xlsx(samples.hrb_report(), samples.hrb_names(), language="en"))
    assert english.sheetnames == [
        "Overview", "Studios", "Tenants", "Leases", "By day", "By hour", "Warnings", "Notes",
    ]  # fmt: skip


def test_the_overview_has_every_ratio_as_a_number_with_its_parts(book: openpyxl.Workbook) -> None:
    rows = {row[0]: row for row in book["概览"].iter_rows(values_only=True)}
    assert rows["入驻面积率"][1:4] == (0.4744, 91171, 192200)
    assert rows["使用率"][1:4] == (0.4578, 5171330, 11296800)
    assert rows["预订率"][1:4] == (0.5445, 6151500, 11296800)
    assert rows["入驻企业数"][1] == 7
    assert rows["场次"][1] == 628
    assert rows["摘要 SHA-256"][1] == samples.hrb_report()["digest"]


def test_studios_tenants_and_leases_are_the_reports_rows(book: openpyxl.Workbook) -> None:
    report = samples.hrb_report()
    *studios, total = table(book["直播间"])
    assert [(row["编号"], row["开放（秒）"], row["预订（秒）"], row["使用（秒）"], row["场次"]) for row in studios] == [
        (row["code"], row["open_seconds"], row["booked_seconds"], row["used_seconds"], row["sessions"])
        for row in report["studios"]
    ]
    assert [f"{row['使用率']:.4f}" for row in studios] == [row["utilisation"] for row in report["studios"]]
    assert total["使用（秒）"] == report["totals"]["used_seconds"] == sum(row["使用（秒）"] for row in studios)
    tenants = table(book["企业"])
    assert [(row["统一社会信用代码"], row["使用（秒）"]) for row in tenants] == [
        (row["uscc"], row["used_seconds"]) for row in report["tenants"]
    ]
    leases = table(book["协议"])
    assert [(row["入驻协议"], row["应付租金（分）"], row["应付租金 元"]) for row in leases] == [
        (row["ref"], row["rent_due_fen"], row["rent_due_fen"] / 100) for row in report["leases"]
    ]
    assert sum(row["面积·日"] for row in leases) == 91171


def test_durations_stand_in_seconds_and_in_hours(book: openpyxl.Workbook) -> None:
    for row in table(book["直播间"])[:-1]:
        assert row["使用（小时）"] == pytest.approx(row["使用（秒）"] / 3600, rel=1e-14)


def test_days_and_hours_add_up_to_the_month_and_are_charted(book: openpyxl.Workbook) -> None:
    report = samples.hrb_report()
    *days, total = table(book["按日"])
    assert {row["日期"]: row["使用（秒）"] for row in days} == {
        day: figures["used_seconds"] for day, figures in report["by_local_day"].items()
    }
    assert sum(row["使用（秒）"] for row in days) == total["使用（秒）"]
    *hours, total = table(book["按小时"])
    assert [row["使用（秒）"] for row in hours] == report["by_hour"]
    assert total["使用（秒）"] == report["totals"]["used_seconds"]
    parts = samples.unpacked(report_xlsx(report, samples.hrb_names()))
    charts = {name: part.decode() for name, part in parts.items() if name.startswith("xl/charts/chart")}
    assert len(charts) == 2
    assert any("'按日'!$F$2:$F$32" in chart or "按日!$F$2:$F$32" in chart for chart in charts.values())
    assert any("按小时!$C$2:$C$25" in chart for chart in charts.values())


def test_no_cell_is_a_formula_and_typed_text_is_text() -> None:
    report = samples.report(
        studios=len(samples.HOSTILE),
        tenants=3,
        leases=3,
        warnings=tuple({"code": "odd", "subject": "=1+1", "text": text} for text in samples.HOSTILE),
    )
    names = ReportNames(
        base="=HYPERLINK(1)",
        studios={f"S{index:02d}": text for index, text in enumerate(samples.HOSTILE, 1)},
        tenants={row["uscc"]: "长" * 40_000 for row in report["tenants"]},
    )
    xlsx = report_xlsx(report, names)
    for name, part in samples.unpacked(xlsx).items():
        if name.startswith("xl/worksheets/sheet"):
            assert b"<f>" not in part
            assert b"<hyperlink" not in part
    book = opened(xlsx)
    titles = [row["直播间"] for row in table(book["直播间"])[:-1]]
    assert titles[1] == '=HYPERLINK("http://evil.example/","点我")'
    assert titles[3] == "竖 线零[31m红"
    assert titles[4] == "价格001"
    assert titles[5] == "𠮷野家与䶮之"
    assert titles[7] == "🔥1号直播间"
    assert book["概览"]["A1"].value.startswith("=HYPERLINK(1)")
    assert book["概览"]["A1"].data_type == "s"
    assert all(len(row["入驻企业"]) == 32_767 for row in table(book["企业"]))


def test_a_ratio_over_nothing_is_a_dash_and_an_empty_month_has_all_its_sheets() -> None:
    book = opened(report_xlsx(samples.report(), ReportNames("空基地")))
    assert book.sheetnames == SHEETS
    rows = {row[0]: row for row in book["概览"].iter_rows(values_only=True)}
    assert rows["使用率"][1] == "—"
    assert book["警告"]["A2"].value == "没有警告。"


def test_a_number_too_long_for_a_spreadsheet_is_written_out_in_full() -> None:
    report = samples.report(studios=1, tenants=1, leases=1, rent_fen=1_234_567_890_123_456)
    row = table(opened(report_xlsx(report, ReportNames("基地")))["协议"])[0]
    assert row["应付租金（分）"] == "1,234,567,890,123,456"
    assert row["应付租金 元"] == "12,345,678,901,234.56"


def test_sheets_are_ready_to_read_and_print(book: openpyxl.Workbook) -> None:
    for name in SHEETS[1:]:
        sheet = book[name]
        assert sheet.freeze_panes == "B2"
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0
        assert samples.hrb_report()["digest"] in sheet.oddFooter.left.text
    assert book["直播间"].auto_filter.ref == "A1:L7"


def test_the_workbook_holds_no_time_but_the_freeze() -> None:
    xlsx = report_xlsx(samples.hrb_report(), samples.hrb_names())
    with ZipFile(BytesIO(xlsx)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert set(re.findall(rb"\d{4}-\d\d-\d\dT[\d:]+Z", samples.unpacked(xlsx)["docProps/core.xml"])) == {
        b"2026-08-31T18:00:00Z"
    }
    properties = opened(xlsx).properties
    assert properties.created == datetime(2026, 8, 31, 18, 0)
    assert samples.hrb_report()["digest"] in properties.description


def test_a_report_altered_after_its_freeze_gives_no_workbook() -> None:
    report = samples.hrb_report() | {"month": "2026-07"}
    with pytest.raises(Conflict):
        report_xlsx(report, samples.hrb_names())
