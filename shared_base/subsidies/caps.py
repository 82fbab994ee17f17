"""The claim as a whole: the sum of its lines, then each cap as a step of its own. Lines keep their amounts."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared_base.core.money import yuan
from shared_base.core.periods import Month
from shared_base.subsidies.clock import SupportClock
from shared_base.subsidies.parameters import Parameters, YearCap, in_force
from shared_base.subsidies.steps import Explanation
from shared_base.subsidies.wording import Wording

GENERAL = "测算口径 5"
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


def limited(parameters: Parameters, amounts: Sequence[MonthAmount], clock: SupportClock, steps: Explanation) -> int:
    """The claim's figure in fen: Σ lines, the year's cap, the supported years, the minimum, the rounding.

    The supported years are counted by the clock, so that a year once used never comes back. They cut what the capped
    years hold of months beyond them: both limits bind, in whatever order they are applied. A value that changes within
    the claim is read in the last month it governs.
    """
    steps.total("lines_sum", GENERAL, sum(line.amount_fen for line in amounts), SUM.fill(count=len(amounts)))
    if not amounts:
        return 0
    last = max(line.month for line in amounts)
    _cap_years(parameters, amounts, clock, steps)
    _cap_supported_years(parameters, amounts, clock, last, steps)
    if minimum := in_force(parameters.minimum, last):
        paid = steps.total_fen if steps.total_fen >= minimum.fen else 0
        steps.total("minimum", minimum.clause, paid, MINIMUM.fill(minimum=yuan(minimum.fen)))
    if multiple := in_force(parameters.rounded_down_to, last):
        whole = steps.total_fen // multiple.fen * multiple.fen
        steps.total("rounding", multiple.clause, whole, ROUNDING.fill(multiple=yuan(multiple.fen)))
    return steps.total_fen


def _cap_years(
    parameters: Parameters, amounts: Sequence[MonthAmount], clock: SupportClock, steps: Explanation
) -> None:
    """One step for each year that has a cap."""
    for year, cap, amount in _years(parameters, amounts, clock):
        if cap:
            text = SERVICE_YEAR if cap.year == "service" else SUPPORT_YEAR
            after = steps.total_fen - max(0, amount - cap.fen)
            steps.total("year_cap", cap.clause, after, text.fill(year=year, amount=yuan(amount), cap=yuan(cap.fen)))


def _cap_supported_years(
    parameters: Parameters, amounts: Sequence[MonthAmount], clock: SupportClock, last: Month, steps: Explanation
) -> None:
    limit = in_force(parameters.supported_years, last)
    if not limit:
        return
    beyond = sorted({line.month for line in amounts if clock.year_of(line.month) > limit.value})
    supported = [
        (cap, sum(line.amount_fen for line in lines if line.month not in beyond))
        for _, cap, lines in _grouped(parameters, amounts, clock)
    ]
    after = sum(min(amount, cap.fen) if cap else amount for cap, amount in supported)
    beyond_text = Wording(*["、".join(map(str, beyond))] * 2) if beyond else NONE_BEYOND
    why = SUPPORTED.fill(limit=limit.value, start=clock.start, beyond=beyond_text)
    steps.total("supported_years", limit.clause, after, why)
