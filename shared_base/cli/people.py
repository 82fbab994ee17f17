"""`shared-base user`, `shared-base token`: the first administrator, further people, tokens for scripts."""

import sys
from uuid import UUID

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.cli.context import CliContext, pass_context
from shared_base.core.actor import ROLES, SYSTEM
from shared_base.core.errors import Conflict, NotFound
from shared_base.core.fields import folded
from shared_base.core.i18n import N_
from shared_base.people import accounts, tokens
from shared_base.people.queries import user_by_email
from shared_base.tenancy import memberships
from shared_base.tenancy.models import Tenant


@click.group("user")
def user_command() -> None:
    """People who sign in."""


@user_command.command("create")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the person may do.")
@click.option("--base", "base_code", metavar="CODE", help="The base of an operator, front desk or reviewer.")
@click.option("--tenant", "uscc", metavar="USCC", help="The tenant of an owner or scheduler.")
@click.option("--name", help="What the person is called  [default: the address before the @]")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; without it, invite.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def create_user(
    context: CliContext,
    email: str,
    role: str,
    base_code: str | None,
    uscc: str | None,
    name: str | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Give a role to whoever has this address, and an account where there is none.

    With --password-stdin a new account has that password; without it, an invitation is mailed and its link printed.
    """
    at = context.clock.now()
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with context.transaction() as session:
        where = {"base_id": _base_id(session, base_code), "tenant_id": _tenant_id(session, uscc)}
        name = name or email.strip().partition("@")[0]
        path = None
        if password is None:
            invitation = memberships.invite(
                session, email=email, name=name, role=role, locale=context.settings.locale, by=SYSTEM, at=at, **where
            )
            user, path = invitation.user, invitation.path
        else:
            user = accounts.find_or_create(session, email=email, name=name, locale=context.settings.locale, at=at)
            if user.password_hash is not None:
                raise Conflict(
                    N_("%(email)s has an account already; leave out --password-stdin to give it the role."),
                    email=user.email,
                )
            memberships.grant(session, user.id, role=role, by=SYSTEM, at=at, **where)
            accounts.set_password(session, user, password)
    link = context.settings.base_url + path if path else None
    data = {
        "id": str(user.id),
        "email": user.email,
        "role": role,
        "base": base_code,
        "tenant": uscc,
        "invitation": link,
    }
    done = f"{user.email} is now {role}."
    data["invitation"] = link
    context.echo(data, as_json, text=f"{done} The invitation, good for 7 days and one use:\n{link}" if link else done)


@click.group("token")
def token_command() -> None:
    """API tokens of people, for scripts."""


@token_command.command("create")
@click.option("--email", required=True, help="Whose token: it may do what this person may.")
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--days",
    type=click.IntRange(1, max(tokens.LIFETIMES_DAYS)),
    default=tokens.DEFAULT_DAYS,
    show_default=True,
    help="How long it is good for.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def create_token(context: CliContext, email: str, name: str, days: int, as_json: bool) -> None:
    """Make an API token and print it, this once."""
    with context.transaction() as session:
        user = user_by_email(session, email)
        if user is None or user.disabled_at is not None:
            raise NotFound(N_("Nobody who may sign in has the address %(email)s."), email=email)
        token = tokens.create(session, user_id=user.id, name=name, at=context.clock.now(), days=days)
    data = {"token": token.secret, "expires_at": token.expires_at.isoformat()}
    context.echo(data, as_json, text=token.secret)


def _base_id(session: Session, code: str | None) -> UUID | None:
    if code is None:
        return None
    found = session.scalar(sa.select(Base.id).where(Base.code == code.strip().upper()))
    if found is None:
        raise NotFound(N_("There is no base with the code %(code)s."), code=code)
    return found


def _tenant_id(session: Session, uscc: str | None) -> UUID | None:
    if uscc is None:
        return None
    found = session.scalar(sa.select(Tenant.id).where(Tenant.uscc == folded(uscc)))
    if found is None:
        raise NotFound(N_("There is no tenant with the USCC %(uscc)s."), uscc=uscc)
    return found
