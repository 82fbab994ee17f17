"""Deeds upon bases: entered, changed, opened at other hours, recognised. Spaces and closures: `spaces.py`."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue import queries, rules
from shared_base.catalogue.errors import refusal
from shared_base.catalogue.models import Base, OpeningHours, Recognition
from shared_base.catalogue.rules import Opening
from shared_base.core.actor import Actor
from shared_base.core.database import refusing
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import text_line
from shared_base.core.money import plain
from shared_base.core.periods import Month


@dataclass(frozen=True)
class BaseDetails:
    """What is said of a base beside its code; `timezone` is an IANA name."""

    name: str
    tier: str
    division_code: str
    lettable_area_m2: Decimal
    operator_uscc: str | None = None
    timezone: str = "Asia/Shanghai"
    #: None: not said; a new base then gives its crew eleven hours, another keeps what it has
    crew_rest_minutes: int | None = None

    def cleaned(self) -> dict[str, Any]:
        """The columns, checked one by one; `Invalid` for the first that cannot be used."""
        rest = self.crew_rest_minutes
        return {
            "name": text_line(self.name, "name", longest=rules.LONGEST_NAME, required=True),
            "tier": rules.one_of(self.tier, rules.TIERS, "tier"),
            "division_code": rules.division(self.division_code),
            "lettable_area_m2": rules.area(self.lettable_area_m2, "lettable_area_m2"),
            "operator_uscc": rules.operator_uscc(self.operator_uscc),
            "timezone": rules.known_zone(self.timezone).key,
            **({} if rest is None else {"crew_rest_minutes": rules.crew_rest(rest)}),
        }


@dataclass(frozen=True)
class RecognitionPeriod:
    """A recognition (认定): its number, and its first and last day, both included; an empty last day is open."""

    number: str | None
    first: date
    last: date | None = None

    def cleaned(self) -> dict[str, Any]:
        return {
            "number": text_line(self.number, "recognition_no", longest=100),
            "valid": rules.days(self.first, self.last, "recognised_to"),
        }


def create_base(
    session: Session,
    *,
    code: str,
    details: BaseDetails,
    opening: Opening,
    recognition: RecognitionPeriod | None = None,
    by: Actor,
    at: datetime,
) -> Base:
    """Enter a base. The scheduler closes its months from the present one on (`reports_from`, cut in its own zone).

    Raises `Invalid`, or `CodeTaken`.
    """
    columns = details.cleaned()
    today = at.astimezone(rules.known_zone(columns["timezone"])).date()
    base = Base(code=rules.base_code(code), reports_from=Month.of(today).first, created_at=at, **columns)
    with refusing(session, refusal):
        session.add(base)
    session.add(OpeningHours(base_id=base.id, valid=Range(None, None), **opening.as_json()))
    if recognition:
        session.add(Recognition(base_id=base.id, **recognition.cleaned()))
    session.flush()
    _tell(session, "base.created", base, by=by, at=at, code=base.code, name=base.name)
    return base


def change_base(session: Session, base: Base, *, details: BaseDetails, by: Actor, at: datetime) -> Base:
    """Change what is said of a base; nothing changed leaves no trace. A frozen month keeps what it saw."""
    changed = _apply(base, details.cleaned())
    if changed:
        base.updated_at = at
        session.flush()
        _tell(session, "base.changed", base, by=by, at=at, changed=changed)
    return base


def set_opening_hours(
    session: Session, base: Base, *, opening: Opening, first: date | None, by: Actor, at: datetime
) -> None:
    """Let `opening` hold from the local day `first` on (None: ever). What was planned for later days gives way."""
    queries.base_for_update(session, base.id)
    held = OpeningHours.valid.overlaps(Range(first, None))
    ruling = list(session.scalars(sa.select(OpeningHours).where(OpeningHours.base_id == base.id, held)))
    if len(ruling) == 1 and _holds_alike(ruling[0], opening, first):
        return
    for rule in ruling:
        if first is not None and (rule.valid.lower is None or rule.valid.lower < first):
            rule.valid = Range(rule.valid.lower, first)
        else:
            session.delete(rule)
    # the old rules give way before the new one comes: the constraint looks at once
    session.flush()
    with refusing(session, refusal):
        session.add(OpeningHours(base_id=base.id, valid=Range(first, None), **opening.as_json()))
    session.expire(base, ["opening_hours"])
    _tell(
        session,
        "base.opening_hours_changed",
        base,
        by=by,
        at=at,
        first=first.isoformat() if first else None,
        **opening.as_json(),
    )


def _holds_alike(rule: OpeningHours, opening: Opening, first: date | None) -> bool:
    same = (rule.opens_minute, rule.closes_minute) == (opening.opens_minute, opening.closes_minute)
    covers = rule.valid.lower is None or (first is not None and rule.valid.lower <= first)
    return same and covers and rule.valid.upper is None


def recognise(session: Session, base: Base, *, period: RecognitionPeriod, by: Actor, at: datetime) -> Recognition:
    """Record that the government recognises the base for these days. Raises `PeriodsOverlap`."""
    recognition = Recognition(base_id=base.id, **period.cleaned())
    with refusing(session, refusal):
        session.add(recognition)
    session.expire(base, ["recognitions"])
    _tell(session, "base.recognised", base, by=by, at=at, **_days(recognition))
    return recognition


def change_recognition(
    session: Session, base: Base, recognition: Recognition, *, period: RecognitionPeriod, by: Actor, at: datetime
) -> Recognition:
    """Correct a recognition, or end it: its number and days are as told now."""
    assert recognition.base_id == base.id
    with refusing(session, refusal):
        changed = _apply(recognition, period.cleaned())
    if changed:
        _tell(session, "base.recognition_changed", base, by=by, at=at, **_days(recognition))
    return recognition


def _days(recognition: Recognition) -> dict[str, Any]:
    valid = recognition.valid
    return {
        "number": recognition.number,
        "first": valid.lower.isoformat() if valid.lower else None,
        "until": valid.upper.isoformat() if valid.upper else None,
    }


def _apply(row: Any, columns: dict[str, Any]) -> dict[str, Any]:
    """Set the columns that differ and return those, as JSON, with their new values."""
    changed = {name: value for name, value in columns.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return {name: _json(value) for name, value in changed.items()}


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Range):
        return [bound.isoformat() if bound else None for bound in (value.lower, value.upper)]
    return value


def _tell(session: Session, kind: str, base: Base, *, by: Actor, at: datetime, **payload: Any) -> None:
    _record(session, kind, base.id, base.id, by=by, at=at, **payload)


def _record(
    session: Session, kind: str, subject_id: UUID, base_id: UUID, *, by: Actor, at: datetime, **payload: Any
) -> None:
    record_events(session, [event_row(kind, by=by, at=at, subject_id=subject_id, base_id=base_id, **payload)])
