"""`shared-base claim`: compute a rent-subsidy claim and keep it as a draft."""

import json
from pathlib import Path

import click

from shared_base.cli.context import CliContext, pass_context
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_
from shared_base.core.money import yuan
from shared_base.core.periods import CHINA, parse_date
from shared_base.subsidies.actions import build_claim
from shared_base.subsidies.claim_document import read_document
from shared_base.subsidies.documents.pdf import claim_pdf
from shared_base.subsidies.documents.xlsx import claim_xlsx
from shared_base.subsidies.policies import shipped_policies


@click.group("claim")
def claim_command() -> None:
    """Rent-subsidy claims, computed from frozen reports, leases and payments."""


@claim_command.command("build")
@click.option("--tenant", required=True, metavar="USCC", help="The enterprise that claims.")
@click.option("--policy", required=True, metavar="ID", help="For example nanshan-live-draft.")
@click.option("--period", required=True, metavar="P", help="2026, 2026Q3 or 2026-01/2026-06.")
@click.option("--as-of", metavar="DATE", help="Last day whose payments count  [default: today]")
@click.option("--declare", multiple=True, metavar="C", help="A condition that you vouch for, or all; may be repeated.")
@click.option("--assume", multiple=True, metavar="K=V", help="The authority's figure for what its text leaves open.")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="A .json, .pdf or .xlsx file.")
@click.option("--json", "as_json", is_flag=True, help="Print the claim as JSON.")
@pass_context
def build(
    context: CliContext,
    tenant: str,
    policy: str,
    period: str,
    as_of: str | None,
    declare: tuple[str, ...],
    assume: tuple[str, ...],
    output: Path | None,
    as_json: bool,
) -> None:
    """Compute a claim; it is kept as a draft under its code."""
    if output and output.suffix not in (".json", ".pdf", ".xlsx"):
        raise Invalid(N_("%(file)s: a claim is written as .json, .pdf or .xlsx."), file=output)
    at = context.clock.now()
    with context.transaction() as session:
        claim = build_claim(
            session,
            tenant_uscc=tenant,
            policy_id=policy,
            period=period,
            as_of=parse_date(as_of) if as_of else at.astimezone(CHINA).date(),
            declarations=declare,
            assumptions=_assumptions(assume),
            by=SYSTEM,
            at=at,
            policies=shipped_policies(),
        )
        document, names = read_document(claim.canonical, claim.digest), claim.names
    if output:
        if output.suffix == ".json":
            output.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
        else:
            render = claim_pdf if output.suffix == ".pdf" else claim_xlsx
            output.write_bytes(render(document, names))  # type: ignore[arg-type]
    if as_json or not output:
        context.echo(document, True)
    else:
        click.echo(f"{document['code']}  {yuan(document['computed_fen'])} 元  → {output}")


def _assumptions(pairs: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name or not value:
            raise Invalid(N_("--assume %(pair)s: write NAME=VALUE, for example rate=0.5."), pair=pair)
        if name in found:
            raise Invalid(N_("--assume %(name)s is given twice."), name=name)
        found[name] = value
    return found
