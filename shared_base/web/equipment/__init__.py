"""Pages of equipment: its kinds and its units."""

from shared_base.web.equipment import kinds, units

blueprints = (units.bp, kinds.bp)
