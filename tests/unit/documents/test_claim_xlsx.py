"""The claim as a workbook: the explanation, the lines and the payments as numbers that can be summed again."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest

from shared_base.core.errors import Conflict
from shared_base.subsidies.documents.names import ClaimFigures
from shared_base.subsidies.documents.xlsx import claim_xlsx
from tests.unit.documents import samples

SHEETS = ["概览", "测算步骤", "明细", "付款", "不计的月份", "假设与声明", "警告", "条款"]


def opened(xlsx: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(xlsx))


def table(book: openpyxl.Workbook, name: str) -> list[dict[str, Any]]:
    head, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_there_is_a_sheet_for_each_part_in_either_language() -> None:
    claim, names = samples.claim("nanshan")
    assert opened(claim_xlsx(claim, names)).sheetnames == SHEETS
    assert opened(claim_xlsx(claim, names, language="en")).sheetnames == [
        "Overview", "Steps", "Lines", "Payments", "Left out", "Statements", "Warnings", "Clauses",
    ]  # fmt: skip


def test_lines_and_steps_are_the_claims_own_to_the_fen() -> None:
    claim, names = samples.claim("nanshan")
    book = opened(claim_xlsx(claim, names))
    *lines, total = table(book, "明细")
    assert [(row["入驻协议"], row["月份"], row["补贴（分）"], row["月报摘要"]) for row in lines] == [
        (line["lease"], line["month"], line["amount_fen"], line["report_digest"]) for line in claim["lines"]
    ]
    assert total["补贴（分）"] == sum(line["amount_fen"] for line in claim["lines"]) == claim["computed_fen"]
    assert total["补贴 元"] == claim["computed_fen"] / 100
    assert [(row["之前（分）"], row["之后（分）"], row["理由"]) for row in table(book, "测算步骤")] == [
        (step["before_fen"], step["after_fen"], step["why"]) for step in claim["explanation"]
    ]


def test_the_five_figures_stand_in_five_rows_with_their_capitals() -> None:
    claim, names = samples.claim("guangming")
    book = opened(claim_xlsx(claim, names, figures=ClaimFigures(claimed_fen=29_000_000)))
    rows = {row[0]: row[1:4] for row in book["概览"].iter_rows(values_only=True)}
    assert rows["测算"] == (300_000, 30_000_000, "叁拾万元整")
    assert rows["申报"] == (290_000, 29_000_000, "贰拾玖万元整")
    assert rows["核定"] == rows["拨付"] == rows["追回"] == ("—", "—", "—")


def test_every_payment_behind_a_line_is_listed_and_one_that_does_not_count_says_why() -> None:
    claim, names = samples.claim("nanshan")
    rows = table(opened(claim_xlsx(claim, names)), "付款")
    assert [(row["付款编号"], row["发票号码"], row["金额（分）"]) for row in rows] == [
        (payment["ref"], payment["invoice_no"], payment["amount_fen"])
        for line in claim["lines"]
        for item in names["evidence"]
        if (item["lease"], item["month"]) == (line["lease"], line["month"])
        for payment in item["payments"]
    ]
    assert {row["种类"]: row["备注"] for row in rows} == {"租金": "", "物业费": "本政策不计", "水电费": "本政策不计"}


def test_assumptions_declarations_warnings_and_months_left_out_are_all_there() -> None:
    claim, names = samples.claim("nanshan")
    book = opened(claim_xlsx(claim, names))
    statements = table(book, "假设与声明")
    assert statements[0]["项目"] == "rate = 0.5"
    assert statements[1]["声明人"] == claim["declarations"][0]["declared_by"]
    assert [row["编号"] for row in table(book, "警告")] == [warning["code"] for warning in claim["warnings"]]
    assert [row["原因"] for row in table(book, "不计的月份")] == [row["why"] for row in claim["excluded"]]


def test_a_claim_in_which_nothing_counts_has_all_its_sheets() -> None:
    claim, names = samples.claim("operator")
    book = opened(claim_xlsx(claim, names))
    assert book.sheetnames == SHEETS
    assert table(book, "明细") == [row for row in table(book, "明细") if row["入驻协议"] == "合计"]
    assert table(book, "付款") == []


def test_no_cell_is_a_formula_and_typed_text_is_text() -> None:
    claim, names = samples.claim("guangming")
    names["tenant"] = "=HYPERLINK(1)"
    names["evidence"][0]["payments"][0] |= {"ref": "@SUM(1)\x0b", "invoice_no": "00012345678901234567"}
    xlsx = claim_xlsx(claim, names)
    for name, part in samples.unpacked(xlsx).items():
        assert not name.startswith("xl/worksheets/sheet") or b"<f>" not in part
    book = opened(xlsx)
    rows = {row[0]: row[1] for row in book["概览"].iter_rows(values_only=True)}
    assert rows["申报企业"] == "=HYPERLINK(1)"
    payment = table(book, "付款")[0]
    assert payment["付款编号"] == "@SUM(1) "
    assert payment["发票号码"] == "00012345678901234567"


def test_an_altered_claim_gives_no_workbook() -> None:
    claim, names = samples.claim("guangming")
    with pytest.raises(Conflict):
        claim_xlsx(claim | {"period": "2024"}, names)
