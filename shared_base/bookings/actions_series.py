"""Series: planned and looked at, booked in one go, changed from an occurrence on, called off.

Each occurrence is a booking of its own. What one changed for itself (`own_fields`) stays when the series changes, what
was cancelled stays cancelled, and what has begun is never touched. Locks: the series' row, its bookings' rows in id
order, then kinds and resources as in `actions` (`docs/decisions/0008-writing-a-booking.md`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.bookings import changing_series, rules
from shared_base.bookings.batch import write_all
from shared_base.bookings.errors_series import SeriesOver, SeriesTaken
from shared_base.bookings.models_series import Series
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.queries_series import get_occurrences_for_update, get_series, get_series_for_update, zone_of
from shared_base.bookings.recurrence import Occurrence, Recurrence
from shared_base.bookings.rows import BookingRow, Wanted
from shared_base.bookings.series import Changes, Preview, SeriesRow, target, times_as_json, untouched
from shared_base.bookings.weighing import Weighed, new_booking, weigh
from shared_base.catalogue.rules import known_zone
from shared_base.core.actor import Actor
from shared_base.core.errors import Forbidden, SharedBaseError
from shared_base.core.events import event_row, record_events
from shared_base.core.fields import faulty, text_line
from shared_base.core.i18n import N_

OnConflict = Literal["refuse", "skip"]
MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Asked:
    """What somebody wants repeated: a booking, its rule, the dates left out and added, and whose clock it follows."""

    studio_id: UUID
    tenant_id: UUID
    start: datetime
    end: datetime
    rrule: str
    timezone: str | None = None  #: IANA; None: the base's
    exdates: Sequence[datetime] = ()
    rdates: Sequence[datetime] = ()
    title: str | None = None
    platform: str | None = None
    host_id: UUID | None = None
    needs: Needs = NOTHING

    def wanted(self, times: Iterable[Occurrence]) -> list[Wanted]:
        return [Wanted(self.studio_id, self.tenant_id, self.host_id, start, end) for start, end in times]


@dataclass(frozen=True)
class Booked:
    """A series with the bookings made or changed, and the times that could not be had."""

    series: SeriesRow
    bookings: list[BookingRow]
    skipped: list[Preview]


def _plan(session: Session, asked: Asked) -> tuple[Recurrence, ZoneInfo]:
    base_zone = zone_of(session, asked.studio_id)
    zone = base_zone if asked.timezone in (None, base_zone.key) else known_zone(str(asked.timezone))
    recurrence = Recurrence.plan(
        rrule=asked.rrule, zone=zone, start=asked.start, end=asked.end, without=asked.exdates, beside=asked.rdates
    )
    return recurrence, base_zone


def preview(session: Session, *, asked: Asked, by: Actor, at: datetime) -> tuple[Recurrence, ZoneInfo, list[Preview]]:
    """What a series would be: every occurrence, what blocks it, and where it moves on the base's clock (the zone).

    Nothing is locked. Raises what is wrong with all of them, as `create_series` would.
    """
    recurrence, zone = _plan(session, asked)
    wanted = asked.wanted(recurrence.occurrences)
    found = weigh(session, wanted, asked.needs, check=new_booking(wanted, by=by, at=at), by=by, at=at, lock=False)
    return recurrence, zone, _previews(found, zone)


def _previews(found: Sequence[Weighed], zone: ZoneInfo) -> list[Preview]:
    times = [it.wanted.start.astimezone(zone).time() for it in found]
    return [
        Preview(
            it.wanted.start, it.wanted.end, number > 0 and times[number] != times[number - 1], it.blockers, it.refusal
        )
        for number, it in enumerate(found)
    ]


def create_series(
    session: Session, *, asked: Asked, by: Actor, at: datetime, on_conflict: OnConflict = "refuse"
) -> Booked:
    """Book every occurrence: all of them, or with `on_conflict="skip"` those that can be had, the others being told.

    A year of nights is a handful of statements. Raises `SeriesTaken` (409, each conflict with what blocks it) for
    "refuse", and with "skip" where nothing is left; `Invalid` for the rule; else what `book` raises. What is skipped
    is left out of the rule (EXDATE). Meant to run under `retrying`; when it raises, the transaction has to be undone.
    """
    title = text_line(asked.title, "title", longest=rules.LONGEST_TITLE) or ""
    platform = text_line(asked.platform, "platform", longest=rules.LONGEST_PLATFORM)
    recurrence, zone = _plan(session, asked)
    wanted = asked.wanted(recurrence.occurrences)
    found = weigh(session, wanted, asked.needs, check=new_booking(wanted, by=by, at=at), by=by, at=at)
    free, skipped = _in_two(found)
    if skipped and (on_conflict == "refuse" or not free):
        raise _series_taken(skipped, zone)
    series_id = session.execute(
        sa.insert(Series)
        .values(
            base_id=found[0].situation.base_id,
            tenant_id=asked.tenant_id,
            studio_id=asked.studio_id,
            host_id=asked.host_id,
            title=title,
            platform=platform,
            needs=asked.needs.as_json(),
            on_conflict=on_conflict,
            created_at=at,
            created_by=by.user_id,
            **changing_series.times(recurrence, left_out=[it.wanted.start for it in skipped]),
        )
        .returning(Series.id)
    ).scalar_one()
    bookings = write_all(
        session, free=free, title=title, platform=platform, needs=asked.needs, series_id=series_id, by=by, at=at
    )
    series = get_series(session, series_id)
    told = _previews(skipped, zone)
    _tell(
        session,
        "series.created",
        series,
        by=by,
        at=at,
        after=series.as_json(),
        skipped=[_as_json(it, zone) for it in told],
    )
    return Booked(series, bookings, told)


def _in_two(found: Iterable[Weighed]) -> tuple[list[Weighed], list[Weighed]]:
    free, blocked = list[Weighed](), list[Weighed]()
    for it in found:
        (blocked if it.blockers else free).append(it)
    return free, blocked


def _as_json(conflict: Preview, zone: ZoneInfo) -> dict[str, Any]:
    start, end = (instant.astimezone(zone).isoformat() for instant in (conflict.start, conflict.end))
    return {"start": start, "end": end, "blockers": conflict.blockers}


def _series_taken(blocked: Sequence[Weighed], zone: ZoneInfo) -> SeriesTaken:
    conflicts = [_as_json(it, zone) for it in _previews(blocked, zone)]
    return SeriesTaken(
        N_("%(number)s of the times cannot be had, the first at %(first)s: choose another time, or skip those."),
        extra={"conflicts": conflicts, "blockers": [blocker for it in conflicts for blocker in it["blockers"]]},
        number=len(conflicts),
        first=rules.local(blocked[0].wanted.start, zone),
    )


def _tell(session: Session, kind: str, series: SeriesRow, *, by: Actor, at: datetime, **payload: Any) -> None:
    told = {"subject_id": series.id, "base_id": series.base_id, "tenant_id": series.tenant_id}
    record_events(session, [event_row(kind, by=by, at=at, **told, **payload)])


# — this and following, all


def change_series(
    session: Session,
    *,
    series: SeriesRow,
    since: datetime | None,
    changes: Changes,
    by: Actor,
    at: datetime,
    on_conflict: OnConflict = "refuse",
) -> Booked:
    """Change every occurrence from that of `since` on (its start by the rule); None: all that have not begun.

    From the middle on the series is split: what follows becomes a series of its own, which is returned. All of it stays
    one series, unless its times change and some have begun. `start` and `end` of the changes are those of the first
    occurrence reached; the others shift as it does, on the anchor zone's clock.

    Raises `SeriesTaken` when an occurrence cannot be had as changed; with "skip" it stays as it was, as an exception.
    `SeriesOver`, `Invalid`, `NotFound`, `Forbidden` and the refusals of `move` else; then the transaction is undone.
    """
    held = get_series_for_update(session, series.id)
    _check_theirs(held, by)
    columns = _given(held, changes)
    recurrence = held.recurrence
    first = _first_reached(held, recurrence, since, at)
    for instant in (changes.start, changes.end):
        if instant is not None:
            rules.check_range(instant, instant + MOMENT)
    times = changes.times(first)
    rules.check_range(*times)
    bookings = get_occurrences_for_update(session, held.id)
    moves = times != first
    if not moves and not columns:
        return Booked(held, [], [])
    before, part = None, recurrence
    if first != recurrence.occurrences[0] and (moves or since is not None):
        before, part = recurrence.split(first.start)
    after = part.moved(first.start, start=times.start, end=times.end) if moves else part
    becomes = dict(zip((it.start for it in part.occurrences), after.occurrences, strict=True))
    reached = [it for it in bookings if it.occurrence_at in becomes]
    targets = [target(it, becomes[_at(it)], columns) for it in reached if untouched(it, at)]
    done, skipped = changing_series.place(session, targets, by=by, at=at, skip=on_conflict == "skip")
    if skipped and on_conflict == "refuse":
        raise _series_taken(skipped, ZoneInfo(held.timezone))
    if before is None:
        changing_series.rewrite(session, held.id, after, columns)
        into = get_series(session, held.id)
        differs = _differs(held.as_json(), into.as_json())
        _tell(session, "series.changed", held, by=by, at=at, **differs)
    else:
        into = _split_off(session, held, before, after, columns, on_conflict, by=by, at=at)
    if moves or before is not None:
        changing_series.relabel(session, into.id, {it.id: becomes[_at(it)].start for it in reached})
    return Booked(into, done, _previews(skipped, ZoneInfo(held.timezone)))


def _at(booking: BookingRow) -> datetime:
    assert booking.occurrence_at is not None, "a check says so of every booking of a series"
    return booking.occurrence_at.astimezone(UTC)


def _check_theirs(series: SeriesRow, by: Actor) -> None:
    if not by.serves(series.base_id) and not by.acts_for(series.tenant_id):
        raise Forbidden(N_("Only the tenant and the base's staff may change this series."))
    if series.cancelled_at is not None:
        raise SeriesOver(N_("The series was cancelled and stays so: make a new one."))


def _given(series: SeriesRow, changes: Changes) -> dict[str, Any]:
    """The columns that differ from the series' own."""
    columns = changes.columns
    if "title" in columns:
        columns["title"] = text_line(columns["title"], "title", longest=rules.LONGEST_TITLE) or ""
    if "platform" in columns:
        columns["platform"] = text_line(columns["platform"], "platform", longest=rules.LONGEST_PLATFORM)
    return {name: value for name, value in columns.items() if value != getattr(series, name)}


