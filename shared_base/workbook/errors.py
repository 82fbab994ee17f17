"""What is wrong with a workbook, cell by cell, and the refusal that carries it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_, fill
from shared_base.workbook.texts import shown

Translate = Callable[[str], str]


@dataclass(frozen=True)
class CellError:
    """One thing to mend. `sheet` and `column` are written as the file writes them; `row` counts as a spreadsheet does.

    `message` and `expected` are English templates over `values`; a text without a place in a row (a missing column,
    a foreign sheet) has no `row`.
    """

    sheet: str
    row: int | None
    column: str | None
    message: str
    expected: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sheet", shown(self.sheet))
        if self.column is not None:
            object.__setattr__(self, "column", shown(self.column))

    def what(self, translate: Translate | None = None) -> str:
        """What is wrong, in the reader's language."""
        return fill(translate(self.message) if translate else self.message, dict(self.values))

    def wanted(self, translate: Translate | None = None) -> str:
        """What is expected there, in the reader's language; empty when the message says it all."""
        if self.expected is None:
            return ""
        return fill(translate(self.expected) if translate else self.expected, dict(self.values))

    def line(self, translate: Translate | None = None) -> str:
        """Place, fault and remedy in one line: `bookings, row 5, start: … (expected: …)`."""
        say = translate or str
        place = [self.sheet]
        if self.row is not None:
            place.append(fill(say(N_("row %(row)s")), {"row": self.row}))
        if self.column is not None:
            place.append(self.column)
        fault = self.what(translate)
        if wanted := self.wanted(translate):
            values = {"fault": fault.rstrip(".。"), "wanted": wanted}
            fault = fill(say(N_("%(fault)s (expected: %(wanted)s)")), values)
        return f"{', '.join(place)}: {fault}"

    def as_json(self, translate: Translate | None = None) -> dict[str, Any]:
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "message": self.what(translate),
            "expected": self.wanted(translate) or None,
        }


class WorkbookUnreadable(Invalid):
    """The file or folder as a whole cannot be read: not a workbook, damaged, too large, in another encoding."""

    type = "workbook-unreadable"
    title = N_("The workbook cannot be read")


class WorkbookInvalid(Invalid):
    """The workbook was read and has errors; nothing was imported. `errors` lists them, `more` says the list was cut."""

    type = "workbook-invalid"
    title = N_("The workbook has errors")

    def __init__(self, errors: Sequence[CellError], *, more: bool = False) -> None:
        assert errors, "a refusal names at least one error"
        self.errors = tuple(errors)
        self.more = more
        if more:
            message = N_("The workbook has %(count)s errors and more; nothing was imported. The first is: %(first)s")
        else:
            message = N_("The workbook has errors (%(count)s); nothing was imported. The first is: %(first)s")
        super().__init__(
            message,
            extra={"errors": [error.as_json() for error in self.errors], "more_errors": more},
            count=len(self.errors),
            first=self.errors[0].line(),
        )

    def text(self, translate: Any = None) -> str:
        """The refusal with its first error, both in the reader's language."""
        values = {**self.values, "first": self.errors[0].line(translate)}
        return fill(translate(self.message) if translate else self.message, values)
