"""The own account: name, language, roles."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import now, session, settings
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import identity
from shared_base.http.language import LOCALE_COOKIE, LOCALES
from shared_base.http.transactions import writes
from shared_base.people import accounts, sessions, tokens
from shared_base.people.queries import get_user
from shared_base.tenancy.directory import own_roles
from shared_base.web.people.browser import options, refused
from shared_base.web.people.names import MEANINGS, role_at

bp = Blueprint("account", __name__, url_prefix="/account")


class ProfileForm(Form):
    name = StringField(_l("Full name"), [InputRequired(), Length(max=accounts.LONGEST_NAME)])
    locale = SelectField(
        _l("Language"), choices=options(LOCALES.items()), description=_l("Of the pages and of the mails you get")
    )


def _context() -> dict[str, Any]:
    me = identity()
    return {
        "user": get_user(session(), me.user_id),
        "roles": own_roles(session(), me.user_id),
        "meanings": MEANINGS,
        "role_at": role_at,
        "sessions": len(sessions.live_sessions(session(), me.user_id, at=now())),
        "tokens": len(tokens.tokens_of(session(), me.user_id)),
    }


@bp.get("")
@allow()
def show() -> str:
    context = _context()
    form = ProfileForm(name=context["user"].name, locale=context["user"].locale, formdata=None)
    return render_template("people/account.html", form=form, **context)


@bp.post("")
@allow()
@writes
def update() -> Response | tuple[str, int]:
    form = ProfileForm()
    if not form.validate_on_submit():
        return render_template("people/account.html", form=form, **_context()), 422
    try:
        user = accounts.update_profile(session(), identity().user_id, name=form.name.data, locale=form.locale.data)
    except SharedBaseError as error:
        return refused(form, error, "people/account.html", **_context())
    flash(_("Your profile is saved."), "success")
    response = make_response(redirect(url_for("account.show"), 303))
    # what this browser chose before would go on to hide the choice
    secure = settings().base_url.startswith("https://")
    response.set_cookie(LOCALE_COOKIE, user.locale, max_age=31_536_000, samesite="Lax", secure=secure, httponly=True)
    return response
