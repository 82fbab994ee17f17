"""The clauses that a policy cites, with its source's own words, for the appendix of a claim."""

from shared_base.subsidies.documents.names import Clause
from shared_base.subsidies.parameters import Cited, Parameters
from shared_base.subsidies.policies import Policy


def quoted_clauses(policy: Policy) -> list[Clause]:
    """Every clause that the policy's formulas, parameters and conditions cite, in that order, with what it says."""
    cited: list[Cited] = [*policy.formula]
    for name in Parameters.model_fields:
        cited.extend(getattr(policy.parameters, name))
    cited.extend(policy.conditions)
    found: list[Clause] = []
    for fact in cited:
        source = policy.sources[fact.source]
        clause: Clause = {
            "clause": fact.clause,
            "text": fact.quote or "",
            "source": f"{source.title}，{source.document}",
        }
        if clause not in found:
            found.append(clause)
    return found
