"""What a booking is to those who read it, and what a request for one asks: plain values."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from shared_base.core.money import plain


@dataclass(frozen=True)
class BookingRow:
    """A booking with the names around it. Instants are UTC; `zone` is the base's."""

    id: UUID
    code: str
    ref: str | None
    base_id: UUID
    base_code: str
    base_name: str
    timezone: str
    studio_id: UUID
    studio_code: str
    studio_name: str
    tenant_id: UUID
    tenant_name: str
    tenant_uscc: str
    host_id: UUID | None
    host_name: str | None
    title: str
    platform: str | None
    start: datetime
    end: datetime
    released_at: datetime | None
    state: str
    created_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None
    changed_at: datetime
    version: int

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def until(self) -> datetime:
        """Where the schedule ends: at its end, or where the room was given back early."""
        return self.released_at or self.end

    def as_json(self) -> dict[str, Any]:
        """The plan as events and answers tell it: who has which studio when, in which state."""
        return {
            "studio_id": str(self.studio_id),
            "host_id": str(self.host_id) if self.host_id else None,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "released_at": self.released_at.isoformat() if self.released_at else None,
            "title": self.title,
            "platform": self.platform,
            "state": self.state,
        }


class Claim(NamedTuple):
    """One resource wanted for one time; the time of a studio includes the clean-down after it."""

    resource_id: UUID
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Wanted:
    """What a request asks for: a studio for a tenant, from `start` to `end`, perhaps with a host.

    `held_from` is later than `start` when a running booking moves into another studio: the past stays where it was.
    """

    studio_id: UUID
    tenant_id: UUID
    host_id: UUID | None
    start: datetime
    end: datetime
    held_from: datetime | None = None

    @property
    def begin(self) -> datetime:
        """From when on the studio is wanted."""
        return self.held_from or self.start

    def claims(self, buffer_minutes: int) -> list[Claim]:
        """The resources and the times in which nobody else may have them."""
        clean = self.end + timedelta(minutes=buffer_minutes)
        studio = Claim(self.studio_id, self.begin, clean)
        return [studio, Claim(self.host_id, self.start, self.end)] if self.host_id else [studio]


@dataclass(frozen=True)
class Situation:
    """How things stand for what is wanted, read in one statement under the locks. Days are those of the base's zone."""

    base_id: UUID
    base_code: str
    base_name: str
    timezone: str
    studio_code: str
    studio_name: str
    studio_kind: str
    scene: str | None
    area_m2: Decimal
    buffer_minutes: int
    in_service: bool  #: on every day touched
    service_first: str | None  #: first day, ISO
    service_last: str | None  #: last day, inclusive; None: open
    open: bool  #: for the whole time
    opening_from: datetime | None  #: of the continuous opening that holds the start, or the next one
    opening_to: datetime | None
    outages: bool
    let_to_others: bool
    taken: bool
    tenant_name: str | None  #: None: no such tenant, or not visible to the caller
    tenant_uscc: str | None
    admitted: bool
    suspension_reason: str | None
    host_found: bool
    host_stage_name: str | None
    host_born_on: date | None
    host_checked: bool
    host_consent: bool
    host_left: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def blocked(self) -> bool:
        """Whether something stands in the way that other times or other studios may not have."""
        return self.taken or self.outages or self.let_to_others


class FreeStudio(NamedTuple):
    """A studio that can be booked for the whole of the asked time."""

    id: UUID
    code: str
    name: str
    scene: str | None
    area_m2: Decimal
    buffer_minutes: int

    def as_json(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "code": self.code,
            "name": self.name,
            "scene": self.scene,
            "area_m2": plain(self.area_m2),
        }


#: stands in for an id that the database has yet to give
NO_ID = UUID(int=0)


def new_row(wanted: Wanted, situation: Situation, *, title: str, platform: str | None, at: datetime) -> BookingRow:
    """A booking about to be written; its id and code are the database's to give."""
    return BookingRow(
        id=NO_ID,
        code="",
        ref=None,
        base_id=situation.base_id,
        base_code=situation.base_code,
        base_name=situation.base_name,
        timezone=situation.timezone,
        studio_id=wanted.studio_id,
        studio_code=situation.studio_code,
        studio_name=situation.studio_name,
        tenant_id=wanted.tenant_id,
        tenant_name=situation.tenant_name or "",
        tenant_uscc=situation.tenant_uscc or "",
        host_id=wanted.host_id,
        host_name=situation.host_stage_name,
        title=title,
        platform=platform,
        start=wanted.start,
        end=wanted.end,
        released_at=None,
        state="confirmed",
        created_at=at,
        cancelled_at=None,
        cancel_reason=None,
        changed_at=at,
        version=1,
    )
