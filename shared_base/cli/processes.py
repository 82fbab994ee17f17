"""`shared-base run`, `serve`, `scheduler`: everything under one supervisor, or the production processes one by one."""

import os
import sys
from pathlib import Path

import click

from shared_base.cli.context import CliContext, pass_context
from shared_base.core.errors import Conflict, Invalid
from shared_base.core.i18n import N_

ROOT = Path(__file__).resolve().parents[2]


def server_arguments(host: str, port: int, workers: int) -> list[str]:
    """The web server's command line.

    Two processes of one blocking thread each answer the most bookings on two cores (docs/decisions/0010): a thread
    more only waits for the interpreter's lock. A worker that dies is replaced.
    """
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--http", "1",
        "--host", host, "--port", str(port), "--workers", str(workers), "--blocking-threads", "1",
        "--backpressure", "256", "--respawn-failed-workers", "--workers-kill-timeout", "5",
        "--working-dir", str(ROOT), "--log-level", "warning", "wsgi:app",
    ]  # fmt: skip


@click.command("run")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on  [default: PORT, else 8000]")
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
@pass_context
def run_command(context: CliContext, host: str, port: int | None, no_demo: bool) -> None:
    """Run everything: database, web server and scheduler under one supervisor, until Ctrl-C."""
    from shared_base.cli.running import run_everything

    run_everything(context, host=host, port=port or context.settings.port, demo=not no_demo)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on  [default: PORT, else 8000]")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes that answer.")
@pass_context
def serve_command(context: CliContext, host: str, port: int | None, workers: int) -> None:
    """Serve the pages and the API (DATABASE_URL: the app role)."""
    _check_database(context)
    arguments = server_arguments(host, port or context.settings.port, workers)
    # the server takes this process over, so that signals and exit status are its own
    os.execv(arguments[0], arguments)  # noqa: S606  no shell: the arguments are ours


@click.command("scheduler")
@pass_context
def scheduler_command(context: CliContext) -> None:
    """Run the timetable: close months, send mail, keep house (DATABASE_URL: the app role). Standbys may run beside."""
    from shared_base.jobs.scheduler import run

    _check_database(context)
    run(context.settings)


def _check_database(context: CliContext) -> None:
    """Refuse a database that is unsafe or not of this release before anything is served from it."""
    from shared_base.core.embedded_postgres import refuse_unsafe

    if context.settings.database_url is None:
        raise Invalid(N_("Set DATABASE_URL first; `shared-base run` starts the embedded database by itself."))
    with context.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise Conflict(N_("The database closed the connection; try again."))
        refuse_unsafe(driver, "app")
