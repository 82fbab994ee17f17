"""The claim as a whole: the sum of its lines, then each cap as a step of its own. Lines keep their amounts."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared_base.core.money import yuan
from shared_base.core.periods import Month
from shared_base.subsidies.clock import SupportClock
from shared_base.subsidies.general_rules import WHOLE
from shared_base.subsidies.parameters import Parameters, YearCap, in_force
from shared_base.subsidies.steps import Explanation
from shared_base.subsidies.wording import Wording

SUM = Wording(
    "%(count)s 行（一份协议一个月为一行）之和；每行不足 1 分舍去",
    "the sum of %(count)s lines (one lease, one month each); each line is rounded down to the fen",
)
SERVICE_YEAR = Wording(
    "%(year)s 年（费用所属年度）合计 %(amount)s 元，年度上限 %(cap)s 元",
    "calendar year of service %(year)s comes to ¥%(amount)s; the year's cap is ¥%(cap)s",
)
SUPPORT_YEAR = Wording(
    "第 %(year)s 支持年合计 %(amount)s 元，年度上限 %(cap)s 元",
    "support year %(year)s comes to ¥%(amount)s; the year's cap is ¥%(cap)s",
)
SUPPORTED = Wording(
    "最多支持 %(limit)s 年（自 %(start)s 起）；超出支持年限的月份：%(beyond)s",
    "at most %(limit)s years are supported (from %(start)s on); months beyond them: %(beyond)s",
)
MINIMUM = Wording("低于最低补贴额 %(minimum)s 元的不予补贴", "an amount below the minimum of ¥%(minimum)s is not paid")
ROUNDING = Wording("按 %(multiple)s 元的整数倍向下取整", "rounded down to a multiple of ¥%(multiple)s")
NONE_BEYOND = Wording("无", "none")


@dataclass(frozen=True)
class MonthAmount:
    """What one line adds: its month of service and its amount in fen."""

    month: Month
    amount_fen: int


@dataclass(frozen=True)
class CappedYear:
    """The lines of one year and the cap that governs it, if any."""

    year: int
    cap: YearCap | None
    lines: tuple[MonthAmount, ...]

    @property
    def amount_fen(self) -> int:
        return sum(line.amount_fen for line in self.lines)

    def payable_fen(self, *, but: Collection[Month] = ()) -> int:
        """What the year pays without the months `but`, its cap applied."""
        amount = sum(line.amount_fen for line in self.lines if line.month not in but)
        return min(amount, self.cap.fen) if self.cap else amount


def limited(parameters: Parameters, amounts: Sequence[MonthAmount], clock: SupportClock, steps: Explanation) -> int:
    """The claim's figure in fen: Σ lines, the year's cap, the supported years, the minimum, the rounding.

    The supported years are counted by the clock, so that a year once used never comes back. They cut what the capped
    years hold of months beyond them: both limits bind, in whatever order they are applied. A value that changes within
    the claim is read in the last month it governs.
    """
    steps.total("lines_sum", WHOLE, sum(line.amount_fen for line in amounts), SUM.fill(count=len(amounts)))
    last = max(line.month for line in amounts)
    years = _years(parameters, amounts, clock)
    for year in years:
        if year.cap:
            text = SERVICE_YEAR if year.cap.year == "service" else SUPPORT_YEAR
            why = text.fill(year=year.year, amount=yuan(year.amount_fen), cap=yuan(year.cap.fen))
            cut = year.amount_fen - year.payable_fen()
            steps.total("year_cap", year.cap.clause, steps.total_fen - cut, why)
    if supported := in_force(parameters.supported_years, last):
        beyond = sorted({line.month for line in amounts if clock.year_of(line.month) > supported.value})
        months = Wording("、".join(map(str, beyond)), ", ".join(map(str, beyond))) if beyond else NONE_BEYOND
        why = SUPPORTED.fill(limit=supported.value, start=clock.start, beyond=months)
        within = sum(year.payable_fen(but=beyond) for year in years)
        steps.total("supported_years", supported.clause, within, why)
    if minimum := in_force(parameters.minimum, last):
        paid = steps.total_fen if steps.total_fen >= minimum.fen else 0
        steps.total("minimum", minimum.clause, paid, MINIMUM.fill(minimum=yuan(minimum.fen)))
    if multiple := in_force(parameters.rounded_down_to, last):
        whole = steps.total_fen // multiple.fen * multiple.fen
        steps.total("rounding", multiple.clause, whole, ROUNDING.fill(multiple=yuan(multiple.fen)))
    return steps.total_fen


def _years(parameters: Parameters, amounts: Sequence[MonthAmount], clock: SupportClock) -> list[CappedYear]:
    """The lines by the year that their cap names: of service, or of support."""
    grouped: dict[tuple[str, int], list[MonthAmount]] = defaultdict(list)
    for line in amounts:
        cap = in_force(parameters.year_cap, line.month)
        kind = cap.year if cap else "service"
        grouped[kind, clock.year_of(line.month) if kind == "support" else line.month.year].append(line)
    return [
        CappedYear(year, in_force(parameters.year_cap, max(line.month for line in lines)), tuple(lines))
        for (_, year), lines in sorted(grouped.items())
    ]
