"""What every resource of the API keeps to: fields, instants, cursors, and refusals as problem documents."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Response, request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.core.periods import parse_instant

View = TypeVar("View", bound=Callable[..., Any])

PAGE = 50
LARGEST_PAGE = 200


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("an instant is a string with its offset, for example 2026-09-30T22:00+08:00")
    try:
        return parse_instant(value)
    except Invalid as error:
        raise ValueError(str(error)) from None


def _repeated(value: Any, field: ValidationInfo) -> Any:
    """All values of a query parameter: APIFlask hands a model only the first."""
    return request.args.getlist(str(field.field_name)) if isinstance(value, str) else value


#: on a list among the fields of a query: the parameter may stand once or several times
REPEATED = BeforeValidator(_repeated)


def _readable(value: str) -> str:
    """Control characters have no place in a person's text, and PostgreSQL stores no NUL."""
    if any((ord(sign) < 32 and sign not in "\n\t") or 0xD800 <= ord(sign) <= 0xDFFF for sign in value):
        raise ValueError("the text holds control characters; remove them")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "ISO 8601 with its offset; `24:00` is the next day's midnight.",
            "examples": ["2026-11-21T20:00:00+08:00"],
        }
    ),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_readable)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(_readable)]


class In(BaseModel):
    """A request body or query: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """An answer, for the OpenAPI document."""


class PageIn(In):
    """How much of a list is asked for."""

    cursor: str | None = Field(default=None, max_length=500, description="`next_cursor` of the page before.")
    limit: int = Field(default=PAGE, ge=1, le=LARGEST_PAGE, description="How many items at most.")


def answers(status: int, model: type[BaseModel], *refusals: int, text: str = "") -> Callable[[View], View]:
    """Document what a view answers: its success, and the refusals beyond the common ones (401, 403, 422)."""

    def decorate(view: View) -> View:
        view.answers = (status, model, refusals, text)  # type: ignore[attr-defined]
        return view

    return decorate


def json_response(document: Mapping[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status=status, mimetype="application/json", headers=headers)


def iso(moment: datetime | None, zone: str) -> str | None:
    """An instant as the API writes it: in the base's own zone, with its offset."""
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).isoformat()


def utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def number(value: Decimal) -> float | int:
    """An area as a JSON number (square metres; four places at most, exact in a double)."""
    return int(value) if value == value.to_integral_value() else float(value)


def encode_cursor(key: Sequence[Any]) -> str:
    """The key of a page's last item, opaque to callers."""
    plain = json.dumps([str(part) for part in key], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def decode_cursor(text: str | None, parts: Sequence[Callable[[str], Any]]) -> tuple[Any, ...] | None:
    """The key behind a cursor, each part read by its own function; a cursor that is not ours is refused."""
    if text is None:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        key = json.loads(plain)
        if not isinstance(key, list) or len(key) != len(parts):
            raise ValueError
        return tuple(read(part) for read, part in zip(parts, key, strict=True))
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError):
        raise Invalid(N_("This cursor is not one of ours; take `next_cursor` of the page before.")) from None


def listing(items: Sequence[Mapping[str, Any]], limit: int, key: Callable[[Any], Sequence[Any]]) -> dict[str, Any]:
    """`{"items": […], "next_cursor": …}` of rows fetched with one more than `limit`; `key` is an item's cursor key."""
    more = len(items) > limit
    shown = list(items[:limit])
    return {"items": shown, "next_cursor": encode_cursor(key(shown[-1])) if more and shown else None}


def require_json() -> None:
    """A body is application/json, or it is refused (415) before anything reads it."""
    if request.method == "POST" and request.content_length and not request.is_json:
        from werkzeug.exceptions import UnsupportedMediaType

        raise UnsupportedMediaType
