"""What the printed claim says: the claim's JSON, every figure written out and tied to its evidence by an anchor."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared_base.core.money import yuan
from shared_base.occupancy.documents.figures import NONE, area, shortened
from shared_base.occupancy.documents.words import Words
from shared_base.subsidies.documents.capital_amount import capital_amount
from shared_base.subsidies.documents.names import ClaimFigures, ClaimNames, LineEvidence, Payment

Document = Mapping[str, Any]
#: a cell of a table: its text, and optionally `sub` (small, below), `to` (leads to an anchor), `anchor`, `alarm`
Cell = dict[str, Any]
#: the step of the explanation that computes one line; all others run over the whole claim
LINE_STEP = "line"
#: how the source's clauses are joined where a step rests on several
CLAUSE_JOIN = "；"
#: how a step cites a rule that all policies share
GENERAL_RULE = re.compile(r"测算口径 ([1-5])")


def said(row: Document, key: str, words: Words) -> str:
    """A sentence of a claim in the reader's language: `why` in Chinese, `why_en` in English beside it."""
    return str(row[key if words.language == "zh" else f"{key}_en"])


def claim_page(claim: Document, names: ClaimNames, figures: ClaimFigures, words: Words) -> dict[str, Any]:
    """The whole page as JSON for `templates/subsidies/claim.typ`."""
    policy = shortened(names["policy"]["zh" if words.language == "zh" else "en"], 80)
    tenant = shortened(names["tenant"], 60)
    return {
        "language": words.language,
        "words": words.texts(),
        "title": f"{words('title')} {claim['code']} {tenant}",
        "running": f"{words('title')}　{claim['code']}　{shortened(names['tenant'], 30)}",
        "revision": words("period") + " " + claim["period"],
        "digest": claim["digest"],
        "banner": banner(claim["assumptions"], words),
        "cover": cover(claim, policy, tenant, words),
        "figures": five_figures(claim, figures, words),
        "assumptions": assumption_rows(claim, words),
        "steps": step_rows(claim["explanation"], names, words),
        "line_steps": unpaired_line_steps(claim, names, words),
        "lines": line_rows(claim["lines"], names, words),
        "excluded": excluded_rows(claim["excluded"], names, words),
        "declarations": declaration_rows(claim["declarations"], words),
        "warnings": warning_rows(claim["warnings"], words),
        "evidence": evidence_blocks(claim, names, words),
        "clauses": clauses_cited(names),
        "general_rules": general_rules(words),
    }


def banner(assumptions: Mapping[str, str], words: Words) -> str | None:
    """The line on every page of a claim that rests on assumptions; `None` without any."""
    if not assumptions:
        return None
    listed = shortened("；".join(f"{name} = {value}" for name, value in assumptions.items()), 90)
    if len(assumptions) == 1:
        return words("assumption_banner", list=listed)
    return words("assumptions_banner", count=len(assumptions), list=listed)


def assumption_rows(claim: Document, words: Words) -> list[dict[str, str]]:
    """Each assumption, with the sentence in which the claim itself explains it."""
    explained = {row["subject"]: said(row, "text", words) for row in claim["warnings"] if row["code"] == "assumption"}
    return [
        {"name": f"{name} = {value}", "why": explained.get(name, "")} for name, value in claim["assumptions"].items()
    ]


def policy_facts(policy: Document, words: Words) -> list[list[str]]:
    """Which policy, in which version, from which text, and how near that text is to the bureau's own."""
    source = policy["source"]
    basis = words.known(f"basis_{source['basis']}", source["basis"])
    return [
        [words("policy_version"), f"{policy['id']} · {policy['version']}"],
        [words("source"), f"{source['title']}　{source['document']}"],
        [words("basis"), words("estimate") if source["estimate"] else basis],
        [words("parameters_digest"), source["parameters_digest"]],
    ]


def cover(claim: Document, policy: str, tenant: str, words: Words) -> dict[str, Any]:
    """Who claims what for when, and the amount in figures and in capitals."""
    return {
        "tenant": tenant,
        "policy": policy,
        "facts": [
            [words("claim_code"), claim["code"]],
            [words("uscc"), claim["tenant"]],
            [words("period"), claim["period"]],
            [words("as_of"), claim["as_of"]],
        ],
        "policy_facts": policy_facts(claim["policy"], words),
        "amount": f"¥ {yuan(claim['computed_fen'])}",
        "capitals": capital_amount(claim["computed_fen"]),
    }


