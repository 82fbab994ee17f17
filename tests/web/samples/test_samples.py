"""The pages of samples of the chosen base."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.samples.models import Sample
from tests.factories.bookings import make_booking
from tests.factories.kit import hold, make_sample
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, main_of, words

START = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIPSTICK = {"code": "SP-1", "name": "口红", "sku": "K-1", "quantity": "1"}


def test_a_sample_is_entered_changed_and_listed(operator: FlaskClient, session: Session, house: House) -> None:
    page = operator.post("/samples/new", data=LIPSTICK, follow_redirects=True)
    assert "Single item" in words(page.text)
    sample = session.scalars(sa.select(Sample)).one()
    assert 'value="SP-1"' in operator.get(f"/samples/{sample.id}/edit").text
    operator.post(f"/samples/{sample.id}/edit", data=LIPSTICK | {"counted": "y", "quantity": "1200"})
    assert "口红 SP-1 K-1 Counted lot 1,200" in words(operator.get("/samples/").text)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "TAKEN"}, "code"),
        ({"name": ""}, "name"),
        ({"quantity": "2"}, "quantity"),
        ({"quantity": "-1", "counted": "y"}, "quantity"),
        ({"quantity": "some"}, "quantity"),
    ],
)
def test_a_bad_value_is_told_beside_its_field_and_enters_nothing(
    operator: FlaskClient, session: Session, house: House, changes: dict[str, str], field: str
) -> None:
    make_sample(session, house.base, code="TAKEN")
    session.commit()
    answer = operator.post("/samples/new", data=LIPSTICK | changes)
    assert answer.status_code in (409, 422)
    assert f'id="{field}-error"' in answer.text
    assert session.scalars(sa.select(Sample.code)).all() == ["TAKEN"]


def test_a_sample_retired_lists_whom_to_call_and_comes_back(
    operator: FlaskClient, session: Session, house: House
) -> None:
    sample = make_sample(session, house.base)
    booking = make_booking(session, house.studios[0], house.own, START, START + HOUR)
    hold(session, booking, sample.id)
    session.commit()
    page = operator.post(f"/samples/{sample.id}/retirement", follow_redirects=True)
    assert "1 booking to come counts on it" in page.text
    assert booking.code in words(page.text)
    assert sample.code not in words(operator.get("/samples/").text)
    operator.post(f"/samples/{sample.id}/return")
    assert sample.code in words(operator.get("/samples/").text)


def test_a_lot_that_has_become_too_small_says_so(operator: FlaskClient, session: Session, house: House) -> None:
    lot = make_sample(session, house.base, quantity=5)
    booking = make_booking(session, house.studios[0], house.own, START, START + HOUR)
    hold(session, booking, lot.id, quantity=4)
    session.commit()
    fewer = {"code": lot.code, "name": lot.name, "counted": "y", "quantity": "3"}
    page = operator.post(f"/samples/{lot.id}/edit", data=fewer, follow_redirects=True)
    assert "hold up to 4 at once; there are 3" in words(page.text)
    assert "1 booking to come counts on it" in page.text
    single = operator.post(f"/samples/{lot.id}/edit", data={"code": lot.code, "name": lot.name, "quantity": "1"})
    assert single.status_code == 409
    assert 'id="counted-error"' in single.text


def test_samples_are_filtered_sorted_and_exported(operator: FlaskClient, session: Session, house: House) -> None:
    make_sample(session, house.base, code="A-1", name="面膜", quantity=9)
    make_sample(session, house.base, code="B-1", name="口红")
    session.commit()
    assert "B-1" not in words(operator.get("/samples/?q=面膜").text)
    assert "A-1" not in words(operator.get("/samples/?way=single").text)
    down = words(operator.get("/samples/?sort=-code").text)
    assert down.index("B-1") < down.index("A-1")
    assert "No sample matches" in words(operator.get("/samples/?q=nothing").text)
    assert "A-1,面膜,,Counted lot,9," in operator.get("/samples/?format=csv").text
    assert operator.get("/samples/?format=xlsx").data[:2] == b"PK"


def test_a_long_list_pages_without_a_gap(operator: FlaskClient, session: Session, house: House) -> None:
    for number in range(105):
        make_sample(session, house.base, code=f"P-{number:03d}")
    session.commit()
    first = operator.get("/samples/").text
    assert "P-099" in first
    assert "P-100" not in first
    cursor = first.split("cursor=")[1].split('"')[0]
    second = operator.get(f"/samples/?cursor={cursor}").text
    assert all(f"P-{number}" in second for number in range(100, 105))
    assert "P-099" not in second


def test_who_does_not_run_the_base_changes_nothing(
    browser_of: Callable[..., FlaskClient], session: Session, house: House
) -> None:
    sample = make_sample(session, house.base)
    session.commit()
    assert "No sample" not in words(browser_of("front_desk").get("/samples/").text)
    assert "/edit" not in main_of(browser_of("front_desk").get(f"/samples/{sample.id}").text)
    for role, status in (("front_desk", 403), ("elsewhere", 404), ("tenant_owner", 403), ("reviewer", 403)):
        browser = browser_of(role)
        for deed in ("retirement", "return", "edit"):
            assert browser.post(f"/samples/{sample.id}/{deed}", data=LIPSTICK).status_code == status, (role, deed)
    assert browser_of("elsewhere").get(f"/samples/{sample.id}").status_code == 404
    assert sample.code not in browser_of("elsewhere").get("/samples/").text
    assert "Enter what bookings can take" in words(browser_of("elsewhere").get("/samples/").text)


@pytest.mark.parametrize("path", ["/samples/", "/samples/{lot}"])
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient, session: Session, connection: sa.Connection, house: House, path: str
) -> None:
    lot = make_sample(session, house.base, quantity=100)
    hold(session, make_booking(session, house.studios[0], house.own, START, START + HOUR), lot.id, quantity=1)
    session.commit()
    address = path.format(lot=lot.id)
    with queries_counted(connection) as few:
        assert operator.get(address).status_code == 200
    for number in range(1, 15):
        make_sample(session, house.base)
        start = START + number * 2 * HOUR
        hold(session, make_booking(session, house.studios[0], house.own, start, start + HOUR), lot.id, quantity=2)
    session.commit()
    with queries_counted(connection) as many:
        assert operator.get(address).status_code == 200
    assert len(many) == len(few), "\n".join(many)
