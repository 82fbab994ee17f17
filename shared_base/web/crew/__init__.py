"""Pages of the crew: members, their shifts by the week, roles."""

from shared_base.web.crew import members, roles, shifts

blueprints = (members.bp, shifts.bp, roles.bp)
