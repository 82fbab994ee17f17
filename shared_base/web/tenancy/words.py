"""What pages call the kinds of tenants and payments, and where the reader stands to a tenant."""

from uuid import UUID

from flask_babel import lazy_gettext as _l

from shared_base.core.actor import Actor
from shared_base.http.guards import STAFF, TENANT

TENANT_KINDS = {"mcn": _l("MCN agency"), "brand": _l("Brand"), "platform": _l("Platform"), "service": _l("Service firm")}
PAYMENT_KINDS = {"rent": _l("Rent"), "property_fee": _l("Property fee"), "utilities": _l("Utilities")}
STANDINGS = {"in_force": _l("In force"), "upcoming": _l("Upcoming"), "ended": _l("Ended")}

#: everybody who may read of a tenant: its base's staff, its own people, and those who review
READERS = (*STAFF, *TENANT, "reviewer")


def tenant_scope(actor: Actor) -> frozenset[UUID] | None:
    """The tenants whose rows are all that the reader has to do with; None for staff and reviewers, who see a base."""
    return None if actor.is_staff or actor.is_reviewer else actor.tenants
