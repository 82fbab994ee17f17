"""The crew: who can do what, and whom it hits when somebody leaves."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base
from shared_base.core.actor import SYSTEM
from shared_base.core.errors import Invalid
from shared_base.core.events import Event
from shared_base.crew import actions, queries
from shared_base.crew.actions import MemberDetails
from shared_base.crew.errors import RoleCodeTaken, UnknownMember, UnknownRole
from shared_base.crew.models import CrewRole, CrewShift
from shared_base.crew.queries import MemberFilter
from shared_base.resources.models import Resource
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.kit import hold, make_member, make_role, make_shift
from tests.factories.tenancy import make_tenant

AT = datetime(2026, 11, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def base(session: Session) -> Base:
    return make_base(session)


@pytest.fixture
def director(session: Session, base: Base) -> CrewRole:
    return make_role(session, base)


def test_a_role_is_known_by_its_code_once_in_its_base(session: Session, base: Base) -> None:
    role = actions.create_role(session, base, code="Director", name="场控", by=SYSTEM, at=AT)
    assert role.code == "director"
    with pytest.raises(RoleCodeTaken):
        actions.create_role(session, base, code="director", name="导播", by=SYSTEM, at=AT)
    assert actions.change_role(session, role, name="导播", by=SYSTEM, at=AT).name == "导播"
    with pytest.raises(UnknownRole):
        queries.role_of(session, role.id, base_ids=[])


def test_a_member_is_a_resource_who_takes_roles_of_their_own_base_only(
    session: Session, base: Base, director: CrewRole
) -> None:
    details = MemberDetails("丁一", "13800000000", frozenset({director.id}))
    member = actions.create_member(session, base, details=details, by=SYSTEM, at=AT)
    assert session.get_one(Resource, member.id).kind == "crew"
    assert queries.role_ids_of(session, member.id) == {director.id}
    foreign = make_role(session, make_base(session))
    for role_ids in ({foreign.id}, {director.id, foreign.id}):
        with pytest.raises(Invalid) as refused:
            changed = MemberDetails("丁一", role_ids=frozenset(role_ids))
            actions.change_member(session, member, details=changed, by=SYSTEM, at=AT)
        assert "roles" in refused.value.extra["errors"]
    assert queries.role_ids_of(session, member.id) == {director.id}
    with pytest.raises(UnknownMember):
        queries.member_of(session, member.id, base_ids=[foreign.base_id])


def test_what_a_member_can_do_is_learnt_and_unlearnt(session: Session, base: Base, director: CrewRole) -> None:
    assistant = make_role(session, base, "assistant", "助播")
    member = make_member(session, base, director)
    details = MemberDetails(member.name, role_ids=frozenset({assistant.id}))
    actions.change_member(session, member, details=details, by=SYSTEM, at=AT)
    assert queries.role_ids_of(session, member.id) == {assistant.id}
    told = sa.select(Event.payload).where(Event.subject_id == member.id)
    assert session.scalars(told).one()["changed"] == ["roles"]
    actions.change_member(session, member, details=details, by=SYSTEM, at=AT)
    assert len(session.scalars(told).all()) == 1, "nothing changed leaves no trace"


def test_a_role_taken_off_the_list_is_nobodys_any_more(session: Session, base: Base, director: CrewRole) -> None:
    members = [make_member(session, base, director) for _ in range(2)]
    assert actions.retire_role(session, director, by=SYSTEM, at=AT) == 2
    assert queries.roles(session, base.id) == []
    assert queries.role_ids_of(session, members[0].id) == set()


def test_who_leaves_is_off_the_shifts_to_come_and_their_bookings_are_named(
    session: Session, base: Base, director: CrewRole
) -> None:
    member = make_member(session, base, director)
    running = make_shift(session, member, AT - HOUR, AT + 4 * HOUR)
    make_shift(session, member, AT + DAY, AT + DAY + 8 * HOUR)
    tenant, studio = make_tenant(session, base), make_studio(session, base)
    past = make_booking(session, studio, tenant, AT - 9 * HOUR, AT - 8 * HOUR)
    coming = make_booking(session, studio, tenant, AT + DAY, AT + DAY + HOUR)
    for booking in (past, coming):
        hold(session, booking, member.id)
    gone = actions.let_go(session, member, by=SYSTEM, at=AT)
    assert ([hit.booking_id for hit in gone.hits], gone.shifts) == ([coming.id], 1)
    assert session.scalars(sa.select(CrewShift.id)).all() == [running.id]
    again = actions.let_go(session, member, by=SYSTEM, at=AT + HOUR)
    assert (member.left_at, len(again.hits), again.shifts) == (AT, 1, 0)
    assert [row.members for row in queries.roles(session, base.id)] == [0]
    assert actions.take_back(session, member, by=SYSTEM, at=AT).left_at is None


def test_members_are_listed_with_roles_and_next_shift_searched_filtered_and_paged(
    session: Session, base: Base, director: CrewRole
) -> None:
    assistant = make_role(session, base, "assistant", "助播")
    both = make_member(session, base, director, assistant, name="甲")
    one = make_member(session, base, assistant, name="乙", phone="13900001111")
    gone = make_member(session, base, name="丙", left_at=AT)
    make_member(session, make_base(session), name="丁")
    make_shift(session, both, AT - 2 * DAY, AT - 2 * DAY + HOUR)
    make_shift(session, both, AT - HOUR, AT + HOUR)
    make_shift(session, both, AT + DAY, AT + DAY + HOUR)

    def names(**narrowed: object) -> list[str]:
        found = queries.members(session, base.id, MemberFilter(**narrowed), at=AT)  # type: ignore[arg-type]
        return [row.name for row in found]

    rows = {row.name: row for row in queries.members(session, base.id, MemberFilter(), at=AT)}
    assert set(rows) == {"甲", "乙"}
    assert (rows["甲"].role_codes, rows["甲"].role_names) == (["assistant", "director"], ["助播", "场控"])
    assert rows["甲"].next_shift == Range(AT - HOUR, AT + HOUR)
    assert (rows["乙"].next_shift, rows["乙"].phone) == (None, one.phone)
    assert names(role_code="director") == ["甲"]
    assert names(search="0001") == ["乙"]
    assert names(left=True) == [gone.name]
    first, second = queries.members(session, base.id, MemberFilter(), at=AT)
    page = queries.members(session, base.id, MemberFilter(), at=AT, after=(first.name, first.id), limit=5)
    assert page == [second]
