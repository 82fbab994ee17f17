"""Lists as files: XLSX, or CSV for scripts. What people wrote stays text, whatever it begins with."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import xlsxwriter
from flask import Response

#: a cell that begins so would be a formula to a spreadsheet that opens a CSV
FORMULA = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(body: bytes, filename: str, mimetype: str) -> Response:
    """A file to keep. Its name may be Chinese (RFC 6266, RFC 8187)."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\' else "_" for sign in filename)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": disposition})


def export(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], kind: str) -> Response:
    """A list as `name.xlsx` or `name.csv`; `columns` are its headings in the reader's language."""
    if kind == "csv":
        return attachment(_csv(columns, rows), f"{name}.csv", "text/csv; charset=utf-8")
    return attachment(_xlsx(name, columns, rows), f"{name}.xlsx", XLSX)


def _printable(text: str) -> str:
    """Without the control characters that XML and spreadsheets cannot hold."""
    return "".join(sign for sign in text if sign in "\n\t" or (ord(sign) >= 32 and not 0xD800 <= ord(sign) <= 0xDFFF))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        cells = []
        for value in row:
            text = "" if value is None else value.isoformat() if isinstance(value, date | datetime) else str(value)
            if isinstance(value, str) and text.startswith(FORMULA):
                text = f"'{text}"
            cells.append(_printable(text))
        writer.writerow(cells)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _xlsx(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        heading = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet("".join("_" if sign in "[]:*?/\\'" else sign for sign in _printable(name))[:31])
        sheet.freeze_panes(1, 0)
        widths = [len(title) * 2 for title in columns]
        for column, title in enumerate(columns):
            sheet.write_string(0, column, title, heading)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, datetime):
                    # a spreadsheet's time has no zone: the local time of the row, as it is shown on the page
                    sheet.write_datetime(line, column, value.replace(tzinfo=None), moment)
                    widths[column] = max(widths[column], 20)
                elif isinstance(value, date):
                    sheet.write_datetime(line, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
                    widths[column] = max(widths[column], 12)
                elif isinstance(value, int | Decimal) and not isinstance(value, bool):
                    sheet.write_number(line, column, value)
                    widths[column] = max(widths[column], len(str(value)) + 2)
                else:
                    text = _printable(str(value))
                    sheet.write_string(line, column, text)
                    widths[column] = max(widths[column], sum(2 if ord(sign) > 255 else 1 for sign in text) + 2)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width, 60))
    return out.getvalue()
