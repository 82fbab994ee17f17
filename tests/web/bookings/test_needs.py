"""Kit, crew and samples on the pages: what is free is told, what is chosen is booked, what is short is named."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.queries_needs import kits
from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.factories.kit import hold, make_kind, make_member, make_role, make_sample, make_shift, make_unit
from tests.web.bookings.evening import Evening, hour

NIGHT = {"start": "2026-11-03T20:00", "end": "2026-11-04T02:00"}


@pytest.fixture
def stocked(session: Session, evening: Evening, clock: FixedClock) -> dict[str, Any]:
    """Three cameras (one built into A109), one 场控 on shift tomorrow night, a single sample and a lot of five."""
    camera = make_kind(session, evening.base)
    units = [make_unit(session, camera), make_unit(session, camera)]
    built_in = make_unit(session, camera, fixed_to=evening.studios[8])
    director = make_role(session, evening.base)
    member = make_member(session, evening.base, director)
    noon = hour(clock.now(), 24)
    make_shift(session, member, noon, noon + timedelta(hours=15))
    single, lot = make_sample(session, evening.base), make_sample(session, evening.base, quantity=5)
    session.commit()
    return {"units": units, "built_in": built_in, "member": member, "single": single, "lot": lot}


def wanted(evening: Evening, room: int = 8, **fields: Any) -> dict[str, Any]:
    return {
        "tenant": str(evening.tenants[0].id),
        "studio": str(evening.studios[room].id),
        "title": "Knitwear",
        **NIGHT,
        **fields,
    }


def new_booking(session: Session) -> Booking | None:
    return session.scalar(sa.select(Booking).where(Booking.title == "Knitwear"))


def test_the_form_tells_what_is_free_at_its_time_in_its_studio(
    scheduler: FlaskClient, evening: Evening, stocked: dict[str, Any]
) -> None:
    address = {**NIGHT, "studio": str(evening.studios[8].id)}
    assert "3 of 3 free" in scheduler.get("/bookings/new", query_string=address).text
    elsewhere = address | {"studio": str(evening.studios[9].id)}
    part = scheduler.get("/bookings/new/needs", query_string=elsewhere)
    assert "<html" not in part.text
    assert "2 of 2 free" in part.text
    assert "1 of 1 free" in part.text  # the 场控


def test_kit_crew_and_samples_are_booked_with_the_studio(
    scheduler: FlaskClient, session: Session, evening: Evening, stocked: dict[str, Any]
) -> None:
    fields = {
        "equipment.camera": "2",
        "crew.director": "1",
        f"sample.{stocked['lot'].id}": "3",
        "sample_search": stocked["single"].code.lower(),
    }
    answer = scheduler.post("/bookings/new", data=wanted(evening, **fields))
    assert answer.status_code == 303
    booking = new_booking(session)
    assert booking is not None
    kit = kits(session, [booking.id])[booking.id]
    assert str(stocked["built_in"].id) in {line["unit_id"] for line in kit.equipment}
    assert len(kit.equipment) == 2
    assert [line["name"] for line in kit.crew] == [stocked["member"].name]
    assert {(line["code"], line["quantity"]) for line in kit.samples} == {
        (stocked["single"].code, 1),
        (stocked["lot"].code, 3),
    }
    page = scheduler.get(answer.location).text
    for shown in (stocked["built_in"].tag, stocked["member"].name, stocked["single"].code, "× 3"):
        assert shown in page
    # the same again a week later asks for the same
    assert "equipment=camera:2&amp;" in page
    assert "crew=director:1" in page


def test_what_is_short_is_named_to_the_unit_with_three_kinds_of_ways_out(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock, stocked: dict[str, Any]
) -> None:
    start = hour(clock.now(), 32)  # tomorrow at 20:00
    assert start.isoformat() == "2026-11-03T12:00:00+00:00"
    other = make_booking(session, evening.studios[5], evening.tenants[3], start, hour(start, 3), title="Rival's")
    hold(session, other, stocked["units"][0].id)
    session.commit()
    # in A110 two can be carried there, of which one is away; in A109 one is built in
    answer = scheduler.post("/bookings/new", data=wanted(evening, 9, **{"equipment.camera": "2"}))
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert "1 of the 2 are free" in page
    assert f"{stocked['units'][0].tag} is with another booking" in page
    assert other.code not in page
    assert "Rival's" not in page
    ways = re.findall(r'href="(/bookings/new\?[^"]*)"', page)
    assert any(f"studio={evening.studios[8].id}" in way and "equipment=camera:2" in way for way in ways)
    assert any(f"studio={evening.studios[9].id}" in way and "start=2026-11-04T08:00" in way for way in ways)
    assert any(way.endswith("equipment=camera:1") for way in ways)
    assert "Without" in page
    assert new_booking(session) is None
    for way in ways:
        assert scheduler.get(way).status_code == 200


def test_the_desk_reads_whose_booking_has_the_unit(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock, stocked: dict[str, Any]
) -> None:
    start = hour(clock.now(), 32)
    other = make_booking(session, evening.studios[5], evening.tenants[3], start, hour(start, 3))
    hold(session, other, stocked["units"][0].id)
    session.commit()
    answer = desk.post("/bookings/new", data=wanted(evening, 9, **{"equipment.camera": "2"}))
    assert f"{stocked['units'][0].tag} is with {other.code}" in answer.text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"equipment.camera": "x"}, "A quantity is a whole number"),
        ({"equipment.camera": "-1"}, "A quantity is a whole number"),
        ({"equipment.drone": "1"}, "This base has no drone"),
        ({"sample.x": "1"}, "This sample is not known"),
        ({"sample_search": "SP-NONE"}, "No sample has the code SP-NONE"),
    ],
)
def test_needs_that_cannot_be_are_refused_with_what_to_do(
    scheduler: FlaskClient,
    session: Session,
    evening: Evening,
    stocked: dict[str, Any],
    fields: dict[str, str],
    says: str,
) -> None:
    answer = scheduler.post("/bookings/new", data=wanted(evening, **fields))
    assert answer.status_code == 422
    assert says in answer.text
    assert new_booking(session) is None


def test_samples_are_found_by_code_id_and_name_with_what_is_free(
    scheduler: FlaskClient, session: Session, evening: Evening, stocked: dict[str, Any]
) -> None:
    lot = stocked["lot"]
    for words in (lot.code, lot.code.lower(), str(lot.id), lot.name):
        hits = scheduler.get("/bookings/new/samples", query_string={**NIGHT, "sample_search": words}).text
        assert lot.code in hits
        assert "5 of 5 free" in hits
    assert "No sample is found" in scheduler.get("/bookings/new/samples?sample_search=100%25").text
    chosen = scheduler.get("/bookings/new/needs", query_string={**NIGHT, "add": str(lot.id)}).text
    assert f'name="sample.{lot.id}" value="1"' in chosen
    gone = {**NIGHT, f"sample.{lot.id}": "2", "drop": str(lot.id)}
    assert f"sample.{lot.id}" not in scheduler.get("/bookings/new/needs", query_string=gone).text


def test_a_search_finds_only_studios_with_the_kit(
    scheduler: FlaskClient, evening: Evening, stocked: dict[str, Any]
) -> None:
    page = scheduler.get("/find", query_string={**NIGHT, "equipment.camera": "3"}).text
    offered = [room.code for room in evening.studios if f"/bookings/new?studio={room.id}&amp;" in page]
    assert offered == ["A109"]
    assert "equipment=camera:3" in page  # the booking's form is asked for as much
    assert scheduler.get("/find", query_string={**NIGHT, "equipment": "camera:x"}).status_code == 200


def test_the_timeline_is_narrowed_to_studios_with_free_kit(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock, stocked: dict[str, Any]
) -> None:
    asked = {**NIGHT, "equipment": "camera:3"}
    assert desk.get("/timeline/kit", query_string=asked).json == {"studios": ["A109"]}
    start = hour(clock.now(), 32)
    other = make_booking(session, evening.studios[5], evening.tenants[3], start, hour(start, 3))
    hold(session, other, stocked["units"][0].id)
    session.commit()
    assert desk.get("/timeline/kit", query_string=asked).json == {"studios": []}
    two = desk.get("/timeline/kit", query_string=asked | {"equipment": "camera:2"}).json
    assert two == {"studios": ["A109"]}
    assert desk.get("/timeline/kit", query_string=asked | {"end": NIGHT["start"]}).status_code == 422
    table = {"date": "2026-11-02", "kit": "camera:3", "kit_from": NIGHT["start"], "kit_to": NIGHT["end"]}
    assert "Nothing is booked" in desk.get("/timeline/table", query_string=table).text


# — what is not agreed yet


def test_a_hold_is_made_confirmed_and_given_up_on_its_page(
    scheduler: FlaskClient, session: Session, evening: Evening, stocked: dict[str, Any]
) -> None:
    answer = scheduler.post("/bookings/new", data=wanted(evening, hold="1"))
    assert answer.status_code == 303
    booking = new_booking(session)
    assert booking is not None
    assert booking.state == "held"
    page = scheduler.get(answer.location).text
    assert "is held for you until" in page
    assert "data-hold-until=" in page
    assert scheduler.post(f"{answer.location}/confirmation").status_code == 303
    session.refresh(booking)
    assert booking.state == "confirmed"
    again = scheduler.post(f"{answer.location}/confirmation")
    assert again.status_code == 409
    other = scheduler.post("/bookings/new", data=wanted(evening, 9, hold="1", title="Second"))
    assert scheduler.post(f"{other.location}/hold-release").status_code == 303
    assert session.scalar(sa.select(Booking.state).where(Booking.title == "Second")) == "cancelled"


def test_a_hold_that_ran_out_is_not_confirmed(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock, stocked: dict[str, Any]
) -> None:
    address = scheduler.post("/bookings/new", data=wanted(evening, hold="1")).location
    clock.advance(timedelta(hours=3))
    assert "has run out" in scheduler.get(address).text
    assert scheduler.post(f"{address}/confirmation").status_code == 409


def test_a_request_is_decided_by_the_desk_alone(
    scheduler: FlaskClient, desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    start = hour(clock.now(), 32)
    asked = [
        make_booking(session, evening.studios[room], evening.tenants[0], start, hour(start, 3), state="requested")
        for room in (8, 9)
    ]
    session.commit()
    first, second = (f"/bookings/{booking.id}" for booking in asked)
    assert "Awaiting approval" in scheduler.get(first).text
    assert scheduler.post(f"{first}/approval").status_code == 403
    assert "Approve" in desk.get(first).text
    assert desk.post(f"{first}/approval").status_code == 303
    assert desk.post(f"{second}/refusal").status_code == 422
    assert desk.post(f"{second}/refusal", data={"decline-reason": "Stock-take"}).status_code == 303
    for booking in asked:
        session.refresh(booking)
    assert [booking.state for booking in asked] == ["confirmed", "cancelled"]
    assert "Stock-take" in scheduler.get(second).text


def test_a_rivals_hold_is_not_found(
    rival: FlaskClient, scheduler: FlaskClient, evening: Evening, stocked: dict[str, Any]
) -> None:
    address = scheduler.post("/bookings/new", data=wanted(evening, hold="1")).location
    for deed in ("confirmation", "hold-release"):
        assert rival.post(f"{address}/{deed}").status_code == 404