def _first_reached(series: SeriesRow, recurrence: Recurrence, since: datetime | None, at: datetime) -> Occurrence:
    """The first occurrence that a deed on the series reaches."""
    zone = ZoneInfo(series.timezone)
    for it in recurrence.occurrences:
        if it.start == since if since else it.start > at:
            if it.start <= at:
                raise faulty(
                    "from", N_("That of %(start)s has begun: choose a later one."), start=rules.local(it.start, zone)
                )
            return it
    if since is None:
        raise SeriesOver(N_("Every occurrence of the series has begun: make a new one, or change them one by one."))
    raise faulty(
        "from", N_("%(start)s is no occurrence of the series: take one of its list."), start=rules.local(since, zone)
    )


def _differs(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in after if before.get(name) != after[name]]
    return {"before": {name: before.get(name) for name in names}, "after": {name: after[name] for name in names}}


def _split_off(
    session: Session,
    held: SeriesRow,
    before: Recurrence,
    after: Recurrence,
    columns: dict[str, Any],
    on_conflict: str,
    *,
    by: Actor,
    at: datetime,
) -> SeriesRow:
    """Two series of one: the part before keeps its id, what follows gets one of its own."""
    changing_series.rewrite(session, held.id, before, {})
    new_id = changing_series.insert_following(session, held, after, columns, on_conflict, by=by, at=at)
    into = get_series(session, new_id)
    told = _differs(times_as_json(held.recurrence), times_as_json(before))
    _tell(session, "series.split", held, by=by, at=at, **told, into=str(into.id))
    _tell(
        session,
        "series.created",
        into,
        by=by,
        at=at,
        **_differs(held.as_json(), into.as_json()),
        split_from=str(held.id),
    )
    return into


