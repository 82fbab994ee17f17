"""The second factor of the own account: set up with a QR code, confirmed with a first code, turned off.

The secret is shown once, in the answer to the password: whoever sits down at an open session later cannot read it.
"""

import io
from typing import Any

import segno
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import Conflict, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.http.extensions import now, session, settings
from shared_base.http.forms import Form
from shared_base.http.guards import TWO_FACTOR_ROLES, allow, safe_next
from shared_base.http.identity import current_actor, identity
from shared_base.http.transactions import writes
from shared_base.people import accounts, second_factor
from shared_base.people.queries import get_user
from shared_base.web.people.browser import refused

bp = Blueprint("two_factor", __name__, url_prefix="/account/two-step")
PAGE = "people/two_factor.html"


class PasswordForm(Form):
    current = PasswordField(_l("Current password"), [InputRequired(), Length(max=1000)])
    next = HiddenField()


class CodeForm(Form):
    code = StringField(_l("Six-digit code"), [InputRequired(), Length(max=20)])
    next = HiddenField()


def _required() -> bool:
    """Whether this installation asks the person's roles for a second factor."""
    return settings().production and bool({grant.role for grant in current_actor().grants} & TWO_FACTOR_ROLES)


def _context(step: str | None = None) -> dict[str, Any]:
    user = get_user(session(), identity().user_id)
    return {"user": user, "step": step or ("on" if user.totp_confirmed_at else "off"), "required": _required()}


@bp.get("")
@allow(second_factor=False)
def show() -> str:
    form = PasswordForm(next=safe_next(request.args.get("next"), ""), formdata=None)
    return render_template(PAGE, form=form, **_context())


@bp.post("")
@allow(second_factor=False)
@writes
def create() -> str | Response | tuple[str, int]:
    form = PasswordForm()
    if not form.validate_on_submit():
        return render_template(PAGE, form=form, **_context()), 422
    user = get_user(session(), identity().user_id)
    try:
        accounts.confirm_password(session(), user, form.current.data, at=now())
        second_factor.begin_setup(session(), user.id)
    except SharedBaseError as error:
        return refused(form, error, PAGE, **_context())
    setup = second_factor.setup_of(user)
    assert setup is not None
    code_form = CodeForm(next=safe_next(form.next.data, ""), formdata=None)
    return render_template(PAGE, form=code_form, setup=setup, svg=_qr(setup.uri), **_context("confirm"))


@bp.post("/confirmation")
@allow(second_factor=False)
@writes
def confirm() -> BaseResponse | tuple[str, int]:
    form, me = CodeForm(), identity()
    if not form.validate_on_submit():
        return render_template(PAGE, form=form, **_context("confirm")), 422
    try:
        second_factor.confirm_setup(session(), me.user_id, form.code.data, session_id=me.credential_id, at=now())
    except SharedBaseError as error:
        return refused(form, error, PAGE, **_context("confirm"))
    flash(_("Two-step sign-in is on. Every other device was signed out."), "success")
    return redirect(safe_next(form.next.data, url_for("two_factor.show")), 303)


@bp.post("/removal")
@allow()
@writes
def remove() -> BaseResponse | tuple[str, int]:
    form = PasswordForm()
    if not form.validate_on_submit():
        return render_template(PAGE, form=form, **_context()), 422
    user = get_user(session(), identity().user_id)
    try:
        if _required():
            raise Conflict(N_("Your role requires two-step sign-in here; it cannot be turned off."))
        accounts.confirm_password(session(), user, form.current.data, at=now())
        second_factor.remove(session(), user.id, at=now())
    except SharedBaseError as error:
        return refused(form, error, PAGE, **_context())
    flash(_("Two-step sign-in is off. Your password alone signs you in."), "success")
    return redirect(url_for("two_factor.show"), 303)


def _qr(uri: str) -> Markup:
    """The QR code as markup: black on white, also where the page is dark."""
    out = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(
        out, kind="svg", border=3, light="#fff", xmldecl=False, svgns=False, omitsize=True
    )
    return Markup(out.getvalue().decode())  # noqa: S704 (segno's own drawing: no text of anybody is in it)
