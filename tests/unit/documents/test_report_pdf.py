"""The printed month report: what an operator signs and a reviewer reads."""

import pytest

from shared_base.core.errors import Conflict, Invalid
from shared_base.occupancy.documents.charts import day_chart, hour_strip, scale
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.documents.page import report_page
from shared_base.occupancy.documents.pdf import TEMPLATE, report_pdf
from shared_base.occupancy.documents.phrases import REPORT
from shared_base.occupancy.documents.words import Words
from tests.unit.documents import samples
from tests.unit.documents.golden import assert_golden
from tests.unit.documents.pixels import pictures

BIG_NAMES = ReportNames(
    "番禺万博直播基地",
    {f"S{index:02d}": f"{index}号楼 大场景直播间" for index in range(1, 41)},
    {f"91230102{index:09d}X": f"广州第{index}号文化传媒发展（集团）股份有限公司" for index in range(30)},
)


def hostile_report() -> tuple[dict[str, object], ReportNames]:
    """Every text that people can type is hostile, and unbroken where it can be."""
    warnings = tuple(
        {"code": "odd", "subject": f"S{index:02d}", "text": text} for index, text in enumerate(samples.HOSTILE, 1)
    )
    report = samples.report(studios=9, tenants=9, leases=9, warnings=warnings)
    names = ReportNames(
        base=samples.HOSTILE[0] + samples.UNBROKEN,
        studios={f"S{index:02d}": text for index, text in enumerate(samples.HOSTILE, 1)},
        tenants={f"91230102{index:09d}X": text + samples.UNBROKEN for index, text in enumerate(samples.HOSTILE)},
        revision_reason=samples.HOSTILE[0] + samples.UNBROKEN,
    )
    return samples.changed(report, revision=2), names


@pytest.mark.parametrize("language", ["zh", "en"])
def test_report_reads_as_its_golden_text(language: str) -> None:
    pdf = report_pdf(samples.hrb_report(), samples.hrb_names(), language=language)
    assert_golden(pdf, f"report-hrb-2026-08.{language}.txt")


def test_every_ratio_stands_with_its_numerator_and_denominator() -> None:
    first = samples.pages(report_pdf(samples.hrb_report(), samples.hrb_names()))[0]
    for ratio, parts in {
        "47.44%": "91,171 ÷ 192,200",
        "45.78%": "5,171,330 ÷ 11,296,800 秒",
        "54.45%": "6,151,500 ÷ 11,296,800 秒",
    }.items():
        assert ratio in first
        assert parts in first
    assert "1,436:28 ÷ 3,138:00 小时" in first


def test_every_studio_tenant_lease_day_and_hour_is_printed_with_exact_seconds() -> None:
    report = samples.hrb_report()
    text = samples.text_of(report_pdf(report, samples.hrb_names(), language="en"))
    for row in (*report["studios"], *report["tenants"]):
        assert f"{row['used_seconds']:,} s" in text
        assert f"{row['booked_seconds']:,} s" in text
    for day, figures in report["by_local_day"].items():
        assert day in text
        assert f"{figures['used_seconds']:,} s" in text
    for row in report["leases"]:
        assert row["ref"] in text
        assert f"{row['rent_due_fen'] // 100:,}.{row['rent_due_fen'] % 100:02d}" in text
    for seconds in report["by_hour"]:
        assert f"{seconds // 3600}:{seconds // 60 % 60:02d}" in text


def test_every_page_bears_the_digest_and_its_number() -> None:
    report = samples.report(studios=40, tenants=30, leases=30)
    pages = samples.pages(report_pdf(report, BIG_NAMES))
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert report["digest"] in page
        assert f"第 {number} 页，共 {len(pages)} 页" in page


def test_a_long_table_repeats_its_head_on_every_page_it_runs_over() -> None:
    pages = samples.pages(report_pdf(samples.report(studios=40, tenants=30, leases=30), BIG_NAMES))
    with_studios = [page for page in pages if "号楼 大场景直播间" in page]
    assert len(with_studios) > 1
    for page in with_studios:
        assert "直播间 开放 预订 使用 场次 未到场 使用率 预订率" in page


def test_a_heading_is_never_the_last_line_of_a_page() -> None:
    headings = {REPORT[key][0] for key in ("studios", "tenants", "leases", "warnings", "method", "day_table", "inputs")}
    for studios in range(4, 40, 7):
        report = samples.report(studios=studios, tenants=30, leases=30)
        for page in samples.pages(report_pdf(report, BIG_NAMES)):
            body = [line.strip() for line in page.splitlines() if "SHA-256" not in line and "页，共" not in line]
            assert body[-1] not in headings


