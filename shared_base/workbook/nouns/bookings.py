"""Bookings: history as it happened, and those to come; each with its allocation, its stay and an event.

What has ended is final: its allocation ends with it, without a clean-down. What has not is a booking like any other,
its room held for the clean-down too. Rooms of such bookings are locked first, as every booking does.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from shared_base.bookings import holding
from shared_base.bookings.codes import new_code
from shared_base.core.events import event_row, record_events
from shared_base.core.i18n import N_
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.errors import CellError, WorkbookInvalid
from shared_base.workbook.nouns import booking_sql as sql
from shared_base.workbook.nouns import stays
from shared_base.workbook.nouns.noun import Loading, Noun
from shared_base.workbook.nouns.slots import Slot, arrays, clashes, cut_buffers, slots_of
from shared_base.workbook.nouns.tenants import admit
from shared_base.workbook.plans import Change, Plan, Stored, Values, batches, display
from shared_base.workbook.result import ImportWarning
from shared_base.workbook.rows import BookingRow
from shared_base.workbook.table import MOST_ERRORS

#: what is recorded as the reason of a correction
REASON = "workbook import --update"
_HOLDING = frozenset({"space", "start", "end", "state", "released_at"})
_NOT_CORRECTED = N_(
    "%(key)s is stored for “%(stored)s”, here it is for “%(found)s”; that is not corrected: cancel the booking and give"
    " the other one a ref of its own"
)
_NOTEWORTHY = ("outside_opening_hours", "across_closure", "out_of_service")


class Bookings(Noun):
    sheet = sheets.BOOKINGS
    fixed: ClassVar[Mapping[str, str]] = {"tenant_uscc": _NOT_CORRECTED, "base": _NOT_CORRECTED}

    def stored(self, loading: Loading, rows: Sequence[BookingRow]) -> dict[Key, Stored]:
        names = [column.name for column in self.sheet.columns]
        found: dict[Key, Stored] = {}
        for booking in loading.session.execute(sql.STORED, {"refs": [row.ref for row in rows]}):
            values = {name: getattr(booking, name) for name in names}
            found[(booking.ref,)] = Stored(values, booking)
        return found

    def wanted(self, row: BookingRow) -> Values:
        """A room given back at its end was not given back early."""
        values = super().wanted(row)
        return {**values, "released_at": None} if row.released_at == row.end else values

    def conflicts(self, loading: Loading, plan: Plan) -> Iterator[CellError]:
        """Rooms that stored bookings have at the time; stays that no cell can correct."""
        yield from stays.conflicts(plan)
        message = N_("the booking %(ref)s has %(space)s of %(base)s while the stored booking %(other)s has it")
        for slot, other in clashes(loading, plan, slots_of(loading, plan)):
            yield _taken(plan, slot, message, other=other)

    def write(self, loading: Loading, plan: Plan) -> None:
        """Give up what changes, write what is new, hold what changed: so one may take the place of another."""
        slots = slots_of(loading, plan)
        _lock(loading, plan, slots)
        moved = [change for change in plan.changed if change.columns & _HOLDING]
        if moved:
            loading.session.execute(sql.RELEASE, {"ids": [change.ids.id for change in moved]})
        slots, cut = cut_buffers(loading, plan, slots)
        by_row = {slot.row: slot for slot in slots}
        if plan.changed:
            self._correct(loading, plan.changed)
        self._insert(loading, plan, by_row)
        self._hold(loading, plan, moved, by_row)
        _admit(loading, plan.new)
        _warn(loading, plan, slots, cut)

    def _correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        """The booking as it is now; what it was stays in its event, and in its stay's records."""
        rooms = loading.ids.spaces
        after = [change.after for change in changes]
        loading.session.execute(
            sql.UPDATE,
            {
                "ids": [change.ids.id for change in changes],
                "studio_ids": [rooms[(each["base"], each["space"])].id for each in after],
                "hosts": [each["host"] for each in after],
                "titles": [each["title"] for each in after],
                "platforms": [each["platform"] for each in after],
                "starts": [each["start"] for each in after],
                "ends": [each["end"] for each in after],
                "released": [each["released_at"] for each in after],
                "states": [_state(loading, each) for each in after],
                "at": loading.at,
                "reason": REASON,
            },
        )
        stays.correct(loading, changes, reason=REASON)
        record_events(
            loading.session,
            [
                event_row(
                    "booking.corrected",
                    by=loading.by,
                    at=loading.at,
                    subject_id=change.ids.id,
                    base_id=change.ids.base_id,
                    tenant_id=change.ids.tenant_id,
                    reason=REASON,
                    before=_told(change.before, change.columns),
                    after=_told(change.after, change.columns),
                )
                for change in changes
            ],
        )

    def _insert(self, loading: Loading, plan: Plan, slots: Mapping[int, Slot]) -> None:
        ids = loading.ids
        who = {"at": loading.at, "actor_id": loading.by.user_id, "actor_label": loading.by.label}
        for batch in batches(plan.new):
            rooms = [ids.spaces[(row.base, row.space)] for row in batch]
            refused = loading.session.execute(
                sql.INSERT,
                {
                    **who,
                    "refs": [row.ref for row in batch],
                    "codes": _codes(loading, len(batch)),
                    "base_ids": [room.base_id for room in rooms],
                    "studio_ids": [room.id for room in rooms],
                    "tenant_ids": [ids.tenants[(row.tenant_uscc,)] for row in batch],
                    "hosts": [row.host for row in batch],
                    "titles": [row.title for row in batch],
                    "platforms": [row.platform for row in batch],
                    "starts": [row.start for row in batch],
                    "ends": [row.end for row in batch],
                    "released": [self.wanted(row)["released_at"] for row in batch],
                    "states": [_state(loading, self.wanted(row)) for row in batch],
                    "ins": [row.checked_in_at for row in batch],
                    "outs": [row.checked_out_at for row in batch],
                    "held_untils": [slots[row.row].held_until if row.row in slots else None for row in batch],
                },
            )
            _refuse_held(loading, plan, slots, set(refused.scalars()))

    def _hold(self, loading: Loading, plan: Plan, moved: Sequence[Change], slots: Mapping[int, Slot]) -> None:
        claims = [(change, slots[change.row]) for change in moved if change.row in slots]
        if claims:
            refused = loading.session.execute(
                sql.HOLD,
                {**arrays([slot for _, slot in claims]), "ids": [change.ids.id for change, _ in claims]},
            )
            _refuse_held(loading, plan, slots, set(refused.scalars()))


