"""Why a deed about tenants, hosts, leases or payments is refused, and the one place that reads their constraints."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from shared_base.core.database import violated_constraint
from shared_base.core.errors import Conflict, Invalid, NotFound, SharedBaseError
from shared_base.core.i18n import N_


class BadCode(Invalid):
    """A USCC or identity number that fails its own check digit, length or letters."""

    type = "bad-code"
    title = N_("The number is not valid")

    def __init__(self, message: str, /, *, field: str, **values: Any) -> None:
        super().__init__(message, **values)
        self.extra["errors"] = {field: [str(self)]}


class UnknownTenant(NotFound):
    """No such tenant, or not one of the caller's."""

    type = "unknown-tenant"
    title = N_("No such tenant")

    def __init__(self) -> None:
        super().__init__(N_("There is no such tenant among yours."))


class UnknownHost(NotFound):
    """No such host, or not one of the caller's."""

    type = "unknown-host"
    title = N_("No such host")

    def __init__(self) -> None:
        super().__init__(N_("There is no such host among yours."))


class UnknownLease(NotFound):
    """No such lease, or not one of the caller's."""

    type = "unknown-lease"
    title = N_("No such lease")

    def __init__(self) -> None:
        super().__init__(N_("There is no such lease among yours."))


class UnknownPayment(NotFound):
    """No such payment, or not one of the caller's."""

    type = "unknown-payment"
    title = N_("No such payment")

    def __init__(self) -> None:
        super().__init__(N_("There is no such payment among yours."))


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


#: constraint → the field to blame and what to do
REFUSALS: dict[str, tuple[str, str]] = {
    "tenants_uscc_unique": ("uscc", N_("Another tenant has this code: look it up in the list and admit that one.")),
    "leases_ref_unique": ("ref", N_("Another lease already has this number; choose a different one.")),
    "rent_payments_ref_unique": ("ref", N_("Another payment already has this number; choose a different one.")),
    "hosts_id_number_unique_in_tenant": ("id_number", N_("Somebody with this identity number is in the team already.")),
    "lease_rent_free_once": ("rent_free", N_("Two rent-free periods name the same day; let them follow one another.")),
}


def refusal(error: IntegrityError) -> SharedBaseError | None:
    """The refusal behind a violated constraint of this room; None: it is not one that a person can mend."""
    field, message = REFUSALS.get(violated_constraint(error) or "", ("", ""))
    return AlreadyThere(message, extra={"errors": {field: [message]}}) if message else None
