"""What a reader must know beside the figure: warnings, which change no amount."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared_base.core.money import plain
from shared_base.core.periods import Month
from shared_base.subsidies.assumptions import UNITS, unit_of
from shared_base.subsidies.facts import LeaseDates, LeaseMonth
from shared_base.subsidies.policies import Policy
from shared_base.subsidies.reports_needed import BaseMonth
from shared_base.subsidies.wording import Wording, month_spans

ASSUMED = Wording(
    "本测算以假设为前提：%(name)s = %(value)s（%(unit)s）。政策原文未载明该数，须由主管部门确认。",
    "This figure rests on the assumption %(name)s = %(value)s (%(unit)s): the source states none; the authority "
    "must confirm it.",
)
DRAFT = Wording(
    "政策为征求意见稿，尚未生效：%(title)s。", "The policy is a draft for comments and not in force: %(title)s."
)
ESTIMATE = Wording(
    "参数取自公开页面或转载，未见主管部门原文，结果为估算：%(title)s。",
    "An estimate: the figures come from a public page or reprint, not from the bureau's own text: %(title)s.",
)
STALE = Wording(
    "政策参数最后确认有效于 %(known)s，早于所申报的 %(last)s，请核对现行有效文本。",
    "The policy's values were last known to hold on %(known)s, before %(last)s, which is claimed: check the text in "
    "force.",
)
PRIOR_YEAR = Wording(
    "该政策补贴申报上一年度（%(year)s 年）的租金，本期含其他年度的月份：%(months)s。",
    "The policy pays the rent of the year before the application (%(year)s); the period has other months: %(months)s.",
)
OUTSIDE = Wording(
    "基地 %(base)s（区划 %(division)s）不在政策适用地域 %(place)s 内。",
    "Base %(base)s (division %(division)s) lies outside the policy's place, %(place)s.",
)
REVISED = Wording(
    "基地 %(base)s %(month)s 月报采用第 %(revision)s 版，非首版。",
    "The report of base %(base)s for %(month)s is revision %(revision)s, not the first.",
)
NOT_SEEN = Wording(
    "协议 %(lease)s 按现有日期在 %(months)s 在租，但冻结月报中没有该协议，未计入；如属遗漏请修订月报。",
    "Lease %(lease)s is in force in %(months)s by its dates, but the frozen reports do not have it and it does not "
    "count; if it was forgotten, revise the reports.",
)
NOTHING = Wording("期内没有符合条件的月份，测算为 0。", "No month of the period qualifies: the claim computes to 0.")


@dataclass(frozen=True)
class Caveat:
    """A warning of a claim: a stable code, what it is about, and the sentence."""

    code: str
    subject: str
    text: Wording


def of_policy(
    policy: Policy, months: Sequence[Month], as_of: date, assumptions: Mapping[str, Decimal]
) -> Iterable[Caveat]:
    """What the policy's standing, the age of its figures and the claim's assumptions make uncertain."""
    title = policy.main_source.title
    for name, value in assumptions.items():
        text = ASSUMED.fill(name=name, value=plain(value), unit=UNITS[unit_of(policy, name)])
        yield Caveat("assumption", name, text)
    if policy.status == "draft":
        yield Caveat("draft_policy", policy.id, DRAFT.fill(title=title))
    if policy.estimate:
        yield Caveat("estimate", policy.id, ESTIMATE.fill(title=title))
    if max(months).last > policy.last_value_still_valid_on:
        text = STALE.fill(known=policy.last_value_still_valid_on, last=max(months))
        yield Caveat("stale_parameters", policy.id, text)
    other = [month for month in months if month.year != as_of.year - 1]
    if policy.pays_for == "prior_year" and other:
        text = PRIOR_YEAR.fill(year=as_of.year - 1, months=month_spans(other))
        yield Caveat("not_the_prior_year", policy.id, text)


def of_rows(policy: Policy, rows: Sequence[LeaseMonth]) -> Iterable[Caveat]:
    """Bases outside the policy's place, and reports that were revised."""
    place = policy.place.wording
    for base, division in sorted({(row.base_code, row.base_division) for row in rows}):
        if not policy.place.holds(division):
            yield Caveat("outside_place", base, OUTSIDE.fill(base=base, division=division, place=place))
    for base, month, revision in sorted({(row.base_code, row.month, row.report_revision) for row in rows}):
        if revision > 1:
            text = REVISED.fill(base=base, month=month, revision=revision)
            yield Caveat("revised_report", f"{base} {month}", text)


def of_leases(
    leases: Iterable[LeaseDates], rows: Iterable[LeaseMonth], months: Sequence[Month], frozen: Collection[BaseMonth]
) -> Iterable[Caveat]:
    """Leases that began or were entered after a month was frozen: the report does not have them."""
    seen = {(row.lease_ref, row.month) for row in rows}
    for lease in sorted(leases, key=lambda lease: lease.ref):
        unseen = [
            month
            for month in months
            if Month.of(lease.first) <= month <= Month.of(lease.last)
            and (lease.base_code, month) in frozen
            and (lease.ref, month) not in seen
        ]
        if unseen and not lease.operator_space:
            yield Caveat("lease_not_in_report", lease.ref, NOT_SEEN.fill(lease=lease.ref, months=month_spans(unseen)))
