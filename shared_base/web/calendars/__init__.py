"""Pages of calendars: the feed that clients read, the addresses that people give away, and an .ics to import."""

from shared_base.web.calendars import booking_file, feed, feeds, imports

blueprints = (feed.bp, feeds.bp, booking_file.bp, imports.bp)
