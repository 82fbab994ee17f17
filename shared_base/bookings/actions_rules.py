"""Deeds upon the rules of booking: entered from a day on, ended. What held on a day that is past stays as it was.

A rule is never edited. Another takes its place from a day on, and the one before ends the day before; bookings keep the
terms under which they were made (`terms.py`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.models_rules import BookingQuota, BookingRule
from shared_base.catalogue.models import Base, Space
from shared_base.catalogue.queries import base_for_update
from shared_base.core.actor import Actor
from shared_base.core.errors import Conflict, NotFound
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_
from shared_base.tenancy.actions import require_staff
from shared_base.tenancy.models import Admission
from shared_base.tenancy.rules import LONGEST_PLAN

PERIODS = ("day", "week", "month")
WHO = ("tenants", "staff")
#: field → least and most, as the table's constraints have them
BOUNDS: dict[str, tuple[int, int]] = {
    "buffer_before": (0, 720),
    "buffer_after": (0, 720),
    "notice_minutes": (0, 525_600),
    "horizon_days": (1, 3660),
    "shortest_minutes": (1, 525_600),
    "longest_minutes": (1, 525_600),
    "cancel_minutes": (0, 525_600),
    "early_minutes": (0, 1440),
    "grace_minutes": (0, 1440),
    "hold_minutes": (1, 10_080),
}
#: no tenant books more than every studio of a great base for a whole month
MOST_MINUTES = 60_000_000
MOST_BOOKINGS = 100_000


@dataclass(frozen=True)
class RuleTerms:
    """What a rule says; None: nothing, and the base's rule or the house's figure speaks. As `BookingRule`'s columns."""

    buffer_before: int | None = None
    buffer_after: int | None = None
    notice_minutes: int | None = None
    horizon_days: int | None = None
    shortest_minutes: int | None = None
    longest_minutes: int | None = None
    needs_approval: bool | None = None
    bookable_by: str | None = None
    cancel_minutes: int | None = None
    early_minutes: int | None = None
    grace_minutes: int | None = None
    hold_minutes: int | None = None

    @classmethod
    def of(cls, rule: BookingRule) -> "RuleTerms":
        return cls(**{field.name: getattr(rule, field.name) for field in fields(cls)})

    def cleaned(self) -> "RuleTerms":
        """The same, checked; `Invalid` for the first part that cannot be used."""
        for field, (least, most) in BOUNDS.items():
            value = getattr(self, field)
            if value is not None and not least <= value <= most:
                raise faulty(field, N_("This must lie between %(least)s and %(most)s."), least=least, most=most)
        if self.shortest_minutes and self.longest_minutes and self.shortest_minutes > self.longest_minutes:
            raise faulty("longest_minutes", N_("The longest booking is shorter than the shortest: raise it."))
        if self.bookable_by is not None and self.bookable_by not in WHO:
            raise faulty(
                "bookable_by",
                N_("%(value)s is not known here; choose one of %(choices)s."),
                value=self.bookable_by[:40],
                choices=", ".join(WHO),
            )
        if all(value is None for value in asdict(self).values()):
            raise faulty("first", N_("This rule says nothing: fill in a field, or end the rule that holds instead."))
        return self


