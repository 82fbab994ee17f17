"""找直播间: free studios for a time, one tap from a booking; nothing free: the nearest times at which something is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from shared_base.bookings.availability import free_studios
from shared_base.bookings.needs import NOTHING, Needs
from shared_base.bookings.rules import check_range
from shared_base.bookings.supply import supply
from shared_base.catalogue.queries import opening_on
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone, said
from shared_base.web.bookings.forms import from_wall, wall
from shared_base.web.bookings.needing import in_address, needs_of
from shared_base.web.bookings.scope import studios
from shared_base.web.current import current_base, tenant_choices

bp = Blueprint("find", __name__, url_prefix="/find")

#: the evening for which most studios are booked
EVENING, NIGHT_LENGTH = 20, timedelta(hours=6)
#: where to look when nothing is free: so much earlier or later, the nearest first
NEARBY = tuple(timedelta(hours=hours) for hours in (1, -1, 2, -2, 3, -3, 4, 6, 12, 24, 48, 72))
MOST_NEARBY = 4
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Asked:
    """What is looked for; None: anything."""

    start: datetime
    end: datetime
    scene: str | None
    min_area_m2: Decimal | None
    tenant_id: UUID | None
    needs: Needs


def _tonight(at: datetime) -> datetime:
    """Eight in the evening at the base; once that has passed, the next quarter of an hour."""
    local = at.astimezone(page_zone())
    evening = local.replace(hour=EVENING, minute=0, second=0, microsecond=0)
    return evening if evening >= local else _next_quarter(at)


def _next_quarter(at: datetime) -> datetime:
    local = at.astimezone(page_zone()).replace(second=0, microsecond=0)
    return local if local.minute % 15 == 0 else local + QUARTER - timedelta(minutes=local.minute % 15)


def _quick_picks(at: datetime) -> list[dict[str, Any]]:
    """The searches that people make most, one tap each, the other filters kept."""
    tonight, soon = _tonight(at), _next_quarter(at)
    local = at.astimezone(page_zone())
    tomorrow = (local + timedelta(days=1)).replace(hour=EVENING, minute=0, second=0, microsecond=0)
    hours = {"start": f"{tonight:%H:%M}", "end": f"{tonight + NIGHT_LENGTH:%H:%M}"}
    picks = [
        (_("Tonight %(start)s–%(end)s", **hours), tonight, NIGHT_LENGTH),
        (_("Now, for 2 hours"), soon, timedelta(hours=2)),
        (_("Now, for 4 hours"), soon, timedelta(hours=4)),
        (_("Tomorrow 20:00–02:00"), tomorrow, NIGHT_LENGTH),
    ]
    return [
        {"label": label, "start": start, "end": start + length, "url": _address(start, start + length)}
        for label, start, length in picks
    ]


def _address(start: datetime, end: datetime) -> str:
    kept: dict[str, Any] = {
        name: request.args[name] for name in ("scene", "min_area", "tenant") if request.args.get(name)
    }
    return url_for("find.show", start=wall(start), end=wall(end), **kept, **in_address(_needs()))


def _needs() -> Needs:
    """The kit of the address (`equipment=camera:2`, or the form's fields); what cannot be read is not asked for."""
    try:
        return Needs(equipment=needs_of(request.args).equipment)
    except SharedBaseError:
        return NOTHING


def _asked(tenants: list[Any]) -> Asked:
    """The search of the address; without a time, tonight."""
    args = request.args
    start = from_wall(args.get("start")) or _tonight(now())
    end = from_wall(args.get("end")) or start + NIGHT_LENGTH
    try:
        least = Decimal(args.get("min_area", "").strip())
    except InvalidOperation:
        least = None
    chosen = next((tenant.id for tenant in tenants if str(tenant.id) == args.get("tenant")), None)
    # whoever books for one tenant only always searches for it: studios let whole to it are among the free ones
    only = tenants[0].id if len(tenants) == 1 else None
    useful = least is not None and least.is_finite() and 0 < least < 1_000_000
    return Asked(start, end, args.get("scene") or None, least if useful else None, chosen or only, _needs())


def _free(base_id: UUID, asked: Asked, shift: timedelta = timedelta()) -> list[Any]:
    return free_studios(
        session(),
        base_id=base_id,
        start=asked.start + shift,
        end=asked.end + shift,
        tenant_id=asked.tenant_id,
        scene=asked.scene,
        min_area_m2=asked.min_area_m2,
        equipment=asked.needs.equipment,
        staff=current_actor().serves(base_id),
    )


def _nearby(base_id: UUID, asked: Asked) -> list[dict[str, Any]]:
    """The nearest times of the same length at which something is free; a bounded number of questions."""
    found: list[dict[str, Any]] = []
    for shift in NEARBY:
        start, end = asked.start + shift, asked.end + shift
        if start < now() or len(found) == MOST_NEARBY:
            continue
        if count := len(_free(base_id, asked, shift)):
            found.append({"start": start, "end": end, "count": count, "url": _address(start, end)})
    return sorted(found, key=lambda slot: slot["start"])


@bp.get("")
@allow(*STAFF, *TENANT)
def show() -> str:
    base = current_base()
    tenants = tenant_choices()
    asked = _asked(tenants)
    rooms = studios(base.id)
    kinds = [line for line in supply(session(), base_id=base.id) if line.what == "equipment"]
    refusal = None
    free: list[Any] = []
    try:
        check_range(asked.start, asked.end)
    except SharedBaseError as error:
        refusal = said(error)
    else:
        free = _free(base.id, asked)
    nearby = _nearby(base.id, asked) if not free and not refusal else []
    opening = opening_on(session(), base.id, asked.start.astimezone(page_zone()).date()) if not free else None
    return render_template(
        "bookings/find.html", base=base, asked=asked, start=wall(asked.start), end=wall(asked.end), free=free,
        nearby=nearby, opening=opening, refusal=refusal, picks=_quick_picks(now()), tenants=tenants,
        kinds=kinds, wanted=dict(asked.needs.equipment), booking=in_address(asked.needs),
        scenes=sorted({room.scene for room in rooms if room.scene}), total=len(rooms),
        hours=int((asked.end - asked.start).total_seconds()),
        past=asked.start < now() - QUARTER,
    )  # fmt: skip
