"""Why a calendar is refused: as an address to be made, or as a file to be read."""

from typing import Any

from shared_base.core.errors import Conflict, Invalid
from shared_base.core.i18n import N_


class TooManyFeeds(Conflict):
    """The person keeps as many calendar addresses as one may."""

    type = "too-many-calendars"
    title = N_("Too many calendars")


class NoCalendar(Invalid):
    """The file is no iCalendar object, or one that we do not read: too large, broken, or nested beyond reason."""

    type = "no-calendar"
    title = N_("Not a calendar that can be read")


class EntryRefused(Invalid):
    """One entry of a calendar cannot become bookings; the others may."""

    type = "entry-refused"
    title = N_("This entry cannot be booked")


class CalendarRefused(Conflict):
    """Nothing of the file was booked; `outcome` (an `importing.Outcome`) says of each entry why."""

    type = "calendar-refused"
    title = N_("Nothing of the calendar was booked")

    def __init__(self, message: str, /, *, outcome: Any, **values: Any) -> None:
        self.outcome = outcome
        super().__init__(message, **values)
