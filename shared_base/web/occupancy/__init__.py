"""Pages of what really happened: month reports."""

from shared_base.web.occupancy import reports

blueprints = (reports.bp,)
