"""The pages of equipment of the chosen base: units and kinds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from tests.factories.bookings import make_booking
from tests.factories.kit import hold, make_kind, make_unit
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, main_of, words

START = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def camera(session: Session, house: House) -> EquipmentKind:
    kind = make_kind(session, house.base)
    session.commit()
    return kind


def unit_form(kind: EquipmentKind, **changes: str) -> dict[str, str]:
    return {"kind": str(kind.id), "tag": "CAM-1", "serial": "SN1", "fixed_to": "", **changes}


def test_a_kind_then_a_unit_is_entered_changed_and_listed(
    operator: FlaskClient, session: Session, house: House
) -> None:
    answer = operator.post("/equipment-kinds/new", data={"code": "camera", "name": "相机"})
    kind = session.scalars(sa.select(EquipmentKind)).one()
    assert str(kind.id) in answer.location
    studio = house.studios[0]
    page = operator.post("/equipment/new", data=unit_form(kind, fixed_to=str(studio.id)), follow_redirects=True)
    assert studio.code in words(page.text)
    unit = session.scalars(sa.select(EquipmentUnit)).one()
    form = operator.get(f"/equipment/{unit.id}/edit").text
    assert f'selected value="{studio.id}"' in form
    operator.post(f"/equipment/{unit.id}/edit", data=unit_form(kind, tag="CAM-9"))
    session.expire_all()
    assert (unit.tag, unit.fixed_to) == ("CAM-9", None)
    operator.post(f"/equipment-kinds/{kind.id}/edit", data={"name": "摄像机"})
    assert "CAM-9 摄像机 SN1 Portable" in words(operator.get("/equipment/").text)
    assert "摄像机 camera 1 1 0 0" in words(operator.get("/equipment-kinds/").text)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tag": ""}, "tag"),
        ({"tag": "CAM-0"}, "tag"),
        ({"serial": "x" * 101}, "serial"),
        ({"fixed_to": "x"}, "fixed_to"),
    ],
)
def test_a_bad_value_is_told_beside_its_field_and_enters_nothing(
    operator: FlaskClient, session: Session, camera: EquipmentKind, changes: dict[str, str], field: str
) -> None:
    make_unit(session, camera, tag="CAM-0")
    session.commit()
    answer = operator.post("/equipment/new", data=unit_form(camera, **changes))
    assert answer.status_code in (409, 422)
    assert f'id="{field}-error"' in answer.text
    assert session.scalars(sa.select(EquipmentUnit.tag)).all() == ["CAM-0"]


def test_a_unit_retired_lists_whom_to_call_and_comes_back(
    operator: FlaskClient, session: Session, house: House, camera: EquipmentKind
) -> None:
    unit = make_unit(session, camera)
    booking = make_booking(session, house.studios[0], house.own, START, START + HOUR)
    hold(session, booking, unit.id)
    session.commit()
    page = operator.post(f"/equipment/{unit.id}/retirement", follow_redirects=True)
    assert "1 booking to come holds it" in page.text
    text = words(page.text)
    assert booking.code in text
    assert "Call the tenants" in text
    assert house.own.contact_phone is not None
    assert house.own.contact_phone in text
    assert unit.tag not in words(operator.get("/equipment/").text)
    assert unit.tag in words(operator.get("/equipment/?state=retired").text)
    operator.post(f"/equipment/{unit.id}/return")
    assert unit.tag in words(operator.get("/equipment/").text)


def test_a_kind_is_retired_with_its_units(
    operator: FlaskClient, session: Session, house: House, camera: EquipmentKind
) -> None:
    unit = make_unit(session, camera)
    booking = make_booking(session, house.studios[0], house.own, START, START + HOUR)
    hold(session, booking, unit.id)
    session.commit()
    page = operator.post(f"/equipment-kinds/{camera.id}/retirement", follow_redirects=True)
    assert "1 booking to come holds one of its units" in page.text
    assert unit.tag in words(page.text)
    again = operator.post(f"/equipment-kinds/{camera.id}/retirement", follow_redirects=True)
    assert "retired already" in again.text


def test_units_are_filtered_sorted_and_exported(
    operator: FlaskClient, session: Session, house: House, camera: EquipmentKind
) -> None:
    light = make_kind(session, house.base, "key_light", "主灯")
    make_unit(session, camera, tag="A-1", serial="=1+1")
    make_unit(session, light, tag="B-1", fixed_to=house.studios[0])
    session.commit()
    assert "B-1" not in words(operator.get("/equipment/?kind=camera").text)
    assert "A-1" not in words(operator.get("/equipment/?place=fixed").text)
    assert "A-1" not in words(operator.get("/equipment/?q=主灯").text)
    down = words(operator.get("/equipment/?sort=-tag").text)
    assert down.index("B-1") < down.index("A-1")
    assert "No equipment matches" in words(operator.get("/equipment/?q=nothing").text)
    csv = operator.get("/equipment/?format=csv").text
    assert "'=1+1" in csv
    assert "B-1" in csv
    assert operator.get("/equipment/?format=xlsx").data[:2] == b"PK"
    assert "key_light,主灯,1,0,1,0" in operator.get("/equipment-kinds/?format=csv").text


def test_an_empty_base_says_what_to_do(operator: FlaskClient, house: House) -> None:
    assert "Enter a kind first" in words(operator.get("/equipment/").text)
    assert "No kind of equipment yet" in words(operator.get("/equipment-kinds/").text)
    assert "enter that first" in words(operator.get("/equipment/new").text)


def test_the_front_desk_looks_up_and_changes_nothing(
    browser_of: Callable[..., FlaskClient], session: Session, camera: EquipmentKind
) -> None:
    unit = make_unit(session, camera)
    session.commit()
    desk = browser_of("front_desk")
    for path in ("/equipment/", "/equipment-kinds/", f"/equipment/{unit.id}"):
        page = desk.get(path)
        assert page.status_code == 200
        assert "/edit" not in main_of(page.text)
        assert 'method="post"' not in main_of(page.text)
    for path in ("/equipment/new", f"/equipment/{unit.id}/retirement", f"/equipment-kinds/{camera.id}/retirement"):
        assert desk.post(path, data=unit_form(camera)).status_code == 403


def test_another_bases_staff_and_tenants_find_nothing(
    browser_of: Callable[..., FlaskClient], session: Session, camera: EquipmentKind
) -> None:
    unit = make_unit(session, camera)
    session.commit()
    elsewhere = browser_of("elsewhere")
    assert unit.tag not in elsewhere.get("/equipment/").text
    for path in (f"/equipment/{unit.id}", f"/equipment/{unit.id}/edit", f"/equipment-kinds/{camera.id}/edit"):
        assert elsewhere.get(path).status_code == 404
    for path in ("retirement", "return", "edit"):
        assert elsewhere.post(f"/equipment/{unit.id}/{path}", data=unit_form(camera)).status_code == 404
    assert elsewhere.post(f"/equipment-kinds/{camera.id}/retirement").status_code == 404
    assert elsewhere.post("/equipment/new", data=unit_form(camera)).status_code == 422, "their base has no such kind"
    for role in ("tenant_owner", "tenant_scheduler", "reviewer"):
        assert browser_of(role).get("/equipment/").status_code == 403
    session.expire_all()
    assert (unit.retired_at, unit.tag) == (None, unit.tag)


@pytest.mark.parametrize("path", ["/equipment/", "/equipment-kinds/", "/equipment/{unit}", "/equipment/new"])
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient, session: Session, connection: sa.Connection, house: House, camera: EquipmentKind, path: str
) -> None:
    unit = make_unit(session, camera, fixed_to=house.studios[0])
    hold(session, make_booking(session, house.studios[0], house.own, START, START + HOUR), unit.id)
    session.commit()
    address = path.format(unit=unit.id)
    with queries_counted(connection) as few:
        assert operator.get(address).status_code == 200
    for number in range(1, 15):
        make_unit(session, make_kind(session, house.base, f"kind-{number}"), fixed_to=house.studios[1])
        start = START + number * 2 * HOUR
        hold(session, make_booking(session, house.studios[0], house.own, start, start + HOUR), unit.id)
    session.commit()
    with queries_counted(connection) as many:
        assert operator.get(address).status_code == 200
    assert len(many) == len(few), "\n".join(many)


def test_the_pages_are_chinese_too(browser_of: Callable[..., FlaskClient], camera: EquipmentKind) -> None:
    page = browser_of("operator", language="zh_Hans_CN").get("/equipment/")
    assert page.status_code == 200
    assert 'aria-current="page"' in page.text
