"""What an import did, or would have done: counts by sheet, and what a person should look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared_base.core.i18n import N_, fill
from shared_base.workbook.errors import Translate

#: More warnings of a kind than this are counted, not listed.
MOST_WARNINGS_LISTED = 50

_TEXTS = {
    "outside_opening_hours": N_("%(ref)s uses the room outside of the opening hours of its base"),
    "across_closure": N_("%(ref)s uses the room across a closure"),
    "out_of_service": N_("%(ref)s uses the room on a day on which it is not in service"),
    "buffer_cut": N_("%(ref)s is followed by another booking before its clean-down would end"),
}
_MORE = N_("… and %(count)s more of this kind")


@dataclass(frozen=True)
class ImportWarning:
    """Something that is stored as it stands, and that a person may want to look at."""

    code: str
    sheet: str
    row: int
    ref: str

    def text(self, translate: Translate | None = None) -> str:
        template = _TEXTS[self.code]
        return fill(translate(template) if translate else template, {"ref": self.ref})


@dataclass
class Counts:
    """What happened to the rows of one sheet."""

    added: int = 0
    unchanged: int = 0
    corrected: int = 0


@dataclass
class ImportResult:
    """Counts by sheet, in the workbook's order, and warnings with how many there are of each kind."""

    dry_run: bool
    sheets: dict[str, Counts] = field(default_factory=dict)
    warnings: list[ImportWarning] = field(default_factory=list)
    warning_counts: dict[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """How many rows were added or corrected; 0 when the workbook was imported before."""
        return sum(counts.added + counts.corrected for counts in self.sheets.values())

    def warn(self, warning: ImportWarning) -> None:
        seen = self.warning_counts.get(warning.code, 0)
        self.warning_counts[warning.code] = seen + 1
        if seen < MOST_WARNINGS_LISTED:
            self.warnings.append(warning)

    def as_json(self, translate: Translate | None = None) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "sheets": {
                name: {"added": counts.added, "unchanged": counts.unchanged, "corrected": counts.corrected}
                for name, counts in self.sheets.items()
            },
            "warning_counts": self.warning_counts,
            "warnings": [
                {
                    "code": warning.code,
                    "sheet": warning.sheet,
                    "row": warning.row,
                    "ref": warning.ref,
                    "text": warning.text(translate),
                }
                for warning in self.warnings
            ],
        }

    def as_text(self, translate: Translate | None = None) -> str:
        """A line a sheet, then the warnings."""
        say = translate or str
        lines = [say(N_("Dry run: nothing was written."))] if self.dry_run else []
        template = say(N_("%(sheet)s: %(added)s added, %(corrected)s corrected, %(unchanged)s unchanged"))
        for name, counts in self.sheets.items():
            values: Mapping[str, Any] = {"sheet": name, **vars(counts)}
            lines.append(fill(template, dict(values)))
        place = say(N_("warning: %(sheet)s, row %(row)s: %(text)s"))
        for code, count in self.warning_counts.items():
            listed = [warning for warning in self.warnings if warning.code == code]
            for warning in listed:
                values = {"sheet": warning.sheet, "row": warning.row, "text": warning.text(translate)}
                lines.append(fill(place, dict(values)))
            if count > len(listed):
                lines.append(fill(say(_MORE), {"count": count - len(listed)}))
        return "\n".join(lines)
