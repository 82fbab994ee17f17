"""What a booking is to those who read it, and what a request for one asks: plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.terms import HOUSE, Terms
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
    hold_until: datetime | None = None
    buffer_before: int = 0
    buffer_after: int = 0
    early_minutes: int = HOUSE.early_minutes
    grace_minutes: int = HOUSE.grace_minutes
    cancel_minutes: int = HOUSE.cancel_minutes
    series_id: UUID | None = None
    occurrence_at: datetime | None = None
    own_fields: Sequence[str] = field(default_factory=list)
    needs_json: dict[str, Any] = field(default_factory=dict)

    @property
    def needs(self) -> Needs:
        """What it asked for beside studio and host."""
        return Needs.from_json(self.needs_json)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def doors_open(self) -> datetime:
        """From when on they may check in."""
        return self.start - timedelta(minutes=self.early_minutes)

    @property
    def overdue_from(self) -> datetime:
        """From when on nobody having come is a no-show."""
        return self.start + timedelta(minutes=self.grace_minutes)

    @property
    def cancellable_until(self) -> datetime:
        """Until when the tenant itself may cancel."""
        return self.start - timedelta(minutes=self.cancel_minutes)

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
        } | ({"needs": self.needs_json} if self.needs_json else {})


class Claim(NamedTuple):
    """One resource wanted for one time; the time of a studio includes its buffers before and after."""

    resource_id: UUID
    start: datetime
    end: datetime
    purpose: str | None = None  #: the kind or role that it was picked for


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

    def claims(self, terms: Terms, picked: Sequence[tuple[UUID, str | None]] = ()) -> list[Claim]:
        """The resources and the times in which nobody else may have them; `picked`: units, people, single samples."""
        # who moves in while on air sets nothing up before
        before = timedelta(0) if self.held_from else timedelta(minutes=terms.buffer_before)
        studio = Claim(self.studio_id, self.begin - before, self.end + timedelta(minutes=terms.buffer_after))
        beside = [(self.host_id, None)] if self.host_id else []
        return [studio, *(Claim(it, self.start, self.end, purpose) for it, purpose in (*beside, *picked))]


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
    terms: Terms
    quotas: bool  #: whether any quota speaks of the tenant on that day
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


def new_row(
    wanted: Wanted,
    situation: Situation,
    *,
    title: str,
    platform: str | None,
    at: datetime,
    state: str = "confirmed",
    hold_until: datetime | None = None,
    series_id: UUID | None = None,
    needs: Needs = NOTHING,
) -> BookingRow:
    """A booking about to be written; its id and code are the database's to give."""
    terms = situation.terms
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
        state=state,
        created_at=at,
        cancelled_at=None,
        cancel_reason=None,
        changed_at=at,
        version=1,
        hold_until=hold_until,
        buffer_before=terms.buffer_before,
        buffer_after=terms.buffer_after,
        early_minutes=terms.early_minutes,
        grace_minutes=terms.grace_minutes,
        cancel_minutes=terms.cancel_minutes,
        series_id=series_id,
        occurrence_at=wanted.start if series_id else None,
        needs_json=needs.as_json(),
    )
