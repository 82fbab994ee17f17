"""What a revision changed: the figures of two reports, one by one."""

from collections.abc import Iterator, Mapping
from typing import Any

#: not figures: what the report is, and what was read (its digest changes with every row)
NOT_FIGURES = frozenset({"schema", "base", "month", "revision", "inputs", "closed_at", "digest"})
#: rows of lists are told apart by the first of these that they have
NAMES = ("code", "ref", "uscc")


def figures(document: Mapping[str, Any]) -> dict[str, Any]:
    """Every figure by its path: `totals/used_seconds`, `studios/S01/sessions`, `by_hour/20`."""
    return dict(
        leaf for member, value in document.items() if member not in NOT_FIGURES for leaf in _leaves(member, value)
    )


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(f"{path}/{key}", item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _of_list(path, number, item)
    else:
        yield path, value


def _of_list(path: str, number: int, item: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(item, Mapping):
        yield from _leaves(f"{path}/{number}", item)
    elif path == "warnings":
        yield f"{path}/{item['code']}/{item['subject']}", item["text"]
    else:
        key = next(name for name in NAMES if name in item)
        yield from _leaves(f"{path}/{item[key]}", {name: of for name, of in item.items() if name != key})


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Figure → its value before and after, where they differ; None where one report has no such figure."""
    old, new = figures(before), figures(after)
    return {
        path: {"before": old.get(path), "after": new.get(path)}
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    }
