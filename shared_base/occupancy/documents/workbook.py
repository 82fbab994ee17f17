"""A spreadsheet for readers: text stays text, numbers are exact numbers, the same input gives the same bytes.

No cell holds a formula: a name that begins with `=` is written as the text it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter

from shared_base.core.typst import plain_text
from shared_base.occupancy.documents.figures import NONE

#: a spreadsheet counts in binary64 and shows 15 digits; a longer number is written as text rather than rounded
MOST_DIGITS = 15
#: the format's own bound on the characters of a cell
LONGEST_TEXT = 32_767
A4 = 9

FONT = "Microsoft YaHei"
INK, QUIET, ACCENT, WASH, RULE = "#1B2530", "#5D6874", "#0C4A6E", "#F4F6F8", "#AAB3BC"
CHART_COLOURS = {"booked": "#B9D7E6", "used": ACCENT}

Value = str | int | Decimal | None


@dataclass(frozen=True)
class As:
    """A value that wears another look than its column."""

    value: Value
    look: str


@dataclass(frozen=True)
class Column:
    """A column: its head, the look of its values (one of `LOOKS`), its width in letters."""

    head: str
    look: str
    width: int


LOOKS: dict[str, dict[str, Any]] = {
    "text": {"num_format": "@"},
    "prose": {"num_format": "@", "text_wrap": True},
    "count": {"num_format": "#,##0"},
    "hours": {"num_format": "#,##0.00"},
    "ratio": {"num_format": "0.00%"},
    "area": {"num_format": "#,##0.00##"},
    "yuan": {"num_format": "#,##0.00"},
}
PROSE = ("text", "prose")


def hours(seconds: int) -> Decimal:
    """Seconds as hours, for reading and charts; the exact seconds stand in a column beside them."""
    return Decimal(seconds) / 3600


def yuan_number(fen: int | None) -> Decimal | None:
    """An amount in 元 as a number; exact."""
    return None if fen is None else Decimal(fen) / 100


def ratio_number(ratio: str | None) -> Decimal | None:
    return None if ratio is None else Decimal(ratio)


class Sheet:
    """One sheet, filled from the top: tables of columns, or a single cell at a time."""

    def __init__(self, book: "Workbook", sheet: Any) -> None:
        self._book = book
        self.raw = sheet
        self.row = 0

    def put(self, row: int, column: int, value: Value | As, look: str, **more: Any) -> None:
        """Write one value. `None` is a dash; a number too long for a spreadsheet is written as its digits."""
        if isinstance(value, As):
            look = value.look
            value = value.value
        if look == "area" and not isinstance(value, str) and value is not None and value == int(value):
            look = "count"
        if value is None:
            value, more = NONE, {**more, "align": "right"}
        elif not isinstance(value, str) and len(Decimal(value).as_tuple().digits) > MOST_DIGITS and look != "hours":
            value, more = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}", {**more, "align": "right"}
        if isinstance(value, str):
            text = plain_text(value)
            text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
            self.raw.write_string(row, column, text, self._book.style(look, **more))
        else:
            self.raw.write_number(row, column, value, self._book.style(look, **more))

    def title(self, text: str) -> None:
        """A line in large letters, and an empty row below."""
        self.put(self.row, 0, text, "text", bold=True, font_size=14, font_color=ACCENT)
        self.row += 2

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Value | As]],
        total: Sequence[Value] | None = None,
        *,
        alone: bool = True,
    ) -> tuple[int, int]:
        """A table from the current row: head, rows, total. Returns the first and the last row of its values.

        `alone`: the sheet holds nothing else, so its head stays in sight, repeats in print and filters.
        """
        head = self.row
        for index, column in enumerate(columns):
            self.raw.set_column(index, index, column.width)
            align = "left" if column.look in PROSE else "right"
            self.put(
                head, index, column.head, "prose", bold=True, font_color=QUIET, bottom=2, align=align, valign="bottom"
            )
        self.row += 1
        for values in rows:
            for index, (column, value) in enumerate(zip(columns, values, strict=True)):
                self.put(self.row, index, value, column.look)
            self.row += 1
        last = self.row - 1
        if alone and last > head:
            self.raw.autofilter(head, 0, last, len(columns) - 1)
        if total is not None:
            for index, (column, value) in enumerate(zip(columns, total, strict=True)):
                self.put(self.row, index, value, column.look, bold=True, top=1, bg_color=WASH)
            self.row += 1
        if alone:
            self.raw.freeze_panes(head + 1, 1)
            self.raw.repeat_rows(head)
        return head + 1, last


class Workbook:
    """A workbook in memory, its properties fixed: `created` (aware) is the only time it holds."""

    def __init__(self, *, title: str, created: datetime, digest: str) -> None:
        self._bytes = BytesIO()
        self._digest = digest
        self._styles: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.raw = xlsxwriter.Workbook(
            self._bytes,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        self.raw.set_properties(
            {
                "title": plain_text(title)[:200],
                "author": "Shared Base",
                "comments": f"SHA-256 {digest}",
                "created": created.astimezone(UTC).replace(tzinfo=None),
            }
        )

    def style(self, look: str, **more: Any) -> Any:
        """The format of a look; each is made once."""
        properties = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "top", **LOOKS[look], **more}
        key = tuple(sorted(properties.items()))
        if key not in self._styles:
            self._styles[key] = self.raw.add_format(properties)
        return self._styles[key]

    def sheet(self, name: str, *, landscape: bool = False) -> Sheet:
        """A new sheet, set up for A4: one page wide, its head repeated, the digest and page numbers at the foot."""
        raw = self.raw.add_worksheet(name)
        raw.set_paper(A4)
        if landscape:
            raw.set_landscape()
        raw.fit_to_pages(1, 0)
        raw.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        raw.set_footer(f"&L&7SHA-256 {self._digest}&R&8&P / &N")
        raw.hide_gridlines(2)
        return Sheet(self, raw)

    def close(self) -> bytes:
        """The bytes; nothing more can be written."""
        self.raw.close()
        return self._bytes.getvalue()


def width_of(texts: Iterable[str], *, least: int = 8, most: int = 48) -> int:
    """A column width that holds `texts`, a Chinese character counting two, within bounds."""
    widest = max(
        (sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text) for text in texts),
        default=0,
    )
    return min(most, max(least, widest + 2))
