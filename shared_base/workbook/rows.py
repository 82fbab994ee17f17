"""One frozen record a row of the workbook: parsed values, checked each by itself. `row` is the row in the file.

The fields stand in the order of the sheet's columns (a test holds them together). Optional cells left blank are `None`
unless the sheet gives them a default.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from shared_base.core.periods import DaySpan, Month


@dataclass(frozen=True, slots=True)
class BaseRow:
    """A base. `opens` and `closes` are minutes after local midnight: 0–1439, and 1–1440 (midnight is `24:00`)."""

    row: int
    code: str
    name: str
    tier: str
    division_code: str
    timezone: str
    opens: int
    closes: int
    lettable_area_m2: Decimal
    operator_uscc: str | None
    recognition_no: str | None
    recognised_from: date | None
    recognised_to: date | None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def open_minutes(self) -> int:
        """How long an opening lasts, 1–1440 minutes: a close not after the opening is the next day's."""
        return self.closes - self.opens if self.closes > self.opens else self.closes + 1440 - self.opens


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A space; in service from the first to the last day given, both included, in the base's zone."""

    row: int
    base: str
    code: str
    name: str
    kind: str
    area_m2: Decimal
    scene: str | None
    in_service_from: date
    in_service_to: date | None
    buffer_minutes: int


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """A closure of one space, or of the whole base where `space` is blank; `[start, end)` as UTC instants."""

    row: int
    ref: str
    base: str
    space: str | None
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class TenantRow:
    row: int
    uscc: str
    name: str
    kind: str
    division_code: str | None
    contact_name: str | None
    contact_phone: str | None


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease from `start_date` to `end_date`, both included. `rent_free` is in order of days."""

    row: int
    ref: str
    tenant_uscc: str
    base: str
    spaces: tuple[str, ...]
    area_m2: Decimal
    start_date: date
    end_date: date
    monthly_rent_fen: int
    property_fee_fen: int
    rent_free: tuple[DaySpan, ...]


@dataclass(frozen=True, slots=True)
class RentPaymentRow:
    """A payment for one service month; below zero it is a red-letter correction."""

    row: int
    ref: str
    lease_ref: str
    service_month: Month
    paid_on: date
    kind: str
    amount_fen: int
    invoice_no: str | None


@dataclass(frozen=True, slots=True)
class EquipmentRow:
    """A unit of equipment; `fixed_to` is the code of the studio that it is built into."""

    row: int
    base: str
    tag: str
    kind: str
    kind_name: str
    serial: str | None
    fixed_to: str | None


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking as it happened or is to happen; instants in UTC."""

    row: int
    ref: str
    space: str
    base: str
    tenant_uscc: str
    start: datetime
    end: datetime
    state: str
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    released_at: datetime | None
    title: str | None
    platform: str | None
    host: str | None

    @property
    def until(self) -> datetime:
        """The end of its claim on the room: where it was given back early, then."""
        return self.released_at or self.end


Row = BaseRow | SpaceRow | ClosureRow | TenantRow | LeaseRow | RentPaymentRow | EquipmentRow | BookingRow
