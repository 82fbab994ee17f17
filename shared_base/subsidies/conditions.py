"""A policy's conditions: those the data answers are tested month by month, the rest must be declared by a person."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared_base.core.i18n import N_
from shared_base.core.money import plain
from shared_base.core.periods import Month
from shared_base.subsidies.errors import MissingDeclaration, UnknownDeclaration
from shared_base.subsidies.facts import LeaseDates, LeaseMonth
from shared_base.subsidies.parameters import in_force
from shared_base.subsidies.policies import Condition, Policy
from shared_base.subsidies.wording import Wording

ALL = "all"

SMALL_AREA = Wording(
    "%(month)s 符合条件的租赁面积合计 %(area)s㎡，未超过 %(limit)s㎡",
    "in %(month)s the qualifying leased area is %(area)s m² in all, not above %(limit)s m²",
)
TOO_NEW = Wording(
    "自 %(first)s 首次入驻 %(base)s 至 %(as_of)s 不满 %(months)s 个月",
    "from its first lease in %(base)s on %(first)s to %(as_of)s it is less than %(months)s months",
)
NOT_RECOGNISED = Wording("基地 %(base)s 当月未经认定", "base %(base)s was not recognised in the month")
NOT_RUNNING = Wording("截至 %(as_of)s 企业没有在租赁期内的协议", "on %(as_of)s the enterprise has no lease in force")


@dataclass(frozen=True)
class Evidence:
    """What the tests look at: the rows that count, the enterprise's leases and the cut-off."""

    policy: Policy
    rows: Sequence[LeaseMonth]
    leases: Sequence[LeaseDates]
    as_of: date


#: For one row: why it fails, or `None`.
Test = Callable[[Evidence, LeaseMonth], Wording | None]


@dataclass(frozen=True)
class Declaration:
    """A condition that a person vouched for."""

    condition: str
    text: Wording
    clause: str
    declared_by: str


def declared(policy: Policy, names: Collection[str], by: str) -> tuple[Declaration, ...]:
    """The declarations of a claim: every condition the data cannot answer, or a refusal that lists those missing.

    `names` are condition ids, or `all`; `by` is who declares them.
    """
    known = {condition.id: condition for condition in policy.declared_conditions}
    if unknown := sorted(set(names) - set(known) - {ALL}):
        raise UnknownDeclaration(
            N_("%(unknown)s: no condition of %(policy)s that is declared. Those are: %(known)s."),
            unknown=", ".join(unknown),
            policy=policy.id,
            known=", ".join(known) or "—",
        )
    missing = [] if ALL in names else [condition for id_, condition in known.items() if id_ not in names]
    if missing:
        raise MissingDeclaration(
            N_(
                "%(policy)s has conditions that the data cannot answer; declare them if they are met: %(conditions)s "
                "(--declare CONDITION for each, or --declare all)."
            ),
            policy=policy.id,
            conditions="; ".join(f"{condition.id} ({condition.text.zh})" for condition in missing),
            extra={"conditions": [{"id": c.id, "zh": c.text.zh, "en": c.text.en} for c in missing]},
        )
    return tuple(Declaration(c.id, c.text.wording, c.clause, by) for c in known.values())


def failures(condition: Condition, evidence: Evidence) -> Mapping[tuple[str, Month], Wording]:
    """The rows that do not meet a tested condition, by lease and month, with why."""
    assert condition.test is not None
    test = TESTS_BY_NAME[condition.test]
    failed = ((row, test(evidence, row)) for row in evidence.rows)
    return {(row.lease_ref, row.month): why for row, why in failed if why}


def _leased_area_above(evidence: Evidence, row: LeaseMonth) -> Wording | None:
    """The enterprise's leases that count, together, each month: more than so many square metres."""
    limit = in_force(evidence.policy.parameters.leased_area_above, row.month)
    assert limit is not None
    area = sum((other.area_m2 for other in evidence.rows if other.month == row.month), Decimal(0))
    if area > limit.value:
        return None
    return SMALL_AREA.fill(month=row.month, area=plain(area), limit=plain(limit.value))


def _months_in_base(evidence: Evidence, row: LeaseMonth) -> Wording | None:
    """So many months from the first day of its first lease in that base to the cut-off.

    The period ends on the corresponding day, or on the month's last where there is none (Civil Code arts. 201, 202).
    """
    limit = in_force(evidence.policy.parameters.months_in_base, row.month)
    assert limit is not None
    begins = (lease.first for lease in evidence.leases if lease.base_code == row.base_code)
    # a lease whose base was corrected after the month was frozen has no date there: the frozen month speaks for it
    first = min(begins, default=min(other.month for other in evidence.rows if other.base_code == row.base_code).first)
    month = Month.of(first).plus(limit.value)
    complete = month.first.replace(day=min(first.day, month.days))
    if complete <= evidence.as_of:
        return None
    return TOO_NEW.fill(first=first, base=row.base_code, as_of=evidence.as_of, months=limit.value)


def _recognised_base(evidence: Evidence, row: LeaseMonth) -> Wording | None:
    return None if row.recognised else NOT_RECOGNISED.fill(base=row.base_code)


def _lease_running(evidence: Evidence, row: LeaseMonth) -> Wording | None:
    """On the cut-off day the enterprise still has a lease."""
    if any(not lease.operator_space and lease.first <= evidence.as_of <= lease.last for lease in evidence.leases):
        return None
    return NOT_RUNNING.fill(as_of=evidence.as_of)


TESTS_BY_NAME: Mapping[str, Test] = {
    "leased_area_above": _leased_area_above,
    "months_in_base": _months_in_base,
    "recognised_base": _recognised_base,
    "lease_running": _lease_running,
}
