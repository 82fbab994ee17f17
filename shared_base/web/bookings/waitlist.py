"""候补: who waits for a time that is taken; putting oneself on the list, taking what is offered, withdrawing."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import DecimalField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from shared_base.bookings import actions_waitlist
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.queries_waitlist import WaitlistFilter, WaitlistRow, entry_for, list_entries
from shared_base.bookings.rules import LONGEST_TITLE
from shared_base.bookings.supply import samples, supply
from shared_base.core.errors import Invalid, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone, said
from shared_base.http.transactions import writes
from shared_base.web.bookings.forms import MoveForm, from_wall
from shared_base.web.bookings.needing import in_address, needs_of
from shared_base.web.bookings.scope import hosts_of, studios
from shared_base.web.current import BaseChoice, base_choices, current_base, tenant_choices

bp = Blueprint("waitlist", __name__, url_prefix="/waitlist")

READERS = (*STAFF, *TENANT, "reviewer")
PAGE = 50
MOST_EXPORTED = 5_000
#: state → words, tone, icon
STATES: dict[str, tuple[Any, str, str]] = {
    "waiting": (_l("Waiting"), "arriving", "hourglass"),
    "offered": (_l("Offered: take it"), "held", "bell"),
    "taken": (_l("Booked"), "booked", "calendar-check"),
    "expired": (_l("Expired"), "cancelled", "clock-off"),
    "withdrawn": (_l("Withdrawn"), "cancelled", "ban"),
}
OPEN = ("waiting", "offered")
#: which entries a tab of the list shows
TABS = {"open": _l("Waiting"), "past": _l("Past"), "all": _l("All")}
#: what the domain calls a field → what the form calls it
FIELDS = {"studio_id": "studio", "tenant_id": "tenant", "host_id": "host", "min_area_m2": "min_area"}


# — the list


@bp.get("")
@allow(*READERS)
def index() -> str | Response:
    base = current_base()
    asked = _asked(base.id)
    if request.args.get("format") in ("xlsx", "csv"):
        return _exported(base.code, asked)
    rows = list_entries(session(), current_actor(), after=_uuid("cursor"), limit=PAGE + 1, **asked)
    more = len(rows) > PAGE
    tenants = tenant_choices()
    return render_template(
        "bookings/waitlist.html", base=base, rows=rows[:PAGE], at=now(), tabs=TABS, tab=_tab(), states=STATES,
        may_join=not current_actor().is_reviewer, staff=current_actor().serves(base.id), q=request.args.get("q", ""),
        next_cursor=rows[PAGE - 1].id if more else None,
        studios=[(studio.id, f"{studio.code} {studio.name}") for studio in studios(base.id)],
        tenants=[(tenant.id, tenant.name) for tenant in tenants],
    )  # fmt: skip


def _tab() -> str:
    tab = request.args.get("when", "open")
    return tab if tab in TABS else "open"


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _asked(base_id: UUID) -> dict[str, Any]:
    """The filter and the order that the address asks for; what cannot be read narrows nothing."""
    day = from_wall(request.args.get("day"))
    start = datetime(day.year, day.month, day.day, tzinfo=page_zone()) if day else None
    state, tab = request.args.get("state"), _tab()
    states = {"open": list(OPEN), "past": [name for name in STATES if name not in OPEN], "all": []}[tab]
    narrowed = WaitlistFilter(
        base_id=base_id,
        tenant_id=_uuid("tenant"),
        studio_id=_uuid("studio"),
        states=[state] if state in STATES else states,
        start=start,
        end=start + timedelta(days=1) if start else None,
        search=request.args.get("q"),
    )
    # who came first stands first, as long as it matters
    return {"narrowed": narrowed, "newest_first": tab != "open"}


def _exported(base_code: str, asked: dict[str, Any]) -> Response:
    rows = list_entries(session(), current_actor(), limit=MOST_EXPORTED + 1, **asked)
    if len(rows) > MOST_EXPORTED:
        raise Invalid(
            N_("More than %(most)s entries match; narrow the list to a day, a studio or a tenant, then export it."),
            most=MOST_EXPORTED,
        )
    headings = [
        _("Tenant"), _("Title"), _("Studio"), _("Scene"), _("Least area (㎡)"), _("Host"), _("Start"), _("End"),
        _("State"), _("Place in line"), _("Booking"), _("On the list since"),
    ]  # fmt: skip
    zone = page_zone()
    cells = [
        (
            row.tenant_name, row.title, row.studio_code or _("any that fits"), row.scene, row.min_area_m2,
            row.host_name, row.start.astimezone(zone), row.end.astimezone(zone), str(STATES[row.state][0]), row.place,
            row.booking_code, row.created_at.astimezone(zone).replace(microsecond=0),
        )
        for row in rows
    ]  # fmt: skip
    return export(f"{base_code} {_('Waitlist')}", headings, cells, request.args["format"])


# — a new entry


class WaitlistForm(MoveForm):
    """What somebody waits for: a studio, or any of a scene and a least area, for one time."""

    tenant = SelectField(_l("Tenant"), [InputRequired()])
    studio = SelectField(_l("Studio"), [Optional()])
    scene = SelectField(_l("Scene"), [Optional()], description=_l("Where any studio will do"))
    min_area = DecimalField(
        _l("Least area"), [Optional(), NumberRange(min=1, max=99_999)], description=_l("Where any studio will do")
    )
    title = StringField(_l("Title"), [Optional(), Length(max=LONGEST_TITLE)])


def _about(code: str | None) -> BaseChoice:
    """The base that the address names, if it is theirs to see, else the chosen one; the page is about it."""
    named = next((base for base in base_choices() if base.code == code), None)
    if named is not None:
        g.current_base, g.zone = named, named.timezone
    return current_base()


def _form() -> WaitlistForm:
    """The form, its selects filled; a GET's address may fill in the rest (`studio`, `start`, `end`, …)."""
    base = _about(request.args.get("base"))
    rooms, tenants = studios(base.id), tenant_choices()
    form = WaitlistForm(formdata=request.form if request.method == "POST" else None)
    form.tenant.choices = [(str(tenant.id), tenant.name) for tenant in tenants]
    if len(tenants) > 1:
        form.tenant.choices.insert(0, ("", _("Choose a tenant")))
    form.offer(rooms, hosts_of([tenant.id for tenant in tenants]), tenants)
    form.studio.choices.insert(0, ("", _("Any that fits")))
    scenes = sorted({room.scene for room in rooms if room.scene})
    form.scene.choices = [("", _("Any")), *((scene, scene) for scene in scenes)]
    if request.method == "GET":
        args = request.args
        form.tenant.data = args.get("tenant") or (form.tenant.choices[0][0] if tenants else None)
        form.studio.data, form.host.data = args.get("studio", ""), args.get("host", "")
        form.scene.data, form.title.data = args.get("scene", ""), args.get("title")
        form.min_area.data = _area(args.get("min_area"))
        form.start.data, form.end.data = from_wall(args.get("start")), from_wall(args.get("end"))
    return form


