"""预订: the list, a new booking, and the page of one with what may be done to it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shared_base.bookings.models import STATES
from shared_base.bookings.needs import Needs
from shared_base.bookings.queries import Filter, Key, list_bookings
from shared_base.bookings.queries_needs import Kit, kits
from shared_base.bookings.rows import BookingRow
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.occupancy.queries import stays_of
from shared_base.web.bookings.forms import ExtensionForm, ReasonForm, ReleaseForm, from_wall, wall
from shared_base.web.bookings.history import history
from shared_base.web.bookings.needing import in_address
from shared_base.web.bookings.permitted import LEAVING_WITHIN, deeds
from shared_base.web.bookings.scope import codes, may_change, own_booking, studios
from shared_base.web.current import current_base, tenant_choices

bp = Blueprint("bookings", __name__, url_prefix="/bookings")

READERS = (*STAFF, *TENANT, "reviewer")
PAGE = 50
MOST_EXPORTED = 20_000
STATE_NAMES = {
    "held": _l("Held"), "requested": _l("Awaiting approval"), "confirmed": _l("Booked"), "checked_in": _l("Live"),
    "completed": _l("Completed"), "no_show": _l("No-show"), "cancelled": _l("Cancelled"),
}  # fmt: skip
#: what may still take place
AHEAD = ("held", "requested", "confirmed", "checked_in")
#: how long what is over but not settled stays among what is ahead
UNSETTLED_FOR = timedelta(hours=24)
#: which bookings a tab of the list shows
TABS = {"ahead": _l("Now and ahead"), "past": _l("Past"), "all": _l("All")}


# — the list


@bp.get("")
@allow(*READERS)
def index() -> str | Response:
    base = current_base()
    asked = _asked(base.id)
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base.code, asked)
    rows = list_bookings(session(), current_actor(), after=_after(), limit=PAGE + 1, **asked)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return render_template(
        "bookings/index.html", base=base, rows=rows, tabs=TABS, tab=_tab(), at=now(),
        may_book=not current_actor().is_reviewer,
        sort="-start" if asked["newest_first"] else "start", q=request.args.get("q", ""),
        next_cursor=_cursor(rows[-1]) if more else None, states=STATE_NAMES.items(),
        studios=[(studio.id, f"{studio.code} {studio.name}") for studio in studios(base.id)],
        tenants=[(tenant.id, tenant.name) for tenant in tenant_choices()],
    )  # fmt: skip


def _day() -> datetime | None:
    """Local midnight of the chosen day."""
    day = from_wall(request.args.get("day"))
    return day and datetime(day.year, day.month, day.day, tzinfo=page_zone())


def _tab() -> str:
    """Ahead unless asked otherwise; a chosen day is looked for in all of them."""
    if _day():
        return "all"
    tab = request.args.get("when", "ahead")
    return tab if tab in TABS else "ahead"


def _asked(base_id: UUID) -> dict[str, Any]:
    """The filter and the order that the address asks for; what cannot be read narrows nothing."""
    start = _day()
    end = start + timedelta(days=1) if start else None
    tab = _tab()
    if tab == "ahead":
        # who overran, or never came and is not yet marked so, is still to be dealt with
        start = now() - UNSETTLED_FOR
    state = request.args.get("state")
    narrowed = Filter(
        start=start,
        end=end,
        base_id=base_id,
        studio_id=_uuid("studio"),
        tenant_id=_uuid("tenant"),
        states=[state] if state in STATES else AHEAD if tab == "ahead" else [],
        search=request.args.get("q"),
    )
    newest_first = {"start": False, "-start": True}.get(request.args.get("sort", ""), tab == "past" or not start)
    return {"narrowed": narrowed, "newest_first": newest_first}


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _cursor(row: BookingRow) -> str:
    return f"{row.start:%Y-%m-%dT%H:%M:%SZ}_{row.id}"


def _after() -> Key | None:
    """The key behind which the page goes on; the past begins at the present."""
    text = request.args.get("cursor")
    if not text:
        return (now(), UUID(int=2**128 - 1)) if _tab() == "past" and request.args.get("sort") != "start" else None
    start, _sign, booking_id = text.partition("_")
    try:
        return datetime.fromisoformat(start), UUID(booking_id)
    except ValueError:
        raise Invalid(N_("This page of the list does not exist; start from its first page.")) from None


def _exported(base_code: str, asked: dict[str, Any]) -> Response:
    rows = list_bookings(session(), current_actor(), after=_after(), limit=MOST_EXPORTED + 1, **asked)
    if len(rows) > MOST_EXPORTED:
        raise Invalid(
            N_("More than %(most)s bookings match; narrow the list to a day, a studio or a tenant, then export it."),
            most=MOST_EXPORTED,
        )
    headings = [
        _("Booking"), _("Title"), _("Studio"), _("Tenant"), "USCC", _("Host"), _("Platform"), _("Start"), _("End"),
        _("Given back at"), _("State"), _("Booked on"),
    ]  # fmt: skip
    zone = page_zone()
    cells = [
        (
            row.code, row.title, row.studio_code, row.tenant_name, row.tenant_uscc, row.host_name, row.platform,
            row.start.astimezone(zone), row.end.astimezone(zone),
            row.released_at.astimezone(zone) if row.released_at else None, str(STATE_NAMES[row.state]),
            row.created_at.astimezone(zone).replace(microsecond=0),
        )
        for row in rows
    ]  # fmt: skip
    return export(f"{base_code} {_('Bookings')}", headings, cells, request.args["format"])


# — one


def page(booking: BookingRow, **shown: Any) -> str:
    """The booking's page; `shown` are forms that were sent in vain, and a refusal in words (`refused`)."""
    at, actor = now(), current_actor()
    start = booking.start.astimezone(page_zone())
    stays = stays_of(session(), booking.id)
    kit = kits(session(), [booking.id])[booking.id]
    forms = {
        "extension": ExtensionForm(formdata=None, end=max(booking.end, at.replace(second=0, microsecond=0))),
        "release": ReleaseForm(formdata=None),
        "reason": ReasonForm(formdata=None),
        "undo": ReasonForm(formdata=None, prefix="undo-"),
        "decline": ReasonForm(formdata=None, prefix="decline-"),
    }
    week = timedelta(days=7)
    again = url_for(
        "bookings.new", studio=booking.studio_id, start=wall(booking.start + week), end=wall(booking.end + week),
        tenant=booking.tenant_id, host=booking.host_id, title=booking.title or None, platform=booking.platform,
        **_again(kit),
    )  # fmt: skip
    return render_template(
        "bookings/show.html", booking=booking, at=at, deeds=deeds(booking, by=actor, at=at),
        staff=actor.serves(booking.base_id), stays=stays, stay_studios=codes({stay.studio_id for stay in stays}),
        kit=kit, history=history(booking), longer=_longer(booking, at), day=f"{start:%Y-%m-%d}", again=again,
        may_book=may_change(booking), leaving_within=LEAVING_WITHIN, **({"refused": None} | forms | shown),
    )  # fmt: skip


def _again(kit: Kit) -> dict[str, Any]:
    """The same kit, crew and samples as a form's address asks for them."""
    return in_address(
        Needs.of(
            equipment=[(line["kind"], 1) for line in kit.equipment],
            crew=[(line["role"], 1) for line in kit.crew if line["role"]],
            samples=[(UUID(line["id"]), line["quantity"]) for line in kit.samples],
        )
    )


def _longer(booking: BookingRow, at: datetime) -> list[tuple[str, str]]:
    """One-tap extensions: how much longer, and until when."""
    steps = ((30, _("+30 min")), (60, _("+1 h")), (120, _("+2 h")))
    ends = [(text, booking.end + timedelta(minutes=minutes)) for minutes, text in steps]
    return [(text, wall(end)) for text, end in ends if end > at]


@bp.get("/<uuid:booking_id>")
@allow(*READERS)
def show(booking_id: UUID) -> str:
    return page(own_booking(booking_id))
