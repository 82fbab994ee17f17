"""Somebody stands at the desk: from the board it is a studio, a tenant, and they are in."""

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.occupancy.models import Stay
from tests.conftest import NOON
from tests.factories.bookings import make_booking
from tests.web.bookings.evening import Evening, hour


def walk_in(desk: FlaskClient, evening: Evening, room: int = 10, end: str = "2026-11-02T14:00", tenant: int = 0):  # type: ignore[no-untyped-def]
    values = {"studio": str(evening.studios[room].id), "tenant": str(evening.tenants[tenant].id), "end": end}
    return desk.post("/today/walk-in", data=values)


def walked_in(session: Session, evening: Evening, room: int = 10) -> Booking | None:
    session.expire_all()
    studio = evening.studios[room].id
    return session.scalars(sa.select(Booking).where(Booking.studio_id == studio, Booking.state == "checked_in")).first()


def test_the_board_leads_to_the_filled_form_and_the_form_back_to_the_board(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    board = desk.get("/today").text
    link = re.search(rf'id="free-{evening.studios[10].id}".*?href="([^"]+)"', board, re.S)
    assert link
    form = desk.get(link.group(1).replace("&amp;", "&")).text
    assert f'selected value="{evening.studios[10].id}"' in form
    assert 'value="2026-11-02T14:00"' in form  # two hours, unless somebody comes
    answer = walk_in(desk, evening)
    assert (answer.status_code, answer.location) == (303, "/today")
    booking = walked_in(session, evening)
    assert booking is not None
    stays = session.scalars(sa.select(Stay).where(Stay.booking_id == booking.id)).all()
    assert [stay.checked_out_at for stay in stays] == [None]
    page = desk.get("/today").text
    assert f'id="live-{booking.id}"' in page
    assert f"{evening.studios[10].code} is live" in page


def test_only_ends_that_leave_time_to_clean_are_offered(desk: FlaskClient, session: Session, evening: Evening) -> None:
    studio = evening.studios[13]
    make_booking(session, studio, evening.tenants[0], hour(NOON, 2), hour(NOON, 4))
    session.commit()
    form = desk.get(f"/today/walk-in?studio={studio.id}").text
    offered = re.findall(r'data-value="([^"]+)"', form)
    assert offered == ["2026-11-02T13:00", "2026-11-02T13:30"]
    assert 'value="2026-11-02T13:30"' in form


def test_a_studio_taken_meanwhile_is_refused_with_another_that_is_free(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    studio = evening.studios[10]
    make_booking(session, studio, evening.tenants[1], hour(NOON, 0), hour(NOON, 3))
    session.commit()
    answer = walk_in(desk, evening)
    assert answer.status_code == 409
    assert "Free instead:" in answer.text
    assert re.search(r'href="/today/walk-in\?studio=[0-9a-f-]+&amp;tenant=' + str(evening.tenants[0].id), answer.text)
    assert walked_in(session, evening) is None


@pytest.mark.parametrize("missing", ["studio", "tenant", "end"])
def test_what_is_missing_is_said_beside_its_field(desk: FlaskClient, evening: Evening, missing: str) -> None:
    values = {"studio": str(evening.studios[10].id), "tenant": str(evening.tenants[0].id), "end": "2026-11-02T14:00"}
    answer = desk.post("/today/walk-in", data=values | {missing: ""})
    assert answer.status_code == 422
    assert f'id="{missing}-error"' in answer.text


def test_an_end_that_has_passed_books_nothing(desk: FlaskClient, session: Session, evening: Evening) -> None:
    assert walk_in(desk, evening, end="2026-11-02T11:00").status_code == 422
    assert walked_in(session, evening) is None


def test_tenants_do_not_walk_in_by_themselves(scheduler: FlaskClient, evening: Evening) -> None:
    assert scheduler.get("/today/walk-in").status_code == 403
    assert walk_in(scheduler, evening).status_code == 403


def test_a_check_in_by_mistake_is_taken_back_on_the_board_and_says_why(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["late"]
    desk.post(f"/bookings/{booking.id}/check-in", data={"next": "/today"})
    page = desk.get("/today").text
    assert f'id="undo-{booking.id}"' in page
    assert f'id="undo-{evening.bookings["live"].id}"' not in page  # live for an hour and a half: its page asks why
    values = {"undo-reason": "Checked in by mistake at the desk", "next": "/today"}
    answer = desk.post(f"/bookings/{booking.id}/check-in-undoing", data=values)
    assert answer.location == "/today"
    session.expire_all()
    assert session.get_one(Booking, booking.id).state == "confirmed"
    assert "by mistake" in desk.get(f"/bookings/{booking.id}").text


def test_the_board_says_who_waits_behind_whoever_overruns(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    waiting = make_booking(session, evening.studios[2], evening.tenants[4], hour(NOON, 0.2), hour(NOON, 3))
    session.commit()
    row = desk.get("/today").text.split(f'id="live-{evening.bookings["overrun"].id}"')[1].split("</tr>")[0]
    assert "waits-now" in row
    assert evening.tenants[4].name in row
    assert "12:12" in row
    assert waiting.code not in row


def test_who_comes_later_today_stands_on_the_board_too(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/today").text
    later = page.split('id="later"')[1].split("</ul>")[0]
    assert f'id="later-{evening.bookings["ahead"].id}"' in later
    assert f'id="later-{evening.bookings["soon"].id}"' not in later
