"""The printed claim: every figure opens down to its step, clause, report, lease and payments."""

import copy
from io import BytesIO
from typing import Any

import pypdf
import pytest

from shared_base.core.errors import Conflict
from shared_base.occupancy.documents.words import Words
from shared_base.subsidies.documents.clauses import quoted_clauses
from shared_base.subsidies.documents.names import ClaimFigures
from shared_base.subsidies.documents.page import LINE_STEP, claim_page, clause_parts, clauses_cited, payment_remark
from shared_base.subsidies.documents.pdf import TEMPLATE, claim_pdf
from shared_base.subsidies.documents.phrases import CLAIM
from shared_base.subsidies.policies import shipped_policies
from tests.unit.documents import samples
from tests.unit.documents.golden import assert_golden
from tests.unit.documents.pixels import pictures

ZH = Words(CLAIM, "zh")


def figures(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def link_targets(pdf: bytes) -> list[tuple[int, int]]:
    """Each link of the document: the page it stands on and the page it leads to."""
    reader = pypdf.PdfReader(BytesIO(pdf))
    number = {
        page.indirect_reference.idnum: index for index, page in enumerate(reader.pages) if page.indirect_reference
    }
    links = []
    for index, page in enumerate(reader.pages):
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            assert link["/Subtype"] == "/Link"
            target = link["/Dest"] if "/Dest" in link else link["/A"]["/D"]
            if not isinstance(target, pypdf.generic.ArrayObject):
                target = reader.named_destinations[str(target)].dest_array
            links.append((index, number[target[0].idnum]))
    return links


def hostile_claim() -> tuple[dict[str, Any], Any]:
    """A claim whose every text of a person is hostile and long."""
    claim, names = samples.claim("guangming")
    typed = " ".join(samples.HOSTILE) + samples.UNBROKEN
    names |= {"tenant": typed, "policy": {"zh": typed, "en": typed}}
    names["clauses"].append({"clause": typed, "text": "长" * 4000, "source": typed})
    for item in names["evidence"]:
        for payment in item["payments"]:
            payment |= {"ref": samples.UNBROKEN, "invoice_no": "9" * 120, "kind": typed}
    for lease in names["leases"].values():
        lease |= {"base_name": typed, "spaces": samples.UNBROKEN}
    claim["assumptions"] |= {"x" * 90: "9" * 50}
    claim["declarations"][0] |= {"declared_by": typed, "clause": samples.UNBROKEN}
    claim["excluded"] = [{"lease": "HRB-L01", "month": "2025-01", "why": typed * 3, "why_en": typed * 3}]
    claim["explanation"][0] |= {"why": typed * 3, "why_en": typed * 3, "step": samples.UNBROKEN}
    claim["warnings"][0] |= {"subject": samples.UNBROKEN, "text": typed, "text_en": typed}
    return samples.changed(claim), names


@pytest.mark.parametrize(("name", "language"), [("nanshan", "zh"), ("guangming", "en"), ("operator", "zh")])
def test_claim_reads_as_its_golden_text(name: str, language: str) -> None:
    claim, names = samples.claim(name)
    assert_golden(claim_pdf(claim, names, language=language), f"claim-{name}.{language}.txt")


def test_the_amount_stands_in_figures_and_in_chinese_capitals_in_both_languages() -> None:
    claim, names = samples.claim("nanshan")
    for language in ("zh", "en"):
        first = samples.pages(claim_pdf(claim, names, language=language))[0]
        assert "¥ 565,364.03" in first
        assert "伍拾陆万伍仟叁佰陆拾肆元零叁分" in first


def test_computed_claimed_approved_paid_and_clawed_back_stand_apart() -> None:
    claim, names = samples.claim("guangming")
    only_computed = samples.pages(claim_pdf(claim, names))[0].replace("\n", " ")
    assert "测算 300,000.00 申报 — 尚无 核定 — 尚无 拨付 — 尚无 追回 — 尚无" in only_computed
    later = ClaimFigures(claimed_fen=29_999_900, approved_fen=28_000_000, paid_fen=27_000_000, clawed_back_fen=0)
    all_five = samples.pages(claim_pdf(claim, names, figures=later))[0].replace("\n", " ")
    assert "测算 300,000.00 申报 299,999.00 核定 280,000.00 拨付 270,000.00 追回 0.00" in all_five


def test_every_page_of_a_claim_that_rests_on_an_assumption_says_so() -> None:
    claim, names = samples.claim("nanshan")
    for language, sentence in {
        "zh": "本测算以下列假设为前提：rate = 0.5",
        "en": "This claim rests on the assumption rate = 0.5",
    }.items():
        pages = samples.pages(claim_pdf(claim, names, language=language))
        assert len(pages) > 5
        assert all(sentence in page for page in pages)
    text = samples.text_of(claim_pdf(*samples.claim("guangming")))
    assert "为前提" not in text
    assert CLAIM["no_assumptions"][0] in text


def test_every_step_is_printed_with_its_figures_and_its_reason() -> None:
    claim, names = samples.claim("guangming")
    text = samples.text_of(claim_pdf(claim, names)).replace("\n", "").replace(" ", "")
    for step in claim["explanation"]:
        assert step["why"].replace(" ", "") in text
        if step["step"] != LINE_STEP:
            assert f"{figures(step['before_fen'])}{figures(step['after_fen'])}" in text


def test_line_steps_without_lines_of_their_own_are_printed_in_a_table() -> None:
    claim, names = samples.claim("guangming")
    claim["explanation"].append(dict(claim["explanation"][-1], step=LINE_STEP, why="多出的一行"))
    text = samples.text_of(claim_pdf(samples.changed(claim), names))
    assert CLAIM["line_steps"][0] in text
    assert "多出的一行" in text


def test_every_line_opens_to_its_report_lease_payments_and_clauses() -> None:
    claim, names = samples.claim("nanshan")
    pdf = claim_pdf(claim, names)
    text = samples.text_of(pdf)
    for line in claim["lines"]:
        assert line["report_digest"] in text
        assert f"{line['base']} {line['month']} 第 {line['report_revision']} 版" in text
    for item in names["evidence"]:
        for payment in item["payments"]:
            assert payment["ref"] in text
            assert payment["invoice_no"] in text
            assert figures(payment["amount_fen"]) in text
    for clause in names["clauses"]:
        assert clause["text"].replace(" ", "") in text.replace("\n", "").replace(" ", "")


def test_figures_link_to_their_evidence_and_steps_to_their_clauses_and_back() -> None:
    claim, names = samples.claim("nanshan")
    pdf = claim_pdf(claim, names)
    pages = samples.pages(pdf)
    links = link_targets(pdf)
    clauses = next(index for index, page in enumerate(pages) if "附录二 条款原文" in page)
    evidence = next(index for index, page in enumerate(pages) if "附录一 逐行证据" in page)
    to_evidence = [(start, end) for start, end in links if start < evidence <= end < clauses]
    back = [(start, end) for start, end in links if end < evidence <= start]
    assert len(to_evidence) == len(back) == len(claim["lines"])
    for (_, target), line in zip(to_evidence, claim["lines"], strict=True):
        assert f"{line['lease']} {line['month']}" in pages[target]
    steps = [step for step in claim["explanation"] if step["step"] != LINE_STEP]
    assert len([start for start, end in links if start < evidence and end >= clauses]) >= len(steps)


def test_a_step_that_cites_several_clauses_links_each_and_the_general_rules() -> None:
    _, names = samples.claim("nanshan")
    known = {note["clause"]: note["anchor"] for note in clauses_cited(names)}
    assert clause_parts("三（三）；测算口径 3；别处", names, ZH) == [
        {"text": "三（三）", "to": known["三（三）"]},
        {"text": "测算口径 3", "to": "rule-3"},
        {"text": "别处", "to": None},
    ]


def test_a_quote_within_a_longer_one_of_its_clause_is_printed_once() -> None:
    _, names = samples.claim("nanshan")
    note = next(note for note in clauses_cited(names) if note["clause"] == "三（三）")
    assert note["texts"] == [
        "给予每年最高70万元房租补贴，每家企业最多支持三年",
        "对入驻经认定的办公集聚区、直播产业园的直播企业",
    ]


def test_every_shipped_policy_yields_its_clauses_with_their_source() -> None:
    for policy in shipped_policies():
        found = quoted_clauses(policy)
        assert {note["clause"] for note in found} >= {formula.clause for formula in policy.formula}
        assert {note["clause"] for note in found} >= {condition.clause for condition in policy.conditions}
        assert all(policy.main_source.title in note["source"] for note in found if len(policy.sources) == 1)


@pytest.mark.parametrize(
    ("payment", "remark"),
    [
        ({"paid_on": "2026-10-15", "kind": "rent", "amount_fen": 100}, None),
        ({"paid_on": "2026-10-16", "kind": "rent", "amount_fen": 100}, "after_cut_off"),
        ({"paid_on": "2026-10-15", "kind": "rent", "amount_fen": -100}, "red_letter"),
        ({"paid_on": "2026-10-15", "kind": "utilities", "amount_fen": 100}, "kind_out"),
        ({"paid_on": "2026-10-15", "kind": "property_fee", "amount_fen": 100}, "kind_out"),
    ],
)
def test_a_payment_that_does_not_count_says_why(payment: Any, remark: str | None) -> None:
    claim, _ = samples.claim("nanshan")
    assert payment_remark(payment, claim, ZH) == (ZH(remark) if remark else None)


def test_a_property_fee_counts_where_the_policy_has_a_step_for_it() -> None:
    claim, _ = samples.claim("nanshan")
    claim["explanation"].append(dict(claim["explanation"][-1], step="property_fee"))
    payment: Any = {"paid_on": "2026-10-15", "kind": "property_fee", "amount_fen": 100}
    assert payment_remark(payment, claim, ZH) is None


def test_months_left_out_declarations_and_warnings_are_printed_in_the_readers_language() -> None:
    claim, names = samples.claim("nanshan")
    for language, suffix in {"zh": "", "en": "_en"}.items():
        text = samples.text_of(claim_pdf(claim, names, language=language)).replace("\n", "").replace(" ", "")
        for row in (*claim["excluded"], *claim["declarations"], *claim["warnings"]):
            sentence = row.get(f"why{suffix}") or row[f"text{suffix}"]
            assert sentence.replace(" ", "") in text
        assert claim["declarations"][0]["declared_by"] in text


def test_a_claim_in_which_nothing_counts_computes_to_zero_and_names_each_month() -> None:
    claim, names = samples.claim("operator")
    text = samples.text_of(claim_pdf(claim, names))
    assert "零元整" in text
    assert CLAIM["no_lines"][0] in text
    for row in claim["excluded"]:
        assert row["month"] in text


def test_a_line_without_evidence_says_so_rather_than_nothing() -> None:
    claim, names = samples.claim("guangming")
    missing = copy.deepcopy(names)
    missing["evidence"] = missing["evidence"][1:]
    missing["evidence"][0]["payments"] = []
    missing["clauses"] = []
    text = samples.text_of(claim_pdf(claim, missing))
    for phrase in ("no_evidence", "no_payments", "no_clauses"):
        assert text.count(CLAIM[phrase][0]) == 1


def test_what_people_typed_is_printed_as_plain_text_and_within_the_margins() -> None:
    claim, names = hostile_claim()
    text = samples.text_of(claim_pdf(claim, names)).replace("\n", "").replace(" ", "")
    for seen in (
        '#raw("boom")$x^2$*bold*',
        '=HYPERLINK("http://evil.example/","点我")',
        "竖线零[31m红",
        "𠮷野家与䶮之",
    ):
        assert seen in text
    assert not {"\x00", "\x0b", "\x1b", "\u202e", "\u200b"} & set(text)
    page = claim_page(claim, names, ClaimFigures(), ZH)
    assert all(picture.blank_beyond(left_mm=16, right_mm=16) for picture in pictures(TEMPLATE, page))


def test_amounts_of_any_size_stay_within_their_columns() -> None:
    claim, names = samples.claim("guangming")
    huge = 440_000_000_000_111
    for line in claim["lines"]:
        line |= dict.fromkeys(("due_fen", "paid_fen", "eligible_fen", "amount_fen"), huge)
    for step in claim["explanation"]:
        step |= {"before_fen": huge * 20, "after_fen": huge * 19}
    claim["computed_fen"] = huge * 20
    page = claim_page(samples.changed(claim), names, ClaimFigures(huge, huge, huge, huge), Words(CLAIM, "en"))
    assert all(picture.blank_beyond(left_mm=16, right_mm=16) for picture in pictures(TEMPLATE, page))


def test_an_altered_claim_is_not_printed() -> None:
    claim, names = samples.claim("guangming")
    with pytest.raises(Conflict, match="altered"):
        claim_pdf(claim | {"computed_fen": claim["computed_fen"] + 1}, names)
