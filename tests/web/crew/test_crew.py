"""The pages of the crew of the chosen base: members, shifts by the week, roles."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.crew.models import CrewMember, CrewRole, CrewShift
from tests.factories.bookings import make_booking
from tests.factories.kit import hold, make_member, make_role, make_shift
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, main_of, words

START = datetime(2026, 11, 3, 12, tzinfo=UTC)  # Tuesday 20:00 in Shanghai
HOUR = timedelta(hours=1)


@pytest.fixture
def director(session: Session, house: House) -> CrewRole:
    role = make_role(session, house.base)
    session.commit()
    return role


@pytest.fixture
def member(session: Session, house: House, director: CrewRole) -> CrewMember:
    found = make_member(session, house.base, director, name="丁一", phone="13900001111")
    session.commit()
    return found


def plan(member: CrewMember, /, **changes: object) -> dict[str, object]:
    return {"member": str(member.id), "begins": "17:00", "ends": "02:00", "first": "2026-11-03", "last": "", **changes}


def test_a_role_a_member_and_their_week_are_entered(operator: FlaskClient, session: Session, house: House) -> None:
    operator.post("/crew-roles/new", data={"code": "director", "name": "场控"})
    role = session.scalars(sa.select(CrewRole)).one()
    page = operator.post(
        "/crew/new", data={"name": "丁一", "phone": "139", "roles": [str(role.id)]}, follow_redirects=True
    )
    assert "场控" in words(page.text)
    member = session.scalars(sa.select(CrewMember)).one()
    week = operator.post(
        "/crew-shifts/new", data=plan(member, last="2026-11-08", weekdays=["1", "3"]), follow_redirects=True
    )
    assert "2 shifts of 丁一 were entered" in week.text
    assert "丁一 场控 — 17:00 – 02:00 — 17:00 – 02:00 — — —" in words(week.text)
    assert "1" in words(operator.get("/crew-roles/").text)
    next_week = words(operator.get("/crew-shifts/?week=2026-11-10").text)
    assert "17:00" not in next_week
    assert "丁一" in next_week


def test_a_shift_without_rest_is_refused_beside_its_field_with_the_way_out(
    operator: FlaskClient, session: Session, member: CrewMember
) -> None:
    operator.post("/crew-shifts/new", data=plan(member))
    answer = operator.post("/crew-shifts/new", data=plan(member, first="2026-11-04", begins="08:00", ends="12:00"))
    assert answer.status_code == 409
    assert 'id="begins-error"' in answer.text
    assert "the next may begin at 2026-11-04 13:00" in answer.text
    assert len(session.scalars(sa.select(CrewShift)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"begins": "25:00"}, "begins"),
        ({"ends": "late"}, "ends"),
        ({"first": ""}, "first"),
        ({"last": "2026-11-01"}, "last"),
        ({"last": "2026-11-04", "weekdays": ["6"]}, "weekdays"),
        ({"member": "nobody"}, "member"),
    ],
)
def test_a_bad_plan_is_told_beside_its_field_and_enters_nothing(
    operator: FlaskClient, session: Session, member: CrewMember, changes: dict[str, object], field: str
) -> None:
    answer = operator.post("/crew-shifts/new", data=plan(member, **changes))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert session.scalars(sa.select(CrewShift)).all() == []


def test_a_shift_is_changed_and_taken_off_and_tells_of_bookings_that_counted_on_it(
    operator: FlaskClient, session: Session, house: House, member: CrewMember
) -> None:
    shift = make_shift(session, member, START - HOUR, START + 6 * HOUR)
    hold(session, make_booking(session, house.studios[0], house.own, START, START + 4 * HOUR), member.id)
    session.commit()
    form = operator.get(f"/crew-shifts/{shift.id}/edit").text
    assert 'value="2026-11-03T19:00"' in form
    times = {"start": "2026-11-03T19:00", "end": "2026-11-03T22:00"}
    page = operator.post(f"/crew-shifts/{shift.id}/edit", data=times, follow_redirects=True)
    assert "1 booking to come counts on them" in page.text
    assert "19:00 – 22:00" in words(page.text)
    bad = operator.post(f"/crew-shifts/{shift.id}/edit", data=times | {"end": "2026-11-03T19:00"})
    assert bad.status_code == 422
    assert 'id="end-error"' in bad.text
    gone = operator.post(f"/crew-shifts/{shift.id}/removal", follow_redirects=True)
    assert "taken off" in gone.text
    assert session.scalars(sa.select(CrewShift.id)).all() == []


def test_who_leaves_is_off_the_list_with_whom_to_call_and_comes_back(
    operator: FlaskClient, session: Session, house: House, member: CrewMember
) -> None:
    make_shift(session, member, START, START + 6 * HOUR)
    booking = make_booking(session, house.studios[0], house.own, START, START + HOUR)
    hold(session, booking, member.id)
    session.commit()
    page = operator.post(f"/crew/{member.id}/departure", follow_redirects=True)
    assert "1 shift not begun was taken off" in page.text
    assert "1 booking to come counts on them" in page.text
    assert booking.code in words(page.text)
    assert "丁一" not in words(operator.get("/crew/").text)
    assert "丁一" in words(operator.get("/crew/?team=left").text)
    operator.post(f"/crew/{member.id}/return")
    assert "丁一" in words(operator.get("/crew/").text)


def test_a_members_page_edits_what_they_can_do(
    operator: FlaskClient, session: Session, house: House, member: CrewMember, director: CrewRole
) -> None:
    assistant = make_role(session, house.base, "assistant", "助播")
    session.commit()
    form = operator.get(f"/crew/{member.id}/edit").text
    assert form.count("checked") == 1
    operator.post(f"/crew/{member.id}/edit", data={"name": "丁一", "roles": [str(assistant.id)]})
    assert "助播" in words(operator.get(f"/crew/{member.id}").text)
    operator.post(f"/crew-roles/{assistant.id}/edit", data={"name": "副播"})
    assert "副播" in words(operator.get("/crew/").text)
    gone = operator.post(f"/crew-roles/{assistant.id}/retirement", follow_redirects=True)
    assert "1 member could take it" in gone.text
    assert "副播" not in main_of(operator.get("/crew/").text)


def test_members_and_weeks_are_filtered_and_exported(
    operator: FlaskClient, session: Session, house: House, member: CrewMember
) -> None:
    make_member(session, house.base, make_role(session, house.base, "assistant", "助播"), name="丁二")
    make_shift(session, member, START, START + 6 * HOUR)
    session.commit()
    for path in ("/crew/", "/crew-shifts/"):
        assert "丁一" not in words(operator.get(f"{path}?role=assistant").text)
        assert "丁二" not in words(operator.get(f"{path}?q=1111").text)
        assert "Nobody matches" in words(operator.get(f"{path}?q=nobody").text)
        assert operator.get(f"{path}?format=xlsx").data[:2] == b"PK"
    assert "丁一,场控,13900001111,2026-11-03T20:00:00+08:00" in operator.get("/crew/?format=csv").text
    week = operator.get("/crew-shifts/?format=csv&week=2026-11-04").text
    assert "丁一,场控,2026-11-03T20:00:00+08:00,2026-11-04T02:00:00+08:00" in week
    assert operator.get("/crew-shifts/?week=9999-99-99").status_code == 200
    assert operator.get("/crew-shifts/?week=0001-01-01").status_code == 200


def test_an_empty_base_says_what_to_do(operator: FlaskClient, house: House) -> None:
    for path in ("/crew/", "/crew-shifts/"):
        assert "Enter the roles first" in words(operator.get(path).text)
    assert "No role yet" in words(operator.get("/crew-roles/").text)
    assert "enter a member first" in words(operator.get("/crew-shifts/new").text)


def test_who_does_not_run_the_base_changes_nothing(
    browser_of: Callable[..., FlaskClient], session: Session, member: CrewMember, director: CrewRole
) -> None:
    shift = make_shift(session, member, START, START + HOUR)
    session.commit()
    deeds = (
        f"/crew/{member.id}/departure",
        f"/crew/{member.id}/edit",
        f"/crew-shifts/{shift.id}/edit",
        f"/crew-shifts/{shift.id}/removal",
        f"/crew-roles/{director.id}/retirement",
    )
    for role, status in (("front_desk", 403), ("elsewhere", 404), ("tenant_owner", 403), ("reviewer", 403)):
        browser = browser_of(role)
        for path in deeds:
            assert browser.post(path, data=plan(member)).status_code == status, (role, path)
    elsewhere = browser_of("elsewhere")
    assert elsewhere.get(f"/crew/{member.id}").status_code == 404
    assert "丁一" not in elsewhere.get("/crew/").text
    desk = browser_of("front_desk")
    for path in ("/crew/", "/crew-shifts/", "/crew-roles/", f"/crew/{member.id}"):
        page = desk.get(path)
        assert page.status_code == 200
        assert "/edit" not in main_of(page.text)
        assert 'method="post"' not in main_of(page.text)


@pytest.mark.parametrize("path", ["/crew/", "/crew-shifts/", "/crew-roles/", "/crew/{member}", "/crew-shifts/new"])
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient,
    session: Session,
    connection: sa.Connection,
    house: House,
    member: CrewMember,
    director: CrewRole,
    path: str,
) -> None:
    make_shift(session, member, START, START + HOUR)
    session.commit()
    address = path.format(member=member.id)
    with queries_counted(connection) as few:
        assert operator.get(address).status_code == 200
    for number in range(1, 15):
        other = make_member(session, house.base, director, make_role(session, house.base, f"role-{number}"))
        make_shift(session, other, START, START + HOUR)
        make_shift(session, member, START + number * timedelta(days=1), START + number * timedelta(days=1) + HOUR)
    session.commit()
    with queries_counted(connection) as many:
        assert operator.get(address).status_code == 200
    assert len(many) == len(few), "\n".join(many)
