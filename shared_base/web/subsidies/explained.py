"""A claim's explanation for a page: steps over the whole claim, lines with what lies behind each, clauses by anchor."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from shared_base.occupancy.documents.words import Words
from shared_base.subsidies.documents import page
from shared_base.subsidies.documents.phrases import CLAIM


class Explained:
    """One claim's document and names in one language of the documents (`zh` or `en`), as its page shows them."""

    def __init__(self, document: Mapping[str, Any], names: Any, language: str) -> None:
        self.document = document
        self.names = names
        self.words = Words(CLAIM, language)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps over the whole claim; the lines' own stand with the lines."""
        return page.step_rows(self.document["explanation"], self.names, self.words)

    @property
    def unpaired(self) -> list[dict[str, Any]]:
        """Line steps that belong to no single line (a month's lines limited together)."""
        return page.unpaired_line_steps(self.document, self.names, self.words)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line with the frozen row and payments behind it, and how it was computed."""
        evidence = {(row["lease"], row["month"]): row for row in self.names["evidence"]}
        steps = page.line_steps(self.document) if page.paired(self.document) else []
        return [
            {
                **line,
                "behind": evidence.get((line["lease"], line["month"])),
                "why": page.said(steps[at], "why", self.words) if steps else None,
            }
            for at, line in enumerate(self.document["lines"])
        ]

    @property
    def clauses(self) -> list[dict[str, Any]]:
        """The source's clauses and the rules common to all policies, those that the steps cite."""
        cited = {part.get("to") for step in (*self.steps, *self.unpaired) for part in step["clauses"]}
        own = [{**clause, "texts": clause["texts"]} for clause in page.clauses_cited(self.names)]
        common = [{**rule, "texts": [rule["text"]], "source": ""} for rule in page.general_rules(self.words)]
        return [clause for clause in (*own, *common) if clause["anchor"] in cited]

    @property
    def warnings(self) -> list[dict[str, str]]:
        """What a reader must know, but for the assumptions, which stand above all."""
        return [
            {
                "kind": self.words.known(f"warning_{row['code']}", row["code"]),
                "subject": row["subject"],
                "text": page.said(row, "text", self.words),
            }
            for row in self.document["warnings"]
            if row["code"] != "assumption"
        ]

    @property
    def assumptions(self) -> list[dict[str, str]]:
        return page.assumption_rows(self.document, self.words)

    @property
    def waterfall(self) -> dict[str, Any]:
        """From the rent due to the amount computed: the steps that change the figure, in yuan."""
        explanation = [step for step in self.document["explanation"] if step["step"] != page.LINE_STEP]
        if not explanation:
            return {"unit": _("yuan"), "steps": []}
        first, last = explanation[0]["before_fen"], self.document["computed_fen"]
        changing = [step for step in explanation if step["before_fen"] != step["after_fen"]]
        bars = [
            (_("Rent due"), first, first),
            *(
                (self.words.known(f"step_{step['step']}", step["step"]), step["before_fen"], step["after_fen"])
                for step in changing
            ),
            (_("Computed"), last, last),
        ]
        return {
            "unit": _("yuan"),
            "steps": [{"label": label, "before": before / 100, "after": after / 100} for label, before, after in bars],
        }
