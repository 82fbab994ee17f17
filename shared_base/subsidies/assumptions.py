"""What a source leaves open is never invented: the authority's figure is given with the claim, and named in it."""

from collections.abc import Mapping
from decimal import Decimal

from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.subsidies.errors import MalformedAssumption, OpenParameter, UnknownAssumption
from shared_base.subsidies.parameters import OpenOrKnown, plain_decimal, plain_share
from shared_base.subsidies.policies import Policy
from shared_base.subsidies.wording import Wording

UNITS = {
    "share": Wording("租金的比例", "share of the rent"),
    "yuan_per_m2_month": Wording("元/㎡·月", "yuan per m² and month"),
}
EXAMPLES = {"share": "0.5", "yuan_per_m2_month": "35"}


def unit_of(policy: Policy, parameter: str) -> str:
    """The unit of a parameter that the source leaves open."""
    values: tuple[OpenOrKnown, ...] = getattr(policy.parameters, parameter)
    return str(getattr(next(value for value in values if value.open), "unit"))  # noqa: B009 every open value has one


def assumed(policy: Policy, months: list[Month], given: Mapping[str, str]) -> dict[str, Decimal]:
    """The assumptions of a claim for `months`, parsed; refused if one is missing, malformed or not open."""
    open_now = policy.open_parameters(months)
    if unknown := sorted(set(given) - set(open_now)):
        raise UnknownAssumption(
            N_("%(unknown)s cannot be assumed: %(policy)s leaves open %(open)s, everything else its source states."),
            unknown=", ".join(unknown),
            policy=policy.id,
            open=", ".join(open_now) or "—",
        )
    if missing := [name for name in open_now if name not in given]:
        raise OpenParameter(
            N_("The source of %(policy)s states no %(missing)s: give the authority's figure with %(flags)s."),
            policy=policy.id,
            missing=", ".join(missing),
            flags=" ".join(f"--assume {name}={EXAMPLES[unit_of(policy, name)]}" for name in missing),
            extra={"parameters": missing},
        )
    return {name: _parsed(policy, name, text) for name, text in sorted(given.items())}


def _parsed(policy: Policy, name: str, text: str) -> Decimal:
    unit = unit_of(policy, name)
    parse = plain_share if unit == "share" else plain_decimal
    try:
        return parse(text.strip())
    except ValueError:
        message = (
            N_("%(name)s=%(text)s is not a share; write a decimal above 0 and up to 1, for example %(name)s=0.5.")
            if unit == "share"
            else N_("%(name)s=%(text)s is not a price; write a positive plain number of yuan, for example %(name)s=35.")
        )
        raise MalformedAssumption(message, name=name, text=text) from None
