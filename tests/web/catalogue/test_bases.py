"""The pages of bases: entered, changed, opened at other hours, recognised."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, OpeningHours, Recognition
from tests.factories.catalogue import make_base
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, main_of, words

NEW = {
    "code": "WB",
    "name": "万博基地",
    "tier": "medium",
    "division_code": "440113",
    "timezone": "Asia/Shanghai",
    "lettable_area_m2": "2600",
    "operator_uscc": "",
    "opens": "08:00",
    "closes": "02:00",
}


def codes(session: Session) -> set[str]:
    return set(session.scalars(sa.select(Base.code)))


def test_an_administrator_enters_a_base_that_closes_after_midnight(
    browser_of: Callable[..., FlaskClient], session: Session, house: House
) -> None:
    page = browser_of("admin").post("/bases/new", data=NEW, follow_redirects=True)
    text = words(page.text)
    assert "万博基地" in text
    assert "08:00–02:00 (+1)" in text
    assert "none today" in text
    base = session.scalars(sa.select(Base).where(Base.code == "WB")).one()
    hours = session.scalars(sa.select(OpeningHours).where(OpeningHours.base_id == base.id)).one()
    assert (hours.opens_minute, hours.closes_minute) == (480, 1560)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "HRB"}, "code"),
        ({"division_code": "44"}, "division_code"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"lettable_area_m2": "NaN"}, "lettable_area_m2"),
        ({"lettable_area_m2": "0"}, "lettable_area_m2"),
        ({"operator_uscc": "123"}, "operator_uscc"),
        ({"opens": "25:00"}, "opens"),
        ({"closes": "half past"}, "closes"),
        ({"name": ""}, "name"),
    ],
)
def test_a_bad_value_is_told_beside_its_field_and_enters_nothing(
    browser_of: Callable[..., FlaskClient], session: Session, house: House, changes: dict[str, str], field: str
) -> None:
    before = codes(session)
    answer = browser_of("admin").post("/bases/new", data=NEW | changes)
    assert answer.status_code in (409, 422)
    assert f'id="{field}-error"' in answer.text
    assert codes(session) == before


def test_an_operator_enters_no_base_and_changes_only_those_it_runs(operator: FlaskClient, house: House) -> None:
    assert operator.get("/bases/new").status_code == 403
    assert operator.post("/bases/new", data=NEW).status_code == 403
    assert operator.get("/bases/PYW").status_code == 404
    assert operator.post("/bases/PYW/edit", data=NEW).status_code == 404
    assert operator.post("/bases/PYW/opening-hours", data={"opens": "08:00"}).status_code == 404


def test_an_edit_form_shows_what_is_stored_and_saves_what_is_changed(
    operator: FlaskClient, session: Session, house: House
) -> None:
    form = operator.get("/bases/HRB/edit").text
    assert 'value="5000"' in form
    operator.post("/bases/HRB/edit", data=NEW | {"name": "改名基地"})
    session.expire_all()
    assert session.get_one(Base, house.base.id).name == "改名基地"


def test_a_base_says_how_long_its_crew_rests_between_shifts(
    operator: FlaskClient, session: Session, house: House
) -> None:
    assert 'value="660"' in operator.get("/bases/HRB/edit").text
    assert operator.post("/bases/HRB/edit", data=NEW | {"crew_rest_minutes": "600"}).status_code == 303
    assert "600 min" in words(operator.get("/bases/HRB").text)
    operator.post("/bases/HRB/edit", data=NEW)
    session.expire_all()
    assert session.get_one(Base, house.base.id).crew_rest_minutes == 600, "what is not said stays"
    bad = operator.post("/bases/HRB/edit", data=NEW | {"crew_rest_minutes": "2881"})
    assert bad.status_code == 422
    assert 'id="crew_rest_minutes-error"' in bad.text


def test_new_opening_hours_hold_from_their_day_on(operator: FlaskClient, session: Session, house: House) -> None:
    refused = operator.post("/bases/HRB/opening-hours", data={"opens": "9", "closes": "24:00", "first": "2026-12-01"})
    assert refused.status_code == 422
    assert 'id="opens-error"' in refused.text
    later = {"opens": "09:00", "closes": "24:00", "first": "2026-12-01"}
    page = operator.post("/bases/HRB/opening-hours", data=later, follow_redirects=True)
    text = words(page.text)
    assert "09:00" in text
    assert "24:00" in text
    rules = session.scalars(sa.select(OpeningHours).where(OpeningHours.base_id == house.base.id)).all()
    assert len(rules) == 2


def test_a_recognition_is_entered_and_one_that_overlaps_is_refused(
    operator: FlaskClient, session: Session, house: House
) -> None:
    before = session.scalars(sa.select(Recognition.id).where(Recognition.base_id == house.base.id)).all()
    answer = operator.post("/bases/HRB/recognitions", data={"number": "2", "first": "2026-01-01", "last": ""})
    assert answer.status_code == 409
    assert "Another recognition holds on some of these days" in words(answer.text)
    assert session.scalars(sa.select(Recognition.id).where(Recognition.base_id == house.base.id)).all() == before


def test_a_recognition_that_ends_before_it_begins_is_told_beside_its_field(
    browser_of: Callable[..., FlaskClient], session: Session, house: House
) -> None:
    base = make_base(session, code="NEU", recognised=None)
    session.commit()
    admin = browser_of("admin")
    form = {"number": "1", "first": "2026-05-01", "last": "2026-04-30"}
    answer = admin.post("/bases/NEU/recognitions", data=form)
    assert answer.status_code == 422
    assert 'id="last-error"' in answer.text
    assert admin.post("/bases/NEU/recognitions", data=form | {"last": "2027-04-30"}).status_code == 303
    stored = session.scalars(sa.select(Recognition).where(Recognition.base_id == base.id)).one()
    assert stored.valid.upper == date(2027, 5, 1)


def test_a_list_of_bases_asks_no_more_for_more_bases(
    browser_of: Callable[..., FlaskClient], session: Session, connection: sa.Connection, house: House
) -> None:
    admin = browser_of("admin")
    for path in ("/bases/", "/bases/HRB"):
        with queries_counted(connection) as few:
            assert admin.get(path).status_code == 200
        for _ in range(10):
            make_base(session)
        session.commit()
        with queries_counted(connection) as many:
            assert admin.get(path).status_code == 200
        assert len(many) == len(few), "\n".join(many)


def test_a_base_says_whether_it_is_open_and_recognised_today(operator: FlaskClient, house: House) -> None:
    text = words(operator.get("/bases/HRB").text)
    assert "round the clock" in text
    assert "recognised" in text
    assert "Studios in service 3" in text
    assert 'method="post"' in main_of(operator.get("/bases/HRB").text)
