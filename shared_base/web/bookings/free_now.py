"""Studios that somebody who stands at the desk could have at once, and until when."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from shared_base.bookings.board import Board
from shared_base.bookings.rows import FreeStudio
from shared_base.http.extensions import session
from shared_base.resources.models import Outage

#: how far ahead "free until" looks
FREE_AHEAD = timedelta(hours=24)
#: what a walk-in is offered at first
WALK_IN_LENGTH, SHORTEST_WALK_IN = timedelta(hours=2), timedelta(minutes=15)


class FreeNow(NamedTuple):
    """A studio free at this minute."""

    studio: FreeStudio
    until: datetime | None  #: None: for a day at least
    longest: datetime | None  #: the latest end of a walk-in, its clean-down considered; None: any within the day
    offered: datetime  #: the end that a walk-in is offered at first


def free_now(shown: Board, closures: list[Outage], at: datetime) -> list[FreeNow]:
    """The board's free studios, by code; one statement. `at` is a whole minute."""
    ahead = sa.text(
        "select resource_id, min(lower(during)) as start"
        " from busy_ranges(:studios, tstzrange(:at, :until)) group by resource_id"
    )
    values = {"studios": [studio.id for studio in shown.free], "at": at, "until": at + FREE_AHEAD}
    booked = {row.resource_id: row.start for row in session().execute(ahead, values)}
    # whoever overruns holds nothing any more, but is in the room
    in_use = {row.studio_id for row in (*shown.live, *shown.overrunning)}
    found = []
    for studio in shown.free:
        if studio.id in in_use:
            continue
        shut = [it.during.lower for it in closures if it.resource_id in (None, studio.id) and it.during.lower]
        stops = [start for start in shut if start > at]
        ends = list(stops)
        if start := booked.get(studio.id):
            stops.append(start)
            # a booking's clean-down must end before the next booking begins; a closure waits for none
            ends.append(start - timedelta(minutes=studio.buffer_minutes))
        longest = min(ends, default=None)
        offered = min(at + WALK_IN_LENGTH, longest or at + WALK_IN_LENGTH)
        found.append(FreeNow(studio, min(stops, default=None), longest, max(offered, at + SHORTEST_WALK_IN)))
    return found
