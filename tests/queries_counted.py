"""How many questions a page asks the database: the number must not grow with what the page shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

#: what frames a transaction asks nothing
FRAME = ("SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "BEGIN")


@contextmanager
def queries_counted(connection: sa.Connection) -> Iterator[list[str]]:
    """The statements run on the connection inside, in order: `len()` is the number of queries."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(FRAME):
            statements.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(connection, "before_cursor_execute", note)
