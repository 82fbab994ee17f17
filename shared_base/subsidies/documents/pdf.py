"""The claim as a PDF: every figure opens down to its step, clause, frozen report, lease and payments."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared_base.core.periods import parse_date
from shared_base.core.typst import compile_pdf
from shared_base.occupancy.documents.intact import require_intact
from shared_base.occupancy.documents.words import Words
from shared_base.subsidies.documents.names import ClaimFigures, ClaimNames
from shared_base.subsidies.documents.page import claim_page
from shared_base.subsidies.documents.phrases import CLAIM

TEMPLATE = "subsidies/claim.typ"


def document_date(claim: Mapping[str, Any]) -> datetime:
    """The date that a claim's documents bear: its cut-off, at midnight UTC. A claim's bytes hold no other time."""
    return datetime.combine(parse_date(claim["as_of"]), datetime.min.time(), UTC)


def claim_pdf(
    claim: Mapping[str, Any], names: ClaimNames, *, figures: ClaimFigures | None = None, language: str = "zh"
) -> bytes:
    """The A4 PDF of a built claim in `language` (`zh` or `en`); the same input gives the same bytes.

    `figures`: what became of the amount; without it only the computed one is known. Raises `Conflict` where the claim
    does not match its own digest, `Invalid` for another language.
    """
    require_intact(claim)
    page = claim_page(claim, names, figures or ClaimFigures(), Words(CLAIM, language))
    return compile_pdf(TEMPLATE, page, created=document_date(claim))
