"""What `shared-base run` does: database, migrations, demo, then web server and scheduler under one supervisor."""

import os
import socket
import sys
import urllib.request
from http.client import HTTPException

import click
import sqlalchemy as sa

from config.settings import Settings
from shared_base.cli.context import CliContext
from shared_base.cli.processes import server_arguments
from shared_base.core.embedded_postgres import database, refuse_unsafe
from shared_base.core.errors import Busy
from shared_base.core.i18n import N_
from shared_base.core.supervisor import Child, Supervisor
from shared_base.demo.accounts import sign_ins
from shared_base.demo.load import load_demo_if_empty
from shared_base.people.models import User


def run_everything(context: CliContext, *, host: str, port: int, demo: bool) -> None:
    """Bring everything up, print where it is and how to sign in, and stay until Ctrl-C; then leave no process."""
    settings = context.settings
    _refuse_taken_port(host, port)
    # the guard starts the embedded server again when somebody kills it: everything else here depends on it
    with database(settings, guard=True) as urls:
        context.urls = urls
        with context.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            refuse_unsafe(driver, "app")
        if demo and not settings.production:
            load_demo_if_empty(context.engine, settings=settings, clock=context.clock, say=click.echo)
        address = f"http://{host}:{port}"
        # what the supervisor starts connects as the app role; only this process could be the owner
        environment = {**os.environ, "DATABASE_URL": urls.app, "PORT": str(port)}
        environment.pop("DATABASE_OWNER_URL", None)
        supervisor = Supervisor(
            [
                Child("web", server_arguments(host, port, workers=2), environment, ready=lambda: _answers(address)),
                Child("scheduler", [sys.executable, "-m", "shared_base.app", "scheduler"], environment),
            ],
            on_ready=lambda: _announce(context, address, settings),
        )
        status = supervisor.run()
    if status:
        raise Busy(N_("Shared Base could not be started; the lines above say why."))


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Busy(
                N_("Port %(port)s of %(host)s cannot be used (%(reason)s). Choose another: PORT=8001 make run"),
                port=port,
                host=host,
                reason=error.strerror,
            ) from None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=1) as response:  # noqa: S310  our own http address
            return bool(response.status == 200)
    except (OSError, HTTPException):
        return False


def _announce(context: CliContext, address: str, settings: Settings) -> None:
    lines = [f"Shared Base is running at {address}  (Ctrl-C stops everything)"]
    with context.engine.connect() as connection:
        users = connection.scalar(sa.select(sa.func.count()).select_from(User))
        demo = sign_ins(connection)
    if demo:
        lines += ["Sign in as:", *(f"  {email:<28} {password:<22} {who}" for email, password, who in demo)]
    elif not users:
        lines.append("Nobody can sign in yet: .venv/bin/shared-base user create --email YOU@EXAMPLE.COM --role admin")
    if settings.prints_mail:
        lines.append("Mail is printed here; set SMTP_URL to send it.")
    click.echo("\n".join(lines))
