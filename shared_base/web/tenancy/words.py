"""What pages call the kinds of tenants and payments, and whose rows a reader looks at."""

from typing import Any

from flask_babel import lazy_gettext as _l

from shared_base.http.guards import STAFF, TENANT
from shared_base.http.identity import current_actor
from shared_base.web.current import current_base

TENANT_KINDS = {
    "mcn": _l("MCN agency"),
    "brand": _l("Brand"),
    "platform": _l("Platform"),
    "service": _l("Service firm"),
}
PAYMENT_KINDS = {"rent": _l("Rent"), "property_fee": _l("Property fee"), "utilities": _l("Utilities")}
STANDINGS = {"in_force": _l("In force"), "upcoming": _l("Upcoming"), "ended": _l("Ended")}

#: everybody who may read of a tenant: its base's staff, its own people, and those who review
READERS = (*STAFF, *TENANT, "reviewer")


def looked_at() -> Any | None:
    """The base whose rows staff and reviewers look at; None for a tenant's people, who see all their own, anywhere."""
    actor = current_actor()
    return current_base() if actor.is_staff or actor.is_reviewer else None


def runs(base: Any | None) -> bool:
    """Whether the reader enters and changes leases and payments there."""
    return base is not None and current_actor().serves(base.id, "operator")
