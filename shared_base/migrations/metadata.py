"""Every model of every room: what the database must agree with."""

from shared_base.bookings import models as bookings
from shared_base.catalogue import models as catalogue
from shared_base.core import audit, events, housekeeping, idempotency, outbox
from shared_base.core.database import Model
from shared_base.occupancy import models as occupancy
from shared_base.people import models as people
from shared_base.resources import models as resources
from shared_base.subsidies import models as subsidies
from shared_base.tenancy import identity
from shared_base.tenancy import models as tenancy

ROOMS = (
    audit,
    bookings,
    catalogue,
    events,
    housekeeping,
    idempotency,
    identity,
    occupancy,
    outbox,
    people,
    resources,
    subsidies,
    tenancy,
)
metadata = Model.metadata
