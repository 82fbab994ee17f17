"""The feed itself: read by calendar clients, which know nothing but its address."""

from flask import Blueprint, Response, request

from shared_base.calendars import actions, queries, writing
from shared_base.calendars.rows import OpenFeed
from shared_base.core.database import transaction
from shared_base.http.extensions import db, now, session, settings
from shared_base.http.guards import public
from shared_base.people.secret import digest
from shared_base.web.people.limits import limiter

bp = Blueprint("calendar_feed", __name__)

ICS = "text/calendar"
#: one address (a calendar service asks for many people), and one feed (a client that has gone wild)
BY_ADDRESS = "240 per minute"
BY_FEED = "60 per hour"


def _feed_key() -> str:
    """The feed counted, by its digest: the address itself stands nowhere."""
    secret = (request.view_args or {}).get("secret", "")
    return digest(secret).hex()


@bp.get("/calendar/<secret>.ics")
@public
@limiter.limit(BY_FEED, key_func=_feed_key)
@limiter.limit(BY_ADDRESS)
def show(secret: str) -> Response:
    """The bookings behind the address, read with its own narrow eyes; unchanged ones are not sent again."""
    feed = queries.open_feed(session(), secret)
    _note_use(feed)
    queries.read_as(session(), feed)
    staff = feed.kind == "studio"
    place = writing.Place(settings().base_url, feed.locale)
    name = queries.feed_name(session(), feed)
    found = queries.appointments(session(), feed, at=now())
    answer = Response(mimetype=ICS, headers={"Cache-Control": "private, max-age=300, must-revalidate"})
    answer.set_etag(writing.fingerprint(found, name=name, place=place, staff=staff))
    # the address is the key: it is told to nobody else
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.make_conditional(request)
    if answer.status_code != 304:
        answer.set_data(writing.feed(found, name=name, place=place, staff=staff))
    return answer


def _note_use(feed: OpenFeed) -> None:
    """When it was last read, every few minutes; beside the request, which is a GET and writes nothing."""
    at = now()
    if feed.used_at is not None and at - feed.used_at < actions.TOUCH_EVERY:
        return
    session().rollback()  # nothing was written; a request holds one connection at a time
    with transaction(db.engine, feed.reader) as beside:
        actions.mark_used(beside, feed.id, at=at)