@dataclass(frozen=True)
class QuotaTerms:
    """The most that somebody books in a `period`: of minutes, of bookings, or of both.

    For one tenant, for every tenant of a plan, or (neither) for everyone.
    """

    period: str
    most_minutes: int | None = None
    most_bookings: int | None = None
    tenant_id: UUID | None = None
    plan: str | None = None

    def cleaned(self) -> "QuotaTerms":
        """The same, checked; `Invalid` for the first part that cannot be used."""
        if self.period not in PERIODS:
            raise faulty(
                "period",
                N_("%(value)s is not known here; choose one of %(choices)s."),
                value=self.period[:40],
                choices=", ".join(PERIODS),
            )
        plan = text_line(self.plan, "plan", longest=LONGEST_PLAN)
        if plan and self.tenant_id:
            raise faulty("plan", N_("A quota is for one tenant or for a plan: leave one of them empty."))
        if self.most_minutes is None and self.most_bookings is None:
            raise faulty("most_minutes", N_("Say how many hours, how many bookings, or both."))
        for field, value, most in (
            ("most_minutes", self.most_minutes, MOST_MINUTES),
            ("most_bookings", self.most_bookings, MOST_BOOKINGS),
        ):
            if value is not None and not 1 <= value <= most:
                raise faulty(field, N_("This must lie between %(least)s and %(most)s."), least=1, most=most)
        return QuotaTerms(self.period, self.most_minutes, self.most_bookings, self.tenant_id, plan)


def today_at(base: Base, at: datetime) -> date:
    """The base's own calendar day."""
    return at.astimezone(ZoneInfo(base.timezone)).date()


def set_rule(
    session: Session, base: Base, space: Space | None, *, terms: RuleTerms, first: date, by: Actor, at: datetime
) -> BookingRule:
    """Let a rule hold for the base, or for one studio of it, from the local day `first` (today or later) on.

    The rule that holds until then ends the day before; what was planned for later days gives way. The same rule again
    changes nothing. For operators of the base. Raises `Invalid`.
    """
    require_staff(by, base.id, "operator")
    told = terms.cleaned()
    if space is not None and (space.base_id != base.id or space.kind != "studio"):
        raise faulty("space", N_("%(space)s is not a studio; choose a studio."), space=space.code)
    _refuse_past(first, today_at(base, at))
    base_for_update(session, base.id)
    scope = (BookingRule.base_id == base.id, BookingRule.space_id.is_not_distinct_from(space.id if space else None))
    ruling: list[BookingRule] = _from_day_on(session, BookingRule, first, *scope)
    if len(ruling) == 1 and RuleTerms.of(ruling[0]) == told and _holds_from(ruling[0].valid, first):
        return ruling[0]
    _give_way(session, ruling, first)
    rule = BookingRule(
        base_id=base.id, space_id=space.id if space else None, valid=Range(first, None), created_at=at, **asdict(told)
    )
    session.add(rule)
    session.flush()
    says = {name: value for name, value in asdict(told).items() if value is not None}
    _tell(session, "booking_rule.set", rule, by=by, at=at, first=first.isoformat(), **says)
    return rule


def end_rule(session: Session, base: Base, rule_id: UUID, *, last: date, by: Actor, at: datetime) -> None:
    """Let a rule hold on no day after `last`: yesterday at the earliest. One that never began is withdrawn whole."""
    require_staff(by, base.id, "operator")
    base_for_update(session, base.id)
    rule = session.get(BookingRule, rule_id, populate_existing=True)
    if rule is None or rule.base_id != base.id:
        raise NotFound(N_("There is no such rule among those of your base."))
    _end(session, "booking_rule.ended", rule, last, today_at(base, at), by=by, at=at)


def set_quota(session: Session, base: Base, *, terms: QuotaTerms, first: date, by: Actor, at: datetime) -> BookingQuota:
    """Let a quota hold from the local day `first` (today or later) on; the one before it ends the day before.

    One before it is for the same tenant, plan or everyone and the same period. Raises `Invalid`.
    """
    require_staff(by, base.id, "operator")
    told = terms.cleaned()
    _refuse_past(first, today_at(base, at))
    if told.tenant_id is not None and session.get(Admission, (told.tenant_id, base.id)) is None:
        raise faulty("tenant", N_("This tenant is not admitted to the base: admit it first."))
    base_for_update(session, base.id)
    scope = (
        BookingQuota.base_id == base.id,
        BookingQuota.period == told.period,
        BookingQuota.tenant_id.is_not_distinct_from(told.tenant_id),
        BookingQuota.plan.is_not_distinct_from(told.plan),
    )
    ruling: list[BookingQuota] = _from_day_on(session, BookingQuota, first, *scope)
    if len(ruling) == 1 and _most(ruling[0]) == _most(told) and _holds_from(ruling[0].valid, first):
        return ruling[0]
    _give_way(session, ruling, first)
    quota = BookingQuota(base_id=base.id, valid=Range(first, None), created_at=at, **asdict(told))
    session.add(quota)
    session.flush()
    says = {"period": told.period, "most_minutes": told.most_minutes, "most_bookings": told.most_bookings}
    _tell(session, "booking_quota.set", quota, by=by, at=at, first=first.isoformat(), plan=told.plan, **says)
    return quota


