"""The month report as a PDF: what an operator prints and a reviewer reads."""

from collections.abc import Mapping
from typing import Any

from shared_base.core.periods import parse_instant
from shared_base.core.typst import compile_pdf
from shared_base.occupancy.documents.intact import require_intact
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.documents.page import report_page
from shared_base.occupancy.documents.phrases import REPORT
from shared_base.occupancy.documents.words import Words

TEMPLATE = "occupancy/report.typ"


def report_pdf(report: Mapping[str, Any], names: ReportNames, *, language: str = "zh") -> bytes:
    """The A4 PDF of a frozen report in `language` (`zh` or `en`); the same input gives the same bytes.

    Its creation date is `closed_at`. Raises `Conflict` where the report does not match its own digest, `Invalid` for
    another language.
    """
    require_intact(report)
    page = report_page(report, names, Words(REPORT, language))
    return compile_pdf(TEMPLATE, page, created=parse_instant(report["closed_at"]))
