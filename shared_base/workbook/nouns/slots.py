"""Which room a booking of the workbook holds, and until when: its schedule, and a clean-down while it is to come."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from shared_base.workbook.checks import Key
from shared_base.workbook.ids import SpaceIds
from shared_base.workbook.nouns import booking_sql as sql
from shared_base.workbook.nouns.noun import Loading
from shared_base.workbook.plans import BATCH, Plan, Values, batches
from shared_base.workbook.rows import BookingRow


@dataclass(frozen=True, slots=True)
class Slot:
    """A booking's claim on a room. `until` ends the schedule, `held_until` the hold; None: it holds nothing."""

    row: int
    ref: str
    space: Key
    room: SpaceIds
    start: datetime
    until: datetime
    held_until: datetime | None


def slots_of(loading: Loading, plan: Plan) -> list[Slot]:
    """The claims of all bookings that are new or change, cancelled ones left out.

    A room that is not stored yet has no claims against it: its bookings follow when it is.
    """
    found: list[Slot] = []
    for row in plan.new:
        _append(found, loading, row.row, row.ref, (row.base, row.space), row.start, row.until, row.state)
    for change in plan.changed:
        after = change.after
        until = after["released_at"] or after["end"]
        space = (after["base"], after["space"])
        _append(found, loading, change.row, after["ref"], space, after["start"], until, after["state"])
    return found


def _append(
    found: list[Slot], loading: Loading, row: int, ref: str, space: Key, start: datetime, until: datetime, state: str
) -> None:
    room = loading.ids.spaces.get(space)
    if room is None or state == "cancelled":
        return
    held_until: datetime | None = until
    if start == until:
        held_until = None
    elif until > loading.at and state == "confirmed":
        held_until = until + timedelta(minutes=room.buffer_minutes)
    found.append(Slot(row, ref, space, room, start, until, held_until))


def cut_buffers(loading: Loading, plan: Plan, slots: Sequence[Slot]) -> tuple[list[Slot], list[Slot]]:
    """The slots, each clean-down ended where the room is taken again; and those whose clean-down was cut so.

    Bookings that the operator made close together stand: only what comes through us is kept apart.
    """
    with_buffer = [slot for slot in slots if slot.held_until and slot.held_until > slot.until]
    if not with_buffer:
        return list(slots), []
    starts = _starts(plan.table.rows, {slot.space for slot in with_buffer})
    stored = _next_stored(loading, with_buffer)
    cut: dict[int, Slot] = {}
    for slot in with_buffer:
        in_file = starts[slot.space]
        at = bisect_left(in_file, slot.until)
        nexts = [start for start in (in_file[at] if at < len(in_file) else None, stored.get(slot.row)) if start]
        if nexts and slot.held_until and min(nexts) < slot.held_until:
            cut[slot.row] = replace(slot, held_until=min(nexts))
    return [cut.get(slot.row, slot) for slot in slots], list(cut.values())


def _starts(rows: Iterable[BookingRow], spaces: set[Key]) -> dict[Key, list[datetime]]:
    """When the bookings of each room begin, in order; those that hold it for no time do not count."""
    starts: dict[Key, list[datetime]] = {space: [] for space in spaces}
    for row in rows:
        if row.state != "cancelled" and row.start < row.until and (row.base, row.space) in starts:
            starts[(row.base, row.space)].append(row.start)
    for each in starts.values():
        each.sort()
    return starts


def _next_stored(loading: Loading, slots: Sequence[Slot]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for batch in batches(slots):
        found.update((row.row, row.start) for row in loading.session.execute(sql.NEXT_HOLDS, arrays(batch)))
    return found


def clashes(loading: Loading, plan: Plan, slots: Sequence[Slot]) -> Iterator[tuple[Slot, str]]:
    """Each slot with the stored booking that has its room at the time, by name; both are read in order, once.

    Stored bookings that the plan itself moves do not count: they are judged where they move to.
    """
    claims = [slot for slot in slots if slot.start < slot.until]
    if not claims:
        return
    moved = {change.before["ref"] for change in plan.changed}
    of_room: dict[UUID, list[Slot]] = {}
    for slot in sorted(claims, key=lambda slot: slot.start):
        of_room.setdefault(slot.room.id, []).append(slot)
    in_use = loading.session.execute(
        sql.IN_USE,
        {
            "studio_ids": sorted(of_room),
            "first": min(slot.start for slot in claims),
            "last": max(slot.until for slot in claims),
        },
        execution_options={"yield_per": BATCH},
    )
    for room_id, stored in groupby(in_use, key=attrgetter("studio_id")):
        yield from _sweep(of_room[room_id], [each for each in stored if each.ref not in moved])


def _sweep(slots: Sequence[Slot], stored: Sequence[Any]) -> Iterator[tuple[Slot, str]]:
    """Slots and stored bookings of one room, each in order of start and apart among themselves."""
    at = 0
    for slot in slots:
        while at < len(stored) and stored[at].until <= slot.start:
            at += 1
        behind = at
        while behind < len(stored) and stored[behind].start < slot.until:
            if stored[behind].start < stored[behind].until:
                yield slot, stored[behind].name
            behind += 1


def arrays(slots: Sequence[Slot]) -> Values:
    """The slots as the arrays that `booking_sql` takes."""
    return {
        "rows": [slot.row for slot in slots],
        "base_ids": [slot.room.base_id for slot in slots],
        "studio_ids": [slot.room.id for slot in slots],
        "starts": [slot.start for slot in slots],
        "untils": [slot.until for slot in slots],
        "held_untils": [slot.held_until for slot in slots],
    }
