"""Who may do what in the embedded server.

`postgres`            superuser; its password is used to set up the rest, and for nothing else
`shared_base_owner`   owns the database `shared_base` and everything in it: migrates, backs up, restores
`shared_base_app`     what web and jobs connect as: owns nothing, and row-level security binds it

Every step may be done again: a set-up that is killed half-way is finished by the next start.
"""

from typing import LiteralString

import psycopg
from psycopg import sql

from shared_base.core.i18n import N_
from shared_base.core.postgres.errors import CannotStart
from shared_base.core.postgres.home import Home

DATABASE = "shared_base"
OWNER = "shared_base_owner"
APP = "shared_base_app"
EXTENSIONS = ("btree_gist", "pg_trgm")


def set_up(home: Home, *, testing: bool) -> None:
    """Bring roles, database and extensions to what they have to be. With `testing` the owner may create databases.

    Raises `psycopg.OperationalError` when the superuser's password is not the one we hold.
    """
    superuser = home.url("postgres", home.passwords.postgres, "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        _role(connection, OWNER, home.passwords.shared_base_owner, creates_databases=testing)
        _role(connection, APP, home.passwords.shared_base_app, creates_databases=False)
        _database(connection)
    with psycopg.connect(home.url("postgres", home.passwords.postgres, DATABASE), autocommit=True) as connection:
        _extensions(connection)


def _role(connection: psycopg.Connection, name: str, password: str, *, creates_databases: bool) -> None:
    # The server gets the verifier, not the password: a logged statement gives nothing away.
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    known = connection.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone()
    connection.execute(
        sql.SQL("{verb} ROLE {name} LOGIN {databases} {powerless} PASSWORD {to}").format(
            verb=sql.SQL("ALTER" if known else "CREATE"),
            name=sql.Identifier(name),
            powerless=sql.SQL("NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION"),
            databases=sql.SQL("CREATEDB" if creates_databases else "NOCREATEDB"),
            to=sql.Literal(verifier),
        )
    )


def _database(connection: psycopg.Connection) -> None:
    known = connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone()
    statements: list[LiteralString] = [
        "ALTER DATABASE {database} OWNER TO {owner}" if known else "CREATE DATABASE {database} OWNER {owner}",
        "REVOKE CONNECT ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {app}",
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC",
    ]
    for statement in statements:
        connection.execute(
            sql.SQL(statement).format(
                database=sql.Identifier(DATABASE), owner=sql.Identifier(OWNER), app=sql.Identifier(APP)
            )
        )


def _extensions(connection: psycopg.Connection) -> None:
    """The extensions belong to the owner, who can then restore a dump that mentions them."""
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER)))
    for extension in EXTENSIONS:
        try:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        except psycopg.errors.FeatureNotSupported as error:  # there is no such extension
            raise CannotStart(
                N_("This PostgreSQL lacks the extension %(extension)s: install its contrib package"),
                extension=extension,
            ) from error
