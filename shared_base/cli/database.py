"""`shared-base db`: migrate, and check that models and database agree."""

import click

from shared_base.cli.context import CliContext, pass_context
from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_
from shared_base.migrations import schema


@click.group("db")
def db_command() -> None:
    """Migrate the database, or check it against this release."""


@db_command.command("upgrade")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def upgrade(context: CliContext, as_json: bool) -> None:
    """Migrate to this release's revision; run it again at will."""
    revision = context.migrate()
    context.echo({"revision": revision}, as_json, text=f"database at revision {revision}")


@db_command.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def check(context: CliContext, as_json: bool) -> None:
    """Compare the database with the models: columns, constraints (exclusion too), indexes, policies, triggers."""
    found = schema.check(context.urls.owner)
    if found:
        raise Conflict(
            N_("Models and database differ in %(count)d places: run `shared-base db upgrade`, or undo manual changes."),
            count=len(found),
            extra={"lines": found},
        )
    context.echo({"differences": []}, as_json, text="models and database agree")
