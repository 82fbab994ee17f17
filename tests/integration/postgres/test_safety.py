"""On which databases we refuse to work."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from shared_base.core.embedded_postgres import DatabaseUrls, EmbeddedPostgres, Unsafe, refuse_unsafe
from shared_base.core.postgres.binaries import find_binaries
from shared_base.core.postgres.safety import Role
from tests.integration.postgres.servers import fetch, home_of, run, wait_for

# --- on which databases we refuse to work ---------------------------------------------------------------------------


def refused(url: str, role: Role = "app") -> str:
    with psycopg.connect(url) as connection, pytest.raises(Unsafe) as refusal:
        refuse_unsafe(connection, role)
    return str(refusal.value)


def test_an_app_role_that_could_lift_its_restrictions_is_refused(shared: EmbeddedPostgres) -> None:
    superuser, app = shared.superuser_url("shared_base"), shared.urls.app
    assert "superuser postgres" in refused(superuser)
    assert "as shared_base_owner owns" in refused(shared.urls.owner)
    for grant, revoke, says in (
        ("ALTER ROLE shared_base_app BYPASSRLS", "ALTER ROLE shared_base_app NOBYPASSRLS", "NOBYPASSRLS"),
        ("ALTER ROLE shared_base_app CREATEROLE", "ALTER ROLE shared_base_app NOCREATEROLE", "NOCREATEROLE"),
        (
            "GRANT shared_base_owner TO shared_base_app",
            "REVOKE shared_base_owner FROM shared_base_app",
            "as shared_base_owner",
        ),
        ("GRANT pg_read_server_files TO shared_base_app", "REVOKE pg_read_server_files FROM shared_base_app", "REVOKE"),
        ("CREATE TABLE own (); ALTER TABLE own OWNER TO shared_base_app", "DROP TABLE own", "owns own"),
    ):
        run(superuser, grant)
        try:
            assert says in refused(app)
        finally:
            run(superuser, revoke)
    with psycopg.connect(app) as connection:
        refuse_unsafe(connection, "app")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_an_owner_that_cannot_migrate_is_refused(shared: EmbeddedPostgres) -> None:
    assert "ALTER DATABASE shared_base OWNER TO shared_base_app" in refused(shared.urls.app, "owner")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_database_that_can_lose_what_it_acknowledged_is_refused(shared: EmbeddedPostgres, setting: str) -> None:
    superuser = shared.superuser_url("shared_base")

    def now(value: str) -> Callable[[], bool]:
        return lambda: fetch(shared.urls.app, f"SHOW {setting}") == value

    run(superuser, f"ALTER SYSTEM SET {setting} = off", "SELECT pg_reload_conf()")
    try:
        wait_for(now("off"))
        assert setting in refused(shared.urls.app)
        assert setting in refused(shared.urls.owner, "owner")
    finally:
        run(superuser, f"ALTER SYSTEM RESET {setting}", "SELECT pg_reload_conf()")
        wait_for(now("on"))


def test_a_database_without_checksums_is_refused(spoilt_dir: Path) -> None:
    home = home_of(spoilt_dir)
    disabled = home.account.run([find_binaries().path("pg_checksums"), "--disable", "-D", home.cluster])
    assert disabled.returncode == 0, disabled.stdout
    with EmbeddedPostgres(spoilt_dir) as embedded:
        assert "pg_checksums --enable" in refused(embedded.urls.app)


def test_an_sqlalchemy_connection_is_judged_and_stays_usable(shared: EmbeddedPostgres) -> None:
    engine = sa.create_engine(shared.urls.app)
    with engine.connect() as connection:
        refuse_unsafe(connection, "app")
        assert connection.scalar(sa.text("SELECT current_user")) == "shared_base_app"
        refuse_unsafe(connection, "app")
        assert connection.in_transaction()
    engine.dispose()


def test_urls_keep_their_passwords_to_themselves() -> None:
    assert "secret" not in repr(DatabaseUrls("postgresql://app:secret@/base", "postgresql://owner:secret@/base"))
