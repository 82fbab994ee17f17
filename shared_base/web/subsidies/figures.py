"""A policy's parameters as readers know them: their names, and their values with the unit."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import flask_babel
from flask_babel import lazy_gettext as _l

from shared_base.core.money import plain
from shared_base.subsidies.policies import Policy

# flask_babel tells no types
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

PARAMETERS = {
    "rate": _l("Share of the rent"),
    "rate_by_support_year": _l("Share by support year"),
    "bands": _l("Share by area"),
    "area_cap": _l("Area that counts at most"),
    "price_cap": _l("Subsidy at most"),
    "guide_price": _l("Guide rent"),
    "guide_price_limit": _l("Rent left out above"),
    "property_fee_included": _l("Property fee"),
    "year_cap": _l("A year at most"),
    "supported_years": _l("Supported years"),
    "minimum": _l("Nothing is paid below"),
    "rounded_down_to": _l("Rounded down to"),
    "leased_area_above": _l("Leased area above"),
    "months_in_base": _l("In the base at least"),
}
#: what a list of policies says of each, in this order
SUMMARY = (
    "rate", "rate_by_support_year", "bands", "area_cap", "price_cap", "property_fee_included", "year_cap",
    "supported_years",
)  # fmt: skip


def parameter(name: str) -> str:
    """A parameter's name in the reader's language."""
    return str(PARAMETERS[name])


def percent(share: Any) -> str:
    return f"{plain(Decimal(share) * 100)}%"


def amount(value: Any) -> str:
    """An amount of yuan, `700,000` or `0.5`."""
    whole, dot, rest = plain(Decimal(value)).partition(".")
    return f"{int(whole):,}{dot}{rest}"


def written(stated: Any) -> str:
    """A dated value with its unit; what the source leaves open is an empty text."""
    value = stated.value if hasattr(stated, "value") else None
    if value is None:
        return ""
    unit = stated.unit
    if unit == "share_by_area":
        return _bands(value)
    if unit == "share" and isinstance(value, tuple):
        return _("; ").join(
            _("year %(n)s: %(share)s", n=n, share=percent(share)) for n, share in enumerate(value, start=1)
        )
    if unit == "share":
        return percent(value)
    if unit == "multiple":
        return _("%(share)s of the guide rent", share=percent(value))
    if unit == "yes_no":
        return _("counts too") if value else _("does not count")
    if unit == "yuan":
        return _yuan(stated)
    return _with_unit(unit, value)


def _with_unit(unit: str, value: Any) -> str:
    if unit == "m2":
        return f"{amount(value)} ㎡"
    if unit == "yuan_per_m2_month":
        return _("%(price)s yuan/㎡·month", price=amount(value))
    if unit == "yuan_per_m2_day":
        return _("%(price)s yuan/㎡·day", price=amount(value))
    if unit == "years":
        return ngettext("%(num)s year", "%(num)s years", value)
    assert unit == "months", unit
    return ngettext("%(num)s month", "%(num)s months", value)


def _yuan(stated: Any) -> str:
    text = f"¥{amount(stated.value)}"
    year = getattr(stated, "year", None)
    if year == "service":
        return _("%(amount)s (calendar year of service)", amount=text)
    if year == "support":
        return _("%(amount)s (support year)", amount=text)
    return text


def _bands(bands: Any) -> str:
    texts, above = [], "0"
    for band in bands:
        texts.append(
            _(
                "%(from)s–%(to)s ㎡: %(share)s",
                **{"from": above, "to": amount(band.up_to_m2), "share": percent(band.rate)},
            )
        )
        above = amount(band.up_to_m2)
    return _("; ").join(texts)


def summary(policy: Policy) -> list[tuple[str, str]]:
    """What the policy gives, in a few words: (parameter, newest value); an empty value is left open by the source."""
    return [(parameter(name), written(values[-1])) for name in SUMMARY if (values := getattr(policy.parameters, name))]
