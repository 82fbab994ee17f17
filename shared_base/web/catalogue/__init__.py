"""Pages of what there is: bases, spaces, closures."""

from shared_base.web.catalogue import bases, closures, spaces

blueprints = (bases.bp, spaces.bp, closures.bp)
