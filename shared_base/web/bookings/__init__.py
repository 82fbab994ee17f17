"""Pages of bookings: the desk's board, the timeline, the search, the list, and one booking with its deeds."""

from shared_base.web.bookings import (
    agenda,
    approvals,
    changes,
    desk,
    find,
    holds,
    kiosk,
    new,
    passes,
    rules,
    series,
    swap,
    timeline,
    today,
    waitlist,
    walk_in,
)
from shared_base.web.bookings.bookings import bp

#: modules that add their views to the blueprint of `bookings`
PARTS = (new, changes, desk, holds, passes, walk_in, swap)

blueprints = (today.bp, agenda.bp, kiosk.bp, timeline.bp, find.bp, approvals.bp, waitlist.bp, rules.bp, series.bp, bp)
