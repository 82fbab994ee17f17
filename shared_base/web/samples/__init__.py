"""Pages of samples: what bookings can take of the sample room."""

from shared_base.web.samples import samples

blueprints = (samples.bp,)
