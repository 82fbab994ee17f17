"""What every command works with: settings, the clock, and a database that is up and migrated."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from config.settings import Settings
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.clock import Clock, SystemClock
from shared_base.core.database import make_engine, transaction
from shared_base.core.embedded_postgres import DatabaseUrls, database
from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_
from shared_base.migrations import schema


class CliContext:
    """Opened by the command, closed by click; the database starts when it is first asked for."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock(settings.clock_offset)
        self._stack = ExitStack()

    def close(self) -> None:
        self._stack.close()

    @cached_property
    def urls(self) -> DatabaseUrls:
        """The embedded database, started when it is not running; or the one that DATABASE_URL names."""
        return self._stack.enter_context(database(self.settings))

    @cached_property
    def engine(self) -> sa.Engine:
        """The app role's engine on a migrated database. The embedded one is migrated by whoever comes first."""
        urls = self.urls
        engine = make_engine(urls.app)
        self._stack.callback(engine.dispose)
        with engine.connect() as connection:
            current = schema.current_revision(connection)
        if current != schema.head_revision():
            if self.settings.database_url is not None:
                raise Conflict(
                    N_("The database is not at this release's revision. Run `shared-base db upgrade`, then try again.")
                )
            self.migrate()
        return engine

    def migrate(self) -> str:
        """Bring the database to this release; refused where only the app role's DATABASE_URL was given."""
        app_role = sa.make_url(self.urls.app).username
        assert app_role
        return schema.upgrade(self.urls.owner, app_role=app_role)

    @contextmanager
    def transaction(self, actor: Actor = SYSTEM) -> Iterator[Session]:
        """One transaction as `actor`, committed at the end."""
        with transaction(self.engine, actor) as session:
            yield session

    def echo(self, data: Any, as_json: bool, *, text: str | None = None) -> None:
        """Print `data` as JSON under --json, else `text`."""
        if as_json:
            click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        elif text is not None:
            click.echo(text)


pass_context = click.make_pass_decorator(CliContext)
