"""API tokens of the own account: made (shown this once), listed, revoked."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import identity
from shared_base.http.transactions import writes
from shared_base.people import accounts, tokens
from shared_base.people.queries import get_user
from shared_base.web.people.browser import options, refused

bp = Blueprint("account_tokens", __name__, url_prefix="/account/tokens")
PAGE = "people/account_tokens.html"


class TokenForm(Form):
    name = StringField(
        _l("What it is for"),
        [InputRequired(), Length(max=tokens.LONGEST_NAME)],
        description=_l("For example: check-in kiosk, reporting"),
    )
    days = SelectField(
        _l("Good for"),
        choices=options([(30, _l("30 days")), (90, _l("90 days")), (365, _l("One year"))]),
        default=90,
        coerce=int,
    )
    current = PasswordField(_l("Current password"), [InputRequired(), Length(max=1000)])


def _context() -> dict[str, Any]:
    return {"rows": tokens.tokens_of(session(), identity().user_id), "now": now()}


@bp.get("")
@allow()
def index() -> str:
    return render_template(PAGE, form=TokenForm(formdata=None), **_context())


@bp.post("")
@allow()
@writes
def create() -> Response | tuple[str, int]:
    form, me = TokenForm(), identity()
    if not form.validate_on_submit():
        return render_template(PAGE, form=form, **_context()), 422
    try:
        accounts.confirm_password(session(), get_user(session(), me.user_id), form.current.data, at=now())
        token = tokens.create(session(), user_id=me.user_id, name=form.name.data, days=form.days.data, at=now())
    except SharedBaseError as error:
        return refused(form, error, PAGE, **_context())
    # shown in this very answer, never after: what is stored is a digest
    return render_template(PAGE, form=TokenForm(formdata=None), token=token, **_context()), 201


@bp.post("/<uuid:token_id>/revocation")
@allow()
@writes
def revoke(token_id: UUID) -> BaseResponse:
    tokens.revoke(session(), token_id, user_id=identity().user_id, at=now())
    flash(_("The token is revoked. Scripts that use it are refused from now on."), "success")
    return redirect(url_for("account_tokens.index"), 303)