# — the rest, or all


def cancel_series(
    session: Session, *, series: SeriesRow, since: datetime | None, reason: str | None, by: Actor, at: datetime
) -> tuple[SeriesRow, list[BookingRow], list[tuple[BookingRow, SharedBaseError]]]:
    """Call off every occurrence from that of `since` on (None: all that have not begun), exceptions as well.

    Returns the series, what was cancelled, and what the rules keep (past its deadline for a tenant) with the reason.
    The series then ends with the last that is kept; with none it is cancelled itself. `SeriesOver`: nothing is left.
    """
    held = get_series_for_update(session, series.id)
    _check_theirs(held, by)
    first = _first_reached(held, held.recurrence, since, at) if since else None
    why = text_line(reason, "reason", longest=rules.LONGEST_REASON, required=not by.acts_for(held.tenant_id))
    bookings = get_occurrences_for_update(session, held.id)
    reached = [it for it in bookings if untouched(it, at) and (first is None or _at(it) >= first.start)]
    cancelled, kept = list[BookingRow](), list[tuple[BookingRow, SharedBaseError]]()
    for it in reached:
        try:
            rules.check_move(it, "cancelled", by=by, at=at)
        except SharedBaseError as error:
            kept.append((it, error))
        else:
            cancelled.append(it)
    if not cancelled:
        raise kept[0][1] if kept else SeriesOver(N_("Nothing of the series is left to be cancelled."))
    cancelled = changing_series.call_off(session, cancelled, why, by=by, at=at)
    gone = {it.id for it in cancelled}
    left = [_at(it) for it in bookings if it.state != "cancelled" and it.id not in gone]
    over = None if left else at
    ended = held.recurrence.until(max(left)) if left else held.recurrence
    changing_series.rewrite(session, held.id, ended, {"cancelled_at": over})
    into = get_series(session, held.id)
    differs = _differs(held.as_json(), into.as_json())
    _tell(
        session,
        "series.cancelled",
        held,
        by=by,
        at=at,
        **differs,
        reason=why,
        bookings=[str(it.id) for it in cancelled],
    )
    return into, cancelled, kept
