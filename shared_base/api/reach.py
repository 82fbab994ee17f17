"""The bases whose kit, samples and crew a caller may list."""

import sqlalchemy as sa

from shared_base.catalogue.models import Base
from shared_base.core.actor import Actor
from shared_base.tenancy.models import Admission


def bases_of(actor: Actor) -> sa.ColumnElement[bool]:
    """The bases that the actor serves or reviews, and those to which their tenants are admitted."""
    if actor.is_admin:
        return sa.true()
    admitted = sa.select(Admission.base_id).where(Admission.tenant_id.in_(actor.tenants))
    return sa.or_(Base.id.in_(actor.bases), Base.id.in_(admitted))
