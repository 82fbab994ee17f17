"""The people one looks after: who sees whom, and who may do what to them."""

import csv
import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.people.models import User
from shared_base.tenancy.models import Membership
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_tenant
from tests.web.people.conftest import PASSWORD

Open = Callable[..., FlaskClient]
Person = Callable[..., User]
Mails = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def town(session: Session, person: Person) -> dict[str, Any]:
    """Two bases with a tenant each, and somebody in every role."""
    here, there = make_base(session, name="万博基地"), make_base(session, name="冰城基地")
    ours, rival = make_tenant(session, here, name="星耀传媒"), make_tenant(session, there, name="云裳直播")
    return {
        "here": here,
        "there": there,
        "ours": ours,
        "rival": rival,
        "admin": person("admin", name="Adele Admin"),
        "operator": person("operator", base=here, name="Otto Operator"),
        "desk": person("front_desk", base=here, name="Fred Frontdesk"),
        "owner": person("tenant_owner", tenant=ours, name="Olga Owner"),
        "scheduler": person("tenant_scheduler", tenant=ours, name="Sara Scheduler"),
        "reviewer": person("reviewer", name="Rita Reviewer"),
        "elsewhere": person("operator", base=there, name="Edda Elsewhere"),
        "rival_owner": person("tenant_owner", tenant=rival, name="Rolf Rival"),
        "nobody": person(name="Nora Nobody"),
    }


SEEN = {
    "admin": {"Adele", "Otto", "Fred", "Olga", "Sara", "Rita", "Edda", "Rolf", "Nora"},
    "operator": {"Otto", "Fred", "Olga", "Sara"},
    "elsewhere": {"Edda", "Rolf"},
    "owner": {"Olga", "Sara"},
    "rival_owner": {"Rolf"},
}
EVERYBODY = SEEN["admin"]


@pytest.mark.parametrize("role", sorted(SEEN))
def test_each_sees_whom_they_look_after_in_list_export_and_page(town: dict[str, Any], at_home: Open, role: str) -> None:
    browser = at_home(town[role])
    page = browser.get("/people").text.partition("<main")[2]
    assert {name for name in EVERYBODY if name in page} == SEEN[role]
    rows = list(csv.reader(io.StringIO(browser.get("/people?format=csv").data.decode("utf-8-sig"))))
    assert {row[0].split()[0] for row in rows[1:]} == SEEN[role]
    for user in (value for value in town.values() if isinstance(value, User)):
        expected = 200 if user.name.split()[0] in SEEN[role] else 404
        assert browser.get(f"/people/{user.id}").status_code == expected, user.name


@pytest.mark.parametrize("role", ["desk", "scheduler", "reviewer", "nobody"])
def test_nobody_else_keeps_a_list_of_people(town: dict[str, Any], at_home: Open, role: str) -> None:
    browser = at_home(town[role])
    for path in ("/people", "/people/new", f"/people/{town['desk'].id}"):
        assert browser.get(path).status_code == 403
    assert browser.post("/people/new", data={}).status_code == 403


def test_an_operator_sees_of_a_person_only_the_roles_that_concern_the_base(
    session: Session, town: dict[str, Any], at_home: Open, clock: FixedClock
) -> None:
    session.add(Membership(user_id=town["desk"].id, role="operator", base_id=town["there"].id, created_at=clock.now()))
    session.commit()
    page = at_home(town["operator"]).get(f"/people/{town['desk'].id}").text.partition("<main")[2]
    assert "Front desk · 万博基地" in page
    assert "冰城基地" not in page
    assert "冰城基地" in at_home(town["admin"]).get(f"/people/{town['desk'].id}").text


