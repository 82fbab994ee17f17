"""What a reader chooses for themselves: the language of the pages, the base they are about."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.http.extensions import session, settings
from shared_base.http.guards import allow, public, safe_next
from shared_base.http.identity import identity
from shared_base.http.language import LOCALE_COOKIE, LOCALES
from shared_base.http.transactions import writes
from shared_base.people import sessions
from shared_base.web.current import base_choices

bp = Blueprint("choices", __name__)


@bp.post("/language")
@public
def language() -> Response:
    """Keep the chosen language in a cookie: it holds before and after signing in."""
    chosen = request.form.get("locale", "")
    if chosen not in LOCALES:
        raise Invalid(N_("Choose one of the languages offered."))
    response = redirect(safe_next(request.form.get("next")), 303)
    secure = settings().base_url.startswith("https://")
    response.set_cookie(LOCALE_COOKIE, chosen, max_age=31_536_000, samesite="Lax", secure=secure, httponly=True)
    return response


@bp.post("/current-base")
@allow()
@writes
def current_base() -> Response:
    """Show another base's pages from now on."""
    wanted = request.form.get("base", "")
    base = next((choice for choice in base_choices() if choice.code == wanted), None)
    if base is None:
        raise Invalid(N_("That base is not yours to look at; choose one of those offered."))
    sessions.choose_base(session(), identity().credential_id, base_id=base.id)
    return redirect(safe_next(request.form.get("next")), 303)
