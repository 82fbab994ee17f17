"""空间: the rooms of the current base."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import Range
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateField, DecimalField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from shared_base.bookings.queries import Filter, list_bookings
from shared_base.bookings.rows import BookingRow
from shared_base.catalogue import queries, spaces
from shared_base.catalogue.models import Base, Space
from shared_base.catalogue.rules import SPACE_KINDS
from shared_base.core.errors import SharedBaseError
from shared_base.core.fields import pattern
from shared_base.core.money import plain
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form, choices
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.resources import queries as resources
from shared_base.tenancy.models import Lease, LeaseSpace, Tenant
from shared_base.web.current import base_choices, current_base

bp = Blueprint("spaces", __name__, url_prefix="/spaces")

#: how many of its next bookings a space's page shows
NEXT = 8

KINDS = {"studio": _l("Studio"), "office": _l("Office"), "sample_room": _l("Sample room"), "hall": _l("Hall")}


class SpaceForm(Form):
    code = StringField(
        _l("Code"), [InputRequired(), Length(max=40)], description=_l("On the door, unique in the base: A101")
    )
    name = StringField(_l("Name"), [InputRequired(), Length(max=200)])
    kind = SelectField(_l("Kind"), choices=choices(KINDS.items()), default="studio")
    area_m2 = DecimalField(_l("Area"), [InputRequired(), NumberRange(min=0)], places=None)
    scene = StringField(
        _l("Scene"), [Optional(), Length(max=50)], description=_l("What it is fitted for: 美妆, 绿幕, 厨房")
    )
    floor = StringField(_l("Floor"), [Optional(), Length(max=20)], description=_l("As the lift says it: 3F, B1"))
    buffer_minutes = IntegerField(
        _l("Clean-down"), [InputRequired(), NumberRange(min=0, max=720)], default=30,
        description=_l("Minutes after each booking in which nobody else can come"),
    )  # fmt: skip
    in_service_from = DateField(_l("In service from"), [InputRequired()])
    in_service_to = DateField(_l("Last day in service"), [Optional()], description=_l("Empty: open"))
    notes = TextAreaField(_l("Notes"), [Optional(), Length(max=2000)])

    def details(self) -> spaces.SpaceDetails:
        return spaces.SpaceDetails(
            code=self.code.data,
            name=self.name.data,
            kind=self.kind.data,
            area_m2=self.area_m2.data,
            in_service_from=self.in_service_from.data,
            in_service_to=self.in_service_to.data,
            scene=self.scene.data,
            floor=self.floor.data,
            buffer_minutes=self.buffer_minutes.data,
            notes=self.notes.data,
        )


#: what the list of spaces can be ordered by
SORTS = {
    "code": Space.code,
    "kind": Space.kind,
    "scene": Space.scene,
    "floor": Space.floor,
    "area": Space.area_m2,
    "buffer": Space.buffer_minutes,
    "tenant": Tenant.name,
}


def _listed(base_id: UUID) -> Any:
    """Spaces of the base with who has them whole today, in one query."""
    today = now().astimezone(page_zone()).date()
    query = (
        sa.select(Space, Tenant.name.label("tenant"))
        .outerjoin(LeaseSpace, sa.and_(LeaseSpace.space_id == Space.id, LeaseSpace.term.contains(today)))
        .outerjoin(Lease, Lease.id == LeaseSpace.lease_id)
        .outerjoin(Tenant, Tenant.id == Lease.tenant_id)
        .where(Space.base_id == base_id)
        .order_by(*_order(request.args.get("sort", "")))
    )
    if text := request.args.get("q", "").strip():
        wanted = pattern(text)
        query = query.where(sa.or_(Space.code.ilike(wanted), Space.name.ilike(wanted), Space.scene.ilike(wanted)))
    if (kind := request.args.get("kind")) in SPACE_KINDS:
        query = query.where(Space.kind == kind)
    if scene := request.args.get("scene"):
        query = query.where(Space.scene == scene)
    return session().execute(query).all()


def _order(sort: str) -> list[Any]:
    key = SORTS.get(sort.removeprefix("-"))
    if key is None:
        return [Space.code]
    return [sa.nulls_last(key.desc() if sort.startswith("-") else key.asc()), Space.code]


@bp.get("/")
@allow("operator", "front_desk")
def index() -> str | Response:
    base = current_base()
    rows = _listed(base.id)
    today = now().astimezone(page_zone()).date()
    if request.args.get("format") in ("xlsx", "csv"):
        headings = [
            _("Code"),
            _("Name"),
            _("Kind"),
            _("Scene"),
            _("Floor"),
            _("Area (㎡)"),
            _("Clean-down (minutes)"),
            _("Let whole to"),
        ]
        cells = [
            (s.code, s.name, KINDS[s.kind], s.scene, s.floor, s.area_m2, s.buffer_minutes, tenant) for s, tenant in rows
        ]
        return export(f"{base.code} {_('Spaces')}", headings, cells, request.args["format"])
    moment = Range(now(), now() + timedelta(seconds=1))
    closed = resources.closures(session(), base_id=base.id, during=moment)
    scenes = sorted({space.scene for space in queries.spaces(session(), base.id) if space.scene})
    return render_template(
        "catalogue/spaces.html", base=base, rows=rows, kinds=KINDS, scenes=scenes, today=today,
        pairs=[(scene, scene) for scene in scenes], closed={outage.resource_id for outage in closed},
        q=request.args.get("q", ""), sort=request.args.get("sort") or "code", runs=_runs(base.id),
    )  # fmt: skip


@bp.get("/new")
@allow("operator")
def new() -> str:
    form = SpaceForm(in_service_from=now().astimezone(page_zone()).date())
    return render_template("catalogue/space_form.html", form=form, space=None)


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    base = queries.base(session(), current_base().code)
    form = SpaceForm()
    status = 422
    if form.validate_on_submit():
        try:
            space = spaces.create_space(session(), base, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was entered.", code=space.code), "success")
            return redirect(url_for("spaces.show", space_id=space.id), 303)
    return render_template("catalogue/space_form.html", form=form, space=None), status


def _runs(base_id: UUID) -> bool:
    """Whether the reader may enter and change spaces of the base; the front desk may close them only."""
    return current_actor().serves(base_id, "operator")


def _space(space_id: UUID) -> Space:
    return queries.space_of(session(), space_id, base_ids=[base.id for base in base_choices()])


@bp.get("/<uuid:space_id>")
@allow("operator", "front_desk")
def show(space_id: UUID) -> str:
    space = _space(space_id)
    base = session().get_one(Base, space.base_id)
    ahead = Range(now() - timedelta(days=31), None)
    closures = resources.closures(session(), base_id=space.base_id, resource_id=space.id, during=ahead)
    leases = session().execute(
        sa.select(Lease, Tenant.name)
        .join(LeaseSpace, LeaseSpace.lease_id == Lease.id)
        .join(Tenant, Tenant.id == Lease.tenant_id)
        .where(LeaseSpace.space_id == space.id)
        .order_by(Lease.term.desc())
    )
    return render_template(
        "catalogue/space.html", space=space, base=base, kinds=KINDS, closures=closures, leases=leases.all(), at=now(),
        today=now().astimezone(ZoneInfo(base.timezone)).date(), bookings=_ahead(space), runs=_runs(base.id),
    )  # fmt: skip


def _ahead(space: Space) -> list[BookingRow]:
    """Who is in the space now, and the next bookings of it."""
    ahead = Filter(start=now(), studio_id=space.id, states=("confirmed", "checked_in"))
    return list_bookings(session(), current_actor(), ahead, limit=NEXT)


@bp.get("/<uuid:space_id>/edit")
@allow("operator")
def edit(space_id: UUID) -> str:
    space = _space(space_id)
    last: date | None = space.in_service.upper
    form = SpaceForm(
        obj=space,
        in_service_from=space.in_service.lower,
        in_service_to=last - timedelta(days=1) if last else None,
    )
    form.area_m2.data = Decimal(plain(space.area_m2))
    return render_template("catalogue/space_form.html", form=form, space=space)


@bp.post("/<uuid:space_id>/edit")
@allow("operator")
@writes
def update(space_id: UUID) -> tuple[str, int] | BaseResponse:
    space = _space(space_id)
    form = SpaceForm()
    status = 422
    if form.validate_on_submit():
        try:
            changed = spaces.change_space(session(), space, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was saved.", code=space.code), "success")
            if changed.hits:
                flash(
                    _("%(count)s bookings lie after its last day: call their tenants.", count=len(changed.hits)),
                    "warning",
                )
            return redirect(url_for("spaces.show", space_id=space.id), 303)
    return render_template("catalogue/space_form.html", form=form, space=space), status