def test_the_list_is_searched_filtered_sorted_and_exported(town: dict[str, Any], at_home: Open) -> None:
    browser = at_home(town["admin"])

    def names(query: str) -> list[str]:
        rows = csv.reader(io.StringIO(browser.get(f"/people?format=csv&{query}").data.decode("utf-8-sig")))
        return [row[0].split()[0] for row in rows][1:]

    assert names("q=oL") == ["Olga", "Rolf"]
    assert names("q=%25") == []  # a sign of LIKE means itself
    assert names("role=operator") == ["Edda", "Otto"]
    assert names("role=king&state=asleep&base=x&sort=shoe-size") == names("")
    assert names(f"base={town['here'].id}&sort=-name") == ["Otto", "Fred"]
    assert names(f"tenant={town['ours'].id}") == ["Olga", "Sara"]
    assert names("state=disabled") == []
    for sort in ("email", "-email", "state", "created", "-seen"):
        assert sorted(names(f"sort={sort}")) == sorted(EVERYBODY)
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/people?format=xlsx").data))
    assert book.active is not None
    assert [cell.value for cell in next(book.active.iter_rows())][:2] == ["Full name", "E-mail"]


def test_a_name_that_looks_like_a_formula_or_markup_is_text(
    session: Session, town: dict[str, Any], person: Person, at_home: Open
) -> None:
    person("operator", base=town["here"], name='=HYPERLINK("http://evil.example")')
    person("operator", base=town["here"], name="<img src=x onerror=alert(1)>")
    browser = at_home(town["admin"])
    assert "<img src=x" not in browser.get("/people").text
    assert "'=HYPERLINK" in browser.get("/people?format=csv").data.decode()
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/people?format=xlsx").data))
    assert book.active is not None
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


def test_the_list_pages_and_costs_the_same_number_of_queries_however_long_it_is(
    app: Flask, session: Session, town: dict[str, Any], person: Person, at_home: Open, connection: sa.Connection
) -> None:
    browser = at_home(town["admin"])
    statements: list[str] = []
    sa.event.listen(
        connection, "before_cursor_execute", lambda conn, cursor, statement, *rest: statements.append(statement)
    )

    def cost() -> int:
        statements.clear()
        browser.get("/people")
        return len(statements)

    few = cost()
    for number in range(60):
        person("operator", base=town["here"], name=f"Person {number:02}")
    assert cost() == few
    first = browser.get("/people?sort=-name").text
    assert "50 of 69" in first
    assert "cursor=50" in first
    second = browser.get("/people?sort=-name&cursor=50").text
    assert "19 of 69" in second
    for nonsense in ("-1", "x", "9" * 30, "1e3"):
        assert browser.get(f"/people?cursor={nonsense}").status_code == 200


def invite(browser: FlaskClient, role: str, **fields: str) -> Any:
    data = {"email": "new@example.com", "name": "新人", "role": role, "locale": "en", **fields}
    return browser.post("/people/new", data=data)


def test_an_operator_invites_to_the_own_base_and_a_mail_is_on_its_way(
    session: Session, town: dict[str, Any], at_home: Open, mails: Mails
) -> None:
    browser = at_home(town["operator"])
    page = browser.get("/people/new").text
    assert "Front desk · 万博基地" in page
    assert "冰城基地" not in page.partition("<main")[2]
    done = invite(browser, f"front_desk:{town['here'].id}")
    assert done.status_code == 303
    page = browser.get(done.location).text
    assert "on its way to new@example.com" in page
    assert [(mail["template"], mail["to"]) for mail in mails()] == [("invitation", "new@example.com")]
    assert browser.post(f"{done.location}/invitation").status_code == 303
    assert len(mails()) == 2


def test_roles_that_are_not_offered_are_refused_whatever_is_posted(
    session: Session, town: dict[str, Any], at_home: Open
) -> None:
    for role, wanted in (
        ("operator", "admin:"),
        ("operator", "reviewer:"),
        ("operator", f"operator:{town['there'].id}"),
        ("operator", f"tenant_owner:{town['rival'].id}"),
        ("operator", f"tenant_scheduler:{town['ours'].id}"),
        ("owner", f"front_desk:{town['here'].id}"),
        ("owner", f"tenant_owner:{town['rival'].id}"),
        ("operator", ""),
        ("operator", "nonsense"),
    ):
        browser = at_home(town[role])
        assert invite(browser, wanted).status_code == 422, wanted
        assert browser.post(f"/people/{town[role].id}/roles", data={"role": wanted}).status_code == 422, wanted
    assert not session.scalar(sa.select(User).filter_by(email="new@example.com"))


