"""An .xlsx file: its package is measured before anything in it is parsed, then its cells are read as a stream.

openpyxl builds each row as a whole and trusts the file's own figures about itself. So what a file may cost us is
bounded first, by a pass over the unpacked bytes that keeps nothing: the size, document types (entities that multiply),
and how much may stand between two rows.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import openpyxl

from shared_base.core.i18n import N_
from shared_base.workbook.cells import ExcelError, Formula, RawCell
from shared_base.workbook.errors import WorkbookUnreadable
from shared_base.workbook.sources import LAST_ROW, MOST_COLUMNS, Limits, RawSheet, Rows, within
from shared_base.workbook.texts import shown

_MOST_PARTS = 2_000
_CHUNK = 1 << 18
_OLE = b"\xd0\xcf\x11\xe0"
_DECLARED_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
# How Excel writes a control character inside a text.
_ESCAPED_CONTROL = re.compile(r"_x00([01][0-9A-Fa-f])_")


@contextmanager
def opened(source: Path | IO[bytes], limits: Limits) -> Iterator[Iterator[RawSheet]]:
    """The sheets of the .xlsx at `source`; whatever is wrong with the file as a whole is `WorkbookUnreadable`."""
    _measure(source, limits)
    with warnings.catch_warnings():
        # openpyxl warns of features it drops (extensions, styles); none of them is a value of a cell.
        warnings.filterwarnings("ignore", module="openpyxl")
        with _damage_named():
            book = openpyxl.load_workbook(source, read_only=True, data_only=False, keep_links=False)
        try:
            yield _sheets(book, limits)
        finally:
            book.close()


@contextmanager
def _damage_named() -> Iterator[None]:
    """openpyxl raises whatever its parsers raise on a damaged file; for a person they are all the same."""
    try:
        yield
    except WorkbookUnreadable:
        raise
    except Exception as error:
        raise WorkbookUnreadable(
            N_("The file is damaged or no .xlsx workbook; open it in Excel and save it again.")
        ) from error


def _measure(source: Path | IO[bytes], limits: Limits) -> None:
    """Refuse a package that is no zip, is encrypted, unpacks to too much, or holds XML that multiplies."""
    with _damage_named():
        if isinstance(source, Path):
            with source.open("rb") as file:
                start = file.read(4)
        else:
            source.seek(0)
            start = source.read(4)
            source.seek(0)
        if start == _OLE:
            raise WorkbookUnreadable(
                N_("The file is an old .xls or is protected by a password; save it as .xlsx without a password.")
            )
        with zipfile.ZipFile(source) as package:
            parts = package.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > limits.unpacked_bytes:
                raise WorkbookUnreadable(
                    N_("The workbook unpacks to more than %(limit)s MB; split it."), limit=limits.unpacked_bytes >> 20
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    # zipfile reads no more of a part than its declared size, which is within the limit.
                    with package.open(part) as stream:
                        _refuse_what_multiplies(stream, limits)


def _refuse_what_multiplies(stream: IO[bytes], limits: Limits) -> None:
    """A part is UTF-8 without a document type, and what openpyxl holds of it at once fits in memory."""
    refusal = WorkbookUnreadable(N_("The file holds XML that no spreadsheet program writes; it was not opened."))
    chunk = stream.read(_CHUNK)
    declared = _DECLARED_ENCODING.search(chunk[:512])
    if not chunk.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or b"\x00" in chunk[:512]:
        raise refusal
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        raise refusal
    tail = b""
    tags = 0
    while chunk:
        if b"<!DOCTYPE" in tail + chunk:
            raise refusal
        last_row = chunk.rfind(b"<row")
        if last_row >= 0:
            tags = 0
        tags += chunk.count(b"<", max(last_row, 0)) - chunk.count(b"</", max(last_row, 0))
        if tags > limits.tags:
            raise WorkbookUnreadable(N_("A part of the workbook is larger than any that a person fills in."))
        tail = chunk[-16:]
        chunk = stream.read(_CHUNK)


def _sheets(book: Any, limits: Limits) -> Iterator[RawSheet]:
    for sheet in book.worksheets:
        yield RawSheet(sheet.title, within(limits, shown(sheet.title), _rows(sheet)))


def _rows(sheet: Any) -> Rows:
    # The size that a file states of its sheet may be wrong: too small loses rows, too large invents them.
    sheet.reset_dimensions()
    left_out: Any = None
    with _damage_named():
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
            if number > LAST_ROW:
                raise WorkbookUnreadable(
                    N_("The sheet %(sheet)s goes beyond Excel's last row."), sheet=shown(sheet.title)
                )
            if cells is left_out:
                continue
            values = [None if cell.value is None else _raw(cell) for cell in cells]
            while values and values[-1] is None:
                values.pop()
            if values:
                yield number, values
            else:
                # openpyxl gives one and the same tuple for every row that the file leaves out
                left_out = cells


def _raw(cell: Any) -> RawCell:
    value: RawCell = cell.value
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value)))
    if cell.data_type == "e":
        return ExcelError(str(value))
    if isinstance(value, str) and "_x00" in value:
        return _ESCAPED_CONTROL.sub(lambda match: chr(int(match[1], 16)), value)
    return value
