"""A new booking: its form with kit, crew and samples, what is free of them then, and what comes of sending it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from shared_base.bookings import actions
from shared_base.bookings.errors import Taken
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.rows import BookingRow
from shared_base.bookings.supply import SampleSupply, Supply, samples, supply
from shared_base.core.errors import SharedBaseError
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session
from shared_base.http.formatting import instant
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.web.bookings import refusals
from shared_base.web.bookings.bookings import bp
from shared_base.web.bookings.forms import FIELDS, PLATFORMS, BookingForm, from_wall, wall
from shared_base.web.bookings.needing import in_address, needs_of
from shared_base.web.bookings.scope import hosts_of, studios
from shared_base.web.current import current_base, tenant_choices

#: a hold's button has this name
HOLD = "hold"
#: what is typed where samples are looked for
SEARCH = "sample_search"


F = TypeVar("F", bound=BookingForm)


def filled(kind: type[F]) -> F:
    """The form, its selects filled; a GET's address may fill in the rest (`studio`, `start`, `end`, …)."""
    base = current_base()
    rooms, tenants = studios(base.id), tenant_choices()
    form = kind(formdata=request.form if request.method == "POST" else None)
    form.tenant.choices = [(str(tenant.id), tenant.name) for tenant in tenants]
    if len(tenants) > 1:
        form.tenant.choices.insert(0, ("", _("Choose a tenant")))
    form.offer(rooms, hosts_of([tenant.id for tenant in tenants]), tenants)
    if request.method == "GET":
        args = request.args
        form.tenant.data = args.get("tenant") or form.tenant.choices[0][0] if tenants else None
        form.studio.data, form.host.data = args.get("studio"), args.get("host", "")
        form.title.data, form.platform.data = args.get("title"), args.get("platform")
        form.start.data, form.end.data = from_wall(args.get("start")), from_wall(args.get("end"))
    return form


# — what is needed beside the studio


@dataclass(frozen=True)
class Offer:
    """What can be had at the form's time, and what is wanted of it: numbers by code, chosen samples by id."""

    lines: list[Supply]
    equipment: dict[str, int]
    crew: dict[str, int]
    chosen: list[tuple[SampleSupply, int]]
    timed: bool  #: whether a time was given, so that free numbers are known

    @property
    def wanted(self) -> int:
        return len(self.equipment) + len(self.crew) + len(self.chosen)


def _values() -> MultiDict[str, str]:
    """Form and address in one: the fields of the form travel either way."""
    return CombinedMultiDict([request.form, request.args])


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def offer_of(needs: Needs, studio_id: UUID | None) -> Offer:
    """For the studio, whose built-in equipment counts as well."""
    values, base_id = _values(), current_base().id
    start, end = from_wall(values.get("start")), from_wall(values.get("end"))
    if not (start and end and start < end):
        start = end = None
    lines = supply(session(), base_id=base_id, studio_id=studio_id, start=start, end=end)
    numbers = dict(needs.samples)
    found = samples(session(), base_id=base_id, start=start, end=end, ids=list(numbers)) if numbers else []
    return Offer(
        lines,
        dict(needs.equipment),
        dict(needs.crew),
        [(sample, numbers[sample.id]) for sample in found if sample.id in numbers],
        start is not None,
    )


def needs_as_left() -> Needs:
    """The needs as the fields stand; what cannot be read yet needs nothing."""
    try:
        return needs_of(_values())
    except SharedBaseError:
        return NOTHING


def needs_sent() -> Needs:
    """The needs that were sent; a code typed where samples are looked for is the sample of that code."""
    needs = needs_of(request.form)
    code = request.form.get(SEARCH, "").strip()
    if not code:
        return needs
    found = [
        sample
        for sample in samples(session(), base_id=current_base().id, start=None, end=None, search=code)
        if code.upper() in (sample.code.upper(), str(sample.id).upper())
    ]
    if not found:
        raise faulty(
            "sample", N_("No sample has the code %(code)s; choose one from the list, or clear the search."), code=code
        )
    return Needs.of(equipment=needs.equipment, crew=needs.crew, samples=[*needs.samples, (found[0].id, 1)])


@bp.get("/new/needs")
@allow(*STAFF, *TENANT)
def needs() -> str:
    """The fields for kit, crew and samples: exchanged when time or studio change, or a sample comes (`add`) or goes."""
    current_base()
    wanted = needs_as_left()
    added, dropped = _uuid(request.args.get("add")), _uuid(request.args.get("drop"))
    numbers = {sample: number for sample, number in wanted.samples if sample != dropped}
    if added:
        numbers.setdefault(added, 1)
    shown = Needs.of(equipment=wanted.equipment, crew=wanted.crew, samples=numbers.items())
    offer = offer_of(shown, _uuid(request.args.get("studio")))
    return render_template("bookings/_needs.html", offer=offer)


