"""Hosts are enrolled by number, checked at the door, consented for under 18, and each tenant sees its own."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from shared_base.core.actor import SYSTEM, Actor
from shared_base.core.audit import AuditEntry
from shared_base.core.errors import Forbidden, Invalid
from shared_base.tenancy import actions_hosts as hosts
from shared_base.tenancy.actions_hosts import HostDetails
from shared_base.tenancy.errors import AlreadyThere, BadCode, NotNow, UnknownHost
from shared_base.tenancy.models import Host
from shared_base.tenancy.queries_hosts import HostFilter, host_for, list_hosts
from tests.factories.tenancy import make_host, make_id_number
from tests.integration.tenancy.conftest import NOW, Town

KEY = b"a key of two hundred fifty-six bits!"
NUMBER = make_id_number(date(1998, 5, 20), 77)


def enrolled(town: Town, *, by: Actor | None = None, number: str = NUMBER, **asked: Any) -> Host:
    actor = by or town.owner
    details = HostDetails(stage_name=asked.pop("stage_name", "小美"), real_name="林晓", id_number=number)
    values: dict[str, Any] = {"tenant": town.tenant, "at": NOW, **asked}
    return hosts.enrol_host(town.as_(actor), details=details, key=KEY, by=actor, **values)


@pytest.mark.parametrize("who", ["owner", "desk", "operator", "admin"])
def test_the_tenant_and_the_desk_enrol_a_host_whose_number_is_not_stored(town: Town, who: str) -> None:
    actor = getattr(town, who)
    host = enrolled(town, by=actor, number=NUMBER.lower())
    assert host_for(town.session, actor, host.id).born_on == date(1998, 5, 20)
    assert host.id_number_masked == f"{NUMBER[:6]}********{NUMBER[-4:]}"
    assert host.real_name_checked_at is None
    stored = town.as_(SYSTEM).execute(sa.text("select to_jsonb(hosts)::text from hosts")).scalars()
    assert all(NUMBER not in row for row in stored)
    entry = town.session.scalar(sa.select(AuditEntry).where(AuditEntry.subject_id == str(host.id)))
    assert entry is not None
    assert entry.after is not None
    assert entry.after["id_number_hash"] == "•••"
    assert NUMBER not in str(entry.after)
    assert [event.kind for event in town.events(host.id)] == ["host.enrolled"]
    assert NUMBER not in str(town.events(host.id)[0].payload)


@pytest.mark.parametrize("who", ["rival_owner", "other_operator", "reviewer"])
def test_nobody_else_enrols_a_host(town: Town, who: str) -> None:
    with pytest.raises(Forbidden):
        enrolled(town, by=getattr(town, who))


def test_one_person_is_one_host_of_a_tenant_and_may_be_one_of_another(town: Town) -> None:
    first = enrolled(town)
    with pytest.raises(AlreadyThere, match="in the team already") as refused:
        enrolled(town, stage_name="同一个人")
    assert refused.value.extra == {"host_id": str(first.id)}
    hosts.let_go(town.as_(town.owner), first, by=town.owner, at=NOW)
    with pytest.raises(AlreadyThere, match="take them back"):
        enrolled(town)
    enrolled(town, by=town.rival_owner, tenant=town.rival)


def test_a_host_is_sixteen_on_the_day_of_enrolment_by_chinas_calendar(town: Town) -> None:
    born = date(2010, 11, 3)
    with pytest.raises(NotNow, match="16 or older"):
        enrolled(town, number=make_id_number(born))
    # 2026-11-03 begins in China at 16:00Z of the 2nd
    host = enrolled(town, number=make_id_number(born), at=NOW + timedelta(hours=12))
    assert host.born_on == born


def test_a_bad_number_or_empty_name_enrols_nobody(town: Town) -> None:
    with pytest.raises(BadCode):
        enrolled(town, number=NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"))
    with pytest.raises(Invalid):
        enrolled(town, stage_name=" ")
    assert town.as_(SYSTEM).scalar(sa.text("select count(*) from hosts")) == 0


def test_a_real_name_is_checked_once_by_a_person_of_the_bases_staff(town: Town) -> None:
    host = enrolled(town)
    for who in ("owner", "reviewer"):
        with pytest.raises(Forbidden):
            hosts.check_real_name(town.as_(getattr(town, who)), host, by=getattr(town, who), at=NOW)
    with pytest.raises(UnknownHost):
        hosts.check_real_name(town.as_(town.other_operator), host, by=town.other_operator, at=NOW)
    with pytest.raises(Forbidden, match="by a person"):
        hosts.check_real_name(town.as_(SYSTEM), host, by=SYSTEM, at=NOW)
    for at in (NOW, NOW + timedelta(days=1)):
        checked = hosts.check_real_name(town.as_(town.desk), host, by=town.desk, at=at)
    assert (checked.real_name_checked_at, checked.real_name_checked_by) == (NOW, town.desk.user_id)
    assert [event.kind for event in town.events(host.id)] == ["host.enrolled", "host.real_name_checked"]


def test_a_guardians_consent_is_recorded_by_staff_for_a_host_under_eighteen(town: Town) -> None:
    young = enrolled(town, number=make_id_number(date(2010, 1, 1)))
    with pytest.raises(Forbidden):
        hosts.record_consent(town.as_(town.owner), young, guardian_name="林母", by=town.owner, at=NOW)
    with pytest.raises(Invalid):
        hosts.record_consent(town.as_(town.desk), young, guardian_name="", by=town.desk, at=NOW)
    held = hosts.record_consent(town.as_(town.desk), young, guardian_name="林母", by=town.desk, at=NOW)
    assert (held.guardian_name, held.guardian_consent_at) == ("林母", NOW)
    grown = enrolled(town)
    with pytest.raises(NotNow, match="of age"):
        hosts.record_consent(town.as_(town.desk), grown, guardian_name="林母", by=town.desk, at=NOW)


def test_a_host_is_renamed_leaves_and_comes_back(town: Town) -> None:
    host = enrolled(town)
    assert hosts.rename_host(town.as_(town.owner), host, stage_name="大美", by=town.owner, at=NOW).stage_name == "大美"
    with pytest.raises(NotNow):
        hosts.take_back(town.as_(town.owner), host, by=town.owner, at=NOW)
    assert hosts.let_go(town.as_(town.owner), host, by=town.owner, at=NOW).left_at == NOW
    with pytest.raises(NotNow):
        hosts.let_go(town.as_(town.owner), host, by=town.owner, at=NOW)
    assert hosts.take_back(town.as_(town.desk), host, by=town.desk, at=NOW).left_at is None
    assert [event.kind for event in town.events(host.id)][1:] == ["host.renamed", "host.left", "host.returned"]
    with pytest.raises(UnknownHost):
        hosts.let_go(town.as_(town.rival_owner), host, by=town.rival_owner, at=NOW)
    with pytest.raises(Forbidden):
        hosts.let_go(town.as_(town.reviewer), host, by=town.reviewer, at=NOW)


def test_everybody_lists_their_own_hosts(town: Town) -> None:
    a = make_host(town.session, town.tenant, stage_name="阿一", real_name="王一")
    b = make_host(town.session, town.tenant, stage_name="阿二", checked=False)
    gone = make_host(town.session, town.tenant, stage_name="阿三", left_at=NOW)
    rivals = make_host(town.session, town.rival, stage_name="乙")

    def seen(who: str, **narrowed: Any) -> set[Any]:
        actor = getattr(town, who)
        return {row.id for row in list_hosts(town.as_(actor), actor, HostFilter(**narrowed), limit=50)}

    for who in ("owner", "desk", "operator", "reviewer"):
        assert seen(who) == {a.id, b.id}
    assert seen("owner", left=True) == {a.id, b.id, gone.id}
    assert seen("rival_owner") == seen("other_operator") == {rivals.id}
    assert seen("admin", base_id=town.base.id) == {a.id, b.id}
    assert seen("admin", tenant_id=town.rival.id) == {rivals.id}
    assert seen("desk", checked=False) == {b.id}
    assert seen("desk", checked=True) == {a.id}
    assert seen("desk", search="王") == {a.id}
    session = town.as_(SYSTEM)
    assert {row.id for row in list_hosts(session, town.rival_owner, HostFilter(), limit=9)} == {rivals.id}
    with pytest.raises(UnknownHost):
        host_for(session, town.rival_owner, a.id)
    ordered = list_hosts(town.as_(town.owner), town.owner, HostFilter(left=True), limit=50)
    first = ordered[0]
    behind = list_hosts(town.session, town.owner, HostFilter(left=True), after=(first.stage_name, first.id), limit=50)
    assert [row.id for row in behind] == [row.id for row in ordered[1:]]
