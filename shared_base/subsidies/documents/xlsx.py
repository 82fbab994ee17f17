"""The claim as a workbook: the same figures as its page, as numbers that can be sorted, filtered and summed again."""

from collections.abc import Mapping
from typing import Any

from shared_base.occupancy.documents.intact import require_intact
from shared_base.occupancy.documents.words import Words
from shared_base.occupancy.documents.workbook import Column, Sheet, Value, Workbook, width_of, yuan_number
from shared_base.subsidies.documents.capital_amount import capital_amount
from shared_base.subsidies.documents.names import ClaimFigures, ClaimNames
from shared_base.subsidies.documents.page import (
    assumption_rows,
    clauses_cited,
    evidence_by_line,
    general_rules,
    payment_remark,
    policy_facts,
    said,
)
from shared_base.subsidies.documents.pdf import document_date
from shared_base.subsidies.documents.phrases import CLAIM

Document = Mapping[str, Any]
AMOUNTS = ("due", "paid", "eligible", "amount")


def claim_xlsx(
    claim: Document, names: ClaimNames, *, figures: ClaimFigures | None = None, language: str = "zh"
) -> bytes:
    """The workbook of a built claim in `language` (`zh` or `en`); the same input gives the same bytes.

    Raises `Conflict` where the claim does not match its own digest, `Invalid` for another language.
    """
    require_intact(claim)
    words = Words(CLAIM, language)
    book = Workbook(title=f"{words('title')} {claim['code']}", created=document_date(claim), digest=claim["digest"])
    _overview(book.sheet(words("sheet_overview")), claim, names, figures or ClaimFigures(), words)
    _steps(book.sheet(words("sheet_steps"), landscape=True), claim, words)
    _lines(book.sheet(words("sheet_lines"), landscape=True), claim, names, words)
    _payments(book.sheet(words("sheet_payments"), landscape=True), claim, names, words)
    _excluded(book.sheet(words("sheet_excluded")), claim, words)
    _statements(book.sheet(words("sheet_statements"), landscape=True), claim, words)
    _warnings(book.sheet(words("sheet_warnings"), landscape=True), claim, words)
    _clauses(book.sheet(words("sheet_clauses"), landscape=True), claim, names, words)
    return book.close()


def _overview(sheet: Sheet, claim: Document, names: ClaimNames, figures: ClaimFigures, words: Words) -> None:
    sheet.title(f"{words('title')}　{claim['code']}")
    facts = [
        [words("claimant"), names["tenant"]],
        [words("uscc"), claim["tenant"]],
        [words("policy"), names["policy"]["zh" if words.language == "zh" else "en"]],
        *policy_facts(claim["policy"], words),
        [words("period"), claim["period"]],
        [words("as_of"), claim["as_of"]],
        *([words("assumption"), row["name"]] for row in assumption_rows(claim, words)),
        [words("digest"), claim["digest"]],
    ]
    for label, value in facts:
        sheet.put(sheet.row, 0, label, "text", font_color="#5D6874")
        sheet.put(sheet.row, 1, value, "text")
        sheet.row += 1
    sheet.row += 1
    amounts = {
        "computed": claim["computed_fen"],
        "claimed": figures.claimed_fen,
        "approved": figures.approved_fen,
        "paid": figures.paid_fen,
        "clawed_back": figures.clawed_back_fen,
    }
    sheet.table(
        [
            Column(words("item"), "text", 22),
            Column(words("yuan"), "yuan", 20),
            Column(words("fen"), "count", 20),
            Column(words("in_capitals"), "text", 52),
        ],
        [
            [words(name), yuan_number(fen), fen, None if fen is None else capital_amount(fen)]
            for name, fen in amounts.items()
        ],
        alone=False,
    )
    sheet.row += 1
    sheet.put(sheet.row, 0, words("figures_apart"), "text", font_color="#5D6874")
    sheet.put(sheet.row + 1, 0, words("verify"), "text", font_color="#5D6874")


def _steps(sheet: Sheet, claim: Document, words: Words) -> None:
    """The whole explanation in its own order, the steps of single lines included."""
    sheet.table(
        [
            Column(words("step"), "text", 18),
            Column(words("clause"), "prose", 26),
            Column(words("before"), "yuan", 16),
            Column(words("after"), "yuan", 16),
            Column(words("before_fen"), "count", 16),
            Column(words("after_fen"), "count", 16),
            Column(words("why"), "prose", 80),
        ],
        [
            [
                words.known(f"step_{step['step']}", str(step["step"])),
                step["clause"],
                yuan_number(step["before_fen"]),
                yuan_number(step["after_fen"]),
                step["before_fen"],
                step["after_fen"],
                said(step, "why", words),
            ]
            for step in claim["explanation"]
        ],
    )


