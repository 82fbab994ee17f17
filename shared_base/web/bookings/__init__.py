"""Pages of bookings: the desk's board, the timeline, the search, the list, and one booking with its deeds."""

from shared_base.web.bookings import changes, desk, find, timeline, today
from shared_base.web.bookings.bookings import bp

#: modules that add their views to the blueprint of `bookings`
PARTS = (changes, desk)

blueprints = (today.bp, timeline.bp, find.bp, bp)
