"""A policy's terms in one month: the values that hold then, the claim's assumptions in the places left open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared_base.core.periods import Month
from shared_base.subsidies.parameters import Band, Dated, Parameters, PriceCap, in_force

#: between the clauses of one step; no clause holds it
JOIN = "；"


@dataclass(frozen=True)
class Terms:
    """What a formula may read in one month; a value that the policy does not state then is `None` (or empty).

    `clauses` cites each value by its parameter's name; `assumed` names those that rest on an assumption.
    """

    formula: str
    rate: Decimal | None = None
    rate_by_support_year: tuple[Decimal, ...] = ()
    bands: tuple[Band, ...] = ()
    area_cap: Decimal | None = None
    price_cap: PriceCap | None = None
    guide_price: Decimal | None = None
    guide_price_limit: Decimal | None = None
    property_fee_included: bool = False
    clauses: Mapping[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()

    def clause(self, *names: str) -> str:
        """The clauses behind the parameters `names` that the policy states, each once."""
        return JOIN.join(dict.fromkeys(self.clauses[name] for name in names if name in self.clauses))


def terms_in(parameters: Parameters, formula: str, month: Month, assumptions: Mapping[str, Decimal]) -> Terms:
    """The terms of `month`. An open value takes its assumption, which the caller has made sure of."""

    def known(name: str) -> Decimal | None:
        value = in_force(getattr(parameters, name), month)
        if value is None:
            return None
        return assumptions[name] if value.open else value.value

    by_year = in_force(parameters.rate_by_support_year, month)
    bands = in_force(parameters.bands, month)
    area_cap = in_force(parameters.area_cap, month)
    limit = in_force(parameters.guide_price_limit, month)
    fee = in_force(parameters.property_fee_included, month)
    held: dict[str, Dated] = {
        name: value
        for name in Parameters.model_fields
        if (value := in_force(getattr(parameters, name), month)) is not None
    }
    return Terms(
        formula=formula,
        rate=known("rate"),
        rate_by_support_year=by_year.value if by_year else (),
        bands=bands.value if bands else (),
        # The last band's bound is the most that counts.
        area_cap=area_cap.value if area_cap else bands.value[-1].up_to_m2 if bands else None,
        price_cap=in_force(parameters.price_cap, month),
        guide_price=known("guide_price"),
        guide_price_limit=limit.value if limit else None,
        property_fee_included=bool(fee and fee.value),
        clauses={name: value.clause for name, value in held.items()},
        assumed=frozenset(name for name, value in held.items() if getattr(value, "open", False)),
    )
