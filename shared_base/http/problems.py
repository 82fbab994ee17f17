"""Refusals as people and programs read them: a page, or `application/problem+json` (RFC 9457)."""

import json
import logging
from typing import Any

from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from shared_base.core.database import violated_constraint
from shared_base.core.errors import Busy, Conflict, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.http.extensions import db
from shared_base.http.identity import is_api
from shared_base.http.language import said, translate

log = logging.getLogger(__name__)

TYPE_BASE = "https://shared-base.dev/problems/"


def problem(error: SharedBaseError) -> dict[str, Any]:
    """The problem document of a refusal: a stable `type`, the reader's language in `title` and `detail`."""
    return {
        "type": f"{TYPE_BASE}{error.type}",
        "title": translate(error.title),
        "status": error.status,
        "detail": said(error),
        **error.extra,
    }


def problem_response(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(
        json.dumps(document, ensure_ascii=False),
        status=document["status"],
        mimetype="application/problem+json",
        headers=headers,
    )


def wants_json() -> bool:
    """Programs get problem documents: the API, and the scripts of our own pages."""
    if is_api():
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" or request.is_json


def answer(error: SharedBaseError) -> Response:
    headers = {"Retry-After": str(error.extra.get("retry_after", 1))} if error.status in (429, 503) else {}
    if error.status == 401 and is_api():
        headers["WWW-Authenticate"] = "Bearer"
    if wants_json():
        return problem_response(problem(error), headers)
    return _page(error.status, translate(error.title), said(error), headers, error.extra)


def _page(
    status: int, title: str, text: str, headers: dict[str, str] | None = None, extra: dict[str, Any] | None = None
) -> Response:
    # The page must not ask a broken database who is calling.
    g.broken = status >= 500
    body = render_template(
        [f"errors/{status}.html", "errors/error.html"], status=status, title=title, text=text, extra=extra or {}
    )
    return Response(body, status=status, headers=headers, mimetype="text/html")


def init_app(app: Flask) -> None:
    @app.errorhandler(SharedBaseError)
    def refused(error: SharedBaseError) -> Response:
        return answer(error)

    @app.errorhandler(IntegrityError)
    def constraint(error: IntegrityError) -> Response:
        # Rooms translate the constraints they expect; one that gets here lost a race with another writer.
        log.warning("constraint %s reached the answer", violated_constraint(error))
        db.session.rollback()
        return answer(
            Conflict(N_("Somebody else changed this at the same moment. Look at it again, then repeat what you did."))
        )

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def database_away(error: Exception) -> Response:
        log.error("database: %s", type(error).__name__, exc_info=error)
        g.broken = True
        return answer(Busy(N_("The database does not answer. Nothing was changed; try again in a moment.")))

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Response:
        text = N_("This form is too old or came from another site. Load the page again and repeat what you did.")
        if wants_json():
            return problem_response(
                {
                    "type": f"{TYPE_BASE}csrf",
                    "title": translate(N_("Form expired")),
                    "status": 400,
                    "detail": translate(text),
                }
            )
        return _page(400, translate(N_("Form expired")), translate(text))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return error.response  # type: ignore[return-value]
        status = error.code or 500
        texts = {
            400: N_("The request could not be read. Load the page again and repeat what you did."),
            404: N_("There is nothing at this address, or it is not yours to see."),
            405: N_("This address does not take that kind of request."),
            413: N_("What you sent is too large."),
            415: N_("Send the body as application/json."),
        }
        text = translate(texts[status]) if status in texts else (error.description or error.name)
        if wants_json():
            kind = error.name.lower().replace(" ", "-")
            return problem_response(
                {"type": f"{TYPE_BASE}{kind}", "title": error.name, "status": status, "detail": text}
            )
        return _page(status, error.name, text)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.exception("unexpected", exc_info=error)
        if app.testing or app.debug:
            raise error
        title = translate(N_("Something went wrong on our side"))
        text = translate(N_("Nothing was changed. Try again; if it goes on, tell whoever runs this base."))
        if wants_json():
            return problem_response({"type": f"{TYPE_BASE}internal", "title": title, "status": 500, "detail": text})
        return _page(500, title, text)
