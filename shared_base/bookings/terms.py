"""The terms of a booking: the rule of its studio, else of its base, else what the house does, on the day it begins.

They are read under the booking's locks and stay with it: what is agreed is not changed by a later rule.
"""

from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Terms:
    """What holds for a studio on a day. The defaults are the house's: what holds where no rule says otherwise."""

    buffer_before: int = 0  #: minutes held to set up
    buffer_after: int = 0  #: minutes held to clean; without a rule the studio's own
    notice_minutes: int = 0  #: tenants book at least so long ahead
    horizon_days: int | None = None  #: and at most so far; None: as far as they like
    shortest_minutes: int | None = None
    longest_minutes: int | None = None
    needs_approval: bool = False
    bookable_by: str = "tenants"  #: or `staff`
    cancel_minutes: int = 0  #: tenants cancel at least so long before the start
    early_minutes: int = 60  #: guests come early to set up the light
    grace_minutes: int = 15  #: nobody is a no-show while the traffic may explain it
    hold_minutes: int = 15  #: how long a hold waits to be confirmed


HOUSE = Terms()
NAMES = tuple(field.name for field in fields(Terms))


def _literal(value: object) -> str:
    if value is None:
        return "null"
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def rule_joins(base: str, space: str, day: str) -> str:
    """Joins that put the rules of a base (`base_rule`) and of a space (`own_rule`) beside a row (SQL expressions)."""
    return f"""
    left join booking_rules base_rule on base_rule.base_id = {base} and base_rule.space_id is null
      and base_rule.valid @> {day}
    left join booking_rules own_rule on own_rule.base_id = {base} and own_rule.space_id = {space}
      and own_rule.valid @> {day}
    """


def term(name: str, own: str | None = None) -> str:
    """The effective value of a term beside `rule_joins`; `own`: what holds without a rule (SQL expression)."""
    return f"coalesce(own_rule.{name}, base_rule.{name}, {own or _literal(getattr(HOUSE, name))})"


def terms_columns(buffer_after: str) -> str:
    """All terms in the order of `Terms`; `buffer_after`: the studio's own clean-down (SQL expression)."""
    return ", ".join(term(name, buffer_after if name == "buffer_after" else None) for name in NAMES)


_TERMS = sa.text(f"""
    select s.id, {terms_columns("s.buffer_minutes")}
    from spaces s {rule_joins("s.base_id", "s.id", "cast(:day as date)")}
    where s.id = any(:studios)
""")  # noqa: S608 (composed of our own expressions)


def terms_on(session: Session, studio_ids: list[UUID], day: date) -> dict[UUID, Terms]:
    """The terms of studios for bookings that begin on a local day; one statement."""
    found = session.connection().execute(_TERMS, {"studios": studio_ids, "day": day})
    return {row[0]: Terms(*row[1:]) for row in found}