def five_figures(claim: Document, figures: ClaimFigures, words: Words) -> list[dict[str, Any]]:
    """Computed, claimed, approved, paid out, clawed back: side by side and never one for another."""
    amounts = {
        "computed": claim["computed_fen"],
        "claimed": figures.claimed_fen,
        "approved": figures.approved_fen,
        "paid": figures.paid_fen,
        "clawed_back": figures.clawed_back_fen,
    }
    return [
        {"name": words(name), "value": NONE if fen is None else yuan(fen), "known": fen is not None}
        for name, fen in amounts.items()
    ]


def line_anchor(index: int) -> str:
    return f"evidence-{index}"


def clauses_cited(names: ClaimNames) -> list[dict[str, Any]]:
    """The appendix of clauses: the source's own, each once with all its quotes, then the general rules."""
    quoted: dict[str, list[str]] = {}
    sources: dict[str, str] = {}
    for note in names["clauses"]:
        texts = quoted.setdefault(note["clause"], [])
        sources.setdefault(note["clause"], note.get("source", ""))
        # a quote that is part of a longer one of the same clause says nothing more
        if note["text"] and not any(note["text"] in other for other in texts):
            texts[:] = [other for other in texts if other not in note["text"]] + [note["text"]]
    return [
        {"anchor": f"clause-{index}", "clause": clause, "texts": texts, "source": sources[clause]}
        for index, (clause, texts) in enumerate(quoted.items())
    ]


def general_rules(words: Words) -> list[dict[str, str]]:
    """The five rules that all policies share, as the steps cite them."""
    return [
        {
            "anchor": f"rule-{number}",
            "clause": words("general_rule", number=number),
            "text": words(f"rule_{number}"),
        }
        for number in range(1, 6)
    ]


def clause_parts(clause: str, names: ClaimNames, words: Words) -> list[Cell]:
    """The clauses of a step, each leading to its text where it was supplied."""
    known = {note["clause"]: note["anchor"] for note in clauses_cited(names)}
    parts: list[Cell] = []
    for part in clause.split(CLAUSE_JOIN):
        general = GENERAL_RULE.fullmatch(part)
        if general:
            parts.append({"text": words("general_rule", number=general[1]), "to": f"rule-{general[1]}"})
        elif part:
            parts.append({"text": part, "to": known.get(part)})
    return parts


def step_rows(explanation: Sequence[Document], names: ClaimNames, words: Words) -> list[dict[str, Any]]:
    """The steps over the whole claim, with bars on one scale: the figure after, and what the step took off."""
    steps = [step for step in explanation if step["step"] != LINE_STEP]
    top = max((abs(step[key]) for step in steps for key in ("before_fen", "after_fen")), default=0) or 1
    return [
        {
            "number": str(number),
            "step": words.known(f"step_{step['step']}", str(step["step"])),
            "clauses": clause_parts(step["clause"], names, words),
            "before": yuan(step["before_fen"]),
            "after": yuan(step["after_fen"]),
            "changed": step["before_fen"] != step["after_fen"],
            "why": said(step, "why", words),
            "kept": min(step["before_fen"], step["after_fen"]) * 1000 // top,
            "cut": max(0, step["before_fen"] - step["after_fen"]) * 1000 // top,
        }
        for number, step in enumerate(steps, start=1)
    ]


def _line_step(step: Document, names: ClaimNames, words: Words) -> dict[str, Any]:
    return {
        "clauses": clause_parts(step["clause"], names, words),
        "before": yuan(step["before_fen"]),
        "after": yuan(step["after_fen"]),
        "why": said(step, "why", words),
    }


def line_steps(claim: Document) -> list[Document]:
    """The steps that compute single lines. One a line, they stand in the lines' order."""
    return [step for step in claim["explanation"] if step["step"] == LINE_STEP]


def paired(claim: Document) -> bool:
    return len(line_steps(claim)) == len(claim["lines"])


def unpaired_line_steps(claim: Document, names: ClaimNames, words: Words) -> list[dict[str, Any]]:
    """The line steps as a table of their own, where they cannot be printed with the evidence of their lines."""
    return [] if paired(claim) else [_line_step(step, names, words) for step in line_steps(claim)]


def lease_cell(ref: str, names: ClaimNames) -> Cell:
    """A lease's ref with its base below."""
    lease = names["leases"].get(ref)
    return {"text": shortened(ref, 40), "sub": shortened(lease["base_name"], 60)} if lease else {"text": ref}


def line_rows(lines: Sequence[Document], names: ClaimNames, words: Words) -> dict[str, Any]:
    """One row a line; its amount leads to its evidence."""
    keys = ("due_fen", "paid_fen", "eligible_fen", "amount_fen")
    return {
        "rows": [
            [
                lease_cell(line["lease"], names),
                {"text": line["month"], "anchor": f"line-{index}"},
                *({"text": yuan(line[key])} for key in keys[:-1]),
                {"text": yuan(line["amount_fen"]), "to": line_anchor(index)},
            ]
            for index, line in enumerate(lines)
        ],
        "total": [
            {"text": words("total")},
            {"text": ""},
            *({"text": yuan(sum(line[key] for line in lines))} for key in keys),
        ],
    }


