"""A folder of .csv files: one file a sheet, UTF-8 with or without a byte order mark."""

import csv
from collections.abc import Iterator
from pathlib import Path

from shared_base.core.i18n import N_
from shared_base.workbook.errors import WorkbookUnreadable
from shared_base.workbook.sources import Limits, RawSheet, Rows, within
from shared_base.workbook.texts import shown

# Left by file managers and by an Excel that has the file open; nobody means to import them.
_IGNORED = frozenset({"thumbs.db", "desktop.ini"})
_IGNORED_PREFIXES = (".", "~$")


def sheets(folder: Path, limits: Limits) -> Iterator[RawSheet]:
    """The sheets of `folder`, by name. A file that is no .csv is refused by its name, as is another encoding."""
    files = sorted(
        entry
        for entry in folder.iterdir()
        if entry.name.casefold() not in _IGNORED and not entry.name.startswith(_IGNORED_PREFIXES)
    )
    strangers = [shown(entry.name) for entry in files if entry.suffix.casefold() != ".csv" or not entry.is_file()]
    if strangers:
        raise WorkbookUnreadable(
            N_("The folder holds %(names)s, which is not a .csv file; leave only the sheets of the workbook in it."),
            names=", ".join(strangers[:5]),
        )
    if not files:
        raise WorkbookUnreadable(N_("The folder %(name)s holds no .csv file."), name=shown(folder.name))
    if sum(entry.stat().st_size for entry in files) > limits.unpacked_bytes:
        raise WorkbookUnreadable(
            N_("The workbook is larger than %(limit)s MB; split it."), limit=limits.unpacked_bytes >> 20
        )
    for entry in files:
        yield RawSheet(entry.stem, within(limits, shown(entry.name), _rows(entry)))


def _rows(path: Path) -> Rows:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for number, cells in enumerate(reader, start=1):
                if any(cells):
                    yield number, cells
    except OSError as error:
        raise WorkbookUnreadable(
            N_("%(name)s cannot be opened: %(why)s."), name=shown(path.name), why=error.strerror or str(error)
        ) from error
    except UnicodeDecodeError as error:
        raise _other_encoding(path) from error
    except csv.Error as error:
        raise WorkbookUnreadable(
            N_("%(name)s, line %(line)s: the quotation marks or commas are out of order (%(detail)s)."),
            name=shown(path.name),
            line=reader.line_num,
            detail=str(error),
        ) from error


def _other_encoding(path: Path) -> WorkbookUnreadable:
    """The refusal of a file that is not UTF-8, with what it seems to be and how to save it."""
    with path.open("rb") as file:
        start = file.read(2)
    if start in (b"\xff\xfe", b"\xfe\xff"):
        guess = "UTF-16"
    else:
        try:
            with path.open(encoding="gb18030") as file:
                while file.read(1 << 20):
                    pass
            guess = "GBK/GB18030"
        except UnicodeDecodeError:
            guess = ""
    if guess:
        return WorkbookUnreadable(
            N_("%(name)s is not UTF-8 but seems to be %(guess)s; save it in Excel as “CSV UTF-8 (comma delimited)”."),
            name=shown(path.name),
            guess=guess,
        )
    return WorkbookUnreadable(
        N_("%(name)s is not UTF-8; save it in Excel as “CSV UTF-8 (comma delimited)”."), name=shown(path.name)
    )
