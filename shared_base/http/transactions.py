"""One request, one transaction: `@writes` commits below 400 and rolls back otherwise. A GET never commits."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, Response, g, make_response
from sqlalchemy.exc import DBAPIError

from shared_base.core.retry import retrying
from shared_base.http.extensions import db

View = TypeVar("View", bound=Callable[..., Any])


def writes(view: View) -> View:
    """Wrap a view that changes something: commit below 400, else roll back; contention retries the whole view."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Response:
        def attempt() -> Response:
            response = make_response(view(*args, **kwargs))
            if response.status_code < 400:
                db.session.commit()
            else:
                db.session.rollback()
            return response

        g.writes = True
        return retrying(attempt, rollback=db.session.rollback)

    wrapped.writes = True  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]


def end_transaction(error: BaseException | None) -> None:
    """What a request did not commit is undone; Flask-SQLAlchemy then removes the session."""
    try:
        db.session.rollback()
    except DBAPIError:
        # the connection is gone, and with it the transaction
        db.session().invalidate()


def init_app(app: Flask) -> None:
    app.teardown_request(end_transaction)
