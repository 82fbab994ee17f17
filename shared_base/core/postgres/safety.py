"""On which databases we refuse to work: those under which a promise of ours would be false."""

from typing import Any, Literal

import psycopg
import sqlalchemy
from psycopg.rows import TupleRow, tuple_row

from shared_base.core.i18n import N_
from shared_base.core.postgres.binaries import OLDEST
from shared_base.core.postgres.errors import Unsafe
from shared_base.core.postgres.roles import EXTENSIONS

Role = Literal["app", "owner"]

#: setting, the values under which an acknowledged write may be lost, how to mend it
DURABILITY = (
    (
        "fsync",
        ("off",),
        N_("The database runs with fsync off: a power cut destroys it. ALTER SYSTEM SET fsync = on, then reload it."),
    ),
    (
        "full_page_writes",
        ("off",),
        N_(
            "The database runs with full_page_writes off: a power cut can tear its pages. "
            "ALTER SYSTEM SET full_page_writes = on, then reload it."
        ),
    ),
    (
        "synchronous_commit",
        ("off",),
        N_(
            "The database runs with synchronous_commit off: acknowledged bookings can be lost. Set it to on "
            "(ALTER SYSTEM, and ALTER ROLE or ALTER DATABASE where it was set for those), then reload it."
        ),
    ),
    (
        "data_checksums",
        ("off",),
        N_(
            "The database runs without data checksums: damage on the disk goes unseen. Stop the server, run "
            "pg_checksums --enable on its data directory, start it again."
        ),
    ),
)

#: what the connected role can do, by itself or by SET ROLE to one it is a member of
POWERS = """
    select r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication,
           (select c.oid::regclass::text from pg_class c
             where c.relowner = r.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') order by c.oid limit 1),
           r.oid in (select datdba from pg_database where datname = current_database()),
           r.rolname in ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')
      from pg_roles r
     where pg_has_role(session_user, r.oid, 'MEMBER')
     order by r.rolname = session_user desc, r.rolname
"""


def refuse_unsafe(connection: "psycopg.Connection[Any] | sqlalchemy.Connection", role: Role) -> None:
    """Raise `Unsafe`, with what to do, unless this connection is one that our promises hold on.

    Both roles need a PostgreSQL that is new enough and loses nothing it acknowledged. The app role must be bound by
    row-level security: no superuser, no BYPASSRLS, no owner of tables, and no way to become one. The owner must be able
    to create what migrations create. Leaves the connection's transaction open or closed as it was.
    """
    driver = connection.connection.driver_connection if isinstance(connection, sqlalchemy.Connection) else connection
    assert isinstance(driver, psycopg.Connection), "psycopg is the one driver"
    was_idle = driver.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    try:
        with driver.cursor(row_factory=tuple_row) as cursor:
            _refuse_version(driver.info.server_version)
            _refuse_settings(cursor)
            if role == "app":
                _refuse_powers(cursor)
            else:
                _refuse_weak_owner(cursor)
    finally:
        if was_idle and not driver.autocommit and not driver.closed:
            driver.rollback()


def _refuse_version(version: int) -> None:
    if version < OLDEST * 10_000:
        raise Unsafe(
            N_(
                "The database is PostgreSQL %(found)s, and %(oldest)s or later is needed: upgrade the server, "
                "or leave DATABASE_URL unset to use the embedded one"
            ),
            found=f"{version // 10_000}.{version % 10_000}",
            oldest=OLDEST,
        )


def _refuse_settings(cursor: psycopg.Cursor[TupleRow]) -> None:
    for name, unsafe, message in DURABILITY:
        row = cursor.execute("select current_setting(%s)", (name,)).fetchone()
        assert row is not None
        if row[0] in unsafe:
            raise Unsafe(message)


def _refuse_powers(cursor: psycopg.Cursor[TupleRow]) -> None:
    connected = cursor.connection.info.user
    for name, superuser, bypasses, creates_roles, replicates, table, owns_database, files in cursor.execute(POWERS):
        values = {"role": connected, "through": name}
        if superuser:
            raise Unsafe(
                N_(
                    "DATABASE_URL connects as %(role)s, which has the powers of the superuser %(through)s: row-level "
                    "security would not bind it. Connect as a role made with CREATE ROLE … LOGIN and nothing more."
                ),
                **values,
            )
        if bypasses or creates_roles or replicates or files:
            raise Unsafe(
                N_(
                    "DATABASE_URL connects as %(role)s, which as %(through)s can step around row-level security: ALTER "
                    "ROLE %(through)s NOBYPASSRLS NOCREATEROLE NOREPLICATION, or REVOKE %(through)s FROM %(role)s."
                ),
                **values,
            )
        if table or owns_database:
            raise Unsafe(
                N_(
                    "DATABASE_URL connects as %(role)s, which as %(through)s owns %(owned)s and could lift its own "
                    "restrictions: let a second role own the database (DATABASE_OWNER_URL), and connect as one that "
                    "owns nothing."
                ),
                owned=table or cursor.connection.info.dbname,
                **values,
            )


def _refuse_weak_owner(cursor: psycopg.Cursor[TupleRow]) -> None:
    row = cursor.execute(
        "select has_database_privilege(current_database(), 'CREATE'), has_schema_privilege('public', 'CREATE')"
    ).fetchone()
    assert row is not None
    if not all(row):
        raise Unsafe(
            N_(
                "DATABASE_OWNER_URL connects as %(role)s, which may not create tables in %(database)s: "
                "ALTER DATABASE %(database)s OWNER TO %(role)s."
            ),
            role=cursor.connection.info.user,
            database=cursor.connection.info.dbname,
        )
    missing = cursor.execute(
        "select name from pg_available_extensions where name = any(%s)", (list(EXTENSIONS),)
    ).fetchall()
    for extension in sorted(set(EXTENSIONS) - {name for (name,) in missing}):
        raise Unsafe(
            N_("The database server lacks the extension %(extension)s: install PostgreSQL's contrib package there"),
            extension=extension,
        )
