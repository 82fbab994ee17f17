"""A retry is one effect: the key, the effect and the answer are written in one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask import Response, make_response, request

from shared_base.core.database import Direct
from shared_base.core.errors import Invalid, SharedBaseError
from shared_base.core.i18n import N_
from shared_base.core.retry import retrying
from shared_base.http.extensions import db, now
from shared_base.http.identity import identity
from shared_base.http.problems import problem as problem_of
from shared_base.http.problems import problem_response
from shared_base.http.transactions import writes

View = TypeVar("View", bound=Callable[..., Any])

HEADER = "Idempotency-Key"
#: refusals that are answers to the request as such: told again for the same key. Others (401, 503) are not its fate.
FINAL = (404, 409, 422)

_KEEP = Direct("""
    insert into idempotency_keys (caller_id, key, request_digest, status, answer, location, created_at)
    values (:caller_id, :key, :digest, :status, :answer, :location, :at)
    on conflict (caller_id, key) do nothing
    returning true
""")
_FIND = sa.text("""
    select request_digest, status, answer, location from idempotency_keys where caller_id = :caller_id and key = :key
""")


@dataclass(frozen=True)
class _Asked:
    """What this request asks: the same key with anything else is a mistake of the caller's."""

    caller_id: UUID
    key: str
    digest: bytes

    @classmethod
    def by(cls, caller_id: UUID, key: str) -> "_Asked":
        if not (1 <= len(key) <= 255 and key.isprintable() and key.isascii()):
            raise Invalid(N_("An Idempotency-Key is 1 to 255 printable ASCII characters."))
        parts = (request.method.encode(), request.full_path.encode(), request.get_data(cache=True))
        return cls(caller_id, key, hashlib.sha256(b"\0".join(parts)).digest())

    def keep(self, response: Response) -> bool:
        """Write key and answer beside the effect; False if the key is somebody's who committed before us.

        A second caller waits here until the first has committed or given up.
        """
        values = {
            "caller_id": self.caller_id,
            "key": self.key,
            "digest": self.digest,
            "status": response.status_code,
            "answer": response.get_data(),
            "location": response.location,
            "at": now(),
        }
        return bool(_KEEP.rows(db.session(), values))

    def answer(self) -> Response | None:
        """The first answer again, or None while there is none."""
        values = {"caller_id": self.caller_id, "key": self.key}
        row = db.session.connection().execute(_FIND, values).first()
        if row is None:
            return None
        if bytes(row.request_digest) != self.digest:
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
    """A POST of the API: one transaction, retried under contention, and one effect a key.

    The key is written last, with the answer, in one statement: whoever finds it taken undoes all of its own and tells
    the first answer. A retry so does its work in vain, which is rare; a first request asks nothing beforehand
    (`docs/decisions/0010-web-server-and-hot-path.md`).
    """
    plain = writes(view)

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return plain(*args, **kwargs)  # type: ignore[no-any-return]
        asked = _Asked.by(identity().user_id, key)

        def attempt() -> Response:
            try:
                response = make_response(view(*args, **kwargs))
            except SharedBaseError as refusal:
                db.session.rollback()
                if refusal.status not in FINAL:
                    if (first := asked.answer()) is None:
                        raise
                    return first
                response = problem_response(problem_of(refusal))
            if not asked.keep(response):
                db.session.rollback()
                first = asked.answer()
                assert first is not None, "keys outlive the requests that wait for them"
                return first
            db.session.commit()
            return response

        return retrying(attempt, rollback=db.session.rollback)

    wrapped.writes = True  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]
