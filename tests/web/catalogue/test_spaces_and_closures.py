"""The pages of spaces and closures of the chosen base."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.equipment.models import EquipmentKind, EquipmentUnit
from shared_base.resources.models import Allocation, Outage, Resource
from tests.factories.bookings import make_booking
from tests.factories.catalogue import LONG_AGO, make_outage, make_space, make_studio
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, words

ROOM = {
    "code": "B-1",
    "name": "一号",
    "kind": "studio",
    "area_m2": "30.5",
    "scene": "美妆",
    "buffer_minutes": "30",
    "in_service_from": "2026-01-01",
    "in_service_to": "",
    "notes": "",
}
CLOSURE = {"space": "base", "start": "2026-11-10T08:00", "end": "2026-11-10T20:00", "reason": "停电检修"}


def test_a_space_is_entered_changed_and_listed(operator: FlaskClient, session: Session, house: House) -> None:
    page = operator.post("/spaces/new", data=ROOM, follow_redirects=True)
    assert "30.5 ㎡" in words(page.text)
    space = session.scalars(sa.select(Space).where(Space.code == "B-1")).one()
    form = operator.get(f"/spaces/{space.id}/edit").text
    assert 'value="30.5"' in form
    operator.post(f"/spaces/{space.id}/edit", data=ROOM | {"name": "改名"})
    assert "改名" in words(operator.get("/spaces/").text)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "O-1"}, "code"),
        ({"code": ""}, "code"),
        ({"area_m2": "0"}, "area_m2"),
        ({"area_m2": "1e400"}, "area_m2"),
        ({"buffer_minutes": "721"}, "buffer_minutes"),
        ({"in_service_to": "2025-12-31"}, "in_service_to"),
        ({"in_service_from": "2027-02-29"}, "in_service_from"),
        ({"kind": "kitchen"}, "kind"),
    ],
)
def test_a_bad_value_is_told_beside_its_field_and_enters_nothing(
    operator: FlaskClient, session: Session, house: House, changes: dict[str, str], field: str
) -> None:
    before = set(session.scalars(sa.select(Space.code)))
    answer = operator.post("/spaces/new", data=ROOM | changes)
    assert answer.status_code in (409, 422)
    assert f'id="{field}-error"' in answer.text
    assert set(session.scalars(sa.select(Space.code))) == before


def test_the_front_desk_reads_spaces_and_closes_them_but_enters_and_changes_none(
    browser_of: Callable[..., FlaskClient], session: Session, house: House
) -> None:
    desk = browser_of("front_desk")
    page = desk.get(f"/spaces/{house.studios[0].id}").text
    assert "/edit" not in page
    assert desk.post("/spaces/new", data=ROOM).status_code == 403
    assert desk.post("/closures/new", data=CLOSURE).status_code == 303


def test_a_space_of_another_base_is_not_found(browser_of: Callable[..., FlaskClient], house: House) -> None:
    elsewhere = browser_of("elsewhere")
    for path in ("", "/edit"):
        assert elsewhere.get(f"/spaces/{house.studios[0].id}{path}").status_code == 404
    assert elsewhere.post(f"/spaces/{house.studios[0].id}/edit", data=ROOM).status_code == 404


def test_a_space_shows_who_is_in_it_next_and_who_has_it_whole(
    operator: FlaskClient, session: Session, house: House
) -> None:
    start = datetime(2026, 11, 3, 12, tzinfo=UTC)
    booking = make_booking(session, house.studios[0], house.own, start, start + timedelta(hours=2))
    past = make_booking(
        session, house.studios[0], house.own, start - timedelta(days=3), start - timedelta(days=2), state="completed"
    )
    session.commit()
    text = words(operator.get(f"/spaces/{house.studios[0].id}").text)
    assert booking.code in text
    assert past.code not in text
    assert "L-OWN" in words(operator.get(f"/spaces/{house.office.id}").text)


def test_a_space_says_on_which_floor_it_is(operator: FlaskClient, session: Session, house: House) -> None:
    page = operator.post("/spaces/new", data=ROOM | {"floor": "3F"}, follow_redirects=True)
    assert "Floor 3F" in words(page.text)
    assert "3F" in operator.get("/spaces/?format=csv").text
    space = session.scalars(sa.select(Space).where(Space.code == "B-1")).one()
    assert 'value="3F"' in operator.get(f"/spaces/{space.id}/edit").text
    bad = operator.post(f"/spaces/{space.id}/edit", data=ROOM | {"floor": "x" * 21})
    assert bad.status_code == 422
    assert 'id="floor-error"' in bad.text
    operator.post(f"/spaces/{space.id}/edit", data=ROOM | {"floor": ""})
    session.expire_all()
    assert space.floor is None


def test_spaces_are_filtered_sorted_and_exported(operator: FlaskClient, session: Session, house: House) -> None:
    make_studio(session, house.base, code="Z-9", scene="厨房", area_m2=900)
    session.commit()
    assert "O-1" not in words(operator.get("/spaces/?kind=studio").text)
    assert "Z-9" in words(operator.get("/spaces/?scene=厨房").text)
    by_area = words(operator.get("/spaces/?sort=-area").text)
    assert by_area.index("Z-9") < by_area.index("O-1")
    assert "Z-9" in operator.get("/spaces/?format=csv").text
    assert "No space matches" in words(operator.get("/spaces/?q=nothing").text)


def test_a_closure_lists_the_bookings_it_hits_and_is_called_off(
    operator: FlaskClient, session: Session, house: House
) -> None:
    start = datetime(2026, 11, 10, 4, tzinfo=UTC)
    hit = make_booking(session, house.studios[0], house.own, start, start + timedelta(hours=2))
    missed = make_booking(
        session, house.studios[0], house.own, start + timedelta(days=1), start + timedelta(days=1, hours=2)
    )
    session.commit()
    page = operator.post("/closures/new", data=CLOSURE | {"space": str(house.studios[0].id)}, follow_redirects=True)
    text = words(page.text)
    assert hit.code in text
    assert missed.code not in text
    assert house.own.contact_phone is not None
    assert house.own.contact_phone in text
    closure = session.scalars(sa.select(Outage)).one()
    operator.post(f"/closures/{closure.id}/cancellation")
    session.expire_all()
    assert session.scalars(sa.select(Outage)).one().cancelled_at is not None
    assert "Called off" in words(operator.get("/closures/").text)


def test_a_closure_of_the_whole_base_is_what_the_form_offers_first(operator: FlaskClient, house: House) -> None:
    form = operator.get("/closures/new").text
    assert '<option selected value="base">The whole base</option>' in form
    operator.post("/closures/new", data=CLOSURE)
    assert "The whole base" in words(operator.get("/closures/").text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"end": "2026-11-10T08:00"}, "end"),
        ({"start": "tomorrow"}, "Write a date and a time"),
        ({"reason": ""}, "required"),
        ({"space": "00000000-0000-0000-0000-000000000000"}, "Not a valid choice"),
    ],
)
def test_a_bad_closure_is_told_and_closes_nothing(
    operator: FlaskClient, session: Session, house: House, changes: dict[str, str], said: str
) -> None:
    answer = operator.post("/closures/new", data=CLOSURE | changes)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert session.scalars(sa.select(Outage)).all() == []


def test_closures_are_filtered_and_exported(operator: FlaskClient, session: Session, house: House) -> None:
    at = datetime(2026, 11, 5, tzinfo=UTC)
    make_outage(session, house.base, at, at + timedelta(hours=5), reason="放假")
    make_outage(session, house.base, at, at + timedelta(hours=5), space=house.studios[0], reason="检修")
    session.commit()
    assert "检修" not in words(operator.get("/closures/?space=base").text)
    assert "放假" not in words(operator.get(f"/closures/?space={house.studios[0].id}").text)
    assert "放假" in operator.get("/closures/?format=csv&space=base").text
    assert "No closure matches" in words(operator.get("/closures/?q=nothing").text)


@pytest.mark.parametrize("path", ["/spaces/", "/closures/", "/spaces/{room}", "/closures/{closure}"])
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient, session: Session, connection: sa.Connection, house: House, path: str
) -> None:
    at = datetime(2026, 11, 5, tzinfo=UTC)
    closure = make_outage(session, house.base, at, at + timedelta(days=9))
    make_booking(session, house.studios[0], house.own, at, at + timedelta(hours=1))
    session.commit()
    address = path.format(room=house.studios[0].id, closure=closure.id)
    with queries_counted(connection) as few:
        assert operator.get(address).status_code == 200
    for number in range(20):
        space = make_space(session, house.base)
        make_outage(session, house.base, at, at + timedelta(hours=5), space=space)
        make_outage(session, house.base, at, at + timedelta(hours=5), space=house.studios[0])
        start = at + timedelta(hours=2 * number + 2)
        make_booking(session, house.studios[0], house.rival, start, start + timedelta(hours=1))
    session.commit()
    with queries_counted(connection) as many:
        assert operator.get(address).status_code == 200
    assert len(many) == len(few), "\n".join(many)


def test_a_booking_that_is_hit_is_moved_from_the_list_and_the_mover_comes_back_to_it(
    operator: FlaskClient, session: Session, house: House
) -> None:
    start = datetime(2026, 11, 10, 4, tzinfo=UTC)
    make_booking(session, house.studios[0], house.own, start, start + timedelta(hours=2))
    session.commit()
    page = operator.post("/closures/new", data=CLOSURE | {"space": str(house.studios[0].id)}, follow_redirects=True)
    closure = session.scalars(sa.select(Outage)).one()
    ways = [unescape(way) for way in re.findall(r'href="(/bookings/[^"]+/move\?[^"]+)"', page.text)]
    # two other studios at the same time, and the next time of its own
    assert [f"studio={studio.id}" in way for way, studio in zip(ways, house.studios[1:], strict=False)] == [True, True]
    assert "start=2026-11-10T20:00&end=2026-11-10T22:00" in ways[2]
    form = operator.get(ways[0])
    assert f'<option selected value="{house.studios[1].id}">' in form.text
    action = unescape(re.findall(r'action="(/bookings/[^"]+/move[^"]*)"', form.text)[0])
    data = {"studio": str(house.studios[1].id), "start": "2026-11-10T12:00", "end": "2026-11-10T14:00", "host": ""}
    moved = operator.post(action, data=data)
    assert (moved.status_code, moved.location) == (303, f"/closures/{closure.id}")
    assert "It hits no booking" in words(operator.get(moved.location).text)


def test_the_way_back_from_a_move_leads_to_no_other_site(operator: FlaskClient, session: Session, house: House) -> None:
    start = datetime(2026, 11, 10, 4, tzinfo=UTC)
    booking = make_booking(session, house.studios[0], house.own, start, start + timedelta(hours=2))
    session.commit()
    data = {"studio": str(house.studios[1].id), "start": "2026-11-10T12:00", "end": "2026-11-10T14:00", "host": ""}
    moved = operator.post(f"/bookings/{booking.id}/move?next=//evil.example", data=data)
    assert (moved.status_code, moved.location) == (303, f"/bookings/{booking.id}")


def test_a_unit_is_closed_like_a_space_and_its_bookings_are_listed(
    operator: FlaskClient, session: Session, house: House
) -> None:
    camera = make_unit(session, house.base, tag="CAM-7")
    start = datetime(2026, 11, 10, 4, tzinfo=UTC)
    hit = make_booking(session, house.studios[0], house.own, start, start + timedelta(hours=2))
    session.add(
        Allocation(
            resource_id=camera, booking_id=hit.id, tenant_id=house.own.id, base_id=house.base.id, during=hit.during
        )
    )
    session.commit()
    address = f"/closures/new?space={camera}"
    assert "CAM-7" in operator.get(address).text
    page = operator.post(address, data=CLOSURE | {"space": str(camera)}, follow_redirects=True)
    assert hit.code in words(page.text)
    assert "CAM-7" in words(operator.get("/closures/").text)
    assert operator.get(f"/closures/new?space={house.host.id}").status_code == 404


def make_unit(session: Session, base: Base, *, tag: str) -> UUID:
    resource = Resource(kind="unit", base_id=base.id)
    kind = EquipmentKind(base_id=base.id, code="camera", name="摄像机", created_at=LONG_AGO)
    session.add_all([resource, kind])
    session.flush()
    session.add(EquipmentUnit(id=resource.id, base_id=base.id, kind_id=kind.id, tag=tag, created_at=LONG_AGO))
    session.flush()
    return resource.id
