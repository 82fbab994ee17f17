"""Pages of what there is: bases, spaces, closures."""

from shared_base.web.catalogue import bases, closures, spaces, special_days

blueprints = (bases.bp, spaces.bp, closures.bp, special_days.bp)
