"""How often one address may knock at the doors that stand open to everybody: each knock costs a hash or a look-up.

Guesses are counted more strictly, by account, where they are answered (`people.attempts`).
"""

import math

from flask import Flask, request
from flask_limiter import Limiter, RequestLimit

from shared_base.core.clock import SystemClock
from shared_base.core.errors import TooMany
from shared_base.core.i18n import N_
from shared_base.core.limit_storage import URI
from shared_base.http.extensions import db

A_KNOCK = "60 per minute"


def client_address() -> str:
    """The client's address as the trusted proxies tell it (`http.security`); never a header that a stranger set."""
    return request.remote_addr or ""


def _refuse(limit: RequestLimit) -> None:
    # the limiter goes by the machine's clock, whatever the application's says
    seconds = max(1, math.ceil(limit.reset_at - SystemClock().now().timestamp()))
    raise TooMany(
        N_("Too many requests from your address. Try again in %(seconds)s seconds."),
        extra={"retry_after": seconds},
        seconds=seconds,
    )


limiter = Limiter(client_address, storage_uri=URI, on_breach=_refuse)


def init_app(app: Flask) -> None:
    """Count in the application's own database, beside the request's transaction."""
    with app.app_context():
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {"engine": db.engine}
    limiter.init_app(app)