def _state(loading: Loading, values: Values) -> str:
    """Guests who came and have not left are on air, as long as their time runs; the workbook has no word for it."""
    on_air = values["checked_in_at"] and not values["checked_out_at"]
    until: datetime = values["released_at"] or values["end"]
    return "checked_in" if values["state"] == "confirmed" and on_air and until > loading.at else str(values["state"])


def _codes(loading: Loading, number: int) -> list[str]:
    """Codes that no booking has."""
    codes: set[str] = set()
    while len(codes) < number:
        drawn = {new_code() for _ in range(number - len(codes))}
        codes |= drawn - set(loading.session.execute(sql.TAKEN_CODES, {"codes": sorted(drawn)}).scalars())
    return sorted(codes)


def _lock(loading: Loading, plan: Plan, slots: Sequence[Slot]) -> None:
    """Lock the rooms that a booking at work elsewhere could want: nobody books what has passed."""
    rooms: set[UUID] = {slot.room.id for slot in slots if slot.until > loading.at}
    rooms |= {change.ids.studio_id for change in plan.changed if change.ids.end > loading.at}
    if rooms:
        holding.lock(loading.session, rooms)


def _refuse_held(loading: Loading, plan: Plan, slots: Mapping[int, Slot], refs: set[str]) -> None:
    """The constraint has the last word: whose room was held already is named with the one who holds it."""
    if not refs:
        return
    refused = [slot for slot in slots.values() if slot.ref in refs]
    zone = loading.zone_of(plan.table)
    column = plan.table.sheet.by_name["end"]
    message = N_("%(space)s of %(base)s is held by the booking %(other)s until %(until)s, its clean-down included")
    errors = [
        _taken(plan, slots[holder.row], message, other=holder.other, until=display(column, holder.until, zone))
        for holder in loading.session.execute(sql.HOLDERS, arrays(refused))
    ]
    raise WorkbookInvalid(errors[:MOST_ERRORS], more=len(errors) > MOST_ERRORS)


def _taken(plan: Plan, slot: Slot, message: str, **values: str) -> CellError:
    base, space = slot.space
    return plan.table.fault(slot.row, "start", message, ref=slot.ref, space=space, base=base, **values)


def _told(values: Values, columns: frozenset[str]) -> dict[str, Any]:
    return {
        name: values[name].isoformat() if isinstance(values[name], datetime) else values[name]
        for name in sorted(columns)
    }


def _admit(loading: Loading, rows: Sequence[BookingRow]) -> None:
    keys = {(row.tenant_uscc, row.base) for row in rows}
    ids = loading.ids
    admit(loading, [(ids.tenants[(uscc,)], ids.bases[(base,)].id) for uscc, base in keys])


def _warn(loading: Loading, plan: Plan, slots: Sequence[Slot], cut: Sequence[Slot]) -> None:
    refs = {slot.row: slot.ref for slot in slots}
    zone = loading.zone_of(plan.table)

    def warn(code: str, row: int) -> None:
        loading.result.warn(ImportWarning(code, plan.table.name, row, refs[row]))

    for batch in batches(slots):
        values = {
            **arrays(batch),
            "bases": sorted({slot.room.base_id for slot in batch}),
            "first": min(slot.start for slot in batch).astimezone(zone).date(),
            "last": max(slot.until for slot in batch).astimezone(zone).date(),
        }
        for found in loading.session.execute(sql.NOTEWORTHY, values):
            for code in _NOTEWORTHY:
                if getattr(found, code):
                    warn(code, found.row)
    for slot in cut:
        warn("buffer_cut", slot.row)
