"""What the printed report says: the frozen JSON, every figure already written out, for the template to lay out."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shared_base.core.money import plain, yuan
from shared_base.occupancy.documents.charts import day_chart, hour_strip, in_whole_hours
from shared_base.occupancy.documents.figures import (
    NONE,
    above_one,
    area,
    hours_minutes,
    moment,
    month_name,
    percent,
    shortened,
    weekday,
    whole,
)
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.documents.words import Words
from shared_base.occupancy.report_warnings import in_language

Document = Mapping[str, Any]
#: a cell of a table: its text, and optionally `sub` (small, below), `bar` (per mille), `alarm`, `strong`
Cell = dict[str, Any]


def report_page(report: Document, names: ReportNames, words: Words) -> dict[str, Any]:
    """The whole page as JSON for `templates/occupancy/report.typ`."""
    return {
        "language": words.language,
        "words": words.texts(),
        "title": f"{shortened(names.base, 60)} {words('title')} {month_name(report['month'], words)}",
        "running": f"{shortened(names.base, 36)}　{words('title')}　{month_name(report['month'], words)}",
        "revision": words("revision_number", number=report["revision"]),
        "digest": report["digest"],
        "cover": cover(report, names, words),
        "occupancies": occupancies(report, words),
        "day_chart": day_chart(report["by_local_day"], words),
        "hour_strip": hour_strip(report["by_hour"]),
        "hour_caption": words("by_hour_in_hours" if in_whole_hours(report["by_hour"]) else "by_hour_in_minutes"),
        "studios": studio_rows(report, names, words),
        "tenants": tenant_rows(report, names, words),
        "leases": lease_rows(report, names, words),
        "days": day_rows(report, words),
        "warnings": warning_rows(report, names, words),
        "method": method_rows(report, words),
        "inputs": input_rows(report["inputs"], words),
    }


def cover(report: Document, names: ReportNames, words: Words) -> dict[str, Any]:
    """Who, when, which revision: the head of the first page."""
    facts = [
        [words("base_code"), report["base"]],
        [words("revision"), words("revision_number", number=report["revision"])],
        [words("closed_at"), moment(report["closed_at"], ZoneInfo(report["timezone"]))],
        [words("timezone"), report["timezone"]],
        [words("schema"), str(report["schema"])],
    ]
    revised = report["revision"] > 1
    return {
        "base": shortened(names.base, 80),
        "month": month_name(report["month"], words),
        "facts": facts,
        "revised": (names.revision_reason or words("reason_not_given")) if revised else None,
    }


def _time_ratio(totals: Document, part: str, whole_: str, name: str, words: Words) -> dict[str, Any]:
    hours = f"{hours_minutes(totals[part])} ÷ {hours_minutes(totals[whole_])} {words('hours_unit')}"
    seconds = f"{whole(totals[part])} ÷ {whole(totals[whole_])} {words('seconds_unit')}"
    return {
        "name": words(name),
        "value": percent(totals[name]),
        "parts": [hours, seconds],
        "meaning": words(f"{name}_parts"),
        "alarm": above_one(totals[name]),
    }


def occupancies(report: Document, words: Words) -> dict[str, Any]:
    """The occupancies, settlement apart from use, each with its numerator and its denominator."""
    totals = report["totals"]
    leased = {
        "name": words("area_occupancy"),
        "value": percent(totals["area_occupancy"]),
        "parts": [f"{area(totals['leased_m2_days'])} ÷ {area(totals['lettable_m2_days'])} m²·d"],
        "meaning": words("area_occupancy_parts"),
        "alarm": above_one(totals["area_occupancy"]),
    }
    firms = {
        "name": words("settled_tenants"),
        "value": whole(totals["settled_tenants"]),
        "unit": words("settled_tenants_unit"),
        "parts": [],
        "meaning": words("settled_tenants_parts"),
        "alarm": False,
    }
    return {
        "settlement": [leased, firms],
        "use": [
            _time_ratio(totals, "used_seconds", "open_seconds", "utilisation", words),
            _time_ratio(totals, "booked_seconds", "open_seconds", "booking_rate", words),
        ],
        "counts": [
            {"name": words("sessions"), "value": whole(totals["sessions"]), "meaning": words("sessions_parts")},
            {"name": words("no_shows"), "value": whole(totals["no_shows"]), "meaning": words("no_shows_parts")},
        ],
    }


def _named(code: str, name: str | None) -> Cell:
    """A code with its name above it, or the code alone."""
    return {"text": shortened(name), "sub": code} if name else {"text": shortened(code)}


def _time(seconds: int, words: Words) -> Cell:
    return {"text": hours_minutes(seconds), "sub": f"{whole(seconds)} {words('seconds_unit')}"}


def _ratio(ratio: str | None) -> Cell:
    bar = 0 if ratio is None else min(1000, max(0, int(Decimal(ratio) * 1000)))
    return {"text": percent(ratio), "bar": bar, "alarm": above_one(ratio)}


def studio_rows(report: Document, names: ReportNames, words: Words) -> dict[str, Any]:
    """One row a studio, and the base's totals."""

    def figures(row: Document) -> list[Cell]:
        return [
            _time(row["open_seconds"], words),
            _time(row["booked_seconds"], words),
            _time(row["used_seconds"], words),
            {"text": whole(row["sessions"])},
            {"text": whole(row["no_shows"])},
            _ratio(row["utilisation"]),
            _ratio(row["booking_rate"]),
        ]

    return {
        "rows": [[_named(row["code"], names.studios.get(row["code"])), *figures(row)] for row in report["studios"]],
        "total": [{"text": words("total")}, *figures(report["totals"])],
    }


