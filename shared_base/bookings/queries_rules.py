"""Reads of the rules of booking: as a history, and what holds for each studio on a day and where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings.models_rules import BookingQuota, BookingRule
from shared_base.bookings.terms import NAMES, Terms, rule_joins, terms_columns
from shared_base.catalogue.models import Space
from shared_base.tenancy.models import Admission, Tenant

#: where a term comes from: the studio's rule, the base's, the studio itself (its clean-down), the house
SOURCES = ("studio", "base", "room", "house")

_SOURCE = "case when own_rule.{0} is not null then 'studio' when base_rule.{0} is not null then 'base' else '{1}' end"
_IN_FORCE = sa.text(f"""
    select s.id, s.code, s.name, s.scene, {terms_columns("s.buffer_minutes")},
           {", ".join(_SOURCE.format(name, "room" if name == "buffer_after" else "house") for name in NAMES)}
    from spaces s {rule_joins("s.base_id", "s.id", "cast(:day as date)")}
    where s.base_id = :base_id and s.kind = 'studio' and s.in_service @> cast(:day as date)
    order by s.code
""")  # noqa: S608 (composed of our own expressions)


class RuleRow(NamedTuple):
    """A rule with the code of its studio; None: the base's."""

    rule: BookingRule
    studio: str | None


class QuotaRow(NamedTuple):
    """A quota with the name of its tenant; None: a plan's, or everyone's."""

    quota: BookingQuota
    tenant: str | None


@dataclass(frozen=True)
class StudioTerms:
    """What holds for a studio; `sources` names for each term which of `SOURCES` said it."""

    id: UUID
    code: str
    name: str
    scene: str | None
    terms: Terms
    sources: dict[str, str]

    @property
    def never(self) -> bool:
        """Whether no booking can satisfy both rules: the shortest is longer than the longest."""
        shortest, longest = self.terms.shortest_minutes, self.terms.longest_minutes
        return shortest is not None and longest is not None and shortest > longest


def terms_in_force(session: Session, base_id: UUID, day: date) -> list[StudioTerms]:
    """For every studio in service on the local day, by code, what holds for a booking that begins on it."""
    found = session.connection().execute(_IN_FORCE, {"base_id": base_id, "day": day})
    return [_studio_terms(*row[:4], said=row[4:]) for row in found]


def _studio_terms(studio_id: UUID, code: str, name: str, scene: str | None, *, said: Sequence[Any]) -> StudioTerms:
    """`said`: the values of all terms in their order, then who says them."""
    values, sources = said[: len(NAMES)], said[len(NAMES) :]
    return StudioTerms(studio_id, code, name, scene, Terms(*values), dict(zip(NAMES, sources, strict=True)))


def rules_of(session: Session, base_id: UUID) -> list[RuleRow]:
    """All rules of a base and of its studios: the base's first, then by studio, each the latest first."""
    found = session.execute(
        sa.select(BookingRule, Space.code)
        .outerjoin(Space, Space.id == BookingRule.space_id)
        .where(BookingRule.base_id == base_id)
        .order_by(Space.code.is_not(None), Space.code, BookingRule.valid.desc())
    )
    return [RuleRow(*row) for row in found]


def rule_on(session: Session, base_id: UUID, space_id: UUID | None, day: date) -> BookingRule | None:
    """The rule of the base, or of the studio, that holds on the local day."""
    return session.scalar(
        sa.select(BookingRule).where(
            BookingRule.base_id == base_id,
            BookingRule.space_id.is_not_distinct_from(space_id),
            BookingRule.valid.contains(day),
        )
    )


def quotas_of(session: Session, base_id: UUID) -> list[QuotaRow]:
    """All quotas of a base that the caller may see: everyone's, then by plan, then by tenant, the latest first."""
    period: Any = sa.case({"day": 1, "week": 2, "month": 3}, value=BookingQuota.period)
    found = session.execute(
        sa.select(BookingQuota, Tenant.name)
        .outerjoin(Tenant, Tenant.id == BookingQuota.tenant_id)
        .where(BookingQuota.base_id == base_id)
        .order_by(
            BookingQuota.tenant_id.is_not(None),
            BookingQuota.plan.asc().nulls_first(),
            Tenant.name,
            period,
            BookingQuota.valid.desc(),
        )
    )
    return [QuotaRow(*row) for row in found]


def plans_of(session: Session, base_id: UUID) -> list[str]:
    """The plans that tenants of the base have, or that a quota names, by name."""
    known = sa.union(
        sa.select(Admission.plan).where(Admission.base_id == base_id, Admission.plan.is_not(None)),
        sa.select(BookingQuota.plan).where(BookingQuota.base_id == base_id, BookingQuota.plan.is_not(None)),
    )
    return sorted(str(plan) for plan in session.scalars(known))