def _lines(sheet: Sheet, claim: Document, names: ClaimNames, words: Words) -> None:
    heads = {"due": "due", "paid": "paid_net", "eligible": "eligible", "amount": "amount"}

    def amounts(fen: Mapping[str, int]) -> list[Value]:
        return [*(yuan_number(fen[key]) for key in AMOUNTS), *(fen[key] for key in AMOUNTS)]

    base_names = {ref: lease["base_name"] for ref, lease in names["leases"].items()}
    sheet.table(
        [
            Column(words("lease"), "text", width_of([line["lease"] for line in claim["lines"]], least=12)),
            Column(words("month_column"), "text", 10),
            Column(words("base"), "text", width_of(base_names.values(), least=14)),
            *(Column(words(heads[key]), "yuan", 15) for key in AMOUNTS),
            *(Column(words(f"{key}_fen"), "count", 15) for key in AMOUNTS),
            Column(words("revision"), "count", 8),
            Column(words("report_digest"), "text", 68),
        ],
        [
            [
                line["lease"],
                line["month"],
                base_names.get(line["lease"], line["base"]),
                *amounts({key: line[f"{key}_fen"] for key in AMOUNTS}),
                line["report_revision"],
                line["report_digest"],
            ]
            for line in claim["lines"]
        ],
        total=[
            words("total"),
            "",
            "",
            *amounts({key: sum(line[f"{key}_fen"] for line in claim["lines"]) for key in AMOUNTS}),
            "",
            "",
        ],
    )


def _payments(sheet: Sheet, claim: Document, names: ClaimNames, words: Words) -> None:
    """Every payment behind the lines; one that does not count says why."""
    evidence = evidence_by_line(names)
    rows: list[list[Value]] = []
    for line in claim["lines"]:
        item = evidence.get((line["lease"], line["month"]))
        for payment in item["payments"] if item else ():
            rows.append(
                [
                    line["lease"],
                    line["month"],
                    payment["ref"],
                    payment["paid_on"],
                    words.known(f"kind_{payment['kind']}", payment["kind"]),
                    payment["invoice_no"],
                    yuan_number(payment["amount_fen"]),
                    payment["amount_fen"],
                    payment_remark(payment, claim, words) or "",
                ]
            )
    sheet.table(
        [
            Column(words("lease"), "text", 16),
            Column(words("month_column"), "text", 10),
            Column(words("payment_ref"), "text", 20),
            Column(words("paid_on"), "text", 12),
            Column(words("kind"), "text", 12),
            Column(words("invoice"), "text", 24),
            Column(words("payment_amount"), "yuan", 16),
            Column(words("payment_fen"), "count", 16),
            Column(words("payment_remark"), "text", 28),
        ],
        rows,
    )


def _excluded(sheet: Sheet, claim: Document, words: Words) -> None:
    sheet.table(
        [
            Column(words("lease"), "text", 16),
            Column(words("month_column"), "text", 10),
            Column(words("exclusion_why"), "prose", 80),
        ],
        [[row["lease"], row["month"], said(row, "why", words)] for row in claim["excluded"]]
        or [[words("none_excluded"), "", ""]],
    )


def _statements(sheet: Sheet, claim: Document, words: Words) -> None:
    """What a person vouches for: assumptions and declarations."""
    assumptions: list[list[Value]] = [
        [words("assumption"), row["name"], row["why"], "", ""] for row in assumption_rows(claim, words)
    ]
    declarations: list[list[Value]] = [
        [words("declaration"), row["condition"], said(row, "text", words), row["clause"], row["declared_by"]]
        for row in claim["declarations"]
    ]
    sheet.table(
        [
            Column(words("statement"), "text", 12),
            Column(words("item"), "text", 26),
            Column(words("text"), "prose", 70),
            Column(words("clause"), "prose", 24),
            Column(words("declared_by"), "prose", 32),
        ],
        assumptions + declarations or [[words("no_assumptions"), "", "", "", ""]],
    )


def _warnings(sheet: Sheet, claim: Document, words: Words) -> None:
    sheet.table(
        [
            Column(words("warning_code"), "text", 24),
            Column(words("code"), "text", 24),
            Column(words("subject"), "text", 26),
            Column(words("text"), "prose", 80),
        ],
        [
            [words.known(f"warning_{row['code']}", ""), row["code"], row["subject"], said(row, "text", words)]
            for row in claim["warnings"]
        ]
        or [[words("no_warnings"), "", "", ""]],
    )


def _clauses(sheet: Sheet, claim: Document, names: ClaimNames, words: Words) -> None:
    """The source's own words, then the rules that all policies share."""
    sheet.table(
        [
            Column(words("clause"), "prose", 30),
            Column(words("text"), "prose", 90),
            Column(words("source"), "prose", 50),
        ],
        [
            *(
                [clause["clause"], " / ".join(clause["texts"]) or words("no_quote"), clause["source"]]
                for clause in clauses_cited(names)
            ),
            *([rule["clause"], rule["text"], words("general_rules")] for rule in general_rules(words)),
        ],
    )
