"""Reading hosts, always as somebody."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.core.actor import Actor
from shared_base.core.fields import pattern
from shared_base.tenancy.errors import UnknownHost
from shared_base.tenancy.models import Host, Tenant
from shared_base.tenancy.queries import admitted_to, visible


@dataclass(frozen=True)
class HostRow:
    """A host in a list. The identity number is masked; nobody reads it whole."""

    id: UUID
    tenant_id: UUID
    tenant_name: str
    stage_name: str
    real_name: str
    id_number_masked: str
    born_on: date
    real_name_checked_at: datetime | None
    guardian_name: str | None
    guardian_consent_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True)
class HostFilter:
    """What a list of hosts is narrowed to; None: not. Those who left are told only when asked for."""

    tenant_id: UUID | None = None
    base_id: UUID | None = None
    checked: bool | None = None
    left: bool = False
    search: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = [] if self.left else [Host.left_at.is_(None)]
        if self.tenant_id:
            found.append(Host.tenant_id == self.tenant_id)
        if self.base_id:
            found.append(admitted_to([self.base_id]))
        if self.checked is not None:
            at = Host.real_name_checked_at
            found.append(at.is_not(None) if self.checked else at.is_(None))
        if self.search and self.search.strip():
            anywhere = pattern(self.search)
            found.append(sa.or_(Host.stage_name.ilike(anywhere), Host.real_name.ilike(anywhere)))
        return found


def host_for(session: Session, actor: Actor, host_id: UUID) -> Host:
    """The host, or `UnknownHost` when there is none or it is not theirs."""
    found = session.scalar(
        sa.select(Host).join(Tenant, Tenant.id == Host.tenant_id).where(Host.id == host_id, visible(actor))
    )
    if found is None:
        raise UnknownHost
    return found


def get_host_for_update(session: Session, host_id: UUID) -> Host:
    """The host as it stands now, its row locked."""
    found = session.scalar(
        sa.select(Host)
        .where(Host.id == host_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownHost
    return found


#: what a list of hosts is ordered by
Key = tuple[str, UUID]


def list_hosts(
    session: Session, actor: Actor, narrowed: HostFilter, *, after: Key | None = None, limit: int
) -> list[HostRow]:
    """At most `limit` of the actor's hosts by stage name, those behind the key `after`."""
    statement = (
        sa.select(
            Host.id,
            Host.tenant_id,
            Tenant.name,
            Host.stage_name,
            Host.real_name,
            Host.id_number_masked,
            Host.born_on,
            Host.real_name_checked_at,
            Host.guardian_name,
            Host.guardian_consent_at,
            Host.left_at,
        )
        .join(Tenant, Tenant.id == Host.tenant_id)
        .where(visible(actor), *narrowed.conditions())
    )
    if after is not None:
        statement = statement.where(sa.tuple_(Host.stage_name, Host.id) > sa.tuple_(*map(sa.literal, after)))
    return [HostRow(*row) for row in session.execute(statement.order_by(Host.stage_name, Host.id).limit(limit))]
