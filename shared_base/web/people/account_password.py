"""Changing the own password."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import identity
from shared_base.http.transactions import writes
from shared_base.people import accounts
from shared_base.web.people.browser import refused

bp = Blueprint("account_password", __name__, url_prefix="/account/password")


class PasswordForm(Form):
    current = PasswordField(_l("Current password"), [InputRequired(), Length(max=1000)])
    password = PasswordField(_l("New password"), [InputRequired(), Length(max=1000)])


@bp.get("")
@allow()
def edit() -> str:
    return render_template("people/account_password.html", form=PasswordForm(formdata=None))


@bp.post("")
@allow()
@writes
def update() -> BaseResponse | tuple[str, int]:
    form, me = PasswordForm(), identity()
    if not form.validate_on_submit():
        return render_template("people/account_password.html", form=form), 422
    try:
        accounts.change_password(
            session(),
            me.user_id,
            current=form.current.data,
            new=form.password.data,
            session_id=me.credential_id,
            at=now(),
        )
    except SharedBaseError as error:
        return refused(form, error, "people/account_password.html")
    flash(_("Your password is changed. Every other device was signed out."), "success")
    return redirect(url_for("account_password.edit"), 303)
