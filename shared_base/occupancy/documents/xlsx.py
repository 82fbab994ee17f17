"""The month report as a workbook: the same figures as the page, as numbers that can be sorted, filtered and charted."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shared_base.core.periods import parse_instant
from shared_base.occupancy.documents.figures import moment, month_name, weekday
from shared_base.occupancy.documents.intact import require_intact
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.documents.page import input_rows, m2_days, method_rows
from shared_base.occupancy.documents.phrases import REPORT
from shared_base.occupancy.documents.words import Words
from shared_base.occupancy.documents.workbook import (
    CHART_COLOURS,
    As,
    Column,
    Sheet,
    Value,
    Workbook,
    hours,
    ratio_number,
    width_of,
    yuan_number,
)
from shared_base.occupancy.report_warnings import in_language

Document = Mapping[str, Any]
CHART_SIZE = {"width": 900, "height": 320}
HOUR_LABELS = [f"{hour:02d}:00" for hour in range(24)]


def report_xlsx(report: Document, names: ReportNames, *, language: str = "zh") -> bytes:
    """The workbook of a frozen report in `language` (`zh` or `en`); the same input gives the same bytes.

    Raises `Conflict` where the report does not match its own digest, `Invalid` for another language.
    """
    require_intact(report)
    words = Words(REPORT, language)
    book = Workbook(
        title=f"{names.base} {words('title')} {report['month']}",
        created=parse_instant(report["closed_at"]),
        digest=report["digest"],
    )
    _overview(book.sheet(words("sheet_overview")), report, names, words)
    _studios(book.sheet(words("sheet_studios"), landscape=True), report, names, words)
    _tenants(book.sheet(words("sheet_tenants"), landscape=True), report, names, words)
    _leases(book.sheet(words("sheet_leases"), landscape=True), report, names, words)
    _days(book, report, words)
    _hours(book, report, words)
    _warnings(book.sheet(words("sheet_warnings")), report, words)
    _notes(book.sheet(words("sheet_notes")), report, words)
    return book.close()


def _overview(sheet: Sheet, report: Document, names: ReportNames, words: Words) -> None:
    totals = report["totals"]
    sheet.title(f"{names.base}　{words('title')}　{month_name(report['month'], words)}")
    facts = [
        (words("base_code"), report["base"]),
        (words("revision"), words("revision_number", number=report["revision"])),
        (words("closed_at"), moment(report["closed_at"], ZoneInfo(report["timezone"]))),
        (words("timezone"), report["timezone"]),
        (words("schema"), str(report["schema"])),
        (words("digest"), report["digest"]),
    ]
    if report["revision"] > 1:
        facts.insert(2, (words("revision_reason"), names.revision_reason or words("reason_not_given")))
    for label, value in facts:
        sheet.put(sheet.row, 0, label, "text", font_color="#5D6874")
        sheet.put(sheet.row, 1, value, "text")
        sheet.row += 1
    sheet.row += 1

    def ratio_row(name: str, part: str, over: str, unit: str) -> list[Value | As]:
        return [
            words(name),
            ratio_number(totals[name]),
            _number(totals[part]),
            _number(totals[over]),
            unit,
            words(f"{name}_parts"),
        ]

    def count_row(name: str) -> list[Value | As]:
        return [words(name), As(totals[name], "count"), "", "", "", words(f"{name}_parts")]

    seconds = words("seconds_unit")
    sheet.table(
        [
            Column(words("item"), "text", 22),
            Column(words("value"), "ratio", 14),
            Column(words("numerator"), "area", 18),
            Column(words("denominator"), "area", 18),
            Column(words("unit"), "text", 10),
            Column(words("text"), "prose", 52),
        ],
        [
            ratio_row("area_occupancy", "leased_m2_days", "lettable_m2_days", words("m2_days")),
            count_row("settled_tenants"),
            ratio_row("utilisation", "used_seconds", "open_seconds", seconds),
            ratio_row("booking_rate", "booked_seconds", "open_seconds", seconds),
            count_row("sessions"),
            count_row("no_shows"),
        ],
        alone=False,
    )
    sheet.row += 1
    sheet.put(sheet.row, 0, words("never_mixed"), "text", font_color="#5D6874")


def _number(value: int | str) -> int | Decimal:
    return value if isinstance(value, int) else Decimal(value)


def _durations(row: Document, keys: tuple[str, ...]) -> list[Value]:
    """Each duration twice: exact seconds, and hours to read."""
    return [value for key in keys for value in (row[key], hours(row[key]))]


def _duration_columns(words: Words, *names: str) -> list[Column]:
    return [
        column
        for name in names
        for column in (Column(words(f"{name}_in_seconds"), "count", 14), Column(words(f"{name}_hours"), "hours", 13))
    ]


def _studios(sheet: Sheet, report: Document, names: ReportNames, words: Words) -> None:
    keys = ("open_seconds", "booked_seconds", "used_seconds")

    def figures(row: Document) -> list[Value]:
        return [
            *_durations(row, keys),
            row["sessions"],
            row["no_shows"],
            ratio_number(row["utilisation"]),
            ratio_number(row["booking_rate"]),
        ]

    titles = [names.studios.get(row["code"], "") for row in report["studios"]]
    sheet.table(
        [
            Column(words("code"), "text", width_of([row["code"] for row in report["studios"]], most=24)),
            Column(words("studio"), "text", width_of(titles, least=14)),
            *_duration_columns(words, "open", "booked", "used"),
            Column(words("sessions"), "count", 10),
            Column(words("no_shows"), "count", 10),
            Column(words("utilisation"), "ratio", 11),
            Column(words("booking_rate"), "ratio", 11),
        ],
        [[row["code"], title, *figures(row)] for row, title in zip(report["studios"], titles, strict=True)],
        total=[words("total"), "", *figures(report["totals"])],
    )


def _tenants(sheet: Sheet, report: Document, names: ReportNames, words: Words) -> None:
    titles = [names.tenants.get(row["uscc"], "") for row in report["tenants"]]
    sheet.table(
        [
            Column(words("uscc"), "text", 22),
            Column(words("tenant"), "text", width_of(titles, least=20)),
            Column(words("leased_m2_days"), "area", 16),
            *_duration_columns(words, "booked", "used"),
            Column(words("sessions"), "count", 10),
            Column(words("no_shows"), "count", 10),
        ],
        [
            [
                row["uscc"],
                title,
                Decimal(row["leased_m2_days"]),
                *_durations(row, ("booked_seconds", "used_seconds")),
                row["sessions"],
                row["no_shows"],
            ]
            for row, title in zip(report["tenants"], titles, strict=True)
        ],
    )


def _leases(sheet: Sheet, report: Document, names: ReportNames, words: Words) -> None:
    titles = [names.tenants.get(row["uscc"], "") for row in report["leases"]]
    sheet.table(
        [
            Column(words("lease"), "text", width_of([row["ref"] for row in report["leases"]], least=12)),
            Column(words("uscc"), "text", 22),
            Column(words("tenant"), "text", width_of(titles, least=20)),
            Column(words("area_m2"), "area", 12),
            Column(words("days_in_force"), "count", 10),
            Column(words("payable_days"), "count", 10),
            Column(words("days_of_month"), "count", 10),
            Column(words("m2_days"), "area", 14),
            Column(words("rent_due"), "yuan", 16),
            Column(words("rent_due_fen"), "count", 16),
            Column(words("property_fee_due"), "yuan", 16),
            Column(words("property_fee_due_fen"), "count", 16),
            Column(words("recognised"), "text", 11),
        ],
        [
            [
                row["ref"],
                row["uscc"],
                title,
                Decimal(row["area_m2"]),
                row["days_in_force"],
                row["payable_days"],
                row["days_of_month"],
                Decimal(m2_days(row)),
                yuan_number(row["rent_due_fen"]),
                row["rent_due_fen"],
                yuan_number(row["property_fee_due_fen"]),
                row["property_fee_due_fen"],
                words("yes" if row["recognised"] else "no"),
            ]
            for row, title in zip(report["leases"], titles, strict=True)
        ],
    )


def _chart(book: Workbook, sheet: Sheet, title: str, x: str, span: tuple[int, int], series: dict[str, int]) -> Any:
    """A column chart of hours over the first column; `series` maps `booked` and `used` to their columns."""
    chart = book.raw.add_chart({"type": "column"})
    first, last = span
    for kind, column in series.items():
        chart.add_series(
            {
                "name": [sheet.raw.name, first - 1, column],
                "categories": [sheet.raw.name, first, 0, last, 0],
                "values": [sheet.raw.name, first, column, last, column],
                "fill": {"color": CHART_COLOURS[kind]},
                "border": {"none": True},
                "gap": 60,
            }
        )
    chart.set_title({"name": title, "name_font": {"size": 12}, "overlay": False})
    chart.set_x_axis({"name": x, "num_font": {"size": 8}, "text_axis": True})
    chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#DDE2E7"}}})
    chart.set_legend({"position": "top"} if len(series) > 1 else {"none": True})
    chart.set_size(CHART_SIZE)
    return chart


def _days(book: Workbook, report: Document, words: Words) -> None:
    sheet = book.sheet(words("sheet_days"))
    keys = ("booked_seconds", "used_seconds")
    span = sheet.table(
        [
            Column(words("day"), "text", 13),
            Column(words("weekday"), "text", 8),
            *_duration_columns(words, "booked", "used"),
        ],
        [
            [key, weekday(date.fromisoformat(key), words), *_durations(day, keys)]
            for key, day in sorted(report["by_local_day"].items())
        ],
        total=[words("total"), "", *_durations(report["totals"], keys)],
    )
    chart = _chart(book, sheet, words("by_day_caption"), words("day"), span, {"booked": 3, "used": 5})
    sheet.raw.insert_chart(1, 7, chart)


def _hours(book: Workbook, report: Document, words: Words) -> None:
    sheet = book.sheet(words("sheet_hours"))
    span = sheet.table(
        [Column(words("hour"), "text", 10), *_duration_columns(words, "used")],
        [[label, *_durations({"s": used}, ("s",))] for label, used in zip(HOUR_LABELS, report["by_hour"], strict=True)],
        total=[words("total"), *_durations({"s": sum(report["by_hour"])}, ("s",))],
    )
    chart = _chart(book, sheet, words("by_hour"), words("hour"), span, {"used": 2})
    sheet.raw.insert_chart(1, 4, chart)


def _warnings(sheet: Sheet, report: Document, words: Words) -> None:
    sheet.table(
        [
            Column(words("warning_code"), "text", 22),
            Column(words("code"), "text", 24),
            Column(words("subject"), "text", 16),
            Column(words("text"), "prose", 80),
        ],
        [
            [
                words.known(f"warning_{row['code']}", ""),
                row["code"],
                row["subject"],
                in_language(row["text"], words.language),
            ]
            for row in report["warnings"]
        ]
        or [[words("no_warnings"), "", "", ""]],
    )


def _notes(sheet: Sheet, report: Document, words: Words) -> None:
    """How each figure is computed, what it was computed from, and what the digest covers."""
    sheet.table(
        [
            Column(words("method_figure"), "text", 24),
            Column(words("method_rule"), "prose", 80),
            Column(words("method_month"), "prose", 48),
        ],
        [
            *method_rows(report, words),
            [words("sheet_tenants"), words("tenants_note"), ""],
            [words("sheet_leases"), words("leases_note"), ""],
            *([name, words("inputs_note"), value] for name, value in input_rows(report["inputs"], words)),
            [words("digest"), words("verify"), report["digest"]],
            [words("notes"), words("method_sources"), ""],
        ],
    )
