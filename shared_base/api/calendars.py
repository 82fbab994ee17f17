"""`/calendar-feeds` and `/calendar-imports`: bookings in other people's calendars, and theirs as bookings."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request, url_for
from pydantic import Field

from shared_base.api.conventions import In, Instant, Out, Text, answers, iso, json_response, utc
from shared_base.api.examples import CALENDAR, FEED, FEED_OUT, IMPORT_IN, IMPORT_OUT, NEW_FEED_OUT, example, page
from shared_base.api.examples import TENANT as A_TENANT
from shared_base.api.idempotency import HEADER, effect
from shared_base.bookings.errors import Taken
from shared_base.bookings.errors_series import SeriesTaken
from shared_base.calendars import actions
from shared_base.calendars.content_lines import MOST_BYTES
from shared_base.calendars.errors import CalendarRefused
from shared_base.calendars.importing import Line, Outcome, Wish, import_calendar, preview_calendar
from shared_base.calendars.queries import feeds_of
from shared_base.calendars.rows import FeedRow
from shared_base.core.actor import Actor
from shared_base.core.errors import Invalid, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session, settings
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor, identity
from shared_base.http.language import said, translate
from shared_base.http.problems import TYPE_BASE
from shared_base.http.transactions import writes

bp = APIBlueprint("api_calendars", __name__, tag="Calendars")

Kind = Literal["tenant", "host", "studio"]
OnConflict = Literal["refuse", "skip"]


class FeedIn(In, json_schema_extra=example({"kind": "tenant", "subject_id": A_TENANT, "label": "手机"})):
    kind: Kind = Field(description="Whose bookings: a tenant's, a host's (主播), or all of a studio (staff).")
    subject_id: UUID = Field(description="Id of that tenant, host or studio.")
    label: Text = Field(min_length=1, max_length=actions.LONGEST_LABEL, description="Who reads it.", examples=["手机"])


class FeedOut(Out, json_schema_extra=example(FEED_OUT)):
    """A calendar address; the address itself is told once, when it is made."""

    id: UUID = Field(description="For its revocation.")
    kind: Kind = Field(description="Whose bookings it gives.")
    label: str = Field(description="Who reads it.")
    subject: str = Field(description="The tenant's, host's or studio's name.")
    state: Literal["active", "ended", "revoked"] = Field(
        description="`ended`: whoever made it may no longer see these bookings, and the address gives nothing."
    )
    created_at: datetime = Field(description="When it was made, in UTC.")
    used_at: datetime | None = Field(description="When it was last read, to within five minutes.")
    revoked_at: datetime | None = Field(description="When it was switched off; else null.")


class FeedsOut(Out, json_schema_extra=page(FEED_OUT)):
    """The calendar addresses that you look after."""

    items: list[FeedOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class NewFeedOut(Out, json_schema_extra=example(NEW_FEED_OUT)):
    """An address for calendar clients (RFC 5545). It is shown this once: only its digest is kept."""

    id: UUID = Field(description="For its revocation.")
    kind: Kind = Field(description="Whose bookings it gives.")
    label: str = Field(description="Who reads it.")
    address: str = Field(
        description="What a calendar client subscribes to.",
        examples=["https://live.example.cn/calendar/3q2-7wECAwQ.ics"],
    )
    created_at: datetime = Field(description="When it was made, in UTC.")


class RevokedOut(Out, json_schema_extra=example({"id": FEED, "state": "revoked"})):
    """The address gives nothing any more."""

    id: UUID = Field(description="The address's id.")
    state: Literal["revoked"] = Field(description="It gives nothing any more.")


class ImportIn(In, json_schema_extra=example(IMPORT_IN)):
    calendar: str = Field(
        min_length=1,
        max_length=MOST_BYTES,
        description="The text of an .ics file (RFC 5545): at most 512 KB, 500 events, 50 series.",
        examples=[CALENDAR],
    )
    studio_id: UUID = Field(description="Where, unless an event's LOCATION names another studio of the same base.")
    tenant_id: UUID | None = Field(default=None, description="For whom; needed only by those who book for several.")
    host_id: UUID | None = Field(default=None, description="Who presents (主播).")
    on_conflict: OnConflict = Field(default="refuse", description="`skip`: book what can be booked, tell the rest.")
    until: Instant | None = Field(default=None, description="Where rules without an end stop; default in 90 days.")
    preview: bool = Field(default=False, description="Only say what would be booked; nothing is written.")


class TimeOut(Out):
    """One booking; `id` and `code` are null in a preview."""

    id: UUID | None = Field(description="The booking's id.")
    code: str | None = Field(description="What people say: BK-7F3K9Q.")
    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")


class SkippedOut(Out):
    """A time that could not be had and was left out of its series."""

    start: datetime = Field(description="On the base's clock.")
    end: datetime = Field(description="On the base's clock.")


class RefusalOut(Out):
    """Why an entry cannot be booked; `type` and `detail` as in a problem document."""

    type: str = Field(description="As a problem document's: stable.")
    detail: str = Field(description="For people, in the reader's language.")
    blockers: list[dict[str, Any]] = Field(description="What stands in the way, where anything does.")


class EntryOut(Out):
    """One event of the file and what became of it."""

    title: str = Field(description="The event's SUMMARY.")
    state: Literal["booked", "refused", "left_out"] = Field(description="`left_out`: it has passed, or is cancelled.")
    studio: str = Field(description="The code of the studio it is for.")
    series_id: UUID | None = Field(description="The series made of it; null for a single event, and in a preview.")
    rrule: str | None = Field(description="How it repeats (RFC 5545 §3.3.10); null: once.")
    timezone: str | None = Field(description="The zone whose clock the rule follows; null: once.")
    bookings: list[TimeOut] = Field(description="What was booked for it, or would be.")
    skipped: list[SkippedOut] = Field(description="Times that could not be had.")
    notes: list[str] = Field(description="What was understood otherwise than written, for people.")
    refusal: RefusalOut | None = Field(description="Why it cannot be booked; null: it can.")


class ImportOut(Out, json_schema_extra=example(IMPORT_OUT)):
    """What was booked, or with `preview` what would be."""

    preview: bool = Field(description="Whether nothing was written.")
    bookings: int = Field(description="How many bookings were made, or would be.")
    entries: list[EntryOut] = Field(description="The events of the file, in its order.")


@bp.get("/calendar-feeds")
@allow(*STAFF, *TENANT)
@answers(200, FeedsOut)
def index() -> Response:
    """The calendar addresses that you look after, those in use first."""
    items = [_feed(row) for row in feeds_of(session(), current_actor())]
    return json_response({"items": items, "next_cursor": None})


@bp.post("/calendar-feeds")
@allow(*STAFF, *TENANT)
@bp.input(FeedIn, arg_name="body")
@answers(201, NewFeedOut, 404, 409, text="Made; the address is shown this once.")
@writes
def create(body: FeedIn) -> Response:
    """Make an address at which a calendar client reads bookings, from 90 days back to a year ahead."""
    asked: dict[str, Any] = {"kind": body.kind, "subject_id": body.subject_id, "label": body.label}
    secret = _own_secret()
    if secret is None:
        feed = actions.make_feed(session(), **asked, by=current_actor(), at=now())
    else:
        feed = actions.make_feed_once(session(), secret=secret, **asked, by=current_actor(), at=now())
    told = {
        "id": str(feed.id),
        "kind": feed.kind,
        "label": feed.label,
        "address": settings().base_url + url_for("calendar_feed.show", secret=feed.secret),
        "created_at": utc(feed.created_at),
    }
    return json_response(told, 201)


def _own_secret() -> str | None:
    """The secret that belongs to this caller's key: a retry gets the same address, and no answer has to be kept."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= 255 and key.isprintable() and key.isascii()):
        raise Invalid(N_("An Idempotency-Key is 1 to 255 printable ASCII characters."))
    message = f"calendar feed\0{identity().user_id}\0{key}".encode()
    made = hmac.new(settings().secret_key.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


@bp.post("/calendar-feeds/<uuid:feed_id>/revocation")
@allow(*STAFF, *TENANT)
@answers(200, RevokedOut, 404)
@effect
def revoke(feed_id: UUID) -> Response:
    """Switch an address off at once, for good."""
    actions.revoke_feed(session(), feed_id, by=current_actor(), at=now())
    return json_response({"id": str(feed_id), "state": "revoked"})


@bp.post("/calendar-imports")
@allow(*STAFF, *TENANT)
@bp.input(ImportIn, arg_name="body")
@answers(200, ImportOut, 404, 409)
@effect
def import_(body: ImportIn) -> Response:
    """Book what an .ics asks for: single events, series with their exceptions. All of it, or with `skip` what can be.

    409 when nothing is booked: `entries` say of each why.
    """
    actor = current_actor()
    wish = Wish(body.studio_id, body.tenant_id or _only_tenant(actor), body.host_id, body.on_conflict, body.until)
    # a lone surrogate is no text: it becomes what is no UTF-8 either, and is refused as such
    data = body.calendar.encode("utf-8", "surrogatepass")
    book = preview_calendar if body.preview else import_calendar
    try:
        outcome = book(session(), data=data, wish=wish, by=actor, at=now())
    except CalendarRefused as refused:
        refused.extra = {"entries": _entries(refused.outcome, preview=True)}
        raise
    entries = _entries(outcome, preview=body.preview)
    return json_response({"preview": body.preview, "bookings": outcome.booked, "entries": entries})


def _only_tenant(actor: Actor) -> UUID:
    if len(actor.tenants) != 1:
        raise Invalid(
            N_("Say for whom you book: give tenant_id."),
            extra={"errors": {"tenant_id": ["needed: you book for several"]}},
        )
    return next(iter(actor.tenants))


def _feed(row: FeedRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "label": row.label,
        "subject": row.subject,
        "state": row.state,
        "created_at": utc(row.created_at),
        "used_at": utc(row.used_at),
        "revoked_at": utc(row.revoked_at),
    }


def _entries(outcome: Outcome, *, preview: bool) -> list[dict[str, Any]]:
    return [_entry(line, preview=preview) for line in outcome.lines]


def _entry(line: Line, *, preview: bool) -> dict[str, Any]:
    entry, zone = line.entry, line.timezone
    notes = [*entry.notes, *([entry.left_out] if entry.left_out else [])]
    return {
        "title": entry.title,
        "state": "refused" if line.refusal else "left_out" if entry.left_out else "booked",
        "studio": line.studio,
        "series_id": str(line.series_id) if line.series_id and not preview else None,
        "rrule": entry.repeats.rrule if entry.repeats else None,
        "timezone": entry.repeats.zone.key if entry.repeats else None,
        "bookings": [
            {
                "id": None if preview else str(booking.id),
                "code": None if preview else booking.code,
                "start": iso(booking.start, zone),
                "end": iso(booking.end, zone),
            }
            for booking in line.bookings
        ],
        "skipped": [{"start": iso(start, zone), "end": iso(end, zone)} for start, end in line.skipped],
        "notes": [note.text(translate) for note in notes],
        "refusal": _refusal(line.refusal) if line.refusal else None,
    }


def _refusal(error: SharedBaseError) -> dict[str, Any]:
    blockers = error.extra["blockers"] if isinstance(error, Taken | SeriesTaken) else []
    return {"type": f"{TYPE_BASE}{error.type}", "detail": said(error), "blockers": blockers}
