"""排期台: the studios and their bookings over a day, a night or a week, as a timeline and as a table."""

import hashlib
import json
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from shared_base.bookings import rules
from shared_base.bookings import timeline as schedule
from shared_base.bookings.supply import studios_with_kit, supply
from shared_base.core.errors import SharedBaseError
from shared_base.core.periods import parse_instant
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.web.bookings.forms import from_wall
from shared_base.web.bookings.needing import equipment_lines
from shared_base.web.current import current_base

bp = Blueprint("timeline", __name__, url_prefix="/timeline")

#: days shown, and hours from the first midnight to the last; the same as in static/src/js/timeline/board.js
VIEWS = {"day": (1, 0, 30), "night": (1, 18, 30), "week": (7, 0, 24)}
#: rows of the table; a week of hundreds of studios is read day by day
MOST_ROWS = 400
#: what of the address narrows the studios; the same as in static/src/js/timeline/filters.js
FILTERS = ("q", "scene", "floor", "area", "kit", "kit_from", "kit_to")
#: nobody is shown as late before this; the same as GRACE in static/src/js/timeline/reading.js
LATE_AFTER = timedelta(minutes=15)


# — the feed


@bp.get("/feed")
@allow(*STAFF, *TENANT)
def feed() -> Response:
    """The window `start` to `end` as the room `bookings` tells it; with an ETag that also remembers when it was."""
    return _whole(*_window())


@bp.get("/changes")
@allow(*STAFF, *TENANT)
def changes() -> Response:
    """The same window anew if anything in it differs from what the reader's ETag stands for, else 304.

    Asked every two seconds by every open timeline, so the usual answer costs one look at an index of changes.
    """
    start, end = _window()
    stamp = _stamp_of_reader()
    if stamp and _nothing_new(stamp, start, end):
        return _unchanged(stamp)
    return _whole(start, end, stamp)


def _window() -> tuple[datetime, datetime]:
    return parse_instant(request.args.get("start", "")), parse_instant(request.args.get("end", ""))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


#: when it was read, the digest of all of it, the digest of what is told whole each time
Stamp = tuple[int, str, str]


def _stamp_of_reader() -> Stamp | None:
    """What the reader's `If-None-Match` remembers; None for none of ours."""
    for tag in request.if_none_match.as_set():
        when, _dot, digests = tag.partition(".")
        whole, _dot, frame = digests.partition(".")
        if when.isdecimal() and whole and frame and int(when) <= now().timestamp():
            return int(when), whole, frame
    return None


def _nothing_new(stamp: Stamp, start: datetime, end: datetime) -> bool:
    since = datetime.fromtimestamp(stamp[0], UTC)
    found = schedule.changes_since(
        session(), current_actor(), base_id=current_base().id, since=since, start=start, end=end
    )
    return found.bookings == "[]" and _digest(found.outages, found.busy) == stamp[2]


def _whole(start: datetime, end: datetime, stamp: Stamp | None = None) -> Response:
    as_of = int(now().timestamp())
    told = schedule.timeline(session(), current_actor(), base_id=current_base().id, start=start, end=end)
    content = told.as_json()
    fresh = (as_of, _digest(content), _digest(told.outages, told.busy))
    if stamp and stamp[1:] == fresh[1:]:
        return _unchanged(fresh)
    return _tagged(Response(content, mimetype="application/json"), fresh)


def _unchanged(stamp: Stamp) -> Response:
    return _tagged(Response(status=304), stamp)


def _tagged(response: Response, stamp: Stamp) -> Response:
    response.set_etag(".".join(map(str, stamp)))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


# — narrowing it


@bp.get("/kit")
@allow(*STAFF, *TENANT)
def kit() -> Response:
    """`{"studios": [code, …]}`: where so much kit (`equipment=camera:2`) is free from `start` to `end`.

    Instants, or the base's own clock as the page's address writes it.
    """
    base = current_base()
    start, end = _moment("start"), _moment("end")
    rules.check_range(start, end)
    lines = equipment_lines(request.args.getlist("equipment"))
    return jsonify({"studios": studios_with_kit(session(), base_id=base.id, start=start, end=end, equipment=lines)})


def _moment(name: str) -> datetime:
    text = request.args.get(name, "")
    return from_wall(text) or parse_instant(text)


