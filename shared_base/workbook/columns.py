"""What a column and a sheet of the operator's workbook are; `sheets` declares those of this release."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from shared_base.workbook.kinds import Kind
from shared_base.workbook.texts import Phrase, heading_key

#: What is wrong within one row: the column to blame, an English template and its values.
RowFault = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class Column:
    """A column: `name` is its English header, `zh` its Chinese ones, the first being the template's.

    `default` is the value of a blank or missing optional cell; `example` fills the template's example row.
    """

    name: str
    zh: tuple[str, ...]
    kind: Kind
    required: bool = False
    default: Any = None
    note: Phrase | None = None
    example: str = ""


@dataclass(frozen=True)
class Reference:
    """`column` names a row of the sheet `to`; codes of spaces are unique within the base that `within` names."""

    column: str
    to: str
    within: str | None = None

    def keys(self, get: Callable[[str], Any]) -> Iterator[tuple[str, ...]]:
        """The natural keys that the row, read by `get`, refers to: none when the cell is blank or did not parse."""
        named = get(self.column)
        scope = get(self.within) if self.within else None
        if named is None or (self.within and scope is None):
            return
        for one in named if isinstance(named, tuple) else (named,):
            yield (scope, one) if scope is not None else (one,)


@dataclass(frozen=True)
class Sheet:
    """A sheet: its columns, the columns of its natural key, what it refers to, and the rules within one row."""

    name: str
    zh: tuple[str, ...]
    title: Phrase
    row: Callable[..., Any]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    rules: Callable[[Any], Iterator[RowFault]] | None = field(default=None)

    @cached_property
    def by_heading(self) -> dict[str, Column]:
        """Every accepted spelling of a header."""
        return {heading_key(word): column for column in self.columns for word in (column.name, *column.zh)}

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def heading(self, column: Column, language: str) -> str:
        return column.zh[0] if language == "zh" else column.name
