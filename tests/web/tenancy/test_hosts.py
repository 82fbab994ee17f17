"""The pages of hosts: enrolled, checked by name at the desk, consented for, renamed, gone and back."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.tenancy.models import Host
from tests.factories.tenancy import make_host, make_id_number
from tests.web.tenancy.house import House, words


def enrolment(house: House, **changes: str) -> dict[str, str]:
    number = make_id_number(date(2000, 3, 4), 321)
    return {"tenant": str(house.own.id), "stage_name": "晚风", "real_name": "林晚", "id_number": number, **changes}


def hosts(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Host)) or 0


@pytest.mark.parametrize("role", ["front_desk", "tenant_scheduler"])
def test_staff_and_the_tenant_itself_enrol_a_host_whose_number_nobody_reads_back(
    browser_of: Callable[..., FlaskClient], session: Session, house: House, role: str
) -> None:
    form = enrolment(house)
    page = browser_of(role).post("/hosts/new", data=form, follow_redirects=True)
    assert page.status_code == 200
    assert "晚风" in words(page.text)
    assert form["id_number"] not in page.text
    assert f"{form['id_number'][:6]}********{form['id_number'][-4:]}" in page.text
    assert "Nobody has checked the real name yet" in words(page.text)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("110105194912310021", "check digit does not fit"),
        ("1101051949123100", "17 digits and a check digit"),
        ("110105199902300025", "no date of birth"),
    ],
)
def test_a_wrong_identity_number_is_told_beside_its_field_and_enrols_nobody(
    owner: FlaskClient, session: Session, house: House, number: str, said: str
) -> None:
    before = hosts(session)
    answer = owner.post("/hosts/new", data=enrolment(house, id_number=number))
    assert answer.status_code == 422
    assert said in answer.text.split('id="id_number-error"')[1].split("</p>")[0]
    assert hosts(session) == before


def test_nobody_below_sixteen_is_enrolled(owner: FlaskClient, session: Session, house: House) -> None:
    before = hosts(session)
    answer = owner.post("/hosts/new", data=enrolment(house, id_number=make_id_number(date(2010, 11, 3), 7)))
    assert answer.status_code == 409
    assert "is not 16 yet" in words(answer.text)
    assert hosts(session) == before


def test_somebody_who_is_in_the_team_already_is_pointed_to(owner: FlaskClient, session: Session, house: House) -> None:
    form = enrolment(house)
    first = owner.post("/hosts/new", data=form)
    again = owner.post("/hosts/new", data=form | {"stage_name": "another"})
    assert again.status_code == 409
    assert first.location in again.text


def test_the_desk_checks_the_real_name_and_the_page_says_who_and_when(
    browser_of: Callable[..., FlaskClient], session: Session, house: House
) -> None:
    host = make_host(session, house.own, checked=False)
    session.commit()
    page = browser_of("front_desk").post(f"/hosts/{host.id}/real-name-check", follow_redirects=True)
    assert house.people["front_desk"].name in words(page.text)
    session.expire_all()
    assert session.get_one(Host, host.id).real_name_checked_by == house.people["front_desk"].id


def test_a_tenant_is_told_to_go_to_the_desk_and_is_not_offered_the_check(
    owner: FlaskClient, session: Session, house: House
) -> None:
    host = make_host(session, house.own, checked=False)
    session.commit()
    page = owner.get(f"/hosts/{host.id}")
    assert "to the front desk with the identity card" in words(page.text)
    assert "real-name-check" not in page.text


def test_a_guardians_consent_is_asked_for_below_eighteen_only(
    operator: FlaskClient, session: Session, house: House
) -> None:
    minor = make_host(session, house.own, born_on=date(2009, 6, 1))
    session.commit()
    assert "a guardian's consent is needed" in words(operator.get(f"/hosts/{minor.id}").text)
    assert operator.post(f"/hosts/{minor.id}/consent", data={"guardian_name": ""}).status_code == 422
    page = operator.post(f"/hosts/{minor.id}/consent", data={"guardian_name": "林父"}, follow_redirects=True)
    assert "林父" in words(page.text)
    assert "may present" in words(page.text)
    grown = operator.post(f"/hosts/{house.host.id}/consent", data={"guardian_name": "林父"})
    assert grown.status_code == 409


def test_a_host_leaves_and_comes_back(owner: FlaskClient, session: Session, house: House) -> None:
    address = f"/hosts/{house.host.id}"
    owner.post(f"{address}/departure")
    owner.get(address)  # the page that says so once
    assert "小鹿" not in words(owner.get("/hosts/").text)
    assert "小鹿" in words(owner.get("/hosts/?team=all").text)
    owner.post(f"{address}/return")
    assert "小鹿" in words(owner.get("/hosts/").text)


def test_a_name_on_air_is_changed_by_the_tenant(owner: FlaskClient, session: Session, house: House) -> None:
    assert owner.post(f"/hosts/{house.host.id}/name", data={"stage_name": " "}).status_code == 422
    assert "小鹿同学" in words(
        owner.post(f"/hosts/{house.host.id}/name", data={"stage_name": "小鹿同学"}, follow_redirects=True).text
    )


def test_a_list_is_filtered_by_check_and_exports_masked_numbers(
    operator: FlaskClient, session: Session, house: House
) -> None:
    waiting = make_host(session, house.own, checked=False, stage_name="未核验")
    session.commit()
    assert "未核验" in words(operator.get("/hosts/?checked=no").text)
    assert "小鹿" not in words(operator.get("/hosts/?checked=no").text)
    sheet = operator.get("/hosts/?format=csv").text
    assert waiting.id_number_masked in sheet
