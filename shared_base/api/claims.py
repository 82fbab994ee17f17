"""`/claims`: what a policy gives an enterprise, computed and explained."""

from datetime import date
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, url_for
from pydantic import ConfigDict, Field

from shared_base.api.conventions import Code, In, Out, Text, answers, json_response
from shared_base.api.idempotency import effect
from shared_base.core.periods import CHINA
from shared_base.http.extensions import now, session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.subsidies.actions import build_claim
from shared_base.subsidies.claim_document import read_document
from shared_base.subsidies.models import Claim
from shared_base.subsidies.policies import shipped_policies
from shared_base.subsidies.queries import claim_for

bp = APIBlueprint("api_claims", __name__, tag="Claims")


class ClaimIn(In):
    tenant: Code = Field(description="The enterprise's USCC.")
    policy: Text = Field(description="A policy's id, for example `nanshan-live-draft`.")
    period: Text = Field(description="`2026`, `2026Q3` or `2026-01/2026-06`.")
    as_of: date | None = Field(default=None, description="Last day whose payments count; default today.")
    declarations: list[Text] = Field(default=[], max_length=50, description="Conditions vouched for, or `all`.")
    assumptions: dict[Code, Text] = Field(default={}, description="Figures for what the source leaves open.")


class ClaimOut(Out):
    """A claim as it was computed: every figure opens down to report, lease, payment and clause."""

    model_config = ConfigDict(extra="allow")

    id: UUID = Field(description="The claim's id.")
    code: str = Field(description="What people say.")
    policy: dict[str, Any] = Field(description="`id`, `version` and `source`.")
    tenant: str = Field(description="The enterprise's USCC.")
    period: str = Field(description="As it was asked for.")
    as_of: date = Field(description="The last day whose payments count.")
    lines: list[dict[str, Any]] = Field(description="One a lease and month: due, paid, eligible and amount, in fen.")
    excluded: list[dict[str, Any]] = Field(description="Months that do not qualify, each with why.")
    explanation: list[dict[str, Any]] = Field(description="Every step: its clause, and the fen before and after it.")
    computed_fen: int = Field(description="What the policy gives, in fen.")
    assumptions: dict[str, str] = Field(description="Figures given for what the source leaves open.")
    declarations: list[dict[str, Any]] = Field(description="Conditions vouched for, and by whom.")
    warnings: list[dict[str, Any]] = Field(description="What a reviewer should look at.")
    digest: str = Field(description="SHA-256 of the RFC 8785 form of all else.")


@bp.post("/claims")
@allow("operator", "tenant_owner")
@bp.input(ClaimIn, arg_name="body")
@answers(201, ClaimOut, 404, 409, text="Built, and kept as a draft.")
@effect
def create(body: ClaimIn) -> Response:
    """Compute a claim from frozen reports, leases and payments."""
    at = now()
    claim = build_claim(
        session(),
        tenant_uscc=body.tenant,
        policy_id=body.policy,
        period=body.period,
        as_of=body.as_of or at.astimezone(CHINA).date(),
        declarations=body.declarations,
        assumptions=body.assumptions,
        by=current_actor(),
        at=at,
        policies=shipped_policies(),
    )
    return json_response(_claim(claim), 201, {"Location": url_for("api_claims.show", claim_id=claim.id)})


@bp.get("/claims/<uuid:claim_id>")
@allow("operator", "tenant_owner", "reviewer")
@answers(200, ClaimOut, 404)
def show(claim_id: UUID) -> Response:
    """One claim, as it was built."""
    return json_response(_claim(claim_for(session(), current_actor(), claim_id=claim_id)))


def _claim(claim: Claim) -> dict[str, Any]:
    return {"id": str(claim.id), **read_document(claim.canonical, claim.digest)}
