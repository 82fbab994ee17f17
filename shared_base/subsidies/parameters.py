"""A policy's dated, cited parameters. A value without a source cannot be written, nor one in a unit of another.

Values change by whole months, because the month of service is what a policy pays for: `valid_from` is the first day of
a month, `valid_to` the last of one. Numbers are written as text (`"0.5"`): TOML's floats are refused.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared_base.core.periods import Month

PLAIN_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)


def plain_decimal(text: Any) -> Decimal:
    """A positive plain decimal from text: no sign, exponent, separator or digit that is not ASCII."""
    if not isinstance(text, str) or not PLAIN_NUMBER.fullmatch(text) or not Decimal(text):
        raise ValueError('write a positive number as text, for example "0.5"')
    return Decimal(text)


def plain_share(text: Any) -> Decimal:
    """A share of a whole: above 0, at most 1."""
    share = plain_decimal(text)
    if share > 1:
        raise ValueError('write a share as a decimal up to 1, for example "0.5" for 50%')
    return share


Positive = Annotated[Decimal, BeforeValidator(plain_decimal)]
Share = Annotated[Decimal, BeforeValidator(plain_share)]
Count = Annotated[int, Field(strict=True, ge=1, le=1200)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Strict(BaseModel):
    """Unknown keys are refused, so that a misspelt parameter cannot be lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cited(Strict):
    """Something a source says: which source (a key of the policy's `sources`), which clause, and its words if known."""

    source: Text
    #: steps join several with ；, so that none may hold one itself
    clause: Annotated[str, Field(min_length=1, pattern=r"^[^；]*[^；\s][^；]*$")]
    quote: Text | None = None


class Dated(Cited):
    """A cited value and the days on which it holds; an empty `valid_to` is open."""

    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _whole_months(self) -> Self:
        if self.valid_from.day != 1:
            raise ValueError("valid_from is the first day of a month")
        if self.valid_to:
            if (self.valid_to + timedelta(days=1)).day != 1:
                raise ValueError("valid_to is the last day of a month")
            if self.valid_to < self.valid_from:
                raise ValueError("valid_to is before valid_from")
        return self

    def holds_in(self, month: Month) -> bool:
        """Whether the value holds in `month`."""
        return self.valid_from <= month.first and (self.valid_to is None or month.last <= self.valid_to)


class OpenOrKnown(Dated):
    """A value, or (`open = true`) one the source leaves open: it must then be assumed, and the claim says so."""

    open: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.open == (getattr(self, "value", None) is not None):
            raise ValueError("write either a value or open = true")
        return self


class ShareValue(OpenOrKnown):
    unit: Literal["share"]
    value: Share | None = None


class MonthPrice(OpenOrKnown):
    unit: Literal["yuan_per_m2_month"]
    value: Positive | None = None


class PriceCap(Dated):
    """元 per m² and month or per m² and day: the unit decides how a part month scales; the two are never mixed."""

    unit: Literal["yuan_per_m2_month", "yuan_per_m2_day"]
    value: Positive


class Area(Dated):
    unit: Literal["m2"]
    value: Positive


class Multiple(Dated):
    unit: Literal["multiple"]
    value: Positive


class Yuan(Dated):
    unit: Literal["yuan"]
    value: Positive

    @model_validator(mode="after")
    def _whole_fen(self) -> Self:
        if self.value * 100 % 1:
            raise ValueError("an amount is in whole fen")
        return self

    @property
    def fen(self) -> int:
        return int(self.value * 100)


class YearCap(Yuan):
    """The most a year pays; `year` says which: the calendar year of service or the support year."""

    year: Literal["service", "support"]


class Years(Dated):
    unit: Literal["years"]
    value: Count


class Months(Dated):
    unit: Literal["months"]
    value: Count


class Yes(Dated):
    unit: Literal["yes_no"]
    value: Annotated[bool, Field(strict=True)]


class SharesByYear(Dated):
    """The share of support year 1, 2, …; a later year gets nothing."""

    unit: Literal["share"]
    value: Annotated[tuple[Share, ...], Field(min_length=1)]


class Band(Strict):
    up_to_m2: Positive
    rate: Share


class Bands(Dated):
    """Progressive shares by area: each rate applies to the area between the previous bound and its own."""

    unit: Literal["share_by_area"]
    value: Annotated[tuple[Band, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        bounds = [band.up_to_m2 for band in self.value]
        if bounds != sorted(set(bounds)):
            raise ValueError("bands ascend by up_to_m2")
        return self


AnyDated = TypeVar("AnyDated", bound=Dated)


class Parameters(Strict):
    """Everything a policy may state, each a list of dated values that do not overlap."""

    #: share of the rent of the counted area
    rate: tuple[ShareValue, ...] = ()
    rate_by_support_year: tuple[SharesByYear, ...] = ()
    bands: tuple[Bands, ...] = ()
    #: the most square metres that count for the enterprise in a month
    area_cap: tuple[Area, ...] = ()
    #: the most the subsidy may be per square metre
    price_cap: tuple[PriceCap, ...] = ()
    #: the authority's guide rent, and the multiple of it above which a rent is left out
    guide_price: tuple[MonthPrice, ...] = ()
    guide_price_limit: tuple[Multiple, ...] = ()
    property_fee_included: tuple[Yes, ...] = ()
    year_cap: tuple[YearCap, ...] = ()
    supported_years: tuple[Years, ...] = ()
    #: below it nothing is paid; and the multiple to which the result is cut down
    minimum: tuple[Yuan, ...] = ()
    rounded_down_to: tuple[Yuan, ...] = ()
    #: thresholds of tested conditions
    leased_area_above: tuple[Area, ...] = ()
    months_in_base: tuple[Months, ...] = ()

    @model_validator(mode="after")
    def _no_overlaps(self) -> Self:
        for name in type(self).model_fields:
            values: tuple[Dated, ...] = getattr(self, name)
            for earlier, later in pairwise(values):
                if earlier.valid_to is None or later.valid_from <= earlier.valid_to:
                    raise ValueError(f"{name}: values are sorted by date and do not overlap")
        return self


def in_force(values: Sequence[AnyDated], month: Month) -> AnyDated | None:
    """The value that holds in `month`, or `None`."""
    return next((value for value in values if value.holds_in(month)), None)


def covers(values: Sequence[Dated], first: date, last: date | None) -> bool:
    """Whether `values` leave no gap from `first` to `last` (`None`: for good)."""
    needed: date | None = first
    for value in values:
        if needed is None or value.valid_from > needed:
            break
        if value.valid_to is None:
            needed = None
        elif value.valid_to >= needed:
            needed = value.valid_to + timedelta(days=1)
    return needed is None or (last is not None and needed > last)
