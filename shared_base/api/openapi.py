"""The OpenAPI 3.1 document, `/api/v1/openapi.json`, and its reference page, `/api/docs`."""

import json
from functools import partial
from typing import Any

from apiflask import APIBlueprint
from flask import Flask, Response, current_app, jsonify, render_template
from pydantic import Field

from shared_base.api.conventions import Out
from shared_base.api.examples import PROBLEM, example
from shared_base.http.guards import public

bp = APIBlueprint("openapi", __name__, enable_openapi=False)


class Problem(Out, json_schema_extra=example(PROBLEM)):
    """A refusal (RFC 9457). `type` is stable, `detail` is for people, in the language that the request accepts."""

    type: str = Field(description="A stable address of the kind of refusal, for programs.")
    title: str = Field(description="The kind of refusal, for people.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What is wrong here and what to do.")


REFUSALS = {
    400: "The request could not be read.",
    401: "No token, or one that is not valid.",
    403: "Your role does not allow it.",
    404: "It does not exist, or is not yours to see.",
    409: "The state of things forbids it; `blockers` and `alternatives` say what and instead.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The input is not valid; `errors` names the fields.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "Busy; nothing was done. `Retry-After` says when to come back.",
}


#: what the parts of an address name
PATHS = {
    "booking_id": "A booking's id.",
    "claim_id": "A claim's id.",
    "entry_id": "Id of an entry of the waitlist.",
    "feed_id": "Id of a calendar address.",
    "report_id": "Id of a frozen month.",
    "series_id": "A series' id.",
}


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


def _register(spec: dict[str, Any], model: Any) -> dict[str, str]:
    """Put a model and those it uses among the components; its reference."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas = spec.setdefault("components", {}).setdefault("schemas", {})
    for name, found in {**schema.pop("$defs", {}), model.__name__: schema}.items():
        assert schemas.setdefault(name, found) == found, f"two models are called {name}: the document would lose one"
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def complete(spec: dict[str, Any], app: Flask) -> dict[str, Any]:
    """What APIFlask does not know: answers, refusals, required bodies, the idempotency key, the security scheme."""
    _register(spec, Problem)
    spec["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    spec["security"] = [{"bearer": []}]
    spec["info"]["description"] = (
        "Instants are ISO 8601 with offset, money is integer fen (`*_fen`), lists are "
        '`{"items": […], "next_cursor": …}`, refusals are problem documents (RFC 9457).'
    )
    views = {
        (_path(rule.rule), method.lower()): (rule.endpoint, app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    for path, operations in spec.get("paths", {}).items():
        for method, operation in operations.items():
            if (path, method) in views:
                endpoint, view = views[path, method]
                operation["operationId"] = endpoint.replace(".", "_")
                _complete_operation(spec, operation, method, view)
    return spec


def _path(rule: str) -> str:
    parts = []
    for part in rule.split("/"):
        parts.append(
            "{" + part.strip("<>").rpartition(":")[2] + "}" if part.startswith("<") and part.endswith(">") else part
        )
    return "/".join(parts)


def _complete_operation(spec: dict[str, Any], operation: dict[str, Any], method: str, view: Any) -> None:
    status, model, refusals, text = view.answers
    responses = {
        str(status): {
            "description": text or (model.__doc__ or "").partition("\n")[0],
            "content": {"application/json": {"schema": _register(spec, model)}},
        }
    }
    common = (400, 401, 403, 422, 429, 503)
    posts = (413, 415) if method == "post" else ()
    for refusal in sorted({*common, *posts, *refusals}):
        responses[str(refusal)] = _problem(REFUSALS[refusal])
    operation["responses"] = responses
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["description"] = PATHS[parameter["name"]]
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    if method == "post":
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
                "description": "The same key and body again get the same answer and have no second effect.",
            }
        )


@bp.get("/api/v1/openapi.json")
@public
def document() -> Response:
    """This document."""
    return jsonify(current_app.spec)  # type: ignore[attr-defined]


@bp.get("/api/docs")
@public
def reference() -> str:
    """The document for people: every operation, its fields, answers and refusals."""
    as_json = partial(json.dumps, ensure_ascii=False, indent=2)
    return render_template("api/reference.html", spec=current_app.spec, as_json=as_json)  # type: ignore[attr-defined]
