"""What can be wrong with the database before the first query, each with its mend."""

from shared_base.core.errors import SharedBaseError
from shared_base.core.i18n import N_


class CannotStart(SharedBaseError):
    """The embedded server cannot be started or reached; the message ends with its last log lines where it left any."""

    status = 503
    type = "database-cannot-start"
    title = N_("The database cannot start")


class Unsafe(SharedBaseError):
    """The database runs, but on terms under which our promises do not hold: we refuse to work on it."""

    status = 503
    type = "database-unsafe"
    title = N_("The database is not safe to use")
