"""`shared-base user create` and `shared-base token create`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from config.settings import Settings
from shared_base.cli.context import CliContext
from shared_base.cli.people import token_command, user_command
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import transaction
from shared_base.core.errors import Conflict, Invalid, NotFound
from shared_base.people import accounts, sign_in
from shared_base.people.models import User
from shared_base.tenancy.identity import identify
from shared_base.tenancy.models import Membership
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_tenant
from tests.integration.people.conftest import PASSWORD

Run = Callable[..., Result]


@pytest.fixture
def command(own_engine: sa.Engine, clock: FixedClock, tmp_path: Path) -> Iterator[Run]:
    """Runs `user` or `token` with arguments, on a database of its own; a refusal is raised as it is."""
    settings = Settings.from_environment(
        {
            "SHARED_BASE_DATA_DIR": str(tmp_path),
            "SHARED_BASE_URL": "https://base.example.com",
            "DATABASE_URL": own_engine.url.render_as_string(hide_password=False),
        }
    )
    context = CliContext(settings, clock)

    def run(group: Any, *arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(group, arguments, obj=context, catch_exceptions=False, **options)

    yield run
    context.close()


def test_the_first_administrator_is_made_with_a_password_from_standard_input(
    command: Run, own_engine: sa.Engine, clock: FixedClock
) -> None:
    done = command(
        user_command, "create", "--email", "Anna@Example.com", "--role", "admin", "--password-stdin",
        input=f"{PASSWORD}\n",
    )  # fmt: skip
    assert (done.exit_code, done.output) == (0, "anna@example.com is now admin.\n")
    with transaction(own_engine, SYSTEM) as session:
        signed = sign_in.sign_in(
            session, email="anna@example.com", password=PASSWORD, at=clock.now(), address="127.0.0.1", agent=""
        )
        identity = identify(session, "session", signed.secret, at=clock.now())
        assert identity is not None
        assert identity.actor.is_admin


def test_without_a_password_the_link_of_an_invitation_is_printed_and_works(
    command: Run, own_engine: sa.Engine, clock: FixedClock
) -> None:
    with transaction(own_engine, SYSTEM) as session:
        base = make_base(session, code="PY-WB")
        tenant = make_tenant(session, base)
    for arguments in (
        ("--role", "operator", "--base", "py-wb"),
        ("--role", "tenant_owner", "--tenant", tenant.uscc.lower()),
    ):
        done = command(user_command, "create", "--email", "li.na@example.com", "--name", "李娜", *arguments, "--json")
        printed = json.loads(done.output)
        assert (done.exit_code, printed["email"], printed["role"]) == (0, "li.na@example.com", arguments[1])
    assert printed["invitation"].startswith("https://base.example.com/invitations/")
    secret = printed["invitation"].rpartition("/")[2]
    with transaction(own_engine, SYSTEM) as session:
        user = accounts.accept_invitation(
            session, secret=secret, name="李娜", password=PASSWORD, locale="en", at=clock.now()
        )
        held = session.execute(
            sa.select(Membership.role, Membership.base_id, Membership.tenant_id).filter_by(user_id=user.id)
        )
        assert {tuple(row) for row in held} == {("operator", base.id, None), ("tenant_owner", None, tenant.id)}


def test_a_weak_password_an_unknown_place_and_an_account_that_exists_are_refused_and_leave_nothing(
    command: Run, own_engine: sa.Engine
) -> None:
    create = ("create", "--email", "anna@example.com", "--role")
    with pytest.raises(Invalid, match="easy to guess"):
        command(user_command, *create, "admin", "--password-stdin", input="password1234\n")
    with pytest.raises(NotFound, match="NOWHERE"):
        command(user_command, *create, "operator", "--base", "NOWHERE")
    with pytest.raises(NotFound, match="USCC"):
        command(user_command, *create, "tenant_owner", "--tenant", "91440113MA59ABCD1X")
    with pytest.raises(Invalid, match="one base"):
        command(user_command, *create, "operator")
    with own_engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(User)) == 0
    command(user_command, *create, "admin", "--password-stdin", input=f"{PASSWORD}\n")
    with pytest.raises(Conflict, match="--password-stdin"):
        command(user_command, *create, "reviewer", "--password-stdin", input=f"{PASSWORD}\n")


def test_wrong_usage_exits_with_2(command: Run) -> None:
    assert command(user_command, "create", "--email", "anna@example.com", "--role", "king").exit_code == 2
    assert command(token_command, "create", "--email", "anna@example.com").exit_code == 2


def test_a_token_is_printed_once_and_identifies_its_person(
    command: Run, own_engine: sa.Engine, clock: FixedClock
) -> None:
    command(
        user_command, "create", "--email", "anna@example.com", "--role", "admin", "--password-stdin",
        input=f"{PASSWORD}\n",
    )  # fmt: skip
    plain = command(token_command, "create", "--email", "ANNA@example.com", "--name", "kiosk").output.strip()
    as_json = json.loads(
        command(token_command, "create", "--email", "anna@example.com", "--name", "bi", "--days", "30", "--json").output
    )
    for secret in (plain, as_json["token"]):
        assert secret.startswith("sb_")
        with transaction(own_engine, SYSTEM) as session:
            identity = identify(session, "token", secret, at=clock.now())
            assert identity is not None
            assert identity.email == "anna@example.com"
    with pytest.raises(NotFound, match="has the address nobody"):
        command(token_command, "create", "--email", "nobody@example.com", "--name", "bi")
