"""今日: what the front desk acts on now: who is live, who comes, who should be here, who leaves, what is free."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, url_for
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from shared_base.bookings.board import ARRIVING_WITHIN, board
from shared_base.bookings.queries import Filter, list_bookings
from shared_base.bookings.rows import BookingRow
from shared_base.core.actor import Actor
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.occupancy.models import Stay
from shared_base.resources import queries as resources
from shared_base.resources.models import Outage
from shared_base.tenancy.models import Tenant
from shared_base.web.bookings.forms import wall
from shared_base.web.bookings.free_now import WALK_IN_LENGTH, free_now
from shared_base.web.bookings.permitted import LEAVING_WITHIN, deeds
from shared_base.web.bookings.scope import studios
from shared_base.web.current import current_base, current_base_or_none

bp = Blueprint("today", __name__)

#: a check-in is taken back with one tap for so long; after that its page asks for the reason
UNDONE_WITHIN = timedelta(minutes=15)
#: how many of those who come later stand on the board
MOST_LATER = 20
#: no base has as many bookings in a day
MOST_OF_A_DAY = 5_000


@dataclass
class Alert:
    """A closure of today and the bookings that it hits."""

    closure: Outage
    space: str | None
    hits: list[BookingRow]


@bp.get("/")
@allow()
def home() -> Response:
    """Where a person's work begins: the desk's board, a tenant's agenda or search, a reviewer's reports."""
    actor = current_actor()
    if actor.is_staff:
        # before there is a base, an administrator's work is to enter one
        target = "today.show" if current_base_or_none() else "bases.index"
    elif actor.is_reviewer:
        target = "reports.index" if "reports.index" in current_app.view_functions else "claims.index"
    elif actor.tenants:
        target = "bookings.index" if _has_plans(session(), actor) else "find.show"
    else:
        target = "account.show"
    return redirect(url_for(target), 303)


def _has_plans(session: Session, actor: Actor) -> bool:
    base = current_base_or_none()
    if base is None:
        return False
    ahead = Filter(start=now(), base_id=base.id, states=["confirmed", "checked_in"])
    return bool(list_bookings(session, actor, ahead, limit=1))


@bp.get("/today")
@allow(*STAFF)
def show() -> str:
    return render_template("bookings/today.html", **_board())


@bp.get("/today/board")
@allow(*STAFF)
def fragment() -> str:
    """The board alone: the page asks for it every half minute."""
    return render_template("bookings/_today_board.html", **_board())


def _board() -> dict[str, Any]:
    """All that the board shows, in a number of statements that does not depend on how much there is."""
    base, at, actor = current_base(), now(), current_actor()
    midnight = at.astimezone(page_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Filter(start=midnight, end=midnight + timedelta(days=1), base_id=base.id)
    of_today = list_bookings(session(), actor, today, limit=MOST_OF_A_DAY)
    shown = board(session(), actor, base_id=base.id, at=at)
    rooms = studios(base.id)
    rest = Range(at, midnight + timedelta(days=1))
    closures = resources.closures(session(), base_id=base.id, during=rest)
    minute = at.replace(second=0, microsecond=0)
    later = [row for row in of_today if row.state == "confirmed" and row.start >= at + ARRIVING_WITHIN]
    concerned = [*shown.live, *shown.overrunning, *shown.arriving, *shown.overdue, *later]
    return {
        "base": base,
        "at": at,
        "board": shown,
        "leaving": [row for row in shown.live if row.until - at <= LEAVING_WITHIN],
        "since": _since(base.id),
        "open_deeds": {row.id: deeds(row, by=actor, at=at) for row in concerned},
        "wall": wall,
        "free": free_now(shown, closures, minute),
        "alerts": _alerts(closures, of_today, {room.id: room.code for room in rooms}),
        "studios": len(rooms),
        "day": _day(of_today, midnight),
        "today": midnight.date(),
        "leaving_within": LEAVING_WITHIN,
        "later": sorted(later, key=lambda row: (row.start, row.studio_code)),
        "most_later": MOST_LATER,
        "undone_within": UNDONE_WITHIN,
        "contacts": _contacts({row.tenant_id for row in shown.overdue}),
        "walk_in": {"start": wall(minute), "end": wall(minute + WALK_IN_LENGTH)},
    }


def _since(base_id: UUID) -> dict[UUID, datetime]:
    """Since when the studios in use are in use, by booking."""
    open_stays = sa.select(Stay.booking_id, Stay.checked_in_at).where(
        Stay.base_id == base_id, Stay.checked_out_at.is_(None), Stay.voided.is_(False)
    )
    return {row.booking_id: row.checked_in_at for row in session().execute(open_stays)}


def _contacts(tenant_ids: set[UUID]) -> dict[UUID, Any]:
    """Whom to call of the tenants that are late."""
    query = sa.select(Tenant.id, Tenant.contact_name, Tenant.contact_phone).where(Tenant.id.in_(tenant_ids))
    return {row.id: row for row in session().execute(query)} if tenant_ids else {}


def _alerts(closures: list[Outage], of_today: list[BookingRow], codes: dict[UUID, str]) -> list[Alert]:
    """Today's closures that are not over, each with the bookings of today that stand in it."""
    waiting = [row for row in of_today if row.state in ("confirmed", "checked_in")]
    return [
        Alert(
            closure,
            codes.get(closure.resource_id) if closure.resource_id else None,
            [
                row
                for row in waiting
                if closure.resource_id in (None, row.studio_id) and Range(row.start, row.until).overlaps(closure.during)
            ],
        )
        for closure in closures
    ]


def _day(of_today: list[BookingRow], midnight: datetime) -> dict[str, int]:
    """Today in figures: sessions are counted by their start, as the month report counts them."""
    counted = [row for row in of_today if row.state != "cancelled" and row.start >= midnight]
    tomorrow = midnight + timedelta(days=1)
    booked = sum(
        (min(row.until, tomorrow) - max(row.start, midnight)).total_seconds()
        for row in of_today
        if row.state != "cancelled" and row.until > midnight
    )
    return {
        "sessions": len(counted),
        "completed": sum(row.state == "completed" for row in counted),
        "no_shows": sum(row.state == "no_show" for row in counted),
        "booked_seconds": int(booked),
    }
