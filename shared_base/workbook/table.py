"""A sheet of raw cells, read against its declaration: headers found, cells parsed, every fault collected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.workbook.cells import ExcelError, Formula, RawCell
from shared_base.workbook.columns import Column, Sheet
from shared_base.workbook.errors import CellError
from shared_base.workbook.sources import RawSheet
from shared_base.workbook.texts import heading_key, shown, trimmed

#: More faults than this help nobody: reading stops there and says so.
MOST_ERRORS = 200
# Codes, states and platforms repeat a thousand times: each text is parsed once, and held once.
_REMEMBERED = 4096


class TooManyErrors(Exception):
    """The list of faults is full. Internal: the reader turns it into a list marked as cut."""


class Faults:
    """The faults found so far, at most `MOST_ERRORS`."""

    def __init__(self, errors: list[CellError]) -> None:
        self.errors = errors

    def add(self, error: CellError) -> None:
        if len(self.errors) >= MOST_ERRORS:
            raise TooManyErrors
        self.errors.append(error)


@dataclass
class Table:
    """One sheet as read. `headings` maps column names to the file's own spelling, which errors use.

    `partial` keeps what could be parsed of refused rows, by row number: their keys and references are still looked at.
    A table that is not `whole` (a required column is missing) says nothing about which keys exist.
    """

    sheet: Sheet
    name: str
    headings: dict[str, str] = field(default_factory=dict)
    rows: list[Any] = field(default_factory=list)
    partial: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    whole: bool = True

    def bad_cell(self, row: int, column: Column, message: str, values: Mapping[str, Any]) -> CellError:
        """A cell that is not of its column's kind, with what is expected there."""
        kind = column.kind
        return CellError(
            self.name,
            row,
            self.headings.get(column.name, column.name),
            message,
            kind.expected.en,
            {**kind.limits, **values},
        )

    def fault(self, row: int | None, column: str, message: str, /, **values: Any) -> CellError:
        """A fault between cells or rows, each of which is of its kind: the message says it all."""
        return CellError(self.name, row, self.headings.get(column, column), message, None, values)


def read_table(table: Table, raw: RawSheet, faults: Faults) -> None:
    """Put all rows of `raw` into `table` as records; what is wrong with them goes to `faults`."""
    _TableReader(table, faults).read(raw)


