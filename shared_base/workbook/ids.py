"""The ids behind natural keys: of the bases, spaces, tenants and leases that a workbook holds or refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.workbook.checks import Key, Keys

_BASES = sa.text("select code, id, timezone from bases where code = any(cast(:keys as text[]))")
_SPACES = sa.text("""
    select b.code, s.code, s.id, s.base_id, s.buffer_minutes, s.kind
    from spaces s join bases b on b.id = s.base_id where b.code = any(cast(:keys as text[]))
""")
_TENANTS = sa.text("select uscc, id from tenants where uscc = any(cast(:keys as text[]))")
_LEASES = sa.text("select ref, id, tenant_id, base_id from leases where ref = any(cast(:keys as text[]))")


@dataclass(frozen=True)
class BaseIds:
    id: UUID
    zone: ZoneInfo


@dataclass(frozen=True)
class SpaceIds:
    id: UUID
    base_id: UUID
    buffer_minutes: int
    kind: str


@dataclass(frozen=True)
class LeaseIds:
    id: UUID
    tenant_id: UUID
    base_id: UUID


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
        """Look up the keys of a sheet; the other sheets' rows are referred to by nobody."""
        if sheet == "bases":
            self.bases = {(code,): BaseIds(id, ZoneInfo(zone)) for code, id, zone in self._found(_BASES, sheet)}
        elif sheet == "spaces":
            found = self._found(_SPACES, sheet)
            self.spaces = {(base, code): SpaceIds(*ids) for base, code, *ids in found}
        elif sheet == "tenants":
            self.tenants = {(uscc,): id for uscc, id in self._found(_TENANTS, sheet)}
        elif sheet == "leases":
            found = self._found(_LEASES, sheet)
            self.leases = {(ref,): LeaseIds(id, tenant_id, base_id) for ref, id, tenant_id, base_id in found}

    def _found(self, statement: sa.TextClause, sheet: str) -> Sequence[Any]:
        keys = sorted({key[0] for key in self._named.get(sheet, ())})
        return self._session.execute(statement, {"keys": keys}).all()
