"""The audit trail page: readable, filtered, and of each only what is theirs."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.actor import SYSTEM, Actor, Grant
from shared_base.core.audit import AuditEntry
from shared_base.core.database import set_scope
from shared_base.migrations.metadata import metadata
from shared_base.people.models import User
from shared_base.web.audit.words import COLUMNS, SUBJECTS, UNTOLD
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_host, make_lease, make_payment, make_tenant

Open = Callable[..., FlaskClient]
Person = Callable[..., User]


@pytest.fixture
def town(session: Session, person: Person) -> dict[str, Any]:
    """Two bases; an administrator changed a studio, a lease and a tenant of the first."""
    here, there = make_base(session, code="PYWB", name="万博基地"), make_base(session, code="HRB", name="冰城基地")
    admin = person("admin", name="Adele Admin")
    tenant = make_tenant(session, here, name="星耀传媒")
    studio = make_studio(session, here, code="A101", buffer_minutes=0, scene=None)
    lease = make_lease(session, tenant, here, ref="L-1", monthly_rent_fen=1_800_000, first=date(2025, 1, 1))
    make_payment(session, lease, month=date(2026, 9, 1), amount_fen=1_800_000)
    make_host(session, tenant)
    make_studio(session, there, code="Z900")
    by = Actor(user_id=admin.id, label=admin.name, reach="admin", grants=(Grant("admin"),))
    set_scope(session, by)
    studio.buffer_minutes, studio.scene = 30, "美妆"
    lease.monthly_rent_fen = 2_100_000
    tenant.suspended_at, tenant.suspension_reason = datetime(2026, 11, 1, tzinfo=UTC), "房租逾期"
    admin.password_hash = f"{admin.password_hash}x"
    session.commit()
    set_scope(session, SYSTEM)
    return {
        "admin": admin,
        "operator": person("operator", base=here),
        "elsewhere": person("operator", base=there),
        "reviewer": person("reviewer", base=there),
        "desk": person("front_desk", base=here),
        "studio": studio,
    }


def rows(browser: FlaskClient, query: str = "") -> list[list[str]]:
    answer = browser.get(f"/audit?format=csv&{query}")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]


def test_a_change_is_told_in_words_with_before_and_after(town: dict[str, Any], at_home: Open) -> None:
    browser = at_home(town["admin"])
    _when, who, deed, kind, what, base, before, after = next(
        row for row in rows(browser, "table=spaces") if row[2] == "Changed"
    )
    assert (who, deed, kind, what, base) == ("Adele Admin", "Changed", "Space", "A101", "万博基地")
    assert before.splitlines() == ["Clean-down: 0"]
    assert after.splitlines() == ["Clean-down: 30", "Scene: 美妆"]
    lease = next(row for row in rows(browser, "table=leases") if row[2] == "Changed")
    assert lease[6:] == ["Monthly rent: ¥18,000.00", "Monthly rent: ¥21,000.00"]
    entered = next(row for row in rows(browser, "table=leases") if row[2] == "Entered")
    assert "Term: 2025-01-01 – 2027-12-31" in entered[7].splitlines()
    assert "Tenant: 星耀传媒" in entered[7].splitlines()
    page = browser.get("/audit?table=spaces").text
    assert "<del>0</del> → <ins>30</ins>" in page


def test_the_trail_shows_no_secret(town: dict[str, Any], at_home: Open) -> None:
    browser = at_home(town["admin"])
    for text in (browser.get("/audit").text, browser.get("/audit?format=csv").text):
        assert "argon2" not in text
    assert "changed, not shown" in browser.get("/audit?table=users").text


def test_it_is_filtered_by_person_subject_kind_base_and_day(
    session: Session, town: dict[str, Any], at_home: Open
) -> None:
    browser = at_home(town["admin"])
    assert {row[1] for row in rows(browser, "q=adele")} == {"Adele Admin"}
    assert len(rows(browser, f"actor={town['admin'].id}")) == len(rows(browser, "q=adele")) == 4
    assert len(rows(browser, f"table=spaces&subject={town['studio'].id}")) == 2
    assert {row[5] for row in rows(browser, "base=HRB")} == {"冰城基地"}
    today = session.scalar(sa.select(sa.func.max(AuditEntry.at))).date()  # type: ignore[union-attr]
    for query, found in (
        (f"from={today - timedelta(days=1)}&to={today + timedelta(days=1)}", True),
        (f"from={today + timedelta(days=2)}", False),
        (f"to={today - timedelta(days=2)}", False),
        ("base=NOWHERE", False),
    ):
        assert bool(rows(browser, query)) is found, query
    everything = rows(browser)
    for nonsense in ("actor=x", "table=pg_authid", "from=2026-02-30", "from=0001-01-01", "to=9999-12-31", "cursor=x1"):
        assert rows(browser, nonsense) == everything, nonsense
    assert "No entry matches" in browser.get("/audit?q=nobody").text


def test_staff_and_reviewers_read_what_concerns_their_bases_and_nobody_else_reads_anything(
    session: Session, town: dict[str, Any], at_home: Open, person: Person
) -> None:
    for role, base in (("operator", "万博基地"), ("elsewhere", "冰城基地"), ("reviewer", "冰城基地")):
        browser = at_home(town[role])
        assert {row[5] for row in rows(browser)} == {base}
        assert {row[3] for row in rows(browser)} & {"Person", "API token"} == set()
        other = "HRB" if base == "万博基地" else "PYWB"
        assert rows(browser, f"base={other}") == []
    for user in (town["desk"], person()):
        assert at_home(user).get("/audit").status_code == 403


def test_it_pages_to_older_and_back_to_newer_entries_without_losing_or_repeating_one(
    session: Session, town: dict[str, Any], at_home: Open
) -> None:
    base = make_base(session, code="BIG")
    for _ in range(70):
        make_studio(session, base)
    session.commit()
    browser = at_home(town["admin"])
    every = [row[4] for row in rows(browser, "base=BIG&table=spaces")]
    assert len(every) == 70

    def page(cursor: str = "") -> tuple[list[str], list[str]]:
        text = browser.get(f"/audit?base=BIG&table=spaces{cursor}").text
        titles = re.findall(r'<span class="who"><a href="[^"]+">([^<]+)<', text)
        return titles, re.findall(r'href="[^"]*cursor=([on]\d+)', text)

    first, onwards = page()
    second, back = page(f"&cursor={onwards[0]}")
    assert first + second == every
    again, _ = page(f"&cursor={back[0]}")
    assert again == first


def test_a_page_costs_the_same_number_of_queries_however_many_names_are_in_it(
    session: Session, town: dict[str, Any], at_home: Open, connection: sa.Connection
) -> None:
    browser = at_home(town["admin"])
    statements: list[str] = []
    sa.event.listen(
        connection, "before_cursor_execute", lambda conn, cursor, statement, *rest: statements.append(statement)
    )

    def cost() -> int:
        statements.clear()
        browser.get("/audit?table=spaces")
        return len(statements)

    few = cost()
    base = make_base(session)
    for _ in range(30):
        make_studio(session, base)
    session.commit()
    assert cost() == few


def test_every_table_with_a_trail_and_its_columns_have_words(connection: sa.Connection) -> None:
    audited = set(
        connection.scalars(
            sa.text(
                "select relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
                " where tgfoid = 'audit_row'::regproc"
            )
        )
    )
    assert audited == set(SUBJECTS)
    columns = {column.name for table in audited for column in metadata.tables[table].columns}
    assert columns - set(COLUMNS) - UNTOLD == set()
