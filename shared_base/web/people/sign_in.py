"""Signing in, in one step or two, and out."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import allow, public, safe_next
from shared_base.http.identity import clear_session_cookie, identity
from shared_base.http.language import said
from shared_base.http.transactions import writes
from shared_base.people import sessions, sign_in
from shared_base.people.errors import SignInExpired
from shared_base.web.people.browser import agent, clear_step_cookie, refused, set_step_cookie, signed_in, step_cookie
from shared_base.web.people.limits import A_KNOCK, client_address, limiter

bp = Blueprint("sign_in", __name__)


class SignInForm(Form):
    email = StringField(_l("E-mail"), [InputRequired(), Length(max=300)])
    password = PasswordField(_l("Password"), [InputRequired(), Length(max=1000)])
    next = HiddenField()


class CodeForm(Form):
    code = StringField(_l("Six-digit code"), [InputRequired(), Length(max=20)])
    next = HiddenField()


@bp.get("/sign-in")
@public
def new() -> str | BaseResponse:
    target = safe_next(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(target, 303)
    return render_template("people/sign_in.html", form=SignInForm(next=target, formdata=None))


@bp.post("/sign-in")
@public
@limiter.limit(A_KNOCK)
@writes
def create() -> Response | tuple[str, int]:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("people/sign_in.html", form=form), 422
    before = identity() if current_user.is_authenticated else None
    try:
        signed = sign_in.sign_in(
            session(),
            email=form.email.data,
            password=form.password.data,
            at=now(),
            address=client_address(),
            agent=agent(),
        )
    except SharedBaseError as error:
        return refused(form, error, "people/sign_in.html")
    if before is not None:
        # the browser changes hands: whose it was is signed out
        sessions.end(session(), before.credential_id, user_id=before.user_id, at=now())
    target = safe_next(form.next.data)
    if not signed.code_wanted:
        return signed_in(signed.secret, target)
    response = make_response(redirect(url_for("sign_in.code", next=target), 303))
    set_step_cookie(response, signed.secret)
    clear_session_cookie(response)
    return response


@bp.get("/sign-in/code")
@public
def code() -> str | BaseResponse:
    if sessions.waiting(session(), request.cookies.get(step_cookie(), ""), at=now()) is None:
        return redirect(url_for("sign_in.new", next=safe_next(request.args.get("next"))), 303)
    form = CodeForm(next=safe_next(request.args.get("next")), formdata=None)
    return render_template("people/sign_in_code.html", form=form)


@bp.post("/sign-in/code")
@public
@limiter.limit(A_KNOCK)
@writes
def enter_code() -> BaseResponse | tuple[str, int]:
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("people/sign_in_code.html", form=form), 422
    try:
        signed = sign_in.enter_code(
            session(), secret=request.cookies.get(step_cookie(), ""), code=form.code.data, at=now()
        )
    except SignInExpired as error:
        flash(said(error), "warning")
        return redirect(url_for("sign_in.new", next=safe_next(form.next.data)), 303)
    except SharedBaseError as error:
        return refused(form, error, "people/sign_in_code.html")
    response = signed_in(signed.secret, form.next.data)
    clear_step_cookie(response)
    return response


@bp.post("/sign-out")
@allow(second_factor=False)
@writes
def end() -> BaseResponse:
    me = identity()
    sessions.end(session(), me.credential_id, user_id=me.user_id, at=now())
    flash(_("You are signed out."), "success")
    response = make_response(redirect(url_for("sign_in.new"), 303))
    clear_session_cookie(response)
    return response
