"""`shared-base report`: freeze months, revise them after a correction, show them."""

import getpass
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shared_base.catalogue import queries as catalogue
from shared_base.cli.context import CliContext, pass_context
from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.core.periods import Month, parse_months
from shared_base.occupancy import actions, queries
from shared_base.occupancy.documents.names import ReportNames
from shared_base.occupancy.models import MonthReport

BASE = click.option("--base", required=True, metavar="CODE", help="The base's code.")
MONTH = click.option("--month", required=True, metavar="YYYY-MM", help="A month of the base's calendar.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("report")
def report_command() -> None:
    """Month reports: use and settlement of a base, frozen month by month."""


@report_command.command("close")
@BASE
@click.option("--month", required=True, metavar="YYYY-MM[/YYYY-MM]", help="A month, or the first and last of a span.")
@JSON
@pass_context
def close(context: CliContext, base: str, month: str, as_json: bool) -> None:
    """Freeze a closed month, or a span of them, now; again gives the same report.

    Each month is frozen by itself, so that a long span that is interrupted goes on where it stopped.
    """
    months = parse_months(month)
    at = context.clock.now()
    with context.transaction() as session:
        # a span that ends in a running month is refused before anything of it is frozen
        actions.refuse_running_month(catalogue.base(session, base), months[-1], at=at)
    frozen = []
    for each in months:
        with context.transaction() as session:
            row = actions.close_month(session, base=catalogue.base(session, base), month=each, by=SYSTEM, at=at)
            frozen.append(_summary(base, row))
        context.echo(None, False, text=None if as_json else _line(frozen[-1]))
    if as_json:
        context.echo({"reports": frozen}, True)


@report_command.command("revise")
@BASE
@MONTH
@click.option("--reason", required=True, metavar="TEXT", help="Why the frozen month is corrected; it is kept with it.")
@JSON
@pass_context
def revise(context: CliContext, base: str, month: str, reason: str, as_json: bool) -> None:
    """Freeze the next revision after a correction, and print what changed. Earlier revisions stay readable."""
    person = _person()
    with context.transaction(person) as session:
        row = actions.revise_month(
            session,
            base=catalogue.base(session, base),
            month=Month.parse(month),
            reason=reason,
            by=person,
            at=context.clock.now(),
        )
        summary = {**_summary(base, row), "reason": row.reason, "changes": row.changes}
    changes = [f"  {name}: {change['before']} → {change['after']}" for name, change in summary["changes"].items()]
    context.echo(summary, as_json, text="\n".join([_line(summary), *changes]))


@report_command.command("show")
@BASE
@MONTH
@click.option("--revision", type=click.IntRange(1), metavar="N", help="An earlier one  [default: the newest]")
@click.option("--format", "format_", type=click.Choice(["json", "xlsx", "pdf"]), default="json", show_default=True)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of PDF and XLSX.")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@pass_context
def show(
    context: CliContext,
    base: str,
    month: str,
    revision: int | None,
    format_: str,
    language: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show a frozen report, the newest revision unless one is named."""
    if as_json:
        format_ = "json"
    if format_ != "json" and output is None and sys.stdout.isatty():
        raise Invalid(N_("A %(format)s does not show on a terminal; name a file with -o."), format=format_.upper())
    with context.transaction() as session:
        row = queries.report(session, catalogue.base(session, base), Month.parse(month), revision)
        document = queries.document_of(row)
        names = queries.names_of(session, row, document)
    written = _written(document, names, format_, language)
    if output is None:
        sys.stdout.buffer.write(written)
    else:
        output.write_bytes(written)


def _written(document: Mapping[str, Any], names: ReportNames, format_: str, language: str) -> bytes:
    """The report as a file. What makes pages and sheets is loaded only for them."""
    if format_ == "pdf":
        from shared_base.occupancy.documents.pdf import report_pdf

        return report_pdf(document, names, language=language)
    if format_ == "xlsx":
        from shared_base.occupancy.documents.xlsx import report_xlsx

        return report_xlsx(document, names, language=language)
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _summary(base: str, row: MonthReport) -> dict[str, Any]:
    document = queries.document_of(row)
    members = ("month", "revision", "closed_at", "totals", "warnings", "digest")
    return {"base": base, **{member: document[member] for member in members}}


def _line(summary: Mapping[str, Any]) -> str:
    return f"{summary['base']} {summary['month']}  revision {summary['revision']}  {summary['digest']}"


def _person() -> Actor:
    """Whoever sits at this terminal, by the name the machine knows them by: a revision is a person's."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        raise Invalid(
            N_("A revision is a person's, and this account has no name; set LOGNAME to yours and try again.")
        ) from None
    return Actor(user_id=None, label=f"{name} (command line)", reach="system")