def tenant_rows(report: Document, names: ReportNames, words: Words) -> dict[str, Any]:
    """One row a tenant with any figure above zero."""
    return {
        "rows": [
            [
                _named(row["uscc"], names.tenants.get(row["uscc"])),
                {"text": area(row["leased_m2_days"])},
                _time(row["booked_seconds"], words),
                _time(row["used_seconds"], words),
                {"text": whole(row["sessions"])},
                {"text": whole(row["no_shows"])},
            ]
            for row in report["tenants"]
        ]
    }


def _yuan(fen: int | None) -> str:
    return NONE if fen is None else yuan(fen)


def lease_rows(report: Document, names: ReportNames, words: Words) -> dict[str, Any]:
    """One row a lease in force; its area × days adds up to the month's leased area."""
    return {
        "rows": [
            [
                {"text": shortened(row["ref"], 40)},
                _named(row["uscc"], names.tenants.get(row["uscc"])),
                {"text": area(row["area_m2"]), "sub": area(m2_days(row))},
                {"text": f"{row['days_in_force']} / {row['payable_days']} / {row['days_of_month']}"},
                {"text": _yuan(row["rent_due_fen"])},
                {"text": _yuan(row["property_fee_due_fen"])},
                {"text": words("yes" if row["recognised"] else "no")},
            ]
            for row in report["leases"]
        ],
        "total": [
            {"text": words("total")},
            {"text": ""},
            {"text": area(report["totals"]["leased_m2_days"])},
            {"text": ""},
            {"text": yuan(sum(row["rent_due_fen"] or 0 for row in report["leases"]))},
            {"text": yuan(sum(row["property_fee_due_fen"] or 0 for row in report["leases"]))},
            {"text": ""},
        ],
    }


def m2_days(lease: Document) -> str:
    """Area × days in force of a lease, as the contract writes areas."""
    return plain(Decimal(lease["area_m2"]) * lease["days_in_force"])


def day_rows(report: Document, words: Words) -> dict[str, Any]:
    """The days in two halves side by side, and the month's sums."""
    rows = [
        [
            {"text": key},
            {"text": weekday(date.fromisoformat(key), words)},
            _time(day["booked_seconds"], words),
            _time(day["used_seconds"], words),
        ]
        for key, day in sorted(report["by_local_day"].items())
    ]
    total = [
        {"text": words("total")},
        {"text": ""},
        _time(report["totals"]["booked_seconds"], words),
        _time(report["totals"]["used_seconds"], words),
    ]
    half = (len(rows) + 2) // 2
    return {"left": rows[:half], "right": rows[half:], "total": total}


def warning_rows(report: Document, names: ReportNames, words: Words) -> list[list[Cell]]:
    """Kind, subject and text of each warning; a subject that has a name is printed with it."""
    known = {**names.studios, **names.tenants, report["base"]: names.base}
    return [
        [
            _named(str(row["code"]), words.known(f"warning_{row['code']}", "") or None),
            _named(str(row["subject"]), known.get(str(row["subject"]))),
            {"text": in_language(row["text"], words.language)},
        ]
        for row in report["warnings"]
    ]


def method_rows(report: Document, words: Words) -> list[list[str]]:
    """Each figure: its name, its rule, and the month's own arithmetic."""
    totals = report["totals"]

    def ratio_of(part: str, over: str, result: str | None) -> str:
        return f"{part} ÷ {over} = {result or NONE}"

    seconds = {key: whole(totals[key]) for key in ("open_seconds", "booked_seconds", "used_seconds")}
    unit = words("seconds_unit")
    return [
        [words("open_seconds"), words("rule_open"), f"{seconds['open_seconds']} {unit}"],
        [words("booked_seconds"), words("rule_booked"), f"{seconds['booked_seconds']} {unit}"],
        [
            words("used_seconds"),
            f"{words('rule_used')}{words('sentence_join')}{words('rule_tenant')}",
            f"{seconds['used_seconds']} {unit}",
        ],
        [
            words("utilisation"),
            words("rule_utilisation"),
            ratio_of(seconds["used_seconds"], seconds["open_seconds"], totals["utilisation"]),
        ],
        [
            words("booking_rate"),
            words("rule_booking_rate"),
            ratio_of(seconds["booked_seconds"], seconds["open_seconds"], totals["booking_rate"]),
        ],
        [
            words("area_occupancy"),
            words("rule_area_occupancy"),
            ratio_of(area(totals["leased_m2_days"]), area(totals["lettable_m2_days"]), totals["area_occupancy"]),
        ],
        [
            words("settled_tenants"),
            words("rule_settled"),
            f"{whole(totals['settled_tenants'])} {words('settled_tenants_unit')}",
        ],
        [words("sessions"), words("rule_sessions"), whole(totals["sessions"])],
    ]


def input_rows(inputs: Document, words: Words) -> list[list[str]]:
    """What the freeze read: counts by kind, then digests; kinds new to this version are printed by their key."""
    rows: list[list[str]] = []
    for key, value in inputs.items():
        if isinstance(value, Mapping):
            rows += input_rows(value, words)
        elif isinstance(value, int):
            rows.append([words.known(f"input_{key}", key), whole(value)])
        else:
            rows.append([words.known(f"input_{key}", key), str(value)])
    return sorted(rows, key=lambda row: len(row[1]) > 40)
