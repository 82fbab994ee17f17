"""The faults of a workbook for those who mend them: in a terminal, for a script, and as a sheet beside the workbook."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import xlsxwriter

from shared_base.core.i18n import N_, fill
from shared_base.workbook.errors import CellError, Translate

_WIDTHS = (18, 8, 26, 70, 60)
_HEADINGS = (N_("Sheet"), N_("Row"), N_("Column"), N_("What is wrong"), N_("What is expected"))
# XlsxWriter stamps the present into a file; a report of the same faults is the same file.
_CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def as_text(errors: Sequence[CellError], *, more: bool = False, translate: Translate | None = None) -> str:
    """One line a fault, in the order of the file; a last line when the list was cut."""
    say = translate or str
    lines = [error.line(translate) for error in errors]
    if more:
        lines.append(
            fill(say(N_("Reading stopped after %(count)s errors; there may be more.")), {"count": len(errors)})
        )
    return "\n".join(lines)


def as_json(errors: Sequence[CellError], *, more: bool = False, translate: Translate | None = None) -> dict[str, Any]:
    """The same for scripts: `errors` [{sheet, row, column, message, expected}] and `more_errors`."""
    return {"errors": [error.as_json(translate) for error in errors], "more_errors": more}


def write_xlsx(
    target: Path | IO[bytes], errors: Sequence[CellError], *, more: bool = False, translate: Translate | None = None
) -> None:
    """A sheet with one row a fault. Everything is written as text: what a stranger typed never becomes a formula."""
    say = translate or str
    book = xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), {"in_memory": True})
    book.set_properties({"created": _CREATED.replace(tzinfo=None)})
    sheet = book.add_worksheet(say(N_("Errors")))
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for at, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(at, at, width, wrapped)
        sheet.write_string(0, at, say(heading), bold)
    for number, error in enumerate(errors, start=1):
        sheet.write_string(number, 0, error.sheet, wrapped)
        if error.row is not None:
            sheet.write_number(number, 1, error.row, wrapped)
        sheet.write_string(number, 2, error.column or "", wrapped)
        sheet.write_string(number, 3, error.what(translate), wrapped)
        sheet.write_string(number, 4, error.wanted(translate), wrapped)
    if more:
        note = fill(say(N_("Reading stopped after %(count)s errors; there may be more.")), {"count": len(errors)})
        sheet.write_string(len(errors) + 1, 3, note, wrapped)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(errors)), len(_HEADINGS) - 1)
    book.close()
