"""What every sheet's noun can do: tell what is stored, say what cannot be, write what is new, correct what differs."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.workbook.checks import Key
from shared_base.workbook.columns import Sheet
from shared_base.workbook.errors import CellError
from shared_base.workbook.ids import Ids
from shared_base.workbook.plans import DIFFERS, Change, Plan, Stored, Values, differences
from shared_base.workbook.result import ImportResult
from shared_base.workbook.table import Table


@dataclass
class Loading:
    """One import under way: who does it and when, what the keys stand for, and what came of it so far."""

    session: Session
    by: Actor
    at: datetime
    update: bool
    ids: Ids
    result: ImportResult

    def zone_of(self, table: Table) -> ZoneInfo:
        """The zone in which a message shows instants: that of the bases, as long as they agree."""
        zones = {base.zone.key for base in self.ids.bases.values()}
        return ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")


class Noun(ABC):
    """The rows of one sheet in the database. Statements are set-based: their number does not grow with the rows."""

    sheet: ClassVar[Sheet]
    #: columns that no `--update` corrects, with what to do instead
    fixed: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def stored(self, loading: Loading, rows: Sequence[Any]) -> dict[Key, Stored]:
        """What is stored under the natural keys of `rows`, in the workbook's terms."""

    @abstractmethod
    def write(self, loading: Loading, plan: Plan) -> None:
        """Carry out the plan: every fault was refused before."""

    def wanted(self, row: Any) -> Values:
        """The values of a row, in the terms of `stored`."""
        return {column.name: getattr(row, column.name) for column in self.sheet.columns}

    def conflicts(self, loading: Loading, plan: Plan) -> Iterator[CellError]:
        """What stands against the plan in the database, beside differences."""
        yield from ()

    def refused(self, loading: Loading, plan: Plan) -> Iterator[CellError]:
        """Differences that may not be recorded: all of them without `--update`, those of `fixed` columns ever."""
        zone = loading.zone_of(plan.table)
        for column, advice in self.fixed.items():
            yield from differences(plan, advice, frozenset({column}), zone)
        if not loading.update:
            free = frozenset(column.name for column in self.sheet.columns) - self.fixed.keys()
            yield from differences(plan, DIFFERS, free, zone)


class PlainNoun(Noun):
    """A noun whose new rows and whose corrections do not concern each other."""

    @abstractmethod
    def insert(self, loading: Loading, rows: Sequence[Any]) -> None:
        """Write rows that are new."""

    @abstractmethod
    def correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        """Record corrections of stored rows; the audit trail keeps what was there before."""

    def write(self, loading: Loading, plan: Plan) -> None:
        if plan.new:
            self.insert(loading, plan.new)
        if plan.changed:
            self.correct(loading, plan.changed)
