"""政策: every parameter with its date, its source and its clause."""

from typing import Any

from flask import Blueprint, render_template

from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.http.guards import allow
from shared_base.http.language import locale_code
from shared_base.subsidies.policies import Policy, shipped_policies
from shared_base.web.subsidies.figures import parameter, summary, written

bp = Blueprint("policies", __name__, url_prefix="/policies")

ROLES = ("operator", "tenant_owner", "reviewer")


def language() -> str:
    """The language key of bilingual texts and documents: `zh` or `en`."""
    return "en" if locale_code() == "en" else "zh"


def policy_or_404(policy_id: str) -> Policy:
    policies = shipped_policies()
    if policy_id not in policies.by_id:
        raise NotFound(N_("There is no such policy; choose one from the list."))
    return policies.get(policy_id)


def cited_values(policy: Policy) -> list[dict[str, Any]]:
    """The dated values of every parameter, as rows of a table."""
    return [
        {"name": parameter(name), "text": written(value), "stated": value, "source": policy.sources[value.source]}
        for name, values in policy.parameters
        for value in values
    ]


@bp.get("/")
@allow(*ROLES)
def index() -> str:
    policies = [(policy, summary(policy)) for policy in shipped_policies()]
    return render_template("subsidies/policies.html", policies=policies, lang=language())


@bp.get("/<policy_id>")
@allow(*ROLES)
def show(policy_id: str) -> str:
    policy = policy_or_404(policy_id)
    return render_template(
        "subsidies/policy.html", policy=policy, values=cited_values(policy), lang=language(),
        several_sources=len(policy.sources) > 1,
    )  # fmt: skip
