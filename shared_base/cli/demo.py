"""`shared-base demo load`: a product that lives, on an empty database."""

import click

from shared_base.cli.context import CliContext, pass_context
from shared_base.demo.accounts import sign_ins
from shared_base.demo.load import load_demo


@click.group("demo")
def demo_command() -> None:
    """Demo data: two bases with three closed months. Never in production, never over real data."""


@demo_command.command("load")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def load(context: CliContext, as_json: bool) -> None:
    """Load the demo into an empty database."""
    load_demo(
        context.engine, settings=context.settings, clock=context.clock, say=lambda line: click.echo(line, err=True)
    )
    with context.engine.connect() as connection:
        found = sign_ins(connection)
    people = [{"email": email, "password": password, "who": who} for email, password, who in found]
    context.echo({"sign_ins": people}, as_json, text="\n".join(f"{e:<28} {p:<20} {w}" for e, p, w in found))
