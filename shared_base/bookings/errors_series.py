"""Why a series is refused as a whole, or a change of it."""

from typing import Any

from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_


class SeriesTaken(Conflict):
    """Some of the occurrences cannot be had. `extra["conflicts"]`: each with its times and what blocks it."""

    type = "series-taken"
    title = N_("Not free at all of the times")

    @property
    def conflicts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.extra["conflicts"]
        return found


class SeriesOver(Conflict):
    """Nothing of the series is left to be changed: it was cancelled, or every occurrence has begun."""

    type = "series-over"
    title = N_("Nothing of the series lies ahead")