def test_bad_input_is_named_and_changes_nothing(session: Session, town: dict[str, Any], at_home: Open) -> None:
    browser = at_home(town["operator"])
    role = f"front_desk:{town['here'].id}"
    for fields, text in (
        ({"email": "nobody"}, "not an e-mail address"),
        ({"name": " "}, "required"),
        ({"email": town["desk"].email}, "already holds this role"),
        ({"email": town["reviewer"].email}, "is a reviewer"),
    ):
        refused = invite(browser, role, **fields)
        assert refused.status_code in (409, 422)
        assert text in refused.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 8


def test_an_owner_gives_and_ends_the_tenants_roles(session: Session, town: dict[str, Any], at_home: Open) -> None:
    browser = at_home(town["owner"])
    person_page = f"/people/{town['scheduler'].id}"
    given = browser.post(f"{person_page}/roles", data={"role": f"tenant_owner:{town['ours'].id}"})
    assert given.status_code == 303
    twice = browser.post(f"{person_page}/roles", data={"role": f"tenant_owner:{town['ours'].id}"})
    assert twice.status_code == 409
    assert "already holds" in twice.text
    held = session.scalars(sa.select(Membership.id).filter_by(user_id=town["scheduler"].id)).all()
    for membership_id in held:
        assert browser.post(f"{person_page}/roles/{membership_id}/end").status_code in (303, 404)
    rival = session.scalar(sa.select(Membership.id).filter_by(user_id=town["rival_owner"].id))
    assert browser.post(f"{person_page}/roles/{rival}/end").status_code == 404


def test_an_administrator_disables_enables_and_helps(
    session: Session, town: dict[str, Any], at_home: Open, stranger: Open, mails: Mails
) -> None:
    browser, eva = at_home(town["admin"]), town["desk"]
    theirs = at_home(eva)
    assert browser.post(f"/people/{eva.id}/password-reset").status_code == 303
    assert mails()[-1]["template"] == "password_reset"
    assert browser.post(f"/people/{eva.id}/two-step-reset").status_code == 303
    theirs = at_home(eva)
    assert browser.post(f"/people/{eva.id}/disabling").status_code == 303
    assert theirs.get("/account").status_code == 303
    assert stranger().post("/sign-in", data={"email": eva.email, "password": PASSWORD}).status_code == 401
    assert "Enable" in browser.get(f"/people/{eva.id}").text
    assert browser.post(f"/people/{eva.id}/enabling").status_code == 303
    assert stranger().post("/sign-in", data={"email": eva.email, "password": PASSWORD}).status_code == 303
    last = browser.post(f"/people/{town['admin'].id}/disabling")
    assert last.status_code == 409


def test_only_administrators_reach_those_deeds(town: dict[str, Any], at_home: Open) -> None:
    deeds = ("disabling", "enabling", "password-reset", "two-step-reset")
    for role in ("operator", "owner", "desk", "reviewer"):
        browser = at_home(town[role])
        for deed in deeds:
            assert browser.post(f"/people/{town['desk'].id}/{deed}").status_code == 403


def test_an_invitation_is_not_sent_again_to_who_took_it_up_or_is_out_of_sight(
    town: dict[str, Any], at_home: Open
) -> None:
    browser = at_home(town["operator"])
    assert browser.post(f"/people/{town['desk'].id}/invitation").status_code == 409
    for user_id in (town["elsewhere"].id, UUID(int=0)):
        assert browser.post(f"/people/{user_id}/invitation").status_code == 404
