"""A claim as the JSON document that is stored, hashed and handed out.

Sentences are in Chinese first (`why`, `text`) with the English beside them (`why_en`, `text_en`); both are frozen with
the figures. No time of day is in it, so that the same claim under the same code always has the same bytes.
"""

import hashlib
import json
from datetime import date
from typing import Any

from shared_base.core.canonical import canonical_bytes, digest_of
from shared_base.core.money import plain
from shared_base.subsidies.policies import Policy
from shared_base.subsidies.rules import ClaimResult

SCHEMA = "shared-base/claim/1"


def claim_document(
    result: ClaimResult, *, code: str, policy: Policy, tenant: str, period: str, as_of: date
) -> dict[str, Any]:
    """The document of a computed claim. `digest` is the SHA-256 of the canonical form (RFC 8785) of all else."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "code": code,
        "policy": _policy(policy),
        "tenant": tenant,
        "period": period,
        "as_of": as_of.isoformat(),
        "lines": [
            {
                "lease": line.row.lease_ref,
                "base": line.row.base_code,
                "month": str(line.row.month),
                "due_fen": line.rent.due_fen,
                "paid_fen": line.rent.paid_fen,
                "eligible_fen": line.rent.eligible_fen,
                "amount_fen": line.amount_fen,
                "report_digest": line.row.report_digest,
                "report_revision": line.row.report_revision,
            }
            for line in result.lines
        ],
        "excluded": [
            {"lease": out.lease_ref, "month": str(out.month), "why": out.why.zh, "why_en": out.why.en}
            for out in result.excluded
        ],
        "explanation": [
            {
                "step": step.step,
                "clause": step.clause,
                "before_fen": step.before_fen,
                "after_fen": step.after_fen,
                "why": step.why.zh,
                "why_en": step.why.en,
            }
            for step in result.explanation
        ],
        "computed_fen": result.computed_fen,
        "assumptions": {name: plain(value) for name, value in sorted(result.assumptions.items())},
        "declarations": [
            {
                "condition": declaration.condition,
                "text": declaration.text.zh,
                "text_en": declaration.text.en,
                "clause": declaration.clause,
                "declared_by": declaration.declared_by,
            }
            for declaration in result.declarations
        ],
        "warnings": [
            {"code": caveat.code, "subject": caveat.subject, "text": caveat.text.zh, "text_en": caveat.text.en}
            for caveat in result.warnings
        ],
    }
    return document | {"digest": digest_of(document)}


def hashed_bytes(document: dict[str, Any]) -> bytes:
    """The exact bytes that the document's `digest` is of: what is stored."""
    return canonical_bytes({name: value for name, value in document.items() if name != "digest"})


def read_document(canonical: bytes, digest: str) -> dict[str, Any]:
    """The document from its stored bytes; they must still be those that were hashed."""
    assert hashlib.sha256(canonical).hexdigest() == digest, "the stored claim is not what was hashed"
    document: dict[str, Any] = json.loads(canonical)
    return document | {"digest": digest}


def _policy(policy: Policy) -> dict[str, Any]:
    """The policy as a claim names it: enough to find the very text and values it rested on."""
    source = policy.main_source
    return {
        "id": policy.id,
        "version": policy.version,
        "source": {
            "title": source.title,
            "document": source.document,
            "basis": source.basis,
            "estimate": policy.estimate,
            "parameters_digest": policy.digest,
        },
    }
