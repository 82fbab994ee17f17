"""日历订阅: the addresses at which calendar clients read bookings; made (shown this once), listed, switched off."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.calendars import actions
from shared_base.calendars.queries import feeds_of, subjects
from shared_base.calendars.rows import Subject
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session, settings
from shared_base.http.forms import Form, choices
from shared_base.http.guards import STAFF, TENANT, allow
from shared_base.http.identity import current_actor
from shared_base.http.transactions import writes
from shared_base.web.current import current_base_or_none
from shared_base.web.people.browser import refused

bp = Blueprint("calendar_feeds", __name__, url_prefix="/account/calendars")
PAGE = "calendars/feeds.html"
KIND_NAMES = {"tenant": _l("Tenant"), "host": _l("Host"), "studio": _l("Studio")}


class FeedForm(Form):
    subject = SelectField(_l("Whose bookings"), [InputRequired()])
    label = StringField(
        _l("Who reads it"),
        [InputRequired(), Length(max=actions.LONGEST_LABEL)],
        description=_l("For example: phone of Lin, wall screen of studio 3"),
    )


def address(secret: str) -> str:
    """The address of a feed, as a client outside needs it."""
    return settings().base_url + url_for("calendar_feed.show", secret=secret)


def _choices(found: list[Subject]) -> list[Any]:
    named = [(one.key, f"{KIND_NAMES[one.kind]} · {one.name}") for one in found]
    return choices(named, None if len(named) == 1 else _("Choose one"))


def _form(**kwargs: Any) -> FeedForm:
    base = current_base_or_none()
    form = FeedForm(**kwargs)
    form.subject.choices = _choices(subjects(session(), current_actor(), base_id=base.id if base else None))
    return form


def _context() -> dict[str, Any]:
    actor = current_actor()
    rows = feeds_of(session(), actor)
    own = {row.id for row in rows if row.revoked_at is None and actions.may_revoke(row, by=actor)}
    return {"rows": rows, "kinds": KIND_NAMES, "revocable": own}


@bp.get("")
@allow(*STAFF, *TENANT)
def index() -> str:
    return render_template(PAGE, form=_form(formdata=None), **_context())


@bp.post("")
@allow(*STAFF, *TENANT)
@writes
def create() -> Response | tuple[str, int]:
    form = _form()
    if not form.validate_on_submit():
        return render_template(PAGE, form=form, **_context()), 422
    kind, _sign, subject_id = form.subject.data.partition(":")
    try:
        feed = actions.make_feed(
            session(), kind=kind, subject_id=UUID(subject_id), label=form.label.data, by=current_actor(), at=now()
        )
    except SharedBaseError as error:
        return refused(form, error, PAGE, **_context())
    # shown in this very answer, never after: what is stored is a digest
    where = address(feed.secret)
    shown = {"address": where, "webcal": "webcal:" + where.partition(":")[2], "label": feed.label}
    return render_template(PAGE, form=_form(formdata=None), made=shown, **_context()), 201


@bp.post("/<uuid:feed_id>/revocation")
@allow(*STAFF, *TENANT)
@writes
def revoke(feed_id: UUID) -> BaseResponse:
    actions.revoke_feed(session(), feed_id, by=current_actor(), at=now())
    flash(_("The calendar is switched off. Whoever still reads its address gets nothing."), "success")
    return redirect(url_for("calendar_feeds.index"), 303)