def end_quota(session: Session, base: Base, quota_id: UUID, *, last: date, by: Actor, at: datetime) -> None:
    """Let a quota hold on no day after `last`: yesterday at the earliest. One that never began is withdrawn whole."""
    require_staff(by, base.id, "operator")
    base_for_update(session, base.id)
    quota = session.get(BookingQuota, quota_id, populate_existing=True)
    if quota is None or quota.base_id != base.id:
        raise NotFound(N_("There is no such quota among those of your base."))
    _end(session, "booking_quota.ended", quota, last, today_at(base, at), by=by, at=at)


def _refuse_past(first: date, today: date) -> None:
    if first < today:
        raise faulty(
            "first",
            N_("A rule begins today or later: what held on %(day)s stays as it was."),
            day=first.isoformat(),
        )
    if first.year > 2199:
        raise faulty("first", N_("The year must lie between 2000 and 2199."))


def _from_day_on(session: Session, model: Any, first: date, *scope: sa.ColumnElement[bool]) -> list[Any]:
    """What holds on `first` or is planned for later, in order."""
    held = model.valid.overlaps(Range(first, None))
    return list(session.scalars(sa.select(model).where(*scope, held).order_by(model.valid)))


def _holds_from(valid: Range[date], first: date) -> bool:
    return valid.upper is None and valid.lower is not None and valid.lower <= first


def _most(quota: BookingQuota | QuotaTerms) -> tuple[int | None, int | None]:
    return quota.most_minutes, quota.most_bookings


def _give_way(session: Session, ruling: Sequence[Any], first: date) -> None:
    """End the day before what began earlier; what begins no earlier than `first` never holds."""
    for row in ruling:
        if row.valid.lower < first:
            row.valid = Range(row.valid.lower, first)
        else:
            session.delete(row)
    # what gives way is written before the new row comes: the constraint looks at once
    session.flush()


def _end(
    session: Session,
    kind: str,
    row: BookingRule | BookingQuota,
    last: date,
    today: date,
    *,
    by: Actor,
    at: datetime,
) -> None:
    lower, upper = row.valid.lower, row.valid.upper
    assert lower is not None
    if upper is not None and upper <= today:
        raise Conflict(N_("This rule has ended and stays in the record."))
    until = last + timedelta(days=1)
    if until < today:
        raise faulty("last", N_("A rule ends yesterday at the earliest: what held before stays as it was."))
    if upper is not None and until >= upper:
        raise faulty("last", N_("This rule ends on %(day)s already."), day=(upper - timedelta(days=1)).isoformat())
    if until <= lower:
        session.delete(row)
    else:
        row.valid = Range(lower, until)
    session.flush()
    _tell(session, kind, row, by=by, at=at, last=last.isoformat())


def _tell(
    session: Session, kind: str, row: BookingRule | BookingQuota, *, by: Actor, at: datetime, **payload: Any
) -> None:
    whose: dict[str, Any] = {"tenant_id": row.tenant_id} if isinstance(row, BookingQuota) else {}
    if isinstance(row, BookingRule):
        payload["space_id"] = str(row.space_id) if row.space_id else None
    record_events(session, [event_row(kind, by=by, at=at, subject_id=row.id, base_id=row.base_id, **whose, **payload)])
