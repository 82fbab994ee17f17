"""A list of a page: one page of rows by cursor, and, while all of them fit on it, any order the reader asks for."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from flask import request

Row = TypeVar("Row")

PAGE = 100
#: an export holds what the filters ask for, whatever the page shows
LONGEST_EXPORT = 20_000


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """The rows of a page. `sortable`: all rows are here, so that the page's order is the list's."""

    rows: Sequence[Row]
    next_cursor: str | None
    sort: str
    sortable: bool

    def column(self, label: str, key: str | None = None, **options: Any) -> dict[str, Any]:
        """A column of `ui.table`, with its sort link where sorting says the truth."""
        return {"label": label, **options, **({"sort": key} if key and self.sortable else {})}


def listed(
    fetch: Callable[[Any, int], Sequence[Row]],
    *,
    key: Callable[[Row], Sequence[Any]],
    sorts: Mapping[str, Callable[[Row], Any]],
    parse: Callable[[list[Any]], Any],
    page: int = PAGE,
) -> Listing[Row]:
    """The page that the request asks for.

    `fetch(after, limit)` reads in the list's own order; `key` gives a row's place in it, `parse` the place that a
    cursor names. A cursor that cannot be read is the beginning. `page`: how many rows a page has.
    """
    after = _decoded(request.args.get("cursor"), parse)
    rows = list(fetch(after, page + 1))
    more = len(rows) > page
    whole = after is None and not more
    sort = request.args.get("sort", "")
    by = sorts.get(sort.removeprefix("-"))
    if whole and by:
        rows.sort(key=lambda row: _ordered(by(row)), reverse=sort.startswith("-"))
    shown = rows[:page]
    cursor = _encoded(key(shown[-1])) if more else None
    return Listing(shown, cursor, sort if whole and by else "", whole)


def exported(fetch: Callable[[Any, int], Sequence[Row]]) -> Sequence[Row]:
    """All rows that the filters ask for."""
    return fetch(None, LONGEST_EXPORT)


def _ordered(value: Any) -> tuple[bool, Any]:
    """What is not there comes last when ascending."""
    return (value is None, 0 if value is None else value)


def _encoded(key: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).decode().rstrip("=")


def _decoded(cursor: str | None, parse: Callable[[list[Any]], Any]) -> Any:
    if not cursor:
        return None
    try:
        return parse(json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except (ValueError, binascii.Error, TypeError, IndexError, KeyError):
        return None


def asked_uuid(name: str) -> UUID | None:
    """A query argument that is an id; None for anything else."""
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def asked(name: str, known: Any) -> str | None:
    """A query argument, if it is one of `known`."""
    value = request.args.get(name)
    return value if value in known else None
