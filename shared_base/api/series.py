"""`/booking-series`: one rule, many bookings. Looked at first, booked in one request, changed and called off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, url_for
from pydantic import Field, StringConstraints

from shared_base.api.booking_documents import Crew, Equipment, Samples, SessionIn, State, needs_of, only_tenant
from shared_base.api.conventions import Code, In, Instant, Out, Text, answers, iso, json_response
from shared_base.api.examples import (
    CANCELLED_OUT,
    CHANGE_IN,
    CHANGED_OUT,
    CREATED_OUT,
    NIGHTLY,
    PREVIEW_OUT,
    SERIES_OUT,
    example,
)
from shared_base.api.idempotency import effect
from shared_base.bookings import actions_series
from shared_base.bookings.actions_series import Asked
from shared_base.bookings.changing import SAME
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries_series import occurrences_of, series_for
from shared_base.bookings.rows import BookingRow
from shared_base.bookings.rrule import LONGEST
from shared_base.bookings.series import Changes, Preview, SeriesRow
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor

bp = APIBlueprint("api_series", __name__, tag="Series")

Rrule = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]
Dates = Annotated[list[Instant], Field(max_length=1000)]
OnConflict = Literal["refuse", "skip"]


class PlanIn(SessionIn, json_schema_extra=example(NIGHTLY)):
    """`start` and `end` are those of the first occurrence; every other lasts as long."""

    rrule: Rrule = Field(
        description="RFC 5545 §3.3.10: DAILY, WEEKLY, MONTHLY or YEARLY, ending by COUNT or UNTIL; at most 1,000"
        " occurrences within three years.",
        examples=["FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20261231"],
    )
    timezone: Code | None = Field(
        default=None,
        description="The zone whose clock the rule follows (IANA); default: the base's.",
        examples=["America/New_York"],
    )
    exdates: Dates = Field(default=[], description="Occurrences to leave out, by their starts (EXDATE).")
    rdates: Dates = Field(default=[], description="Starts beside the rule's (RDATE).")


class SeriesIn(PlanIn, json_schema_extra=example({**NIGHTLY, "on_conflict": "skip"})):
    """What is to be repeated, and what to do where an occurrence cannot be had."""

    on_conflict: OnConflict = Field(
        default="refuse", description="`refuse`: all or nothing. `skip`: book the others and list these."
    )


class BookedOut(Out):
    id: UUID = Field(description="The booking's id.")
    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")


class BlockedOut(Out):
    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")
    blockers: list[dict[str, Any]] = Field(description="As in the refusal of a booking; `rule`: what the rules say.")


class CreatedOut(Out, json_schema_extra=example(CREATED_OUT)):
    """The series, its bookings, and the times that could not be had."""

    id: UUID = Field(description="The series' id.")
    bookings: list[BookedOut] = Field(description="What was booked, by start.")
    skipped: list[BlockedOut] = Field(description="What was left out, and why; empty with `refuse`.")


class PreviewedOut(Out):
    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")
    anchor_start: datetime = Field(description="The same instant on the clock that the rule follows.")
    moves: bool = Field(description="Whether the base's clock shows another time of day than for the one before.")
    blockers: list[dict[str, Any]] = Field(description="What stands in the way as things are; empty: nothing.")


class PreviewOut(Out, json_schema_extra=example(PREVIEW_OUT)):
    """Every occurrence as it would be, and what blocks it as things stand."""

    rrule: str = Field(description="The rule as it was understood.")
    timezone: str = Field(description="The zone whose clock the rule follows.")
    occurrences: list[PreviewedOut] = Field(description="Every occurrence, by start.")


class OccurrenceOut(Out):
    """One booking of a series. `occurrence`: its start by the rule, which names it in changes and cancellations."""

    occurrence: datetime = Field(description="Its start by the rule, on the clock that the rule follows.")
    id: UUID = Field(description="The booking's id.")
    code: str = Field(description="What people say: BK-7F3K9Q.")
    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")
    studio_id: UUID = Field(description="Where it takes place.")
    state: State = Field(description="The booking's state.")
    own_fields: list[str] = Field(description="What it changed for itself, and keeps when the series changes.")


class SeriesOut(Out, json_schema_extra=example(SERIES_OUT)):
    """A series: the rule, what every occurrence asks for unless it changed that for itself, and its bookings."""

    id: UUID = Field(description="The series' id.")
    base: str = Field(description="The base's code.")
    studio_id: UUID = Field(description="The studio's id.")
    studio: str = Field(description="The studio's code.")
    tenant_id: UUID = Field(description="Whose series it is.")
    host_id: UUID | None = Field(description="Who presents (主播); null: not said.")
    title: str = Field(description="What its sessions are called.")
    platform: str | None = Field(description="抖音, 快手, 淘宝, …; null: not said.")
    rrule: str = Field(description="RFC 5545 §3.3.10.")
    timezone: str = Field(description="The zone whose clock the rule follows (IANA).")
    start: datetime = Field(description="Of the first occurrence, on the clock that the rule follows (DTSTART).")
    duration_seconds: int = Field(description="How long each occurrence lasts.")
    exdates: list[datetime] = Field(description="Occurrences left out, by their starts.")
    rdates: list[datetime] = Field(description="Starts beside the rule's.")
    needs: dict[str, Any] = Field(description="`equipment`, `crew` and `samples`, as asked for.")
    split_from: UUID | None = Field(description="The series of which this is the following part.")
    cancelled_at: datetime | None = Field(description="When all of it was called off; else null.")
    created_at: datetime = Field(description="When it was booked.")
    version: int = Field(description="Rises with every change.")
    bookings: list[OccurrenceOut] = Field(description="Its bookings by start, cancelled ones too.")


class ChangeIn(In, json_schema_extra=example(CHANGE_IN)):
    """What is not given stays. Exceptions of single occurrences stay, too, and what has begun is not touched."""

    from_: Instant | None = Field(
        default=None,
        alias="from",
        description="This occurrence (its start by the rule) and all that follow; null: all that have not begun.",
    )
    start: Instant | None = Field(
        default=None, description="Of the first occurrence reached; the others shift as it does."
    )
    end: Instant | None = Field(default=None, description="Of the first occurrence reached; the others last as long.")
    studio_id: UUID | None = Field(default=None, description="The new studio, of the same base.")
    host_id: UUID | None = Field(default=None, description="Null takes the host away.")
    title: Text | None = Field(default=None, description="What the sessions are called from now on.")
    platform: Text | None = Field(default=None, description="Null takes it away.")
    equipment: Equipment | None = Field(
        default=None, description="With crew and samples: all that is needed from now on."
    )
    crew: Crew | None = Field(default=None, description="All the crew that is needed from now on.")
    samples: Samples | None = Field(default=None, description="All the samples that are needed from now on.")
    on_conflict: OnConflict = Field(
        default="refuse", description="`skip`: an occurrence that cannot be had as changed stays as it was."
    )

    def changes(self, series: SeriesRow) -> Changes:
        given = self.model_fields_set
        return Changes(
            start=self.start,
            end=self.end,
            studio_id=self.studio_id if self.studio_id else SAME,
            host_id=self.host_id if "host_id" in given else SAME,
            title=self.title if self.title is not None else SAME,
            platform=self.platform if "platform" in given else SAME,
            needs=self._needs(series.needs) if given & {"equipment", "crew", "samples"} else SAME,
        )

    def _needs(self, held: Needs) -> Needs:
        """What is named replaces its sort; the other sorts stay."""
        asked = needs_of(self.equipment or [], self.crew or [], self.samples or [])
        return Needs(
            asked.equipment if self.equipment is not None else held.equipment,
            asked.crew if self.crew is not None else held.crew,
            asked.samples if self.samples is not None else held.samples,
        )


class ChangedOut(Out, json_schema_extra=example(CHANGED_OUT)):
    """The series that holds what was changed (a new one after a split), its changed bookings, and what stayed."""

    id: UUID = Field(description="The series that holds what was changed.")
    split_from: UUID | None = Field(description="The series that it was split from; null: none.")
    bookings: list[BookedOut] = Field(description="What was changed, by start.")
    skipped: list[BlockedOut] = Field(description="Times that could not be had; these occurrences stay as they were.")


class CancellationIn(In, json_schema_extra=example({"from": "2026-12-24T20:00:00+08:00", "reason": "提前收档"})):
    from_: Instant | None = Field(
        default=None,
        alias="from",
        description="This occurrence (its start by the rule) and all that follow; null: all that have not begun.",
    )
    reason: Text = Field(default="", description="Why; staff who cancel a tenant's series must say.")


class KeptOut(Out):
    id: UUID = Field(description="The booking's id.")
    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")
    reason: str = Field(description="Why it stays, in the reader's language.")


class CancelledOut(Out, json_schema_extra=example(CANCELLED_OUT)):
    """What was called off, and what the rules keep because it is too late for its tenant to cancel."""

    id: UUID = Field(description="The series' id.")
    cancelled_at: datetime | None = Field(description="Of the whole series, when nothing of it is left.")
    bookings: list[BookedOut] = Field(description="What was called off, by start.")
    kept: list[KeptOut] = Field(description="What stays, each with why.")


def _asked(body: PlanIn) -> Asked:
    return Asked(
        studio_id=body.studio_id,
        tenant_id=body.tenant_id or only_tenant(current_actor()),
        start=body.start,
        end=body.end,
        rrule=body.rrule,
        timezone=body.timezone,
        exdates=body.exdates,
        rdates=body.rdates,
        title=body.title,
        platform=body.platform,
        host_id=body.host_id,
        needs=body.needs,
    )


@bp.post("/booking-series")
@allow(*STAFF, *TENANT)
@bp.input(SeriesIn, arg_name="body")
@answers(201, CreatedOut, 404, 409, text="Booked: all of it, or with `skip` what could be had.")
@effect
def create(body: SeriesIn) -> Response:
    """Book every occurrence of a rule, in one request and all or nothing; or skip those that cannot be had.

    409 `series-taken` lists the occurrences in the way as `conflicts`, each with its `blockers`.
    """
    made = actions_series.create_series(
        session(), asked=_asked(body), on_conflict=body.on_conflict, by=current_actor(), at=now()
    )
    zone = made.series.timezone
    told = {
        "id": str(made.series.id),
        "bookings": _booked(made.bookings, zone),
        "skipped": _skipped(made.skipped, zone),
    }
    return json_response(told, 201, {"Location": url_for("api_series.show", series_id=made.series.id)})


@bp.post("/booking-series/preview")
@allow(*STAFF, *TENANT)
@bp.input(PlanIn, arg_name="body")
@answers(200, PreviewOut, 404, 409)
@effect
def preview(body: PlanIn) -> Response:
    """What a series would be: every occurrence with what blocks it, and where it moves on the base's clock.

    Nothing is booked or held.
    """
    recurrence, zone, found = actions_series.preview(session(), asked=_asked(body), by=current_actor(), at=now())
    occurrences = [
        {
            "start": iso(it.start, zone.key),
            "end": iso(it.end, zone.key),
            "anchor_start": iso(it.start, recurrence.zone.key),
            "moves": it.moves,
            "blockers": it.blockers,
        }
        for it in found
    ]
    told = {"rrule": str(recurrence.rule), "timezone": recurrence.zone.key, "occurrences": occurrences}
    return json_response(told)


@bp.get("/booking-series/<uuid:series_id>")
@allow()
@answers(200, SeriesOut, 404)
def show(series_id: UUID) -> Response:
    """One series with all its bookings, cancelled ones too."""
    series = series_for(session(), current_actor(), series_id)
    return json_response(_series(series, occurrences_of(session(), current_actor(), series_id)))


@bp.post("/booking-series/<uuid:series_id>/changes")
@allow(*STAFF, *TENANT)
@bp.input(ChangeIn, arg_name="body")
@answers(200, ChangedOut, 404, 409)
@effect
def change(series_id: UUID, body: ChangeIn) -> Response:
    """Change an occurrence and all that follow (the series is split there), or all that have not begun.

    What single occurrences changed for themselves stays. One occurrence alone is changed as any booking.
    """
    series = series_for(session(), current_actor(), series_id)
    done = actions_series.change_series(
        session(),
        series=series,
        since=body.from_,
        changes=body.changes(series),
        on_conflict=body.on_conflict,
        by=current_actor(),
        at=now(),
    )
    zone = series.timezone
    return json_response(
        {
            "id": str(done.series.id),
            "split_from": str(done.series.split_from) if done.series.split_from else None,
            "bookings": _booked(done.bookings, zone),
            "skipped": _skipped(done.skipped, zone),
        }
    )


@bp.post("/booking-series/<uuid:series_id>/cancellation")
@allow(*STAFF, *TENANT)
@bp.input(CancellationIn, arg_name="body")
@answers(200, CancelledOut, 404, 409)
@effect
def cancel(series_id: UUID, body: CancellationIn) -> Response:
    """Call off an occurrence and all that follow, or all that have not begun. One alone is cancelled as any booking."""
    series = series_for(session(), current_actor(), series_id)
    after, cancelled, kept = actions_series.cancel_series(
        session(), series=series, since=body.from_, reason=body.reason, by=current_actor(), at=now()
    )
    zone = series.timezone
    return json_response(
        {
            "id": str(after.id),
            "cancelled_at": iso(after.cancelled_at, zone),
            "bookings": _booked(cancelled, zone),
            "kept": [{**told, "reason": str(why)} for (told,), why in ((_booked([it], zone), why) for it, why in kept)],
        }
    )


def _booked(rows: Sequence[BookingRow], zone: str) -> list[dict[str, Any]]:
    return [{"id": str(row.id), "start": iso(row.start, zone), "end": iso(row.end, zone)} for row in rows]


def _skipped(found: Sequence[Preview], zone: str) -> list[dict[str, Any]]:
    return [{"start": iso(it.start, zone), "end": iso(it.end, zone), "blockers": it.blockers} for it in found]


def _series(series: SeriesRow, bookings: Sequence[BookingRow]) -> dict[str, Any]:
    zone = series.timezone
    return {
        "id": str(series.id),
        "base": series.base_code,
        "studio_id": str(series.studio_id),
        "studio": series.studio_code,
        "tenant_id": str(series.tenant_id),
        "host_id": str(series.host_id) if series.host_id else None,
        "title": series.title,
        "platform": series.platform,
        "rrule": series.rrule,
        "timezone": series.anchor,
        "start": iso(series.first_start, series.anchor),
        "duration_seconds": series.duration_seconds,
        "exdates": [iso(it, series.anchor) for it in series.exdates],
        "rdates": [iso(it, series.anchor) for it in series.rdates],
        "needs": series.needs_json,
        "split_from": str(series.split_from) if series.split_from else None,
        "cancelled_at": iso(series.cancelled_at, zone),
        "created_at": iso(series.created_at, zone),
        "version": series.version,
        "bookings": [
            {
                "occurrence": iso(row.occurrence_at, series.anchor),
                "id": str(row.id),
                "code": row.code,
                "start": iso(row.start, zone),
                "end": iso(row.end, zone),
                "studio_id": str(row.studio_id),
                "state": row.state,
                "own_fields": list(row.own_fields),
            }
            for row in bookings
        ],
    }
