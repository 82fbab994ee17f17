"""The declarative base, the engine and the scope of a transaction. PostgreSQL 18 is the only dialect."""

import re
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.session import SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from shared_base.core.actor import Actor


class Model(DeclarativeBase):
    """Base of all models. Constraint names are always given: a violated one is translated by its name."""

    metadata = sa.MetaData(naming_convention={"pk": "%(table_name)s_pkey"})
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: sa.TIMESTAMP(timezone=True),
        str: sa.Text(),
        Decimal: sa.Numeric(),
        dict[str, Any]: pg.JSONB(none_as_null=True),
        int: sa.BigInteger(),
    }


def uuid_key() -> Mapped[UUID]:
    """A UUIDv7 primary key: in order of creation, made by the server."""
    return mapped_column(pg.UUID(as_uuid=True), primary_key=True, server_default=sa.text("uuidv7()"))


def _refuse_closed(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, fairy: object) -> None:
    """Before a pooled connection is used again: has the server hung up meanwhile? The pool then opens another.

    A server that ends (restart, kill, `pg_terminate_backend`) says so on the socket, and on an idle connection nothing
    else arrives: so the kernel is asked instead of the server. That is as safe as `pool_pre_ping` and spares each
    request a round trip. What a broken network swallows, keepalives turn into the same sign.
    """
    if connection.closed:
        raise DisconnectionError("the connection was closed")
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError("the server hung up")


class Connection(psycopg.Connection[Any]):
    """psycopg's, but rolling back a transaction that did not fail keeps what was prepared.

    Every GET ends so, and psycopg forgets all prepared statements each time (a round trip of its own), to parse and
    plan them anew in the next request. Statements are not part of a transaction: the server keeps them.
    """

    def rollback(self) -> None:
        if self.pgconn.transaction_status != TransactionStatus.INTRANS:
            super().rollback()
            return
        with self.lock:
            ended = self.pgconn.exec_(b"ROLLBACK")
        if ended.status != ExecStatus.COMMAND_OK:
            super().rollback()  # which says what is wrong


@sa.event.listens_for(sa.Engine, "do_connect")
def _connect(_dialect: object, _record: object, arguments: Any, options: Any) -> Connection:
    return Connection.connect(*arguments, **options)


def make_engine_options(url: str) -> tuple[str, dict[str, Any]]:
    """URL and options of every engine: psycopg 3, bounded waits, UTC, and no JIT on short statements."""
    settings = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s -c jit=off"
    options = {
        "connect_args": {
            "options": f"{settings} -c timezone=UTC",
            "application_name": "shared-base",
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
        "pool_events": [(_refuse_closed, "checkout")],
        "pool_timeout": 5,
    }
    return sa.make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False), options


def make_engine(url: str, **options: Any) -> sa.Engine:
    """An engine with the settings that all processes share; `options` are SQLAlchemy's and win."""
    full_url, shared = make_engine_options(url)
    if options.get("poolclass") is sa.NullPool:
        del shared["pool_timeout"]
    return sa.create_engine(full_url, **(shared | options))


class Direct:
    """A constant statement that the driver runs by itself, in the session's transaction: for the hot path.

    SQLAlchemy compiles, wraps and describes anew what here is the same text and one row each time; that took twice as
    long as the driver itself. Parameters are written `:name`; what fails is raised as SQLAlchemy would.
    """

    def __init__(self, statement: str) -> None:
        assert "%" not in statement, "the driver's own sign"
        self._statement = re.sub(r"(?<![\w:]):(\w+)", r"%(\1)s", statement)
        self._bytes = self._statement.encode()

    def rows(self, session: Session, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run it and return its rows. The session's pending objects are not flushed first."""
        connection = session.connection()
        if connection.dispatch.before_cursor_execute or connection.dispatch.after_cursor_execute:
            # somebody listens to the statements: they hear of this one too
            return [tuple(row) for row in connection.exec_driver_sql(self._statement, values)]
        # one cursor serves a connection for as long as it is open: the pool empties `info` when it connects anew
        cursor = connection.info.get("direct")
        if cursor is None:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            cursor = connection.info["direct"] = driver.cursor()
        try:
            found: list[tuple[Any, ...]] = cursor.execute(self._bytes, values, prepare=True).fetchall()
            return found
        except psycopg.Error as error:
            raise DBAPIError.instance(self._statement, values, error, psycopg.Error) from error


_SCOPE_SQL = sa.text(
    "select set_config('app.role', :role, true), set_config('app.bases', :bases, true),"
    " set_config('app.tenants', :tenants, true), set_config('app.actor', :actor, true),"
    " set_config('app.actor_label', :label, true)"
)


def scope_settings(actor: Actor) -> dict[str, str]:
    """The transaction settings (`app.*`) that row-level security and the audit trail read."""
    return {
        "role": actor.reach,
        "bases": ",".join(sorted(map(str, actor.bases))),
        "tenants": ",".join(sorted(map(str, actor.tenants))),
        "actor": str(actor.user_id or ""),
        "label": actor.label,
    }


def set_scope(session: Session, actor: Actor, *, sent: bool = False) -> None:
    """Make every transaction of `session` see what `actor` may see; the running one at once.

    `sent` says that the running transaction already carries the settings (sign-in sets them in its own statement).
    """
    session.info["actor"] = actor
    if session.in_transaction() and not sent:
        session.connection().execute(_SCOPE_SQL, scope_settings(actor))


@sa.event.listens_for(Session, "after_begin")
def _scope_of_transaction(session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
    """Scope is set per transaction, never per connection: a pooled connection remembers nobody."""
    actor = session.info.get("actor")
    if actor is not None and transaction.parent is None:
        connection.execute(_SCOPE_SQL, scope_settings(actor))


@contextmanager
def transaction(engine: sa.Engine, actor: Actor) -> Iterator[Session]:
    """One transaction as `actor`: committed at the end, rolled back by an error. For commands and jobs."""
    with Session(engine, info={"actor": actor}, expire_on_commit=False) as session, session.begin():
        yield session


def violated_constraint(error: BaseException) -> str | None:
    """The name of the constraint behind an IntegrityError."""
    diagnostics = getattr(getattr(error, "orig", None), "diag", None)
    return getattr(diagnostics, "constraint_name", None)


@contextmanager
def refusing(session: Session, refusal: Callable[[IntegrityError], Exception | None]) -> Iterator[None]:
    """Write within a savepoint; a constraint that a person can mend becomes the refusal that a room has for it.

    `refusal` is the room's table of them; what it does not know is raised as it is.
    """
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise refusal(error) or error from error


__all__ = [
    "Direct",
    "Model",
    "make_engine",
    "make_engine_options",
    "refusing",
    "scope_settings",
    "set_scope",
    "transaction",
    "uuid_key",
    "violated_constraint",
]
