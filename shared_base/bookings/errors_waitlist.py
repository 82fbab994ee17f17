"""Why somebody is not put on the waitlist, or an entry is not changed. Each says what to do instead."""

from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_


class AlreadyWaiting(Conflict):
    """The tenant waits for exactly that already."""

    type = "already-waiting"
    title = N_("Already on the waitlist")


class WaitlistFull(Conflict):
    """The tenant has as many entries at the base as anybody may have."""

    type = "waitlist-full"
    title = N_("Too many on the waitlist")


class NoSuchStudio(Conflict):
    """No studio of the base is what is waited for, whatever becomes free."""

    type = "no-studio-fits"
    title = N_("No studio fits")


class EntryOver(Conflict):
    """The entry has ended, or is not in the state that the deed needs."""

    type = "waitlist-entry-over"
    title = N_("The waitlist entry does not allow it")
