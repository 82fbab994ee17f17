"""Reports and claims to print: real ones of the two-bases workbook, and ones that no layout expects."""

import calendar
import copy
import hashlib
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pypdf

from shared_base.core.canonical import digest_of
from shared_base.core.money import ratio
from shared_base.occupancy.documents.names import ReportNames

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "golden"

#: texts that people type by mistake or on purpose; every one must come out as the plain text it is
HOSTILE = (
    '#raw("boom") $x^2$ *bold* _it_ `code` // no comment @ref <label> \\n ~',
    '=HYPERLINK("http://evil.example/","点我")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "竖\x0b线\x00零\x1b[31m红",
    "价\u202e格001",
    "𠮷野家与䶮之",
    "<img src=x onerror=alert(1)>",
    "🔥1号直播间",
    "两\n行\t名",
)
UNBROKEN = "W" * 400


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the digest of its content."""
    return document | {"digest": digest_of(document)}


def hrb_report() -> dict[str, Any]:
    """The Harbin base's report of 2026-08, with the figures of the two-bases workbook."""
    document: dict[str, Any] = json.loads((GOLDEN / "report-hrb-2026-08.json").read_text(encoding="utf-8"))
    return document


def hrb_names(**more: Any) -> ReportNames:
    tenants = {
        "9144030523YC1N11LP": "海禾传媒00有限公司",
        "912301024EYHTTTF2X": "山耀传媒01有限公司",
        "91230102FC3F0X5MRW": "云禾传媒02有限公司",
        "912301029AQ05Q7D94": "江辰传媒03有限公司",
        "91440113G1K1EE5AL5": "极辰传媒04有限公司",
        "91440305E3CU4MHTRB": "极木传媒05有限公司",
        "91440305PWYNU0N3MA": "山辰传媒06有限公司",
        "914401136FE56RG154": "龙木传媒07有限公司",
        "91440305DNQLA1358K": "龙禾传媒08有限公司",
    }
    studios = {f"S0{number}": f"{number}号直播间" for number in range(1, 7)}
    return ReportNames(**({"base": "哈尔滨直播电商共享基地", "studios": studios, "tenants": tenants} | more))


def report(
    *,
    studios: int = 0,
    tenants: int = 0,
    leases: int = 0,
    month: str = "2026-08",
    used: int = 3600,
    warnings: tuple[dict[str, str], ...] = (),
    rent_fen: int = 8_453_250,
) -> dict[str, Any]:
    """A report of any size whose parts add up: every studio was used `used` seconds every day, at 20:00."""
    year, number = map(int, month.split("-"))
    days = calendar.monthrange(year, number)[1]
    in_use = used * studios
    opened, booked = days * 18 * 3600, (used + 1800) * days
    area_days = leases * 12_345 * days
    lettable = 6200 * days
    totals = {
        "open_seconds": opened * studios,
        "booked_seconds": booked * studios,
        "used_seconds": in_use * days,
        "sessions": studios * days,
        "no_shows": studios,
        "utilisation": ratio(in_use * days, opened * studios),
        "booking_rate": ratio(booked * studios, opened * studios),
        "leased_m2_days": _area(area_days),
        "lettable_m2_days": str(lettable) if leases else "0",
        "area_occupancy": ratio(area_days, lettable * 100) if leases else None,
        "settled_tenants": min(leases, tenants),
    }
    usccs = [f"91230102{index:09d}X" for index in range(max(tenants, leases))]
    return sealed(
        {
            "schema": "shared-base/occupancy-report/1",
            "base": "PY",
            "month": month,
            "timezone": "Asia/Shanghai",
            "revision": 1,
            "closed_at": "2026-09-01T02:00:00+08:00",
            "inputs": {"bookings": studios * days, "digest": hashlib.sha256(month.encode()).hexdigest()},
            "totals": totals,
            "studios": [
                {
                    "code": f"S{index + 1:02d}",
                    "open_seconds": opened,
                    "booked_seconds": booked,
                    "used_seconds": used * days,
                    "sessions": days,
                    "no_shows": 1,
                    "utilisation": ratio(used * days, opened),
                    "booking_rate": ratio(booked, opened),
                }
                for index in range(studios)
            ],
            "tenants": [
                {
                    "uscc": uscc,
                    "leased_m2_days": _area(12_345 * days) if index < leases else "0",
                    "booked_seconds": booked,
                    "used_seconds": used * days,
                    "sessions": days,
                    "no_shows": 0,
                }
                for index, uscc in enumerate(usccs[:tenants])
            ],
            "leases": [
                {
                    "ref": f"PY-L{index + 1:03d}",
                    "uscc": uscc,
                    "area_m2": "123.45",
                    "days_in_force": days,
                    "payable_days": days - 1,
                    "days_of_month": days,
                    "rent_due_fen": rent_fen,
                    "property_fee_due_fen": rent_fen // 5,
                    "recognised": index % 2 == 0,
                }
                for index, uscc in enumerate(usccs[:leases])
            ],
            "by_local_day": {
                f"{month}-{day:02d}": {"booked_seconds": booked * studios // days, "used_seconds": in_use}
                for day in range(1, days + 1)
            },
            "by_hour": [in_use * days if hour == 20 else 0 for hour in range(24)],
            "warnings": list(warnings),
        }
    )


def _area(hundredths: int) -> str:
    """Hundredths of a square metre (and days) as the contract writes areas."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def claim(name: str) -> tuple[dict[str, Any], Any]:
    """A claim over the two-bases workbook with the names beside it: `nanshan`, `guangming` or `operator`."""
    both = json.loads((GOLDEN / f"claim-{name}.json").read_text(encoding="utf-8"))
    return both["claim"], both["names"]


def changed(document: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A deep copy with other members and the digest that belongs to it."""
    return sealed(copy.deepcopy(document) | members)


def pages(pdf: bytes) -> list[str]:
    """The text of each page, as a reader selects and copies it; runs of blanks are one."""
    texts = [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]
    return [re.sub(r"[ \u3000]+", " ", text) for text in texts]


def text_of(pdf: bytes) -> str:
    return "\n".join(pages(pdf))


def unpacked(xlsx: bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with ZipFile(BytesIO(xlsx)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
