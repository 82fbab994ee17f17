"""A retry is one effect: the key, the effect and the answer are written in one transaction."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import Response, make_response, request
from sqlalchemy.dialects.postgresql import insert

from shared_base.core.errors import Invalid, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.core.idempotency import IdempotencyKey
from shared_base.core.retry import retrying
from shared_base.http.extensions import db, now
from shared_base.http.identity import identity
from shared_base.http.problems import problem_response
from shared_base.http.problems import problem as problem_of
from shared_base.http.transactions import writes

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
#: refusals that are answers to the request as such: told again for the same key. Others (401, 503) are not its fate.
FINAL = (404, 409, 422)

_keys = cast(sa.Table, IdempotencyKey.__table__)


def _asked() -> bytes:
    """What this request asks: the same key with anything else is a mistake of the caller's."""
    parts = (request.method.encode(), request.full_path.encode(), request.get_data(cache=True))
    return hashlib.sha256(b"\0".join(parts)).digest()


def _claim(key: str, digest: bytes, **answer: Any) -> bool:
    """Take the key; a second caller waits here until the first has committed or given up."""
    row = {"caller_id": identity().user_id, "key": key, "request_digest": digest, "created_at": now(), **answer}
    taken = db.session.execute(
        insert(_keys).values(row).on_conflict_do_nothing(index_elements=["caller_id", "key"]).returning(_keys.c.key)
    )
    return taken.first() is not None


def _own(key: str) -> sa.ColumnElement[bool]:
    return sa.and_(_keys.c.caller_id == identity().user_id, _keys.c.key == key)


def _replay(key: str, digest: bytes) -> Response:
    row = db.session.execute(sa.select(_keys).where(_own(key))).one()
    if bytes(row.request_digest) != digest:
        raise Invalid(
            N_("This Idempotency-Key was used for another request. Use a new key for a new request."),
            extra={"errors": {HEADER: ["used for another request"]}},
        )
    mimetype = "application/json" if row.status < 400 else "application/problem+json"
    response = Response(bytes(row.answer), status=row.status, mimetype=mimetype)
    response.headers["Idempotent-Replay"] = "true"
    if row.location:
        response.headers["Location"] = row.location
    return response


def effect(view: View) -> View:
    """A POST of the API: one transaction, retried under contention, and one effect a key."""
    plain = writes(view)

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return plain(*args, **kwargs)  # type: ignore[no-any-return]
        if not (1 <= len(key) <= 255 and key.isprintable() and key.isascii()):
            raise Invalid(N_("An Idempotency-Key is 1 to 255 printable ASCII characters."))
        digest = _asked()

        def attempt() -> Response:
            if not _claim(key, digest):
                return _replay(key, digest)
            response = make_response(view(*args, **kwargs))
            db.session.execute(
                sa.update(_keys)
                .where(_own(key))
                .values(status=response.status_code, answer=response.get_data(), location=response.location)
            )
            db.session.commit()
            return response

        try:
            return retrying(attempt, rollback=db.session.rollback)
        except SharedBaseError as error:
            db.session.rollback()
            if error.status not in FINAL:
                raise
            response = problem_response(problem_of(error))
            if not _claim(key, digest, status=response.status_code, answer=response.get_data()):
                return _replay(key, digest)
            db.session.commit()
            return response

    wrapped.writes = True  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]
