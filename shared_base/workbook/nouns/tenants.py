"""Tenants, and their admission to the bases in which they lease or book."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared_base.tenancy.models import Admission, Tenant
from shared_base.workbook import sheets
from shared_base.workbook.checks import Key
from shared_base.workbook.nouns.noun import Loading, PlainNoun
from shared_base.workbook.plans import Change, Stored
from shared_base.workbook.rows import TenantRow

_OWN = ("name", "kind", "division_code", "contact_name", "contact_phone")

_STORED = sa.text("""
    select id, uscc, name, kind, division_code, contact_name, contact_phone from tenants where uscc = any(:usccs)
""")


class Tenants(PlainNoun):
    sheet = sheets.TENANTS

    def stored(self, loading: Loading, rows: Sequence[TenantRow]) -> dict[Key, Stored]:
        found = loading.session.execute(_STORED, {"usccs": [row.uscc for row in rows]})
        return {
            (tenant.uscc,): Stored({"uscc": tenant.uscc, **{name: getattr(tenant, name) for name in _OWN}}, tenant.id)
            for tenant in found
        }

    def insert(self, loading: Loading, rows: Sequence[TenantRow]) -> None:
        loading.session.execute(sa.insert(Tenant), [{**self.wanted(row), "created_at": loading.at} for row in rows])

    def correct(self, loading: Loading, changes: Sequence[Change]) -> None:
        loading.session.execute(
            sa.update(Tenant),
            [{"id": change.ids, **{name: change.after[name] for name in _OWN}} for change in changes],
        )


def admit(loading: Loading, pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Admit tenants to bases, given as (tenant, base); those admitted already stay so since then."""
    values = [
        {"tenant_id": tenant_id, "base_id": base_id, "since": loading.at} for tenant_id, base_id in sorted(set(pairs))
    ]
    if values:
        loading.session.execute(pg.insert(Admission).on_conflict_do_nothing(), values)
