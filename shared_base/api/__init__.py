"""The JSON API, `/api/v1`: one file a resource."""

from typing import Any, cast

from apiflask import APIFlask, HTTPError
from flask import Response, request

from shared_base.api import (
    availability,
    booking_deeds,
    bookings,
    calendars,
    catalogue,
    claims,
    crew,
    equipment,
    occupancy,
    openapi,
    passes,
    samples,
    series,
    tenancy,
    waitlist,
)
from shared_base.api.conventions import require_json
from shared_base.http.extensions import csrf
from shared_base.http.problems import TYPE_BASE, problem_response

ROOMS = (
    availability,
    booking_deeds,
    bookings,
    calendars,
    catalogue,
    claims,
    crew,
    equipment,
    occupancy,
    passes,
    samples,
    series,
    tenancy,
    waitlist,
)


def init_app(app: APIFlask) -> None:
    """Register the API's resources. Cookies are not believed here, so forms' forgery protection is not needed."""
    for room in ROOMS:
        app.register_blueprint(room.bp, url_prefix="/api/v1")
        csrf.exempt(room.bp)
    app.register_blueprint(openapi.bp)
    app.spec_callback = lambda spec: openapi.complete(cast(dict[str, Any], spec), app)
    app.config.update(OPENAPI_VERSION="3.1.0", AUTO_404_RESPONSE=False, AUTO_VALIDATION_ERROR_RESPONSE=False)

    @app.before_request
    def only_json() -> None:
        if request.path.startswith("/api/"):
            require_json()

    @app.error_processor
    def invalid(error: HTTPError) -> Response:
        """A body or query that does not fit its schema: the fields by name, and what each expects."""
        detail: dict[str, Any] = error.detail if isinstance(error.detail, dict) else {}
        fields: Any = next(iter(detail.values()), {}) if error.status_code == 422 else {}
        named = ", ".join(sorted(fields)) if isinstance(fields, dict) else ""
        return problem_response(
            {
                "type": f"{TYPE_BASE}invalid" if error.status_code == 422 else "about:blank",
                "title": error.message,
                "status": error.status_code,
                "detail": f"{error.message}: {named}" if named else error.message,
                **({"errors": fields} if fields else {}),
            }
        )