@bp.get("/new/samples")
@allow(*STAFF, *TENANT)
def sample_hits() -> str:
    """The samples that the typed words find, with how many of each are free at the form's time."""
    base, args = current_base(), request.args
    start, end = from_wall(args.get("start")), from_wall(args.get("end"))
    if not (start and end and start < end):
        start = end = None
    text = args.get(SEARCH, "").strip()
    found = samples(session(), base_id=base.id, start=start, end=end, search=text) if text else []
    chosen = {sample for sample, _number in needs_as_left().samples}
    return render_template("bookings/_sample_hits.html", found=found, chosen=chosen, text=text)


# — the page


def _shown(form: BookingForm, taken: Taken | None = None) -> str:
    """The form's page; after a refusal with what blocked it and what is free instead."""
    wanted = needs_as_left()

    def way(needs: Needs = wanted, **instead: Any) -> str:
        values: dict[str, Any] = {
            "tenant": form.tenant.data,
            "studio": form.studio.data,
            "host": form.host.data or None,
        }
        values |= {"title": form.title.data or None, "platform": form.platform.data or None}
        values |= dict(zip(("start", "end"), form.times, strict=True)) | instead
        values = {name: wall(it) if isinstance(it, datetime) else it for name, it in values.items()}
        return url_for("bookings.new", **values, **in_address(needs))

    # a select that nobody touched shows its first choice
    studio = form.studio.data or next((value for value, _label in form.studio.choices), None)
    tonight = now().astimezone(page_zone()).replace(hour=20, minute=0)
    return render_template(
        "bookings/new.html", form=form, platforms=PLATFORMS, tenants=form.tenant.choices,
        offer=offer_of(wanted, _uuid(studio)),
        refused=(
            refusals.in_words(taken, *form.times, to=way, with_needs=True, wait=_wait(form, wanted)) if taken else None
        ),
        tonight=wall(tonight), tomorrow=wall(tonight + timedelta(days=1)),
    )  # fmt: skip


def _wait(form: BookingForm, wanted: Needs) -> str | None:
    """Where to wait for what was refused; only for a time to come."""
    start, end = form.times
    if start <= now():
        return None
    values: dict[str, Any] = {
        "base": current_base().code,
        "studio": form.studio.data,
        "tenant": form.tenant.data,
        "host": form.host.data or None,
        "title": form.title.data or None,
        "start": wall(start),
        "end": wall(end),
        **in_address(wanted),
    }
    return url_for("waitlist.new", **values)


@bp.get("/new")
@allow(*STAFF, *TENANT)
def new() -> str:
    return _shown(filled(BookingForm))


@bp.post("/new")
@allow(*STAFF, *TENANT)
@writes
def create() -> Any:
    form = filled(BookingForm)
    taken = None
    status = 422
    if form.validate_on_submit():
        start, end = form.times
        try:
            booking = actions.book(
                session(),
                studio_id=UUID(form.studio.data),
                tenant_id=UUID(form.tenant.data),
                host_id=form.host_id,
                start=start,
                end=end,
                title=form.title.data,
                platform=form.platform.data,
                needs=needs_sent(),
                hold=HOLD in request.form,
                by=current_actor(),
                at=now(),
            )
        except Taken as error:
            taken, status = error, error.status
        except SharedBaseError as error:
            status = form.refuse(error, **FIELDS)
        else:
            _say(booking)
            return redirect(url_for("bookings.show", booking_id=booking.id), 303)
    return _shown(form, taken), status


def _say(booking: BookingRow) -> None:
    """What has come of it: booked, held for a while, or asked for."""
    done = {"code": booking.code, "studio": booking.studio_code}
    if booking.state == "held":
        until = instant(booking.hold_until, "time").striptags()
        flash(
            _("%(studio)s is held for you until %(until)s: confirm %(code)s before then.", until=until, **done), "info"
        )
    elif booking.state == "requested":
        flash(_("%(code)s is asked for: %(studio)s is kept for you until the base has decided.", **done), "info")
    else:
        flash(_("%(code)s is booked: %(studio)s is yours for that time.", **done), "success")


@bp.get("/new/hosts")
@allow(*STAFF, *TENANT)
def hosts() -> str:
    """The hosts of the chosen tenant: the form's host field, exchanged when the tenant is."""
    form = BookingForm(formdata=None)
    chosen = [tenant for tenant in tenant_choices() if str(tenant.id) == request.args.get("tenant")]
    form.offer([], hosts_of([tenant.id for tenant in chosen]))
    return render_template("bookings/_host_field.html", form=form)
