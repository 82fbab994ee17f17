"""Enterprises are entered once, admitted to bases, suspended and let back; each caller sees their own."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from shared_base.core.actor import SYSTEM
from shared_base.core.audit import AuditEntry
from shared_base.core.errors import Forbidden, Invalid
from shared_base.tenancy import actions, queries
from shared_base.tenancy.errors import AlreadyThere, BadCode, NotNow, UnknownTenant
from shared_base.tenancy.models import Tenant
from shared_base.tenancy.queries import TenantFilter, count_tenants, list_tenants
from shared_base.tenancy.rules import TenantDetails
from tests.factories.tenancy import make_host, make_lease, make_tenant, make_uscc
from tests.integration.tenancy.conftest import NOW, Town

DETAILS = TenantDetails(name="云禾传媒", kind="mcn", division_code="230102", contact_name="陈经理")
TODAY = date(2026, 11, 2)


def registered(town: Town, **asked: Any) -> Tenant:
    values: dict[str, Any] = {
        "uscc": make_uscc(900_001),
        "details": DETAILS,
        "base_id": town.base.id,
        "by": town.desk,
        "at": NOW,
        **asked,
    }
    return actions.register_tenant(town.as_(values["by"]), **values)


def test_the_desk_enters_an_enterprise_and_admits_it_at_once(town: Town) -> None:
    tenant = registered(town)
    assert (tenant.uscc, tenant.name, tenant.uscc_override_reason) == (make_uscc(900_001), "云禾传媒", None)
    assert [base.id for base, _ in queries.admissions_of(town.session, tenant.id)] == [town.base.id]
    (event,) = town.events(tenant.id, town.desk)
    assert (event.kind, event.base_id, event.actor_id) == ("tenant.registered", town.base.id, town.desk.user_id)


def test_a_code_with_a_wrong_check_digit_needs_a_reason_which_the_audit_keeps(town: Town) -> None:
    wrong = make_uscc(900_002)[:-1] + ("0" if make_uscc(900_002)[-1] != "0" else "1")
    with pytest.raises(BadCode):
        registered(town, uscc=wrong)
    with pytest.raises(BadCode):
        registered(town, uscc=wrong, override_reason="  ")
    tenant = registered(town, uscc=wrong, override_reason="营业执照原件如此，已电话核实")
    assert tenant.uscc_override_reason == "营业执照原件如此，已电话核实"
    entry = town.as_(SYSTEM).scalar(
        sa.select(AuditEntry).where(AuditEntry.subject_id == str(tenant.id), AuditEntry.action == "insert")
    )
    assert entry is not None
    assert entry.after is not None
    assert entry.after["uscc_override_reason"] == "营业执照原件如此，已电话核实"
    assert entry.actor_id == town.desk.user_id


def test_a_valid_code_takes_no_override(town: Town) -> None:
    assert registered(town, override_reason="不需要").uscc_override_reason is None


def test_an_enterprise_that_another_base_entered_is_named_and_admitted_not_entered_twice(town: Town) -> None:
    with pytest.raises(AlreadyThere, match=town.rival.name) as refused:
        registered(town, uscc=town.rival.uscc.lower())
    assert refused.value.extra == {"uscc": town.rival.uscc, "name": town.rival.name}
    with pytest.raises(UnknownTenant):
        queries.tenant_for(town.as_(town.desk), town.desk, town.rival.id)
    for _ in range(2):
        admitted = actions.admit(town.as_(town.desk), uscc=town.rival.uscc, base_id=town.base.id, by=town.desk, at=NOW)
        assert admitted.id == town.rival.id
    assert queries.tenant_for(town.as_(town.desk), town.desk, town.rival.id).name == town.rival.name
    assert [event.kind for event in town.events(town.rival.id)] == ["tenant.admitted"]


def test_nobody_is_admitted_who_is_unknown(town: Town) -> None:
    with pytest.raises(UnknownTenant):
        actions.admit(town.as_(town.desk), uscc=make_uscc(900_003), base_id=town.base.id, by=town.desk, at=NOW)


@pytest.mark.parametrize("who", ["other_operator", "owner", "reviewer"])
def test_only_the_bases_own_staff_enters_and_admits(town: Town, who: str) -> None:
    actor = getattr(town, who)
    with pytest.raises(Forbidden):
        registered(town, by=actor)
    with pytest.raises(Forbidden):
        actions.admit(town.as_(actor), uscc=town.rival.uscc, base_id=town.base.id, by=actor, at=NOW)


@pytest.mark.parametrize("who", ["owner", "rival_owner", "reviewer"])
def test_only_staff_may_learn_that_a_code_is_known(town: Town, who: str) -> None:
    found = sa.text("select count(*) from known_enterprise(:code)")
    assert town.as_(getattr(town, who)).scalar(found, {"code": town.tenant.uscc}) == 0
    assert town.as_(town.other_operator).scalar(found, {"code": town.tenant.uscc}) == 1


def test_a_change_is_told_with_before_and_after_and_no_change_leaves_no_trace(town: Town) -> None:
    tenant = registered(town)
    changed = TenantDetails(name="云禾文化传媒", kind="brand", division_code="230102", contact_name="陈经理")
    for _ in range(2):
        actions.change_tenant(town.as_(town.operator), tenant, details=changed, by=town.operator, at=NOW)
    kinds = [(event.kind, event.payload) for event in town.events(tenant.id)][1:]
    assert kinds == [
        (
            "tenant.changed",
            {"before": {"name": "云禾传媒", "kind": "mcn"}, "after": {"name": "云禾文化传媒", "kind": "brand"}},
        )
    ]


def test_a_tenant_is_not_changed_by_itself_nor_by_another_bases_staff(town: Town) -> None:
    with pytest.raises(Forbidden):
        actions.change_tenant(town.as_(town.owner), town.tenant, details=DETAILS, by=town.owner, at=NOW)
    with pytest.raises(UnknownTenant):  # row-level security: it is not there
        actions.change_tenant(
            town.as_(town.other_operator), town.tenant, details=DETAILS, by=town.other_operator, at=NOW
        )


def test_an_operator_suspends_with_a_reason_and_lets_back(town: Town) -> None:
    with pytest.raises(Invalid):
        actions.suspend(town.as_(town.operator), town.tenant, reason=" ", by=town.operator, at=NOW)
    held = actions.suspend(town.as_(town.operator), town.tenant, reason="欠租两个月", by=town.operator, at=NOW)
    assert (held.suspended_at, held.suspension_reason) == (NOW, "欠租两个月")
    with pytest.raises(NotNow, match="欠租两个月"):
        actions.suspend(town.as_(town.operator), town.tenant, reason="再次", by=town.operator, at=NOW)
    held = actions.resume(town.as_(town.operator), town.tenant, by=town.operator, at=NOW)
    assert (held.suspended_at, held.suspension_reason) == (None, None)
    with pytest.raises(NotNow):
        actions.resume(town.as_(town.operator), town.tenant, by=town.operator, at=NOW)
    assert [event.kind for event in town.events(town.tenant.id, town.operator)] == [
        "tenant.suspended",
        "tenant.resumed",
    ]


@pytest.mark.parametrize("who", ["desk", "owner", "reviewer"])
def test_nobody_but_an_operator_suspends(town: Town, who: str) -> None:
    actor = getattr(town, who)
    with pytest.raises(Forbidden):
        actions.suspend(town.as_(actor), town.tenant, reason="x", by=actor, at=NOW)


def test_everybody_lists_their_own_tenants(town: Town) -> None:
    both = make_tenant(town.session, [town.base, town.other_base])

    def seen(who: str, **narrowed: Any) -> set[str]:
        actor = getattr(town, who)
        rows = list_tenants(town.as_(actor), actor, TenantFilter(**narrowed), on=TODAY, limit=50)
        assert count_tenants(town.session, actor, TenantFilter(**narrowed)) == len(rows)
        return {row.uscc for row in rows}

    for who in ("operator", "desk", "reviewer"):
        assert seen(who) == {town.tenant.uscc, both.uscc}
    assert seen("other_operator") == {town.rival.uscc, both.uscc}
    assert seen("owner") == {town.tenant.uscc}
    assert seen("rival_owner") == {town.rival.uscc}
    assert seen("admin") == {town.tenant.uscc, town.rival.uscc, both.uscc}
    assert seen("admin", base_id=town.other_base.id) == {town.rival.uscc, both.uscc}
    assert seen("operator", base_id=town.other_base.id) == set()  # admissions elsewhere are hidden
    assert seen("operator", search=both.name) == {both.uscc}
    assert seen("operator", search=both.uscc.lower()) == {both.uscc}
    assert seen("operator", search="%") == set()
    assert seen("operator", kind="brand") == set()


def test_our_filter_alone_keeps_tenants_apart(town: Town) -> None:
    session = town.as_(SYSTEM)
    rows = list_tenants(session, town.owner, TenantFilter(), on=TODAY, limit=50)
    assert [row.uscc for row in rows] == [town.tenant.uscc]
    with pytest.raises(UnknownTenant):
        queries.tenant_for(session, town.owner, town.rival.id)


def test_a_row_tells_bases_hosts_and_leases_of_the_day(town: Town) -> None:
    make_host(town.session, town.tenant)
    make_host(town.session, town.tenant, left_at=NOW)
    make_lease(town.session, town.tenant, town.base, area_m2=Decimal("100.5"))
    make_lease(town.session, town.tenant, town.base, area_m2=Decimal("50"))
    make_lease(town.session, town.tenant, town.base, first=date(2020, 1, 1), last=date(2026, 11, 1))
    make_lease(town.session, town.tenant, town.other_base)
    (row,) = list_tenants(town.as_(town.operator), town.operator, TenantFilter(), on=TODAY, limit=50)
    assert (row.bases, row.hosts, row.leases, row.leased_m2) == ([town.base.code], 1, 2, Decimal("150.5"))
    (whole,) = list_tenants(town.as_(town.admin), town.admin, TenantFilter(search=town.tenant.uscc), on=TODAY, limit=50)
    assert whole.leases == 3


def test_pages_of_tenants_follow_one_another_by_code(town: Town) -> None:
    for _ in range(5):
        make_tenant(town.session, town.base)
    session = town.as_(town.operator)
    pages, after = [], None
    while True:
        rows = list_tenants(session, town.operator, TenantFilter(), on=TODAY, after=after, limit=4)
        pages += [row.uscc for row in rows]
        if len(rows) < 4:
            break
        after = rows[-1].uscc
    assert pages == sorted(pages)
    assert len(pages) == len(set(pages)) == 6


def test_a_list_of_tenants_is_one_statement_however_long(town: Town) -> None:
    for _ in range(10):
        make_host(town.session, make_tenant(town.session, town.base))
    session = town.as_(town.operator)
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(session.connection(), "before_cursor_execute", note)
    rows = list_tenants(session, town.operator, TenantFilter(), on=TODAY, limit=50)
    sa.event.remove(session.connection(), "before_cursor_execute", note)
    assert (len(rows), len(seen)) == (11, 1)
