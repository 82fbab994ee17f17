"""What a signed-in browser carries, and how forms say that they were refused."""

from collections.abc import Iterable
from typing import Any

from flask import Response, make_response, redirect, render_template, request
from wtforms import SelectChoice

from shared_base.core.database import transaction
from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import db, now, session, settings
from shared_base.http.forms import Form
from shared_base.http.guards import safe_next
from shared_base.http.identity import is_api, set_session_cookie
from shared_base.people import sessions, tokens
from shared_base.tenancy.identity import Identity, identify


def note_use(identity: Identity) -> None:
    """Keep the session alive and remember the token's use, every few minutes; beside the request, for a GET too."""
    at = now()
    if identity.seen_at is not None and at - identity.seen_at < sessions.TOUCH_EVERY:
        return
    with transaction(db.engine, identity.actor) as beside:
        if is_api():
            tokens.mark_used(beside, identity.credential_id, at=at)
        else:
            sessions.prolong(beside, identity.credential_id, actor=identity.actor, at=at)


def signed_in(secret: str, target: str | None) -> Response:
    """Go on, signed in: the cookie is set, and the session lasts as long as the person's roles allow."""
    identity = identify(session(), "session", secret, at=now())
    assert identity is not None, "the session was opened in this very transaction"
    sessions.prolong(session(), identity.credential_id, actor=identity.actor, at=now())
    response = make_response(redirect(safe_next(target), 303))
    set_session_cookie(response, secret, max_age=int(sessions.ABSOLUTE.total_seconds()))
    return response


def step_cookie() -> str:
    """The cookie of the wait between password and code."""
    return "__Host-shared_base_step" if _over_https() else "shared_base_step"


def set_step_cookie(response: Response, secret: str) -> None:
    seconds = int(sessions.CODE_WANTED.total_seconds())
    response.set_cookie(
        step_cookie(), secret, max_age=seconds, httponly=True, secure=_over_https(), samesite="Lax", path="/"
    )


def clear_step_cookie(response: Response) -> None:
    response.delete_cookie(step_cookie(), httponly=True, secure=_over_https(), samesite="Lax", path="/")


def _over_https() -> bool:
    return settings().base_url.startswith("https://")


def agent() -> str:
    """What the browser calls itself."""
    return request.user_agent.string


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """The choices of a select: `(value, label)`; labels may be lazy translations."""
    return [SelectChoice(value, label) for value, label in pairs]


def refused(form: Form, error: SharedBaseError, template: str, **context: Any) -> Response:
    """The form again with what was wrong, under the refusal's status; 429 says when to come back."""
    status = form.refuse(error)
    response = make_response(render_template(template, form=form, **context), status)
    if "retry_after" in error.extra:
        response.headers["Retry-After"] = str(error.extra["retry_after"])
    return response
