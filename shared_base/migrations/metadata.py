"""Every model of every room: what the database must agree with."""

from shared_base.bookings import models as bookings
from shared_base.bookings import models_passes, models_rules, models_series, models_waitlist
from shared_base.calendars import models as calendars
from shared_base.catalogue import models as catalogue
from shared_base.core import audit, events, housekeeping, idempotency, outbox
from shared_base.core.database import Model
from shared_base.crew import models as crew
from shared_base.equipment import models as equipment
from shared_base.notifications import models as notifications
from shared_base.occupancy import models as occupancy
from shared_base.people import models as people
from shared_base.people import models_mail
from shared_base.resources import models as resources
from shared_base.samples import models as samples
from shared_base.subsidies import models as subsidies
from shared_base.tenancy import identity
from shared_base.tenancy import models as tenancy

ROOMS = (
    audit,
    bookings,
    calendars,
    catalogue,
    crew,
    equipment,
    events,
    housekeeping,
    idempotency,
    identity,
    models_mail,
    models_passes,
    models_rules,
    models_series,
    models_waitlist,
    notifications,
    occupancy,
    outbox,
    people,
    resources,
    samples,
    subsidies,
    tenancy,
)
metadata = Model.metadata
