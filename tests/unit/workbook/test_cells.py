"""Each kind of cell: what is read from it, and what is refused. No database, no files."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared_base.core.errors import Invalid
from shared_base.core.periods import DaySpan, Month
from shared_base.workbook import kinds, sheets
from shared_base.workbook.kinds import Kind
from tests.unit.workbook.building import MCN

ACCEPTED: list[tuple[Kind, Any, Any]] = [
    (kinds.FEN, "8453250", 8453250),
    (kinds.FEN, "８４５３２５０", 8453250),
    (kinds.FEN, "\u3000 0 \ufeff", 0),
    (kinds.FEN, 8453250, 8453250),
    (kinds.FEN, 8453250.0, 8453250),
    (kinds.PAID_FEN, "-660100", -660100),
    (kinds.PAID_FEN, "－６６０１００", -660100),
    (kinds.PAID_FEN, -660100.0, -660100),
    (kinds.AREA, "1300.5", Decimal("1300.5")),
    (kinds.AREA, "３０．２５", Decimal("30.25")),
    (kinds.AREA, 88.25, Decimal("88.25")),
    (kinds.AREA, 0.1 + 0.2, Decimal("0.3")),
    (kinds.AREA, 6200, Decimal(6200)),
    (kinds.BUFFER, "30", 30),
    (kinds.BUFFER, 0.0, 0),
    (kinds.DATE, "2024-02-29", date(2024, 2, 29)),
    (kinds.DATE, "２０２４－０２－２９", date(2024, 2, 29)),
    (kinds.DATE, datetime(2024, 2, 29), date(2024, 2, 29)),
    (kinds.MONTH, "2026-09", Month(2026, 9)),
    (kinds.MONTH, datetime(2026, 9, 1), Month(2026, 9)),
    (kinds.INSTANT, "2026-09-30T22:00+08:00", datetime(2026, 9, 30, 14, tzinfo=UTC)),
    (kinds.INSTANT, "2026-09-30 22:00:01+0800", datetime(2026, 9, 30, 14, 0, 1, tzinfo=UTC)),
    (kinds.INSTANT, "2026-09-30T24:00Z", datetime(2026, 10, 1, tzinfo=UTC)),
    (kinds.INSTANT, "２０２６－０９－３０Ｔ２２：００＋０８：００", datetime(2026, 9, 30, 14, tzinfo=UTC)),
    (kinds.OPENING, "08:00", 480),
    (kinds.OPENING, "８：００", 480),
    (kinds.OPENING, time(8, 30), 510),
    (kinds.CLOSING, "24:00", 1440),
    (kinds.CLOSING, timedelta(days=1), 1440),
    (kinds.CLOSING, "00:00", 1440),
    (kinds.USCC, MCN, MCN),
    (kinds.USCC, MCN.lower(), MCN),
    (kinds.USCC, "９１４４０３０５２３ＹＣ１Ｎ１１ＬＰ", MCN),
    (kinds.DIVISION, "442000", "442000"),
    (kinds.DIVISION, 230102.0, "230102"),
    (kinds.ZONE, "Asia/Urumqi", "Asia/Urumqi"),
    (
        kinds.SPANS,
        "2025-02-01/2025-02-25；2024-06-01/2024-06-20;",
        (DaySpan(date(2024, 6, 1), date(2024, 6, 20)), DaySpan(date(2025, 2, 1), date(2025, 2, 25))),
    ),
    (sheets.CODE, " Ｓ０１ ", "S01"),
    (sheets.CODE, 101, "101"),
    (kinds.BASE_CODE, "hrb-2", "HRB-2"),
    (kinds.codes(40), "O01; Ｏ０２；", ("O01", "O02")),
    (sheets.REF, "租字（2026）001号", "租字(2026)001号"),
    (sheets.REF, 13800000000.0, "13800000000"),
    (sheets.NAME, "  𠮷野䶮（广州）传媒１号 ", "𠮷野䶮（广州）传媒1号"),
    (sheets.NAME, '=HYPERLINK("http://example.com")', '=HYPERLINK("http://example.com")'),
    (sheets.NAME, "<img onerror=alert(1)>", "<img onerror=alert(1)>"),
    (sheets.TIER, "Large", "large"),
    (sheets.TIER, "大型", "large"),
    (sheets.BOOKING_STATE, "未到场", "no_show"),
]

REFUSED: list[tuple[Kind, Any]] = [
    *((kinds.FEN, bad) for bad in ("１２.５", "12.5", "1_000", "1,000", "1e9", "NaN", "inf", "¥5", "", "-1", "9" * 16)),
    *(
        (kinds.FEN, bad)
        for bad in (12.5, -1, float("nan"), float("inf"), True, 10**15, datetime(2026, 1, 1), "٣", "１０²")
    ),
    *((kinds.PAID_FEN, bad) for bad in ("0", "-0", "--5", "+5", "5-")),
    *(
        (kinds.AREA, bad)
        for bad in ("0", "0.0000", "-5", "1.23456", "1e3", "NaN", "1,300", "88.25㎡", ".5", "5.", 0, -1.5)
    ),
    *((kinds.AREA, bad) for bad in (0.00001, 1e20, True)),
    *((kinds.BUFFER, bad) for bad in ("-1", "0.5", "721", "1e2")),
    *((kinds.DATE, bad) for bad in ("2027-02-29", "2026/09/30", "30.9.2026", "2026-9-3", "20260930", "0206-09-30")),
    *((kinds.DATE, bad) for bad in ("9999-12-31", datetime(2026, 9, 30, 8), 46000, time(8))),
    *((kinds.MONTH, bad) for bad in ("2026-13", "2026-9", "202609", "2026-09-01", datetime(2026, 9, 2), 202609)),
    *((kinds.INSTANT, bad) for bad in ("2026-09-30T22:00", "2026-09-30", "23:59:60", "2026-09-30T23:59:60+08:00")),
    *((kinds.INSTANT, bad) for bad in ("2027-02-29T10:00+08:00", "2026-09-30T24:30+08:00", "2026-09-30T25:00+08:00")),
    *(
        (kinds.INSTANT, bad)
        for bad in (datetime(2026, 9, 30, 22), 46000.5, "1999-12-31T23:00Z", "2026-09-30T22:00:00.5Z")
    ),
    *((kinds.INSTANT, bad) for bad in ("2026-W40-3T22:00+08:00", "now", "2026-09-30T22:00+25:00", "9999-12-31T24:00Z")),
    *((kinds.OPENING, bad) for bad in ("24:00", "8", "08:60", "25:00", "08:00:00", time(8, 0, 1), 0.5, "-1:00")),
    *((kinds.CLOSING, bad) for bad in ("24:01", timedelta(days=1, minutes=1), timedelta(minutes=-1), "")),
    *(
        (kinds.USCC, bad)
        for bad in (MCN[:-1], MCN + "0", MCN[:-1] + "A", "9144030523IC1N11LP", "A" * 18, 91440305230000000)
    ),
    *((kinds.DIVISION, bad) for bad in ("44200", "4420000", "44200A", "中山")),
    *((kinds.ZONE, bad) for bad in ("CST", "Asia/Harbin2", "../etc/passwd", "+08:00")),
    *(
        (kinds.SPANS, bad)
        for bad in ("2026-03-01", "2026-03-31/2026-03-01", ";", "2026-03-01/", "2026-02-29/2026-03-01")
    ),
    (kinds.SPANS, "2026-03-01/2026-03-31;2026-03-31/2026-04-02"),
    *((sheets.CODE, bad) for bad in ("S 01", "S;01", "S/01", "S，01", "x" * 41, 1.5, False)),
    *((kinds.BASE_CODE, bad) for bad in ("基地", "-A", "A_B", "A" * 21)),
    *((kinds.codes(40), bad) for bad in (";", "S01;S01", "S01 S02", "S01、;S 02")),
    *((sheets.REF, bad) for bad in ("A;B", "x" * 65, 20052132068804992909, 2.0e19)),
    *(
        (sheets.NAME, bad)
        for bad in ("a\x0bb", "第一行\n第二行", "x" * 201, "abc\u202egpj", "\ud800", datetime(2026, 1, 1))
    ),
    *((sheets.NAME, bad) for bad in (1.5, True, time(1), timedelta(1))),
    *((sheets.TIER, bad) for bad in ("huge", "大", 1)),
]


@pytest.mark.parametrize(("kind", "raw", "value"), ACCEPTED, ids=lambda each: getattr(each, "name", repr(each))[:40])
def test_a_good_cell_is_read_as_its_value(kind: Kind, raw: Any, value: Any) -> None:
    parsed = kind.parse(raw)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(("kind", "raw"), REFUSED, ids=lambda each: getattr(each, "name", repr(each))[:40])
def test_a_bad_cell_is_refused_with_what_is_wrong(kind: Kind, raw: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        kind.parse(raw)
    assert str(refusal.value)
    assert "%(" not in str(refusal.value)


def test_full_width_digits_never_become_other_numbers() -> None:
    # NFKC would read `１０²` as 102: a superscript is no digit here.
    with pytest.raises(Invalid):
        kinds.FEN.parse("１０²")


def test_a_number_whose_digits_excel_lost_says_how_to_mend_it() -> None:
    with pytest.raises(Invalid, match="format the cell as text"):
        sheets.REF.parse(2.0052132068804993e19)


def test_an_excel_date_time_is_answered_with_how_to_write_it() -> None:
    with pytest.raises(Invalid, match=r"type 2026-09-30T22:00:00\+08:00"):
        kinds.INSTANT.parse(datetime(2026, 9, 30, 22))
