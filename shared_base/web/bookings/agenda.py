"""日程: one's own bookings on the phone, a day at a time, today first; by swipe, key or tap to the days around it."""

from datetime import date, datetime, timedelta

from babel.dates import format_date
from flask import Blueprint, render_template, request

from shared_base.bookings.agenda import booked_days
from shared_base.bookings.queries import Filter, list_bookings
from shared_base.bookings.rows import BookingRow
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import locale_code, page_zone
from shared_base.web.current import current_base

bp = Blueprint("agenda", __name__, url_prefix="/agenda")

#: the strip of days above the list: this many, the chosen one among them
STRIP = 7
#: of one day; nobody reads more on a phone
MOST = 200


def _day() -> date:
    """The day of the address; today's without."""
    try:
        day = date.fromisoformat(request.args.get("date", ""))
        if 2000 <= day.year < 2199:
            return day
    except ValueError:
        pass
    return now().astimezone(page_zone()).date()


@bp.get("")
@allow(*STAFF, *TENANT)
def show() -> str:
    base, actor, at = current_base(), current_actor(), now()
    day, today = _day(), at.astimezone(page_zone()).date()
    # the strip begins today while the day is near, so that what comes is in sight
    first = today if timedelta() <= day - today < timedelta(days=STRIP) else day - timedelta(days=day.weekday())
    midnight = datetime(day.year, day.month, day.day, tzinfo=page_zone())
    touching = Filter(start=midnight, end=midnight + timedelta(days=1), base_id=base.id)
    rows = list_bookings(session(), actor, narrowed=touching, newest_first=False, limit=MOST)
    counts = booked_days(session(), actor, base_id=base.id, first=first, days=STRIP)
    return render_template(
        "bookings/agenda.html",
        base=base,
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        strip=[
            (other, format_date(other, "EEE", locale=locale_code()), counts.get(other, 0))
            for other in (first + timedelta(days=number) for number in range(STRIP))
        ],
        next_day=min((other for other in counts if other > day), default=None),
        rows=[row for row in rows if not _is_over(row)],
        over=[row for row in rows if _is_over(row)],
        midnight=midnight,
        at=at,
    )


def _is_over(row: BookingRow) -> bool:
    return row.state in ("completed", "no_show", "cancelled")
