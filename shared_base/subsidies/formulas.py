"""The formulas of policies: what one line (one lease, one month) is worth, exactly, and the sentence that says why.

A policy names the formula that holds in each month; the formulas themselves are code over its dated parameters. None
ever gives more than the eligible rent of the counted area.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from shared_base.core.money import plain
from shared_base.subsidies.area import AreaShare
from shared_base.subsidies.facts import LeaseMonth
from shared_base.subsidies.rent import EligibleRent
from shared_base.subsidies.terms import Terms
from shared_base.subsidies.wording import Wording, exact_yuan, percent

NOTHING = Wording("", "")
ASSUMED = Wording("（假设）", " (assumed)")
COUNTED_RENT = Wording(
    "可计租金 %(eligible)s 元 × 计入面积 %(counted)s㎡ ÷ 租赁面积 %(area)s㎡ = %(amount)s 元",
    "eligible rent ¥%(eligible)s × counted area %(counted)s m² ÷ leased area %(area)s m² = ¥%(amount)s",
)
SHARE = Wording("；比例 %(rate)s%(assumed)s：%(amount)s 元", "; share %(rate)s%(assumed)s: ¥%(amount)s")
SHARE_BY_YEAR = Wording(
    "；第 %(year)s 支持年比例 %(rate)s：%(amount)s 元", "; share of support year %(year)s, %(rate)s: ¥%(amount)s"
)
NO_SHARE = Wording("；第 %(year)s 支持年不在支持年限内：0 元", "; support year %(year)s is not supported: ¥0")
MONTH_PRICE = Wording(
    "；单价上限 %(price)s 元/㎡·月 × %(counted)s㎡ × %(payable)s/%(days)s 天 = %(amount)s 元",
    "; price cap ¥%(price)s per m² and month × %(counted)s m² × %(payable)s/%(days)s days = ¥%(amount)s",
)
DAY_PRICE = Wording(
    "；单价上限 %(price)s 元/㎡·日 × %(counted)s㎡ × %(payable)s 天 = %(amount)s 元",
    "; price cap ¥%(price)s per m² and day × %(counted)s m² × %(payable)s days = ¥%(amount)s",
)
BAND = Wording(
    "；%(lower)s–%(upper)s㎡ 档计入 %(counted)s㎡：租金 %(rent)s 元，指导价 %(guide)s 元/㎡·月%(assumed)s × %(limit)s "
    "倍以内 %(bound)s 元，取小 × %(rate)s = %(amount)s 元",
    "; band %(lower)s–%(upper)s m², %(counted)s m² counted: rent ¥%(rent)s, within %(limit)s times the guide price "
    "¥%(guide)s per m² and month%(assumed)s ¥%(bound)s, the lower × %(rate)s = ¥%(amount)s",
)


@dataclass(frozen=True)
class LineBasis:
    """What a formula reads for one line."""

    row: LeaseMonth
    rent: EligibleRent
    area: AreaShare
    support_year: int
    terms: Terms

    @property
    def counted_rent(self) -> Fraction:
        """The eligible rent of the counted area: eligible × counted ÷ leased area, exact, in fen."""
        return self.rent_of(Fraction(self.area.counted))

    def rent_of(self, square_metres: Fraction) -> Fraction:
        """The eligible rent of so many of the lease's square metres, exact, in fen."""
        return self.rent.eligible_fen * square_metres / Fraction(self.row.area_m2)


@dataclass(frozen=True)
class LineValue:
    """What a line is worth before its one rounding: exact, in fen; how it came about; the clauses behind it."""

    exact_fen: Fraction
    why: Wording
    clause: str


@dataclass(frozen=True)
class Formula:
    """A formula, the parameters it cannot do without (one of each group) and those it may read besides."""

    value_of: Callable[[LineBasis], LineValue]
    needs: tuple[frozenset[str], ...]
    may_use: frozenset[str]

    @property
    def reads(self) -> frozenset[str]:
        return self.may_use.union(*self.needs)


def share_of_rent(basis: LineBasis) -> LineValue:
    """A share of the rent of the counted area, by support year where the policy says so, up to a price per m²."""
    share, why = _share(basis)
    bounds = [basis.counted_rent, share]
    if basis.terms.price_cap:
        price, price_why = _price(basis)
        bounds.append(price)
        why += price_why
    clause = basis.terms.clause("rate", "rate_by_support_year", "area_cap", "price_cap")
    return LineValue(min(bounds), _counted_rent_text(basis) + why, clause)


