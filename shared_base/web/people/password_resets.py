"""A forgotten password: ask for a link, open it, choose a new one."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import public
from shared_base.http.transactions import writes
from shared_base.people import accounts, links
from shared_base.people.errors import LinkSpent
from shared_base.web.people.browser import refused
from shared_base.web.people.limits import A_KNOCK, client_address, limiter

bp = Blueprint("password_resets", __name__, url_prefix="/password-resets")


class RequestForm(Form):
    email = StringField(_l("E-mail"), [InputRequired(), Length(max=300)])


class NewPasswordForm(Form):
    password = PasswordField(_l("New password"), [InputRequired(), Length(max=1000)])


@bp.get("/new")
@public
def new() -> str:
    return render_template("people/password_reset_request.html", form=RequestForm(formdata=None))


@bp.post("/new")
@public
@limiter.limit(A_KNOCK)
@writes
def create() -> BaseResponse | tuple[str, int]:
    form = RequestForm()
    if not form.validate_on_submit():
        return render_template("people/password_reset_request.html", form=form), 422
    try:
        accounts.request_reset(session(), email=form.email.data, address=client_address(), at=now())
    except SharedBaseError as error:
        return refused(form, error, "people/password_reset_request.html")
    return redirect(url_for("password_resets.sent"), 303)


@bp.get("/sent")
@public
def sent() -> str:
    return render_template("people/password_reset_sent.html")


@bp.get("/<secret>")
@public
@limiter.limit(A_KNOCK)
def edit(secret: str) -> str | tuple[str, int]:
    try:
        user = links.holder(session(), "password_reset", secret, at=now())
    except LinkSpent as error:
        return render_template("people/link_spent.html", error=error), error.status
    return render_template("people/password_reset.html", form=NewPasswordForm(formdata=None), email=user.email)


@bp.post("/<secret>")
@public
@limiter.limit(A_KNOCK)
@writes
def update(secret: str) -> BaseResponse | tuple[str, int]:
    form = NewPasswordForm()
    try:
        email = links.holder(session(), "password_reset", secret, at=now()).email
        if not form.validate_on_submit():
            return render_template("people/password_reset.html", form=form, email=email), 422
        accounts.reset_password(session(), secret=secret, password=form.password.data, at=now())
    except LinkSpent as error:
        return render_template("people/link_spent.html", error=error), error.status
    except SharedBaseError as error:
        return refused(form, error, "people/password_reset.html", email=email)
    flash(_("Your new password is set, and every device was signed out. Sign in with it."), "success")
    return redirect(url_for("sign_in.new"), 303)
