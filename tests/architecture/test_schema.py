"""The database is what the models say, to the last policy."""

import sqlalchemy as sa

from shared_base.core.database import Model, make_engine
from shared_base.migrations.schema import check, differences
from tests.databases import TestDatabase

#: tables that hold nothing of a tenant's; every other table is behind row-level security
NO_TENANT = {
    "api_tokens",
    "bases",
    "heartbeats",
    "idempotency_keys",
    "job_runs",
    "one_time_links",
    "opening_hours",
    "outages",
    "outbox_messages",
    "rate_limits",
    "recognitions",
    "resources",
    "sign_in_sessions",
    "spaces",
    "users",
    # what a base has and when it opens is told to whoever is signed in, as its spaces are
    "booking_rules",
    "crew_members",
    "crew_roles",
    "crew_shifts",
    "crew_skills",
    "equipment_kinds",
    "equipment_units",
    "samples",
    "special_days",
    # numbers of events; and who wants which mails, which is nobody's business but theirs
    "muted_mails",
    "news",
}


def test_migrated_database_and_models_agree(database: TestDatabase) -> None:
    assert check(database.owner) == []


def test_drift_is_seen_in_constraints_policies_triggers_and_columns(new_database) -> None:  # type: ignore[no-untyped-def]
    database = new_database()
    engine = make_engine(database.owner, poolclass=sa.NullPool)
    for statement, word in (
        ("ALTER TABLE allocations DROP CONSTRAINT allocations_never_two_at_once", "allocations_never_two_at_once"),
        ("DROP POLICY bookings_read ON bookings", "bookings_read"),
        ("DROP TRIGGER stay_records_append_only_rows ON stay_records", "stay_records_append_only_rows"),
        ("ALTER TABLE spaces ADD COLUMN colour text", "spaces.colour"),
        ("ALTER TABLE claims NO FORCE ROW LEVEL SECURITY", "table claims"),
    ):
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
            connection.commit()
            assert any(word in line for line in differences(connection)), word
    engine.dispose()


def test_every_table_with_a_tenant_is_behind_forced_row_security(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        secured = set(
            connection.scalars(
                sa.text("select relname from pg_class where relrowsecurity and relforcerowsecurity and relkind = 'r'")
            )
        )
    assert set(Model.metadata.tables) - secured == NO_TENANT
    assert not [t.name for t in Model.metadata.tables.values() if "tenant_id" in t.columns and t.name in NO_TENANT]


def test_without_a_scope_nothing_is_visible_and_nothing_can_be_written(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        for table in sorted(set(Model.metadata.tables) - NO_TENANT):
            assert connection.scalar(sa.text(f"select count(*) from {table}")) == 0


def test_app_role_owns_nothing_and_cannot_change_facts(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        owned = connection.scalar(sa.text("select count(*) from pg_class where relowner = current_user::regrole"))
        assert owned == 0
        for table in ("events", "stay_records", "month_reports", "report_leases", "rent_payments", "audit_entries"):
            for right in ("UPDATE", "DELETE", "TRUNCATE"):
                assert not connection.scalar(
                    sa.text("select has_table_privilege(current_user, :table, :right)"),
                    {"table": table, "right": right},
                ), (table, right)
