"""样品: single items, and lots of which a booking takes a number."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from shared_base.catalogue import queries as catalogue
from shared_base.core.errors import SharedBaseError
from shared_base.http.exports import export
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import STAFF, allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.http.transactions import writes
from shared_base.samples import actions, queries
from shared_base.samples.models import Sample
from shared_base.samples.queries import SampleFilter
from shared_base.web.equipment.reach import held, run_base, run_ids, runs, served_base, served_ids
from shared_base.web.tenancy.listing import Listing, asked, exported, listed

bp = Blueprint("samples", __name__, url_prefix="/samples")

WAYS = {"single": _l("Single item"), "counted": _l("Counted lot")}


class SampleForm(Form):
    code = StringField(_l("Code"), [InputRequired(), Length(max=40)], description=_l("On its label, once in the base"))
    name = StringField(_l("Name"), [InputRequired(), Length(max=200)])
    sku = StringField(_l("SKU"), [Optional(), Length(max=64)])
    quantity = IntegerField(_l("Quantity"), [InputRequired(), NumberRange(min=0, max=1_000_000)], default=1)
    counted = BooleanField(
        _l("Counted lot"),
        description=_l("Bookings take a number of it. A single item is held by one booking at a time"),
    )

    def details(self) -> actions.SampleDetails:
        return actions.SampleDetails(
            self.code.data, self.name.data, self.sku.data, counted=self.counted.data, quantity=self.quantity.data
        )


@bp.get("/")
@allow(*STAFF)
def index() -> str | Response:
    base = served_base()
    way = asked("way", WAYS)
    narrowed = SampleFilter(
        search=request.args.get("q"),
        counted=None if way is None else way == "counted",
        retired=request.args.get("state") == "retired",
    )

    def fetch(after: Any, limit: int) -> Any:
        return queries.samples(session(), base.id, narrowed, after=after, limit=limit)

    if request.args.get("format") in ("xlsx", "csv"):
        headings = [_("Code"), _("Name"), _("SKU"), _("Kind"), _("Quantity"), _("Retired on")]
        return export(f"{base.code} {_('Samples')}", headings, map(_cells, exported(fetch)), request.args["format"])
    listing: Listing[Sample] = listed(
        fetch,
        key=lambda row: (row.code,),
        parse=lambda parts: str(parts[0]),
        sorts={
            "code": lambda row: row.code,
            "name": lambda row: row.name,
            "sku": lambda row: row.sku,
            "quantity": lambda row: row.quantity,
        },
    )
    return render_template(
        "samples/samples.html", base=base, listing=listing, ways=WAYS, runs=runs(base.id),
        narrowed=bool(set(request.args) - {"sort"}),
    )  # fmt: skip


def _cells(row: Sample) -> tuple[Any, ...]:
    way = WAYS["counted" if row.counted else "single"]
    return row.code, row.name, row.sku, way, row.quantity, row.retired_at and row.retired_at.astimezone(page_zone())


@bp.get("/new")
@allow("operator")
def new() -> str:
    run_base()
    return render_template("samples/sample_form.html", form=SampleForm(), sample=None)


@bp.post("/new")
@allow("operator")
@writes
def create() -> tuple[str, int] | BaseResponse:
    base = catalogue.base(session(), run_base().code)
    form = SampleForm()
    status = 422
    if form.validate_on_submit():
        try:
            sample = actions.create_sample(session(), base, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was entered.", code=sample.code), "success")
            return redirect(url_for("samples.show", sample_id=sample.id), 303)
    return render_template("samples/sample_form.html", form=form, sample=None), status


@bp.get("/<uuid:sample_id>")
@allow(*STAFF)
def show(sample_id: UUID) -> str:
    sample = queries.sample_of(session(), sample_id, base_ids=served_ids())
    return render_template(
        "samples/sample.html", sample=sample, ways=WAYS, bookings=held([sample.id], now()), runs=runs(sample.base_id),
        most_held=queries.most_held(session(), sample, at=now()) if sample.counted else None,
    )  # fmt: skip


def _sample(sample_id: UUID) -> Sample:
    """A sample that the reader may change."""
    return queries.sample_of(session(), sample_id, base_ids=run_ids())


@bp.get("/<uuid:sample_id>/edit")
@allow("operator")
def edit(sample_id: UUID) -> str:
    sample = _sample(sample_id)
    return render_template("samples/sample_form.html", form=SampleForm(obj=sample), sample=sample)


@bp.post("/<uuid:sample_id>/edit")
@allow("operator")
@writes
def update(sample_id: UUID) -> tuple[str, int] | BaseResponse:
    sample = _sample(sample_id)
    form = SampleForm()
    status = 422
    if form.validate_on_submit():
        try:
            changed = actions.change_sample(session(), sample, details=form.details(), by=current_actor(), at=now())
        except SharedBaseError as error:
            status = form.refuse(error)
        else:
            flash(_("%(code)s was saved.", code=sample.code), "success")
            _warn(len({hit.booking_id for hit in changed.hits}))
            return redirect(url_for("samples.show", sample_id=sample.id), 303)
    return render_template("samples/sample_form.html", form=form, sample=sample), status


@bp.post("/<uuid:sample_id>/retirement")
@allow("operator")
@writes
def retire(sample_id: UUID) -> BaseResponse:
    sample = _sample(sample_id)
    change = actions.retire_sample(session(), sample, by=current_actor(), at=now())
    flash(_("%(code)s is retired: no new booking takes it.", code=sample.code), "success")
    _warn(len({hit.booking_id for hit in change.hits}))
    return redirect(url_for("samples.show", sample_id=sample.id), 303)


@bp.post("/<uuid:sample_id>/return")
@allow("operator")
@writes
def restore(sample_id: UUID) -> BaseResponse:
    sample = _sample(sample_id)
    actions.restore_sample(session(), sample, by=current_actor(), at=now())
    flash(_("%(code)s is in service again.", code=sample.code), "success")
    return redirect(url_for("samples.show", sample_id=sample.id), 303)


def _warn(hits: int) -> None:
    if hits:
        flash(
            ngettext(
                "%(num)s booking to come counts on it: call the tenant.",
                "%(num)s bookings to come count on it: call their tenants.",
                hits,
            ),
            "warning",
        )
