"""Where one is signed in, and ending it."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from shared_base.http.extensions import now, session
from shared_base.http.guards import allow
from shared_base.http.identity import identity
from shared_base.http.transactions import writes
from shared_base.people import sessions
from shared_base.web.people.names import device

bp = Blueprint("account_sessions", __name__, url_prefix="/account/sessions")


@bp.get("")
@allow()
def index() -> str:
    me = identity()
    rows = sessions.live_sessions(session(), me.user_id, at=now())
    return render_template("people/account_sessions.html", rows=rows, this=me.credential_id, device=device)


@bp.post("/<uuid:session_id>/end")
@allow()
@writes
def end(session_id: UUID) -> BaseResponse:
    sessions.end(session(), session_id, user_id=identity().user_id, at=now())
    flash(_("That device is signed out."), "success")
    return redirect(url_for("account_sessions.index"), 303)


@bp.post("/end-others")
@allow()
@writes
def end_others() -> BaseResponse:
    me = identity()
    ended = sessions.end_all(session(), me.user_id, at=now(), but=me.credential_id)
    flash(ngettext("%(num)s other device was signed out.", "%(num)s other devices were signed out.", ended), "success")
    return redirect(url_for("account_sessions.index"), 303)
