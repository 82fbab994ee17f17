"""Why a deed about tenants, hosts, leases or payments is refused."""

from shared_base.core.errors import Conflict, Invalid
from shared_base.core.i18n import N_


class BadCode(Invalid):
    """A USCC or identity number that fails its own check digit, length or letters."""

    type = "bad-code"
    title = N_("The number is not valid")


class AlreadyThere(Conflict):
    """The same tenant, host or number is known already."""

    type = "already-there"
    title = N_("Already known")


class LetAlready(Conflict):
    """A space is let whole under another lease on some of the days; `extra["leases"]` names them."""

    type = "let-already"
    title = N_("Let already")


class TooMuch(Conflict):
    """A correction would take back more than was paid."""

    type = "too-much"
    title = N_("More than was paid")


class NotNow(Conflict):
    """The state of the tenant, host or lease does not allow the deed."""

    type = "not-now"
    title = N_("Not possible as things stand")
