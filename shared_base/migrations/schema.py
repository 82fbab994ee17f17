"""Bring the database to this release, grant the app role its few rights, and check that models and database agree."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from shared_base.core.database import make_engine
from shared_base.migrations.metadata import metadata

#: rows of these are facts: the app role adds and reads them
APPEND_ONLY = ("events", "stay_records", "month_reports", "report_leases", "rent_payments")
#: rows of these are written by the database's own triggers
READ_ONLY = ("audit_entries", "stays", "alembic_version")

MIGRATION_LOCK = 7_305_811_204


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head_revision() -> str:
    """The revision that this release's code expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current_revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(owner_url: str, *, app_role: str) -> str:
    """Migrate to the newest revision and grant the app role its rights. Safe to run twice and by two at once."""
    engine = make_engine(owner_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("set statement_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_lock(MIGRATION_LOCK)))
        connection.commit()
        command.upgrade(_config(connection), "head")
        grant(connection, app_role)
        connection.commit()
        revision = current_revision(connection)
    engine.dispose()
    assert revision == head_revision()
    return revision


def grant(connection: sa.Connection, app_role: str) -> None:
    """What the app role may do: read and write rows, never shapes; facts it may only add and read."""
    quote = connection.dialect.identifier_preparer.quote
    role = quote(app_role)
    connection.execute(sa.text(f"GRANT USAGE ON SCHEMA public TO {role}"))
    connection.execute(sa.text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"))
    tables = connection.scalars(sa.text("select tablename from pg_tables where schemaname = 'public'")).all()
    for table in tables:
        if table in READ_ONLY:
            rights = "SELECT"
        elif table in APPEND_ONLY:
            rights = "SELECT, INSERT"
        else:
            rights = "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(sa.text(f"GRANT {rights} ON {quote(table)} TO {role}"))


# What a schema consists of, one line a thing; names of the schema itself are taken out so that two can be compared.
_THINGS = """
select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end || ' ' || a.attidentity::text
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  from pg_attribute a join pg_class c on c.oid = a.attrelid
       left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = cast(cast(:schema as text) as regnamespace) and c.relkind in ('r', 'p') and a.attnum > 0
        and not a.attisdropped
union all
select 'table ' || relname || ' ' || relpersistence::text || case when relrowsecurity then ' row security' else '' end
       || case when relforcerowsecurity then ' forced' else '' end
  from pg_class where relnamespace = cast(cast(:schema as text) as regnamespace) and relkind in ('r', 'p')
union all
select 'constraint ' || c.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  where c.relnamespace = cast(cast(:schema as text) as regnamespace) and k.contype <> 'n'
union all
select 'index ' || indexdef from pg_indexes where schemaname = cast(:schema as text)
union all
select 'policy ' || tablename || '.' || policyname || ' ' || cmd || ' ' || roles::text
       || ' using ' || coalesce(qual, '')
       || ' check ' || coalesce(with_check, '') from pg_policies where schemaname = cast(:schema as text)
union all
select 'trigger ' || pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = cast(cast(:schema as text) as regnamespace) and not t.tgisinternal
union all
select 'function ' || pg_get_functiondef(p.oid) || coalesce(' ' || p.proacl::text, '') from pg_proc p
  where p.pronamespace = cast(cast(:schema as text) as regnamespace) and not exists (
    select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""


def _things(connection: sa.Connection, schema: str) -> set[str]:
    found = connection.scalars(sa.text(_THINGS), {"schema": schema})
    return {line.replace(f"{schema}.", "").strip() for line in found if "alembic_version" not in line}


def differences(connection: sa.Connection) -> list[str]:
    """What the database has that the models lack (`+`), and the other way round (`-`); empty when they agree.

    The models are created in a scratch schema of a transaction that is rolled back; both are read from the catalogue,
    so exclusion constraints, checks, policies, triggers and functions count as much as columns.
    """
    scratch = "shared_base_models"
    real = _things(connection, "public")
    connection.rollback()
    connection.execute(sa.text(f"create schema {scratch}"))
    connection.execute(sa.text(f"set local search_path = {scratch}, public"))
    metadata.create_all(connection, checkfirst=False)
    connection.execute(sa.text(f"set local search_path = {scratch}, public"))
    wanted = _things(connection, scratch)
    connection.rollback()
    return [f"+ {line}" for line in sorted(real - wanted)] + [f"- {line}" for line in sorted(wanted - real)]


def check(owner_url: str) -> list[str]:
    """`db check`: every difference between models and database, one a line; a pending migration is one too."""
    engine = make_engine(owner_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        current = current_revision(connection)
        connection.rollback()
        behind = (
            [] if current == head_revision() else [f"the database is at {current}, this release at {head_revision()}"]
        )
        found = behind + differences(connection)
    engine.dispose()
    return found
