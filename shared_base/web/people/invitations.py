"""Taking up an invitation: a name, a language, a password, and the person is in."""

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session
from shared_base.http.forms import Form
from shared_base.http.guards import public
from shared_base.http.language import LOCALES, locale_code
from shared_base.http.transactions import writes
from shared_base.people import accounts, links, sessions
from shared_base.people.errors import LinkSpent
from shared_base.web.people.browser import agent, options, refused, signed_in
from shared_base.web.people.limits import A_KNOCK, client_address, limiter

bp = Blueprint("invitations", __name__, url_prefix="/invitations")


class AcceptForm(Form):
    name = StringField(_l("Your name"), [InputRequired(), Length(max=accounts.LONGEST_NAME)])
    locale = SelectField(_l("Language"), choices=options(LOCALES.items()))
    password = PasswordField(_l("Choose a password"), [InputRequired(), Length(max=1000)])


@bp.get("/<secret>")
@public
@limiter.limit(A_KNOCK)
def edit(secret: str) -> str | tuple[str, int]:
    try:
        user = links.holder(session(), "invitation", secret, at=now())
    except LinkSpent as error:
        return render_template("people/link_spent.html", error=error), error.status
    form = AcceptForm(name=user.name, locale=locale_code(), formdata=None)
    return render_template("people/invitation.html", form=form, email=user.email)


@bp.post("/<secret>")
@public
@limiter.limit(A_KNOCK)
@writes
def update(secret: str) -> BaseResponse | tuple[str, int]:
    form = AcceptForm()
    try:
        email = links.holder(session(), "invitation", secret, at=now()).email
        if not form.validate_on_submit():
            return render_template("people/invitation.html", form=form, email=email), 422
        user = accounts.accept_invitation(
            session(),
            secret=secret,
            name=form.name.data,
            password=form.password.data,
            locale=form.locale.data,
            at=now(),
        )
    except LinkSpent as error:
        return render_template("people/link_spent.html", error=error), error.status
    except SharedBaseError as error:
        return refused(form, error, "people/invitation.html", email=email)
    secret = sessions.open_session(session(), user=user, at=now(), address=client_address(), agent=agent())
    return signed_in(secret, "/")
