"""Row-level security, declared beside the model it protects and created with its table.

Policies read three settings of the transaction, named once here: `app.role`, `app.bases`, `app.tenants`
(`core.database.scope_settings`). Without them nothing is visible: denied by default. FORCE applies the policies to the
owner too; the owner's own policy lets migrations, backups and the narrow SECURITY DEFINER functions see all.
"""

import sqlalchemy as sa

from shared_base.core.database import Model

# The sub-selects are evaluated once a statement (InitPlan), not once a row.
ROLE = "(select nullif(current_setting('app.role', true), ''))"
BASES = "coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')"
TENANTS = "coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')"
ACTOR = "(select nullif(current_setting('app.actor', true), '')::uuid)"

EVERYTHING = f"{ROLE} in ('system', 'admin')"
NO_REVIEWER = f"{ROLE} <> 'reviewer'"


def statements(table: str, read: str, write: str) -> list[str]:
    """The DDL that shows rows under `read` and lets them be written under `write` (SQL conditions)."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)",
        f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read})",
        f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({write})",
        f"CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({read}) WITH CHECK ({write})",
        f"CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({write})",
    ]


def protect(
    model: type[Model],
    *,
    tenant: str | None = "tenant_id",
    base: str | None = "base_id",
    tenant_writes: bool = False,
    read: str | None = None,
    write: str | None = None,
) -> None:
    """Protect a model's table: staff and reviewers see their bases' rows, tenants their own, the system everything.

    `tenant`, `base`: the columns that say whose a row is (None: there is none). `tenant_writes`: members of the tenant
    write it too, not only staff. `read`, `write`: conditions that replace the usual ones.
    """
    by_base = f"{base} = ANY ({BASES})" if base else "false"
    by_tenant = f"{tenant} = ANY ({TENANTS})" if tenant else "false"
    sees = read or f"{EVERYTHING} OR {by_base} OR {by_tenant}"
    writers = f"{by_base} OR {by_tenant}" if tenant_writes else by_base
    writes = write or f"{NO_REVIEWER} AND ({EVERYTHING} OR {writers})"
    table = model.__table__
    assert isinstance(table, sa.Table)
    for statement in statements(table.name, sees, writes):
        after_tables(statement)


def after_tables(statement: str) -> None:
    """Run a DDL statement once all tables stand (it may name any of them); percent signs are the statement's own."""
    ddl = sa.DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it
    sa.event.listen(Model.metadata, "after_create", ddl)
