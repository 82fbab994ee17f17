"""The operator's workbook, read: an .xlsx, or a folder of .csv files, as checked records with every fault listed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from shared_base.core.i18n import N_
from shared_base.workbook import checks, csv_folder, xlsx
from shared_base.workbook.errors import CellError, WorkbookInvalid, WorkbookUnreadable
from shared_base.workbook.sheets import BY_HEADING, LATER, NOTES_HEADINGS, SHEETS
from shared_base.workbook.sources import COMMAND_LINE, Limits, RawSheet
from shared_base.workbook.table import Faults, Table, TooManyErrors, read_table
from shared_base.workbook.texts import heading_key

_ORDER = {sheet.name: at for at, sheet in enumerate(SHEETS)}


@dataclass
class Workbook:
    """What was read: a table a sheet, in order of dependence, and the faults. `more`: the list was cut."""

    tables: dict[str, Table] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)
    more: bool = False

    def rows(self, sheet: str) -> list[Any]:
        """The records of a sheet; none where the workbook does not have it."""
        return self.tables[sheet].rows if sheet in self.tables else []

    def named_keys(self) -> dict[str, set[checks.Key]]:
        """The natural keys of bases, spaces, tenants and leases that rows have or refer to, by sheet."""
        return checks.named(self.tables)

    def check_references(self, stored: checks.Keys) -> None:
        """Add a fault for every reference to what is neither in the workbook nor among the `stored` keys."""
        if not self.more:
            faults = Faults(self.errors)
            try:
                for error in checks.unknown_references(self.tables, stored):
                    faults.add(error)
            except TooManyErrors:
                self.more = True
            self.in_reading_order()

    def refuse_faults(self) -> None:
        """Raise `WorkbookInvalid` when any fault was found: all or nothing."""
        if self.errors:
            raise WorkbookInvalid(self.errors, more=self.more)

    def in_reading_order(self) -> None:
        """Sort the faults as a person goes through the file: sheet by sheet, row by row, from left to right."""
        sheets = {table.name: _ORDER[name] for name, table in self.tables.items()}
        columns = {
            (table.name, heading): at
            for table in self.tables.values()
            for at, heading in enumerate(table.headings.values())
        }
        self.errors.sort(
            key=lambda error: (
                sheets.get(error.sheet, -1),
                error.row or 0,
                columns.get((error.sheet, error.column or ""), -1),
            )
        )


def read_workbook(source: Path | IO[bytes], limits: Limits = COMMAND_LINE) -> Workbook:
    """Read the workbook at a path (an .xlsx or a folder), or an .xlsx from a binary stream.

    Faults of cells, keys and overlaps within the file are collected in the result, at most `MOST_ERRORS`; references
    are checked by `Workbook.check_references`. Raises `WorkbookUnreadable` when the file as a whole cannot be read.
    """
    if isinstance(source, Path) and source.is_dir():
        return _read(csv_folder.sheets(source, limits))
    if isinstance(source, Path):
        _refuse_other_files(source)
    with xlsx.opened(source, limits) as sheets:
        return _read(sheets)


def _refuse_other_files(path: Path) -> None:
    if not path.exists():
        raise WorkbookUnreadable(N_("There is no file or folder %(name)s."), name=str(path))
    if path.suffix.casefold() == ".csv":
        raise WorkbookUnreadable(
            N_("%(name)s is one sheet of a workbook; give the folder that holds its .csv files."), name=path.name
        )
    if path.suffix.casefold() != ".xlsx":
        raise WorkbookUnreadable(
            N_("%(name)s is neither an .xlsx workbook nor a folder of .csv files; save it as .xlsx."), name=path.name
        )


def _read(raw_sheets: Iterable[RawSheet]) -> Workbook:
    workbook = Workbook()
    faults = Faults(workbook.errors)
    tables: dict[str, Table] = {}
    try:
        for raw in raw_sheets:
            heading = heading_key(raw.name)
            sheet = BY_HEADING.get(heading)
            if heading in NOTES_HEADINGS:
                continue
            if sheet is None:
                faults.add(_foreign_sheet(raw.name, heading))
            elif sheet.name in tables:
                message = N_("the sheet stands twice, as %(first)s too; bring them together")
                faults.add(CellError(raw.name, None, None, message, None, {"first": tables[sheet.name].name}))
            else:
                # Entered before it is read: a reading that stops half-way still tells its errors' order.
                table = tables[sheet.name] = Table(sheet, raw.name)
                read_table(table, raw, faults)
        for table in tables.values():
            for error in checks.within(table):
                faults.add(error)
    except TooManyErrors:
        workbook.more = True
    if not tables and not workbook.errors:
        raise WorkbookUnreadable(
            N_("The workbook holds none of the sheets %(known)s."), known=", ".join(sheet.name for sheet in SHEETS)
        )
    workbook.tables = {sheet.name: tables[sheet.name] for sheet in SHEETS if sheet.name in tables}
    workbook.in_reading_order()
    return workbook


def _foreign_sheet(name: str, heading: str) -> CellError:
    values = {"known": ", ".join(f"{sheet.name} ({sheet.zh[0]})" for sheet in SHEETS)}
    if heading in LATER:
        message = N_("this release does not read the sheet; take it out. The sheets that are read: %(known)s")
    else:
        message = N_("the workbook has no such sheet; it has: %(known)s")
    return CellError(name, None, None, message, None, values)
