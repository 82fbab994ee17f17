"""`shared-base import`: the operator's workbook in, or its empty template out."""

from pathlib import Path
from typing import get_args

import click

from shared_base.cli.context import CliContext, pass_context
from shared_base.cli.refusals import Refusals
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_
from shared_base.workbook import error_report
from shared_base.workbook.errors import WorkbookInvalid
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import read_workbook
from shared_base.workbook.result import ImportResult
from shared_base.workbook.template import Language, write_template


@click.command("import")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and say what would change, but write nothing.")
@click.option("--update", is_flag=True, help="Record rows that differ from what is stored as corrections.")
@click.option(
    "--errors",
    "errors_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.xlsx",
    help="When the workbook is refused, also write its errors to this sheet.",
)
@click.option(
    "--template",
    "template_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.xlsx",
    help="Write an empty workbook with notes on every column, and import nothing.",
)
@click.option(
    "--language",
    type=click.Choice(get_args(Language)),
    default="zh",
    show_default=True,
    help="Of the template's headers and notes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def import_command(
    context: CliContext,
    path: Path | None,
    dry_run: bool,
    update: bool,
    errors_file: Path | None,
    template_file: Path | None,
    language: Language,
    as_json: bool,
) -> None:
    """Import the operator's workbook at PATH: an .xlsx file, or a folder of .csv files.

    All or nothing; importing the same workbook twice changes nothing the second time.
    """
    if (path is None) == (template_file is None):
        raise click.UsageError("Give the PATH of a workbook, or --template FILE.xlsx.")
    if template_file is not None:
        if dry_run or update or errors_file:
            raise click.UsageError("--template imports nothing: leave the other options out.")
        _template(context, template_file, language, as_json)
        return
    assert path is not None
    errors_file = _as_xlsx(errors_file) if errors_file else None
    translate = Refusals([]).translation()
    try:
        result = _import(context, path, dry_run=dry_run, update=update)
    except WorkbookInvalid as invalid:
        if errors_file is not None:
            error_report.write_xlsx(errors_file, invalid.errors, more=invalid.more, translate=translate)
        if not as_json:
            invalid.extra["lines"] = error_report.as_text(
                invalid.errors, more=invalid.more, translate=translate
            ).splitlines()
        raise
    context.echo(result.as_json(translate), as_json, text=result.as_text(translate))


def _import(context: CliContext, path: Path, *, dry_run: bool, update: bool) -> ImportResult:
    # Read before the database starts: what is no workbook is refused at once.
    workbook = read_workbook(path)
    with context.transaction() as session:
        return import_workbook(session, workbook, by=SYSTEM, at=context.clock.now(), update=update, dry_run=dry_run)


def _template(context: CliContext, file: Path, language: Language, as_json: bool) -> None:
    target = _as_xlsx(file)
    if target.exists():
        raise Conflict(N_("%(name)s exists; choose another name, or move it away first."), name=str(target))
    write_template(target, language)
    context.echo({"template": str(target)}, as_json, text=str(target))


def _as_xlsx(file: Path) -> Path:
    if file.suffix.casefold() != ".xlsx":
        raise click.UsageError(f"{file} is no .xlsx: give the file a name that ends with .xlsx.")
    return file
