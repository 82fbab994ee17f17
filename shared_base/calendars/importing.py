"""An iCalendar file becomes bookings and series: tried out first, then booked; all of it, or what can be.

Trying out is booking, undone: what the preview says is what the room itself says, entry by entry, each seeing those
before it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import actions, actions_series, holding, rules
from shared_base.bookings.rows import BookingRow
from shared_base.calendars.content_lines import read
from shared_base.calendars.entries import Entry, entries
from shared_base.calendars.errors import CalendarRefused, NoCalendar
from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import Actor
from shared_base.core.errors import NotFound, SharedBaseError
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_

OnConflict = Literal["refuse", "skip"]
#: sessions and series booked in one transaction
MOST_ENTRIES = 200


@dataclass(frozen=True)
class Wish:
    """For whom and where the file's entries are booked, unless an entry's place names another studio of the base."""

    studio_id: UUID
    tenant_id: UUID
    host_id: UUID | None = None
    on_conflict: OnConflict = "refuse"
    #: where rules without an end stop
    until: datetime | None = None


@dataclass(frozen=True)
class Line:
    """What became, or would become, of one entry: its bookings by start, what was skipped, or why it was refused."""

    entry: Entry
    studio: str
    timezone: str  #: the base's
    bookings: tuple[BookingRow, ...] = ()
    skipped: tuple[tuple[datetime, datetime], ...] = ()
    series_id: UUID | None = None
    refusal: SharedBaseError | None = None


@dataclass(frozen=True)
class Outcome:
    """What became, or would become, of a file."""

    lines: tuple[Line, ...]
    on_conflict: OnConflict

    @property
    def booked(self) -> int:
        return sum(len(line.bookings) for line in self.lines)

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if line.refusal is not None]

    @property
    def bookable(self) -> bool:
        """Whether committing it would book anything."""
        return self.booked > 0 and (self.on_conflict == "skip" or not self.refused)


@dataclass(frozen=True)
class _House:
    """The base of the chosen studio: its zone, and its studios by what a place may call them."""

    base_id: UUID
    zone: ZoneInfo
    chosen: tuple[UUID, str]
    studios: dict[str, tuple[UUID, str]]

    def studio(self, location: str) -> tuple[UUID, str]:
        """The studio that the place names by its code or name, else the chosen one."""
        named = [part.strip().casefold() for part in location.split(",")]
        return next((self.studios[part] for part in named if part in self.studios), self.chosen)


def preview_calendar(session: Session, *, data: bytes, wish: Wish, by: Actor, at: datetime) -> Outcome:
    """What `import_calendar` would book now. Nothing is written; `NoCalendar` for a file that cannot be read."""
    house, found = _read(session, data, wish, at)
    tried = session.begin_nested()
    try:
        return _book_all(session, house, found, wish, by=by, at=at)
    finally:
        tried.rollback()


def import_calendar(session: Session, *, data: bytes, wish: Wish, by: Actor, at: datetime) -> Outcome:
    """Book what the file asks for from `at` on, in one transaction: all of it, or with `skip` what can be.

    Raises `CalendarRefused` (409; `outcome` says of each entry why) when nothing is booked, `NoCalendar` for a file
    that cannot be read. Meant to run under `retrying`.
    """
    house, found = _read(session, data, wish, at)
    booking = session.begin_nested()
    outcome = _book_all(session, house, found, wish, by=by, at=at)
    if not outcome.bookable:
        booking.rollback()
        raise CalendarRefused(
            N_("Nothing was booked: %(refused)s entries cannot be, the others wait for them or have passed."),
            outcome=outcome,
            refused=len(outcome.refused),
        )
    booking.commit()
    told: dict[str, Any] = {"subject_id": wish.studio_id, "base_id": house.base_id, "tenant_id": wish.tenant_id}
    told |= {"bookings": outcome.booked, "entries": len(outcome.lines), "refused": len(outcome.refused)}
    record_events(session, [event_row("calendar.imported", by=by, at=at, **told)])
    return outcome


def _read(session: Session, data: bytes, wish: Wish, at: datetime) -> tuple[_House, list[Entry]]:
    components = read(data)
    if wish.until is not None and not rules.FIRST_INSTANT <= wish.until <= rules.LAST_INSTANT:
        raise faulty("until", N_("The year must lie between 2000 and 2199."))
    house = _house(session, wish.studio_id)
    found = entries(components, home=house.zone, at=at, until=wish.until)
    if not found:
        raise NoCalendar(N_("There is no event in this file: export a calendar that holds the sessions."))
    if sum(entry.start is not None and entry.left_out is None for entry in found) > MOST_ENTRIES:
        raise NoCalendar(
            N_("The file asks for more than %(most)s sessions and series to come: export fewer months."),
            most=MOST_ENTRIES,
        )
    return house, found


def _house(session: Session, studio_id: UUID) -> _House:
    own = sa.select(Space.base_id).where(Space.id == studio_id, Space.kind == "studio").scalar_subquery()
    rows = session.execute(
        sa.select(Space.id, Space.code, Space.name, Base.id, Base.timezone)
        .join(Base, Base.id == Space.base_id)
        .where(Space.base_id == own, Space.kind == "studio")
        .order_by(Space.code)
    ).all()
    chosen = next((row for row in rows if row[0] == studio_id), None)
    if chosen is None:
        raise NotFound(N_("There is no such studio; choose one from the list of studios."))
    # a code wins over another studio's name; a file of our own says both, "A01 绿幕直播间"
    names = {row[2].casefold(): (row[0], row[1]) for row in rows}
    both = {f"{row[1]} {row[2]}".casefold(): (row[0], row[1]) for row in rows}
    codes = {row[1].casefold(): (row[0], row[1]) for row in rows}
    return _House(chosen[3], ZoneInfo(chosen[4]), (chosen[0], chosen[1]), names | both | codes)


def _book_all(session: Session, house: _House, found: list[Entry], wish: Wish, *, by: Actor, at: datetime) -> Outcome:
    # every lock of the whole file first, in the order of ids: two files at once wait for each other in no circle
    wanted = {house.studio(entry.location)[0] for entry in found}
    holding.lock(session, wanted | ({wish.host_id} if wish.host_id else set()))
    lines = []
    for entry in found:
        studio_id, code = house.studio(entry.location)
        line = Line(entry, code, house.zone.key, refusal=entry.refusal)
        if entry.refusal is None and entry.left_out is None:
            line = _tried(session, line, partial(_book, session, line, studio_id, wish, by=by, at=at))
        lines.append(line)
    return Outcome(tuple(lines), wish.on_conflict)


def _tried(session: Session, line: Line, book: Callable[[], Line]) -> Line:
    """The line booked; or refused, and nothing of it left."""
    attempt = session.begin_nested()
    try:
        booked = book()
    except SharedBaseError as refusal:
        attempt.rollback()
        return replace(line, refusal=refusal)
    attempt.commit()
    return booked


def _book(session: Session, line: Line, studio_id: UUID, wish: Wish, *, by: Actor, at: datetime) -> Line:
    entry = line.entry
    assert entry.start is not None, "an entry without times is refused or left out"
    assert entry.end is not None, "an entry without times is refused or left out"
    if entry.repeats is None:
        booking = actions.book(
            session,
            studio_id=studio_id,
            tenant_id=wish.tenant_id,
            host_id=wish.host_id,
            start=entry.start,
            end=entry.end,
            title=entry.title,
            by=by,
            at=at,
        )
        return replace(line, bookings=(booking,))
    asked = actions_series.Asked(
        studio_id=studio_id,
        tenant_id=wish.tenant_id,
        host_id=wish.host_id,
        start=entry.start,
        end=entry.end,
        rrule=entry.repeats.rrule,
        timezone=entry.repeats.zone.key,
        exdates=entry.repeats.without,
        rdates=entry.repeats.beside,
        title=entry.title,
    )
    made = actions_series.create_series(session, asked=asked, by=by, at=at, on_conflict=wish.on_conflict)
    skipped = tuple((one.start, one.end) for one in made.skipped)
    return replace(line, bookings=tuple(made.bookings), skipped=skipped, series_id=made.series.id)
