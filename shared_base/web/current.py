"""The base that a page is about, and the tenant for which its reader acts."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import g

from shared_base.core.database import Direct
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.http.extensions import session
from shared_base.http.identity import chosen_base_id, current_actor
from shared_base.tenancy.models import Admission, Tenant


@dataclass(frozen=True)
class BaseChoice:
    """A base whose pages somebody may look at."""

    id: UUID
    code: str
    name: str
    timezone: str
    requested: int  #: bookings that wait for its staff's word; 0 for whoever is not of its staff


# On every page, hence straight to the driver. What is requested is counted in an index of those alone: few.
_CHOICES = Direct("""
    select id, code, name, timezone, case when :all or id = any(:served) then (
      select count(*) from bookings b where b.base_id = bases.id and b.state = 'requested') else 0 end
    from bases
    where :all or id = any(:bases) or id in (select base_id from admissions where tenant_id = any(:tenants))
    order by code
""")


def base_choices() -> list[BaseChoice]:
    """The bases whose pages this person may look at, by code; one query a request."""
    if "base_choices" not in g:
        actor = current_actor()
        served = [base_id for base_id in actor.bases if actor.serves(base_id)]
        values = {
            "all": actor.is_admin,
            "bases": list(actor.bases),
            "served": served,
            "tenants": list(actor.tenants),
        }
        g.base_choices = [BaseChoice(*row) for row in _CHOICES.rows(session(), values)]
    choices: list[BaseChoice] = g.base_choices
    return choices


def current_base_or_none() -> BaseChoice | None:
    """The chosen base, or the first; None while there is none."""
    if "current_base" not in g:
        choices = base_choices()
        wanted = chosen_base_id()
        g.current_base = next((base for base in choices if base.id == wanted), choices[0] if choices else None)
        if g.current_base is not None:
            g.zone = g.current_base.timezone
    base: BaseChoice | None = g.current_base
    return base


def current_base() -> BaseChoice:
    """The base that this page is about."""
    base = current_base_or_none()
    if base is None:
        raise NotFound(N_("There is no base yet that you may look at. Ask whoever runs it to admit you."))
    return base


def tenant_choices() -> list[Any]:
    """The tenants for which the person may book at the current base: their own, or for staff those admitted."""
    actor = current_actor()
    base = current_base()
    query = (
        sa.select(Tenant.id, Tenant.uscc, Tenant.name)
        .join(Admission, Admission.tenant_id == Tenant.id)
        .where(Admission.base_id == base.id, Tenant.suspended_at.is_(None))
        .order_by(Tenant.name)
    )
    if not actor.serves(base.id):
        query = query.where(Tenant.id.in_(actor.tenants))
    return list(session().execute(query))


def own_tenant_ids() -> list[UUID]:
    return sorted(current_actor().tenants)
