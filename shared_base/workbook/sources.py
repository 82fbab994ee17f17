"""What a workbook is read from: sheets of raw cells, whoever wrote them, within stated limits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared_base.core.i18n import N_
from shared_base.workbook.cells import RawCell
from shared_base.workbook.errors import WorkbookUnreadable

#: No sheet of ours has as many columns; a wider one is not ours, or was made to exhaust us.
MOST_COLUMNS = 64
#: The last row of Excel's own grid.
LAST_ROW = 1_048_576


@dataclass(frozen=True)
class Limits:
    """How much is read at most.

    `unpacked_bytes` over all sheets; `rows` that are not blank in one sheet, its header included; `tags` of XML in an
    .xlsx that may follow each other without a row beginning, for so much is held in memory at once.
    """

    unpacked_bytes: int
    rows: int
    tags: int


#: An operator's own file on the operator's own machine: a million bookings and what belongs to them.
COMMAND_LINE = Limits(unpacked_bytes=1 << 30, rows=1_000_001, tags=20_000_000)
#: A file sent over the network to a server that others use at the same time.
UPLOAD = Limits(unpacked_bytes=48 << 20, rows=50_001, tags=1_000_000)

Rows = Iterator[tuple[int, Sequence[RawCell]]]


@dataclass(frozen=True)
class RawSheet:
    """A sheet as its file has it: `rows` gives (row number, cells) in order, rows that are blank left out."""

    name: str
    rows: Rows


def within(limits: Limits, sheet: str, rows: Rows) -> Rows:
    """`rows`, refused as soon as there are more, or wider ones, than the limits let in."""
    for count, (number, cells) in enumerate(rows, start=1):
        if count > limits.rows:
            raise WorkbookUnreadable(
                N_("The sheet %(sheet)s has more than %(limit)s rows; split the workbook."),
                sheet=sheet,
                limit=limits.rows,
            )
        if len(cells) > MOST_COLUMNS:
            raise WorkbookUnreadable(
                N_("Row %(row)s of the sheet %(sheet)s has more than %(limit)s columns."),
                row=number,
                sheet=sheet,
                limit=MOST_COLUMNS,
            )
        yield number, cells