class _TableReader:
    """The reading of one sheet: what is known of its columns while the rows go by."""

    def __init__(self, table: Table, faults: Faults) -> None:
        self.table = table
        self.faults = faults
        self.width = 0
        # (declared column, its position in the file or None)
        self.order: list[tuple[Column, int | None]] = []
        self.remembered: list[dict[str, Any]] = []
        self.unheaded: set[int] = set()
        self.reported: set[int] = set()

    def read(self, raw: RawSheet) -> None:
        header = next(raw.rows, None)
        if header is None:
            self.table.whole = False
            self.faults.add(
                CellError(raw.name, None, None, N_("the sheet is empty; its first row has to hold the headers"))
            )
            return
        self._read_header(*header)
        if self.table.whole:
            for number, cells in raw.rows:
                if not all(_blank(cell) for cell in cells):
                    self._refuse_unheaded(number, cells)
                    self._read_row(number, cells)

    def _read_header(self, number: int, cells: Sequence[RawCell]) -> None:
        table = self.table
        positions: dict[str, int] = {}
        for at, cell in enumerate(cells):
            written = shown(trimmed(cell)) if isinstance(cell, str) else "" if cell is None else shown(str(cell))
            column = table.sheet.by_heading.get(heading_key(written))
            if not written:
                self.unheaded.add(at)
            elif column is None:
                self.faults.add(self._unknown_column(number, written))
            elif column.name in positions:
                first = table.headings[column.name]
                self.faults.add(
                    CellError(
                        table.name,
                        number,
                        written,
                        N_("the column stands twice, as %(first)s too"),
                        None,
                        {"first": first},
                    )
                )
            else:
                positions[column.name] = at
                table.headings[column.name] = written
        for column in table.sheet.columns:
            self.order.append((column, positions.get(column.name)))
            if column.required and column.name not in positions:
                table.whole = False
                message = N_("the column is missing; its header is %(name)s or %(zh)s")
                self.faults.add(table.bad_cell(number, column, message, {"name": column.name, "zh": column.zh[0]}))
        self.width = len(cells)
        self.remembered = [{} for _ in cells]

    def _unknown_column(self, number: int, written: str) -> CellError:
        spellings = self.table.sheet.by_heading
        near = get_close_matches(heading_key(written), spellings, n=1)
        if near:
            column = spellings[near[0]]
            message = N_("the sheet has no such column; did you mean %(near)s?")
            return CellError(self.table.name, number, written, message, None, {"near": _both_names(column)})
        if "," not in written and any(mark in written for mark in ";\t"):
            return CellError(self.table.name, number, written, N_("the cells are to be separated by commas"))
        message = N_("the sheet has no such column; it has: %(known)s")
        known = ", ".join(_both_names(column) for column in self.table.sheet.columns)
        return CellError(self.table.name, number, written, message, None, {"known": known})

    def _refuse_unheaded(self, number: int, cells: Sequence[RawCell]) -> None:
        """A value under no header is refused, once a column: nobody can say what it is."""
        if not self.unheaded and len(cells) <= self.width:
            return
        for at, cell in enumerate(cells):
            if (at in self.unheaded or at >= self.width) and at not in self.reported and not _blank(cell):
                self.reported.add(at)
                message = N_("the cell has a value but its column has no header")
                self.faults.add(CellError(self.table.name, number, letter(at), message))

    def _read_row(self, number: int, cells: Sequence[RawCell]) -> None:
        """One row: a record where all is well; else its faults, and what could be parsed."""
        values: list[Any] = []
        parsed: dict[str, Any] = {}
        for column, at in self.order:
            cell = cells[at] if at is not None and at < len(cells) else None
            memory = self.remembered[at] if at is not None else {}
            if isinstance(cell, str) and cell in memory:
                value = memory[cell]
            else:
                try:
                    value = _parsed(column, cell)
                except Invalid as error:
                    self.faults.add(self.table.bad_cell(number, column, error.message, _fit(error.values)))
                    continue
                if isinstance(cell, str) and len(memory) < _REMEMBERED:
                    memory[cell] = value
            values.append(value)
            parsed[column.name] = value
        if len(values) == len(self.order) and self._obeys_rules(row := self.table.sheet.row(number, *values)):
            self.table.rows.append(row)
        else:
            self.table.partial[number] = parsed

    def _obeys_rules(self, row: Any) -> bool:
        rules = self.table.sheet.rules
        broken = list(rules(row)) if rules else []
        for column, message, values in broken:
            self.faults.add(self.table.fault(row.row, column, message, **values))
        return not broken


def _blank(cell: RawCell) -> bool:
    return cell is None or (isinstance(cell, str) and not trimmed(cell))


def _parsed(column: Column, cell: RawCell) -> Any:
    if isinstance(cell, Formula):
        raise Invalid(N_("the cell holds a formula (%(text)s); paste its value instead"), text=cell.text)
    if isinstance(cell, ExcelError):
        raise Invalid(N_("the cell shows Excel's error %(text)s"), text=cell.code)
    if _blank(cell):
        if column.required:
            raise Invalid(N_("the cell is empty"))
        return column.default
    return column.kind.parse(cell)


def _both_names(column: Column) -> str:
    return f"{column.name} ({column.zh[0]})"


def _fit(values: Mapping[str, Any]) -> dict[str, Any]:
    """A cell's own text in a message, made fit to be shown."""
    return {name: shown(value) if isinstance(value, str) else value for name, value in values.items()}


def letter(at: int) -> str:
    """How a spreadsheet names the column at position `at`, 0 being A."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