def test_an_empty_month_says_so_and_has_dashes_for_ratios_over_nothing() -> None:
    text = samples.text_of(report_pdf(samples.report(), ReportNames("空基地")))
    for phrase in ("no_studios", "no_tenants", "no_leases", "no_warnings", "no_use"):
        assert REPORT[phrase][0] in text
    assert "0 ÷ 0 = —" in text
    assert "0.00%" not in text


def test_a_later_revision_says_why_it_was_made_and_the_first_says_nothing() -> None:
    report = samples.hrb_report()
    later = samples.changed(report, revision=2)
    text = samples.text_of(report_pdf(later, samples.hrb_names(revision_reason="补录 8 月 3 日漏记的签退")))
    assert "第 2 版 修订原因\n补录 8 月 3 日漏记的签退" in text
    assert "未随本件提供" in samples.text_of(report_pdf(later, samples.hrb_names()))
    assert "修订原因" not in samples.text_of(report_pdf(report, samples.hrb_names(revision_reason="无关")))


def test_a_report_altered_after_its_freeze_is_not_printed() -> None:
    report = samples.hrb_report()
    report["totals"]["used_seconds"] += 1
    with pytest.raises(Conflict, match="altered after it was frozen"):
        report_pdf(report, samples.hrb_names())


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="write zh or en"):
        report_pdf(samples.hrb_report(), samples.hrb_names(), language="fr")


def test_what_people_typed_is_printed_as_plain_text() -> None:
    report, names = hostile_report()
    text = samples.text_of(report_pdf(report, names)).replace("\n", "")
    for typed in ('#raw("boom") $x^2$ *bold* _it_ `code`', '=HYPERLINK("http://evil.example/","点我")'):
        assert typed.replace(" ", "") in text.replace(" ", "")
    for seen in ("竖 线零[31m红", "价格001", "𠮷野家与䶮之", "<img src=x onerror=alert(1)>", "□1号直播间", "两 行 名"):
        assert seen.replace(" ", "") in text.replace(" ", "")
    assert not {"\x00", "\x0b", "\x1b", "\u202e", "\u200b"} & set(text)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("case", ["hostile", "huge", "big", "empty"])
def test_nothing_is_ever_printed_into_the_margins(case: str, language: str) -> None:
    report, names = {
        "hostile": hostile_report,
        "huge": lambda: (
            samples.report(studios=6, tenants=6, leases=6, used=86_400_000, rent_fen=9_876_543_210_987),
            ReportNames("巨量基地"),
        ),
        "big": lambda: (samples.report(studios=40, tenants=30, leases=30), BIG_NAMES),
        "empty": lambda: (samples.report(), ReportNames("空基地")),
    }[case]()
    for page in pictures(TEMPLATE, report_page(report, names, Words(REPORT, language))):
        assert page.blank_beyond(left_mm=16, right_mm=16)


@pytest.mark.parametrize("month", ["2026-02", "2024-02", "2026-09", "2026-08"])
def test_every_day_of_any_month_has_a_bar_and_a_row(month: str) -> None:
    report = samples.report(studios=1, month=month)
    chart = day_chart(report["by_local_day"], Words(REPORT, "zh"))
    assert len(chart["days"]) == len(report["by_local_day"])
    text = samples.text_of(report_pdf(report, ReportNames("基地")))
    assert all(day in text for day in report["by_local_day"])


@pytest.mark.parametrize(
    ("largest", "top", "step"),
    [
        (0, 3600, 3600),
        (1, 3600, 3600),
        (3600, 3600, 3600),
        (5 * 3600, 5 * 3600, 3600),
        (5 * 3600 + 1, 6 * 3600, 2 * 3600),
        (80 * 3600, 80 * 3600, 20 * 3600),
        (1_036_800_000, 300_000 * 3600, 100_000 * 3600),
    ],
)
def test_an_axis_ends_at_or_above_the_largest_value_in_round_hours(largest: int, top: int, step: int) -> None:
    assert scale(largest) == (top, step)


def test_the_busiest_hour_is_darkest_and_an_idle_one_blank() -> None:
    strip = hour_strip([0] * 20 + [1800, 7200, 3600, 0])
    assert [cell["shade"] for cell in strip[20:]] == [250, 1000, 500, 0]
    assert [cell["value"] for cell in strip[19:]] == ["0:00", "0:30", "2:00", "1:00", "0:00"]
    assert {cell["shade"] for cell in hour_strip([0] * 24)} == {0}
