"""Pages of the operator's workbook: checked first, then imported."""

from shared_base.web.workbook import imports

blueprints = (imports.bp,)