def _area(text: str | None) -> Decimal | None:
    """The least area of the address; what cannot be read asks for none."""
    try:
        area = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    return area if area.is_finite() and 0 < area < 100_000 else None


def _values() -> MultiDict[str, str]:
    return CombinedMultiDict([request.form, request.args])


def _needs_as_sent() -> Needs:
    """The needs that the address or the form carries; what cannot be read needs nothing."""
    try:
        return needs_of(_values())
    except SharedBaseError:
        return NOTHING


def _needs_in_words(base_id: UUID, needs: Needs) -> list[str]:
    """`2 × Camera`, line by line."""
    if not needs:
        return []
    names = {(line.what, line.code): line.name for line in supply(session(), base_id=base_id)}
    found = [
        (names.get((what, code), code), number)
        for what, lines in (("equipment", needs.equipment), ("crew", needs.crew))
        for code, number in lines
    ]
    if needs.samples:
        numbers = dict(needs.samples)
        there = samples(session(), base_id=base_id, start=None, end=None, ids=list(numbers))
        found += [(f"{sample.code} {sample.name}", numbers[sample.id]) for sample in there if sample.id in numbers]
    return [f"{number} × {name}" for name, number in found]


def _shown(form: WaitlistForm) -> str:
    base, needs = current_base(), _needs_as_sent()
    return render_template(
        "bookings/waitlist_new.html", form=form, base=base, tenants=form.tenant.choices, wanted=in_address(needs),
        needs=_needs_in_words(base.id, needs),
    )  # fmt: skip


@bp.get("/new")
@allow(*STAFF, *TENANT)
def new() -> str:
    """`?base=&studio=&start=&end=`, and what else a search or a refused booking knew: all of it may be left out."""
    return _shown(_form())


@bp.post("/new")
@allow(*STAFF, *TENANT)
@writes
def create() -> Any:
    form = _form()
    status = 422
    if form.validate_on_submit():
        start, end = form.times
        try:
            entry = actions_waitlist.join(
                session(),
                base_id=current_base().id,
                tenant_id=UUID(form.tenant.data),
                studio_id=UUID(form.studio.data) if form.studio.data else None,
                scene=form.scene.data or None,
                min_area_m2=form.min_area.data,
                host_id=form.host_id,
                start=start,
                end=end,
                title=form.title.data,
                needs=needs_of(_values()),
                by=current_actor(),
                at=now(),
            )
        except SharedBaseError as error:
            status = form.refuse(error, **FIELDS)
        else:
            told = _(
                "Number %(place)s in line: as soon as it is free it is held, and a mail says so.", place=entry.place
            )
            flash(told, "success")
            return redirect(url_for("waitlist.index"), 303)
    return _shown(form), status


# — one


def _own(entry_id: UUID) -> WaitlistRow:
    """The entry, if it is theirs to see; the page is about its base."""
    entry = entry_for(session(), current_actor(), entry_id)
    _about(entry.base_code)
    return entry


@bp.post("/<uuid:entry_id>/acceptance")
@allow(*STAFF, *TENANT)
@writes
def accept(entry_id: UUID) -> Any:
    """Take what was offered: it is booked, or asked for where the base wants to decide."""
    entry = _own(entry_id)
    try:
        with session().begin_nested():
            booking = actions_waitlist.accept(session(), entry=entry, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(said(error), "danger")
        return redirect(url_for("waitlist.index"), 303)
    done = {"code": booking.code, "studio": booking.studio_code}
    if booking.state == "requested":
        flash(_("%(code)s is asked for: %(studio)s is kept for you until the base has decided.", **done), "info")
    else:
        flash(_("%(code)s is booked: %(studio)s is yours for that time.", **done), "success")
    return redirect(url_for("bookings.show", booking_id=booking.id), 303)


@bp.post("/<uuid:entry_id>/withdrawal")
@allow(*STAFF, *TENANT)
@writes
def withdraw(entry_id: UUID) -> Any:
    """Wait no longer; what was held for it goes to whoever comes next."""
    entry = _own(entry_id)
    try:
        with session().begin_nested():
            actions_waitlist.withdraw(session(), entry=entry, by=current_actor(), at=now())
    except SharedBaseError as error:
        flash(said(error), "danger")
    else:
        flash(_("The waitlist entry was withdrawn."), "success")
    return redirect(url_for("waitlist.index"), 303)
