"""What a measurement found: lines for the table that people read, and the same as JSON."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One figure: ours, what stands beside it, their ratio, the goal and whether it was met (None: there is none)."""

    what: str
    ours: str
    beside: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = {None: "", True: "✓", False: "✗"}[self.met]
        return self.what, self.ours, self.beside, ratio, f"{self.goal} {verdict}".strip()

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}


HEADINGS = ("figure", "ours", "beside it", "ratio", "goal")


def table(lines: Sequence[Line]) -> str:
    """The lines under headings, columns aligned; Chinese signs are two columns wide."""
    rows = [HEADINGS, *(line.cells() for line in lines)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADINGS))]
    rule = "  ".join("-" * width for width in widths)
    written = [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)) for row in rows
    ]
    return "\n".join(line.rstrip() for line in (written[0], rule, *written[1:]))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