def excluded_rows(excluded: Sequence[Document], names: ClaimNames, words: Words) -> list[list[Cell]]:
    return [
        [lease_cell(row["lease"], names), {"text": row["month"]}, {"text": said(row, "why", words)}] for row in excluded
    ]


def declaration_rows(declarations: Sequence[Document], words: Words) -> list[list[Cell]]:
    """Each declared condition, its clause and who declared it."""
    return [
        [
            {"text": said(row, "text", words), "sub": row["condition"]},
            {"text": row["clause"]},
            {"text": shortened(row["declared_by"])},
        ]
        for row in declarations
    ]


def warning_rows(warnings: Sequence[Document], words: Words) -> list[list[Cell]]:
    """Kind, subject and sentence of each warning."""
    return [
        [
            {"text": words.known(f"warning_{row['code']}", row["code"]), "sub": row["code"]},
            {"text": shortened(row["subject"])},
            {"text": said(row, "text", words)},
        ]
        for row in warnings
    ]


def fee_counts(claim: Document) -> bool:
    """Whether the policy includes the property fee: the explanation then has a step for it."""
    return any(step["step"] == "property_fee" for step in claim["explanation"])


def payment_remark(payment: Payment, claim: Document, words: Words) -> str | None:
    """Why a payment is not simply counted: after the cut-off, of a kind that does not count, or a correction."""
    if payment["paid_on"] > claim["as_of"]:
        return words("after_cut_off")
    if payment["kind"] != "rent" and not (payment["kind"] == "property_fee" and fee_counts(claim)):
        return words("kind_out")
    return words("red_letter") if payment["amount_fen"] < 0 else None


def _payment_row(payment: Payment, claim: Document, words: Words) -> list[Cell]:
    remark = payment_remark(payment, claim, words)
    return [
        {"text": shortened(payment["ref"], 60)},
        {"text": payment["paid_on"]},
        {"text": words.known(f"kind_{payment['kind']}", shortened(payment["kind"], 40)), "sub": remark},
        {"text": payment["invoice_no"] or NONE},
        {"text": yuan(payment["amount_fen"]), "alarm": payment["amount_fen"] < 0},
    ]


def evidence_by_line(names: ClaimNames) -> dict[tuple[str, str], LineEvidence]:
    """The evidence by lease and month."""
    return {(item["lease"], item["month"]): item for item in names["evidence"]}


def evidence_blocks(claim: Document, names: ClaimNames, words: Words) -> list[dict[str, Any]]:
    """A block a line: the report's row of the lease, and every payment for the month."""
    by_line = evidence_by_line(names)
    steps = line_steps(claim) if paired(claim) else [None] * len(claim["lines"])
    blocks: list[dict[str, Any]] = []
    for index, (line, step) in enumerate(zip(claim["lines"], steps, strict=True)):
        item = by_line.get((line["lease"], line["month"]))
        block: dict[str, Any] = {
            "anchor": line_anchor(index),
            "back": f"line-{index}",
            "heading": f"{shortened(line['lease'], 40)}　{line['month']}",
            "amount": words("line_amount", amount=yuan(line["amount_fen"])),
            "step": _line_step(step, names, words) if step else None,
            "report_digest": line["report_digest"],
            "facts": [],
            "payments": [],
            "found": item is not None,
        }
        if item is not None:
            block["facts"] = _evidence_facts(line, item, names, words)
            block["payments"] = [_payment_row(payment, claim, words) for payment in item["payments"]]
        blocks.append(block)
    return blocks


def _evidence_facts(line: Document, item: LineEvidence, names: ClaimNames, words: Words) -> list[list[str]]:
    """What the frozen report says of the lease, as label and value."""
    lease = names["leases"].get(item["lease"])
    revision = words("revision_number", number=line["report_revision"])
    facts = [[words("report"), f"{line['base']} {line['month']}　{revision}"]]
    if lease:
        facts.append([words("base"), shortened(lease["base_name"], 60)])
        if lease.get("spaces"):
            facts.append([words("spaces"), shortened(lease["spaces"], 60)])
    return [
        *facts,
        [words("area_m2"), area(item["area_m2"])],
        [words("days"), f"{item['days_in_force']} / {item['payable_days']} / {item['days_of_month']}"],
        [words("rent_due"), yuan(item["rent_due_fen"])],
        [words("property_fee_due"), yuan(item["property_fee_due_fen"])],
    ]
