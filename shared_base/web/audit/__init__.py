"""The audit trail: who changed what, when, before and after."""

from shared_base.web.audit import trail

blueprints = (trail.bp,)
