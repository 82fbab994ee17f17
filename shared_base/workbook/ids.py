"""The ids behind natural keys: of the bases, spaces, tenants and leases that a workbook holds or refers to."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.tenancy.models import Lease, Tenant
from shared_base.workbook.checks import Key, Keys


@dataclass(frozen=True)
class BaseIds:
    id: UUID
    zone: ZoneInfo


@dataclass(frozen=True)
class SpaceIds:
    id: UUID
    base_id: UUID
    buffer_minutes: int


@dataclass(frozen=True)
class LeaseIds:
    id: UUID
    tenant_id: UUID
    base_id: UUID


def texts(values: set[str] | list[str]) -> sa.ColumnElement[list[str]]:
    """A list of texts as one bound array: one statement however long it is."""
    return sa.bindparam(None, sorted(values), type_=pg.ARRAY(sa.Text()))


class Ids:
    """Looked up once, and again for a sheet whose rows were just written."""

    def __init__(self, session: Session, named: Keys) -> None:
        self._session = session
        self._named = named
        self.bases: dict[Key, BaseIds] = {}
        self.spaces: dict[Key, SpaceIds] = {}
        self.tenants: dict[Key, UUID] = {}
        self.leases: dict[Key, LeaseIds] = {}
        for sheet in ("bases", "spaces", "tenants", "leases"):
            self.load(sheet)

    def known(self) -> Keys:
        """The natural keys that are stored, by sheet."""
        return {
            "bases": set(self.bases),
            "spaces": set(self.spaces),
            "tenants": set(self.tenants),
            "leases": set(self.leases),
        }

    def load(self, sheet: str) -> None:
        """Look up the keys of a sheet; sheets of other rows have none."""
        if sheet == "bases":
            rows = self._all(sa.select(Base.code, Base.id, Base.timezone).where(Base.code == sa.any_(self._first("bases"))))
            self.bases = {(code,): BaseIds(id, ZoneInfo(zone)) for code, id, zone in rows}
        elif sheet == "spaces":
            statement = sa.select(Base.code, Space.code, Space.id, Base.id, Space.buffer_minutes)
            rows = self._all(statement.join(Space.base).where(Base.code == sa.any_(self._first("spaces"))))
            self.spaces = {(base, code): SpaceIds(id, base_id, buffer) for base, code, id, base_id, buffer in rows}
        elif sheet == "tenants":
            rows = self._all(sa.select(Tenant.uscc, Tenant.id).where(Tenant.uscc == sa.any_(self._first("tenants"))))
            self.tenants = {(uscc,): id for uscc, id in rows}
        elif sheet == "leases":
            statement = sa.select(Lease.ref, Lease.id, Lease.tenant_id, Lease.base_id)
            rows = self._all(statement.where(Lease.ref == sa.any_(self._first("leases"))))
            self.leases = {(ref,): LeaseIds(id, tenant_id, base_id) for ref, id, tenant_id, base_id in rows}

    def _first(self, sheet: str) -> sa.ColumnElement[list[str]]:
        return texts({key[0] for key in self._named.get(sheet, ())})

    def _all(self, statement: sa.Select) -> list[sa.Row]:  # type: ignore[type-arg]
        return list(self._session.execute(statement).all())
