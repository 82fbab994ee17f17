"""What is to be done with the rows of a sheet: new ones, those stored already, those that differ."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from shared_base.core.i18n import N_
from shared_base.core.money import plain
from shared_base.core.periods import DaySpan
from shared_base.workbook.checks import Key
from shared_base.workbook.columns import Column
from shared_base.workbook.errors import CellError
from shared_base.workbook.table import Table

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Stored:
    """A stored row in the workbook's own terms (`values` by column), and what its noun needs to change it."""

    values: Values
    ids: Any


@dataclass(frozen=True)
class Change:
    """A stored row that is to be corrected: `after` is complete, `columns` are those that differ."""

    row: int
    ids: Any
    before: Values
    after: Values
    columns: frozenset[str]


@dataclass
class Plan:
    """The rows of one sheet, sorted by what is to be done with them."""

    table: Table
    new: list[Any] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0


def compare(plan: Plan, rows: Sequence[Any], stored: Mapping[Key, Stored], wanted: Callable[[Any], Values]) -> None:
    """Add `rows` to the plan after what is stored. A column that the file leaves out altogether is not compared."""
    given = [column.name for column in plan.table.sheet.columns if column.name in plan.table.headings]
    keys = plan.table.sheet.key
    for row in rows:
        known = stored.get(tuple(getattr(row, name) for name in keys))
        if known is None:
            plan.new.append(row)
            continue
        values = wanted(row)
        columns = frozenset(name for name in given if values[name] != known.values[name])
        if columns:
            after = {**known.values, **{name: values[name] for name in given}}
            plan.changed.append(Change(row.row, known.ids, known.values, after, columns))
        else:
            plan.unchanged += 1


#: how many rows one statement takes: few round trips, little memory
BATCH = 10_000


def batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(items), BATCH):
        yield items[at : at + BATCH]


def differences(plan: Plan, message: str, columns: frozenset[str], zone: ZoneInfo) -> Iterator[CellError]:
    """An error for each differing cell among `columns`, with both values; `message` says what can be done."""
    for change in plan.changed:
        for column in plan.table.sheet.columns:
            if column.name in change.columns & columns:
                yield plan.table.fault(
                    change.row,
                    column.name,
                    message,
                    key=" ".join(str(change.before[name]) for name in plan.table.sheet.key),
                    stored=display(column, change.before[column.name], zone),
                    found=display(column, change.after[column.name], zone),
                )


DIFFERS = N_("%(key)s is stored with “%(stored)s”, here it has “%(found)s”; import with --update to correct it")


def display(column: Column, value: Any, zone: ZoneInfo) -> str:
    """A value as the workbook writes it."""
    if value is None or value == ():
        return ""
    if column.kind.name == "time":
        return f"{value // 60:02d}:{value % 60:02d}"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return ";".join(display(column, part, zone) for part in value)
    if isinstance(value, DaySpan):
        return f"{value.first}/{value.last}"
    return str(value)
