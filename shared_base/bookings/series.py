"""What a series is to those who read it, what a change of it asks, and which occurrences that touches: plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared_base.bookings.changing import SAME, Unchanged
from shared_base.bookings.needs import Needs
from shared_base.bookings.recurrence import Occurrence, Recurrence
from shared_base.bookings.rows import BookingRow
from shared_base.bookings.rrule import Rule
from shared_base.core.errors import SharedBaseError

#: states of an occurrence that may still be changed with its series, if it has not begun
OPEN = ("requested", "confirmed")


@dataclass(frozen=True)
class SeriesRow:
    """A series with the names around it. `anchor` is the zone whose clock the rule follows, `timezone` the base's."""

    id: UUID
    base_id: UUID
    base_code: str
    base_name: str
    timezone: str
    studio_id: UUID
    studio_code: str
    tenant_id: UUID
    tenant_name: str
    host_id: UUID | None
    host_name: str | None
    title: str
    platform: str | None
    rrule: str
    anchor: str
    first_start: datetime
    duration_seconds: int
    exdates: Sequence[datetime]
    rdates: Sequence[datetime]
    needs_json: dict[str, Any]
    on_conflict: str
    split_from: UUID | None
    cancelled_at: datetime | None
    created_at: datetime
    version: int

    @property
    def recurrence(self) -> Recurrence:
        """Its times, as they were last planned."""
        return Recurrence(
            Rule.parse(self.rrule),
            ZoneInfo(self.anchor),
            self.first_start,
            timedelta(seconds=self.duration_seconds),
            tuple(self.exdates),
            tuple(self.rdates),
        )

    @property
    def needs(self) -> Needs:
        """What every occurrence asks for beside studio and host."""
        return Needs.from_json(self.needs_json)

    def as_json(self) -> dict[str, Any]:
        """The plan as events tell it."""
        return {
            "studio_id": str(self.studio_id),
            "host_id": str(self.host_id) if self.host_id else None,
            "title": self.title,
            "platform": self.platform,
            "needs": self.needs_json,
            "cancelled": self.cancelled_at is not None,
        } | times_as_json(self.recurrence)


def times_as_json(recurrence: Recurrence) -> dict[str, Any]:
    """The rule and its dates as events tell them."""
    return {
        "rrule": str(recurrence.rule),
        "timezone": recurrence.zone.key,
        "start": recurrence.first.isoformat(),
        "duration_seconds": int(recurrence.length.total_seconds()),
        "exdates": [it.isoformat() for it in recurrence.without],
        "rdates": [it.isoformat() for it in recurrence.beside],
    }


@dataclass(frozen=True)
class Changes:
    """What is changed of many occurrences at once; what is not given stays. `start` and `end` are the first one's."""

    start: datetime | None = None
    end: datetime | None = None
    studio_id: UUID | Unchanged = SAME
    host_id: UUID | Unchanged | None = SAME
    title: str | Unchanged | None = SAME
    platform: str | Unchanged | None = SAME
    needs: Needs | Unchanged = SAME

    @property
    def columns(self) -> dict[str, Any]:
        """What is given beside the times, by the name of its column."""
        given = {it.name: getattr(self, it.name) for it in fields(self) if it.name not in ("start", "end")}
        return {name: value for name, value in given.items() if not isinstance(value, Unchanged)}

    def times(self, first: Occurrence) -> Occurrence:
        """Start and end of the first occurrence after the change: a new start alone keeps the length."""
        start = self.start.astimezone(UTC) if self.start else first.start
        return Occurrence(start, self.end.astimezone(UTC) if self.end else start + (first.end - first.start))


#: column → what `own_fields` calls it
OWN_NAMES = {"studio_id": "studio", "host_id": "host", "title": "title", "platform": "platform", "needs": "needs"}


@dataclass(frozen=True)
class Target:
    """What an occurrence becomes: what it changed for itself stays, the rest is the series'."""

    booking: BookingRow
    start: datetime
    end: datetime
    studio_id: UUID
    host_id: UUID | None
    title: str
    platform: str | None
    needs: Needs

    @property
    def moves(self) -> bool:
        """Whether it has to be held anew."""
        held = self.booking
        return (self.start, self.end, self.studio_id, self.host_id, self.needs) != (
            held.start,
            held.end,
            held.studio_id,
            held.host_id,
            held.needs,
        )

    @property
    def changes(self) -> bool:
        """Whether anything differs."""
        return self.moves or (self.title, self.platform) != (self.booking.title, self.booking.platform)


def target(booking: BookingRow, occurrence: Occurrence, columns: Mapping[str, Any]) -> Target:
    """The occurrence after a change of its series: its exceptions (`own_fields`) are left alone."""
    own = set(booking.own_fields)
    values = {
        column: columns[column] if column in columns and name not in own else getattr(booking, column)
        for column, name in OWN_NAMES.items()
    }
    start, end = (booking.start, booking.end) if "time" in own else occurrence
    return Target(booking, start, end, **values)


def untouched(booking: BookingRow, at: datetime) -> bool:
    """Whether a change of the series reaches the booking: it stands, and has not begun."""
    return booking.state in OPEN and booking.start > at


@dataclass(frozen=True)
class Preview:
    """One occurrence of what is being planned. `blockers`: why it cannot be booked as things stand, as JSON."""

    start: datetime
    end: datetime
    moves: bool  #: whether the base's clock shows another time of day than for the occurrence before
    blockers: list[dict[str, Any]] = field(default_factory=list)
    refusal: SharedBaseError | None = None  #: what the rules say against it, for people