def price_per_area(basis: LineBasis) -> LineValue:
    """A fixed price per m² of the counted area, never above its rent."""
    price, why = _price(basis)
    clause = basis.terms.clause("price_cap", "area_cap")
    return LineValue(min(price, basis.counted_rent), _counted_rent_text(basis) + why, clause)


def progressive_share(basis: LineBasis) -> LineValue:
    """Shares that fall with the enterprise's area, of the rent up to a multiple of the guide price."""
    terms, row = basis.terms, basis.row
    assert terms.guide_price is not None
    assert terms.guide_price_limit is not None
    limit_per_m2 = (
        Fraction(terms.guide_price) * Fraction(terms.guide_price_limit) * 100 * row.payable_days / row.days_of_month
    )
    total, why, lower = Fraction(0), _counted_rent_text(basis), terms.bands[0].up_to_m2 * 0
    for band in terms.bands:
        counted = Fraction(basis.area.within(lower, band.up_to_m2))
        if counted:
            rent, bound = basis.rent_of(counted), limit_per_m2 * counted
            amount = min(rent, bound) * Fraction(band.rate)
            total += amount
            why += BAND.fill(
                lower=plain(lower),
                upper=plain(band.up_to_m2),
                counted=plain(basis.area.within(lower, band.up_to_m2)),
                rent=exact_yuan(rent),
                guide=plain(terms.guide_price),
                limit=plain(terms.guide_price_limit),
                assumed=ASSUMED if "guide_price" in terms.assumed else NOTHING,
                bound=exact_yuan(bound),
                rate=percent(band.rate),
                amount=exact_yuan(amount),
            )
        lower = band.up_to_m2
    return LineValue(total, why, terms.clause("bands", "guide_price", "guide_price_limit"))


#: by the name that a policy file gives
FORMULAS: dict[str, Formula] = {
    "share_of_rent": Formula(
        share_of_rent,
        needs=(frozenset({"rate", "rate_by_support_year"}),),
        may_use=frozenset({"area_cap", "price_cap"}),
    ),
    "price_per_area": Formula(price_per_area, needs=(frozenset({"price_cap"}),), may_use=frozenset({"area_cap"})),
    "progressive_share": Formula(
        progressive_share,
        needs=(frozenset({"bands"}), frozenset({"guide_price"}), frozenset({"guide_price_limit"})),
        may_use=frozenset(),
    ),
}


def _counted_rent_text(basis: LineBasis) -> Wording:
    return COUNTED_RENT.fill(
        eligible=exact_yuan(Fraction(basis.rent.eligible_fen)),
        counted=plain(basis.area.counted),
        area=plain(basis.row.area_m2),
        amount=exact_yuan(basis.counted_rent),
    )


def _share(basis: LineBasis) -> tuple[Fraction, Wording]:
    terms, year = basis.terms, basis.support_year
    if terms.rate is not None:
        amount = basis.counted_rent * Fraction(terms.rate)
        assumed = ASSUMED if "rate" in terms.assumed else NOTHING
        return amount, SHARE.fill(rate=percent(terms.rate), assumed=assumed, amount=exact_yuan(amount))
    if year > len(terms.rate_by_support_year):
        return Fraction(0), NO_SHARE.fill(year=year)
    rate = terms.rate_by_support_year[year - 1]
    amount = basis.counted_rent * Fraction(rate)
    return amount, SHARE_BY_YEAR.fill(year=year, rate=percent(rate), amount=exact_yuan(amount))


def _price(basis: LineBasis) -> tuple[Fraction, Wording]:
    """The price cap of the counted area: by the month in proportion to its payable days, or by the payable day."""
    cap, row = basis.terms.price_cap, basis.row
    assert cap is not None
    by_month = cap.unit == "yuan_per_m2_month"
    periods = Fraction(row.payable_days, row.days_of_month) if by_month else Fraction(row.payable_days)
    amount = Fraction(cap.value) * 100 * Fraction(basis.area.counted) * periods
    why = (MONTH_PRICE if by_month else DAY_PRICE).fill(
        price=plain(cap.value),
        counted=plain(basis.area.counted),
        payable=row.payable_days,
        days=row.days_of_month,
        amount=exact_yuan(amount),
    )
    return amount, why