def _narrowed(studios: list[dict[str, Any]], base_id: UUID) -> list[dict[str, Any]]:
    """The studios that the address asks for: words, scene, floor, area, kit free in a time; as the board does it."""
    args = request.args
    words = _folded(args.get("q", "")).split()
    try:
        least = Decimal(args.get("area") or 0)
    except InvalidOperation:
        least = Decimal(0)
    least = least if least.is_finite() else Decimal(0)
    found = [
        studio
        for studio in studios
        if all(word in _said_of(studio) for word in words)
        and args.get("scene") in (None, "", studio["scene"])
        and args.get("floor") in (None, "", studio["floor"])
        and studio["area_m2"] >= least
    ]
    if not args.get("kit"):
        return found
    start, end = from_wall(args.get("kit_from")), from_wall(args.get("kit_to"))
    try:
        lines = equipment_lines([args["kit"]])
    except SharedBaseError:
        lines = ()
    if not (start and end and start < end and lines):
        return []
    having = set(studios_with_kit(session(), base_id=base_id, start=start, end=end, equipment=lines))
    return [studio for studio in found if studio["code"] in having]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _said_of(studio: dict[str, Any]) -> str:
    return _folded(" ".join(str(studio[name] or "") for name in ("code", "name", "floor", "scene")))


def _is_narrowed() -> bool:
    return any(request.args.get(name) for name in FILTERS)


# — the page


def _shown() -> tuple[date, str]:
    """The day and the view of the address; today's day without."""
    view = request.args.get("view", "day")
    try:
        day = date.fromisoformat(request.args.get("date", ""))
        if not 2000 <= day.year < 2199:
            raise ValueError
    except ValueError:
        day = now().astimezone(page_zone()).date()
    return day, view if view in VIEWS else "day"


def _table(day: date, view: str) -> dict[str, Any]:
    """The table of a window: bookings, busy time and closures by start, from the timeline's own one statement."""
    days, first, last = VIEWS[view]
    midnight = datetime(day.year, day.month, day.day, tzinfo=page_zone())
    start = midnight + timedelta(hours=first)
    end = midnight + timedelta(days=days - 1, hours=last)
    actor, at, base_id = current_actor(), now(), current_base().id
    told = schedule.timeline(session(), actor, base_id=base_id, start=start, end=end)
    bookings, busy, outages = json.loads(told.bookings), json.loads(told.busy), json.loads(told.outages)
    studios = json.loads(told.studios)
    rows = [_booking_row(dict(zip(schedule.COLUMNS, booking, strict=True)), at) for booking in bookings]
    rows += [{"studio": studio, "start": _at(s), "end": _at(e), "state": "busy"} for studio, s, e in busy]
    rows += [
        {"studio": studio, "start": _at(s), "end": _at(e), "state": "closed", "title": reason}
        for studio, s, e, reason in outages
    ]
    if _is_narrowed():
        studios = _narrowed(studios, base_id)
        codes = {studio["code"] for studio in studios} | {None}
        rows = [row for row in rows if row["studio"] in codes]
    rows.sort(key=lambda row: (row["start"], row["studio"] or ""))
    step = timedelta(days=days)
    return {
        "day": day,
        "view": view,
        "before": day - step,
        "after": day + step,
        "studios": len(studios),
        "kept": {name: request.args[name] for name in FILTERS if request.args.get(name)},
        "rows": rows[:MOST_ROWS],
        "left_off": max(0, len(rows) - MOST_ROWS),
    }


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _booking_row(booking: dict[str, Any], at: datetime) -> dict[str, Any]:
    row = booking | {"start": _at(booking["start"]), "end": _at(booking["end"])}
    row["movable"] = row["state"] not in rules.FINAL
    if row["state"] == "checked_in" and row["end"] <= at:
        row["state"] = "overrun"
    elif row["state"] == "confirmed" and row["start"] + LATE_AFTER <= at:
        row["state"] = "overdue"
    elif row["state"] == "held":
        row["hold_until"] = _at(booking["hold_until"])
        if row["hold_until"] <= at:
            row |= {"state": "lapsed", "movable": False}
    return row


@bp.get("")
@allow(*STAFF, *TENANT)
def show() -> str:
    base = current_base()
    kinds = [[line.code, line.name] for line in supply(session(), base_id=base.id) if line.what == "equipment"]
    return render_template(
        "bookings/timeline.html", base=base, staff=current_actor().serves(base.id), table_url=url_for("timeline.table"),
        kinds=kinds, **_table(*_shown()),
    )  # fmt: skip


@bp.get("/table")
@allow(*STAFF, *TENANT)
def table() -> str:
    """The table alone: fetched when the timeline shows something else, or its bookings changed."""
    current_base()
    return render_template("bookings/_timeline_table.html", **_table(*_shown()))
