"""Deeds upon special days: days on which a base opens at other hours than usual, or stays shut."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.catalogue import queries
from shared_base.catalogue.models import Base, SpecialDay
from shared_base.catalogue.rules import Opening
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_

#: a holiday with the days around it, and more than that is another rule of opening hours
LONGEST_SPAN = 62
LONGEST_NOTE = 100
#: the years that every stored instant lies in, a day for the zone left at either end
FIRST_DAY, LAST_DAY = date(2000, 1, 2), date(2199, 12, 29)


@dataclass(frozen=True)
class SpecialSpan:
    """What somebody enters: the days from `first` to `last`, both included, their opening (None: shut) and why."""

    first: date
    last: date
    opening: Opening | None
    note: str

    def cleaned(self) -> "SpecialSpan":
        """The same, checked; `Invalid` for the first part that cannot be used."""
        for field, day in (("first", self.first), ("last", self.last)):
            if not FIRST_DAY <= day <= LAST_DAY:
                raise faulty(field, N_("The year must lie between 2000 and 2199."))
        if self.last < self.first:
            raise faulty(
                "last",
                N_("The last day %(last)s is before the first day %(first)s."),
                first=self.first.isoformat(),
                last=self.last.isoformat(),
            )
        if len(self.days) > LONGEST_SPAN:
            raise faulty(
                "last",
                N_("At most %(days)s days at once: for longer, change the opening hours from a day on."),
                days=LONGEST_SPAN,
            )
        note = text_line(self.note, "note", longest=LONGEST_NOTE, required=True)
        assert note is not None
        return SpecialSpan(self.first, self.last, self.opening, note)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def enter(session: Session, base: Base, *, span: SpecialSpan, by: Actor, at: datetime) -> list[SpecialDay]:
    """Let each day of the span have its own opening, or none; what was said of a day before gives way.

    Past days are corrected so, too: a month frozen meanwhile shows it in its next revision. Raises `Invalid`.
    """
    told = span.cleaned()
    queries.base_for_update(session, base.id)
    opening = told.opening.as_json() if told.opening else {"opens_minute": None, "closes_minute": None}
    stored = {day.day: day for day in queries.special_days(session, base.id, told.first, told.last)}
    columns = {**opening, "note": told.note}
    changed = [day for day in told.days if day not in stored or _said(stored[day]) != columns]
    if changed:
        rows = [{"base_id": base.id, "day": day, **columns} for day in changed]
        session.execute(
            pg.insert(SpecialDay).on_conflict_do_update(index_elements=["base_id", "day"], set_=columns), rows
        )
        for day in stored.values():
            session.expire(day)
        _tell(session, "base.special_days_entered", base, told.first, told.last, by=by, at=at, **columns)
    return queries.special_days(session, base.id, told.first, told.last)


def withdraw(session: Session, base: Base, *, first: date, last: date, by: Actor, at: datetime) -> int:
    """Let the days from `first` to `last`, both included, follow the opening hours again; how many were special.

    `NotFound` where none was.
    """
    queries.base_for_update(session, base.id)
    found = queries.special_days(session, base.id, first, last)
    if not found:
        raise NotFound(N_("These days follow the opening hours already."))
    for day in found:
        session.delete(day)
    session.flush()
    _tell(session, "base.special_days_withdrawn", base, found[0].day, found[-1].day, by=by, at=at)
    return len(found)


def _said(day: SpecialDay) -> dict[str, Any]:
    return {"opens_minute": day.opens_minute, "closes_minute": day.closes_minute, "note": day.note}


def _tell(
    session: Session, kind: str, base: Base, first: date, last: date, *, by: Actor, at: datetime, **payload: Any
) -> None:
    payload |= {"first": first.isoformat(), "last": last.isoformat()}
    record_events(session, [event_row(kind, by=by, at=at, subject_id=base.id, base_id=base.id, **payload)])
