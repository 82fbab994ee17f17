"""Studio by day: how long each studio was used on each local day of a month.

A frozen report holds the days of the base and the totals of its studios, not both at once. So the days of a studio are
read from the stays as they stand now; whether they still add up to the frozen totals is checked and said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.core.periods import Month
from shared_base.occupancy.slices import slices_of

#: more rows than this nobody reads as a chart; the table of studios holds their totals
MOST_STUDIOS = 80

# The union of a studio's stays is cut at local midnights; the same rows as the report reads.
_USED = sa.text("""
    with used as (
      select studio, range_agg(tstzrange(greatest(starts, :since), least(ends, :until))) as during
      from month_stays(:base_id, :since, :until) group by studio
    ), days as (
      select d, tstzrange((:midnights)[d], (:midnights)[d + 1]) as during
      from generate_series(1, cardinality(:midnights) - 1) d
    )
    select u.studio, days.d - 1 as day, cast(sum(extract(epoch from upper(p) - lower(p))) as bigint) as seconds
    from used u join days on u.during && days.during, unnest(u.during * tstzmultirange(days.during)) p
    group by u.studio, days.d
""").bindparams(
    sa.bindparam("base_id", type_=pg.UUID(as_uuid=True)),
    sa.bindparam("since", type_=sa.TIMESTAMP(timezone=True)),
    sa.bindparam("until", type_=sa.TIMESTAMP(timezone=True)),
    sa.bindparam("midnights", type_=pg.ARRAY(sa.TIMESTAMP(timezone=True))),
)


@dataclass(frozen=True)
class StudioDays:
    """Seconds used, a row a studio (by code, as the report lists them), a column a day of the month.

    `differing`: the studios whose days no longer add up to the frozen total.
    """

    studios: list[str]
    seconds: list[list[int]]
    differing: list[str]

    @property
    def most(self) -> float:
        """The hours of the busiest day of a studio."""
        return max((seconds for days in self.seconds for seconds in days), default=0) / 3600

    @property
    def table(self) -> list[dict[str, Any]]:
        """The same hours, for the table of shaded cells."""
        return [
            {"label": code, "values": [seconds / 3600 for seconds in days]}
            for code, days in zip(self.studios, self.seconds, strict=True)
        ]

    @property
    def chart(self) -> dict[str, Any]:
        """Hours, for the chart of kind `heatmap`."""
        return {
            "unit": "h",
            "rows": self.studios,
            "columns": [str(day) for day in range(1, len(self.seconds[0]) + 1)] if self.seconds else [],
            "values": [
                [row, column, round(seconds / 3600, 1)]
                for row, days in enumerate(self.seconds)
                for column, seconds in enumerate(days)
            ],
        }


def studio_days(session: Session, base_id: UUID, document: Mapping[str, Any]) -> StudioDays | None:
    """The use of every studio of a frozen report by day, in one statement; None for more studios than a chart shows."""
    studios = [studio["code"] for studio in document["studios"]]
    if not studios or len(studios) > MOST_STUDIOS:
        return None
    month = Month.parse(document["month"])
    midnights = list(slices_of(month, ZoneInfo(document["timezone"])).midnights)
    by_studio = {code: [0] * month.days for code in studios}
    values = {"base_id": base_id, "since": midnights[0], "until": midnights[-1], "midnights": midnights}
    for row in session.execute(_USED, values):
        if row.studio in by_studio:
            by_studio[row.studio][row.day] = row.seconds
    differing = [
        studio["code"] for studio in document["studios"] if sum(by_studio[studio["code"]]) != studio["used_seconds"]
    ]
    return StudioDays(studios, [by_studio[code] for code in studios], differing)
