"""政策: every parameter with its date, its source and its clause."""

from flask import Blueprint, render_template

from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.http.guards import allow
from shared_base.subsidies.policies import Policy, shipped_policies

bp = Blueprint("policies", __name__, url_prefix="/policies")


def policy_or_404(policy_id: str) -> Policy:
    policies = shipped_policies()
    if policy_id not in policies.by_id:
        raise NotFound(N_("There is no such policy; choose one from the list."))
    return policies.get(policy_id)


def cited_values(policy: Policy) -> list[dict[str, object]]:
    """The dated values of every parameter, as rows of a table: name, value, unit, from, to, clause, quote, source."""
    rows: list[dict[str, object]] = []
    for name, values in policy.parameters:
        for value in values or ():
            stated = value.model_dump(mode="json")
            source = policy.sources[stated["source"]]
            rows.append({"name": name, "source_title": source.title, "basis": source.basis, **stated})
    return rows


@bp.get("/")
@allow("operator", "tenant_owner", "reviewer")
def index() -> str:
    return render_template("subsidies/policies.html", policies=list(shipped_policies()))


@bp.get("/<policy_id>")
@allow("operator", "tenant_owner", "reviewer")
def show(policy_id: str) -> str:
    policy = policy_or_404(policy_id)
    return render_template("subsidies/policy.html", policy=policy, values=cited_values(policy))
