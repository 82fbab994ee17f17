"""Changing a booking: moved by form or by the timeline's JSON, extended, given back, described, cancelled."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.occupancy.models import Stay
from shared_base.resources.models import Allocation
from tests.web.bookings.evening import Evening


def stored(session: Session, booking: Booking) -> Booking:
    session.expire_all()
    return session.get_one(Booking, booking.id)


def address(booking: Booking, deed: str = "") -> str:
    return f"/bookings/{booking.id}{'/' + deed if deed else ''}"


def move_form(evening: Evening, booking: Booking, room: int, **fields: Any) -> dict[str, Any]:
    return {
        "studio": str(evening.studios[room].id),
        "start": "2026-11-02T15:00",
        "end": "2026-11-02T18:00",
        "host": "",
        "version": str(booking.version),
        **fields,
    }


def test_a_booking_is_moved_without_a_mouse(desk: FlaskClient, session: Session, evening: Evening) -> None:
    booking = evening.bookings["ahead"]
    page = desk.get(address(booking, "move")).text
    assert 'value="2026-11-02T15:00"' in page
    answer = desk.post(address(booking, "move"), data=move_form(evening, booking, 9, start="2026-11-02T16:30"))
    assert (answer.status_code, answer.location) == (303, address(booking))
    moved = stored(session, booking)
    assert moved.studio_id == evening.studios[9].id
    assert moved.during.lower.isoformat() == "2026-11-02T08:30:00+00:00"
    history = desk.get(address(booking)).text
    assert f"Studio: {evening.studios[7].code} → {evening.studios[9].code}" in history
    assert "Start: " in history
    assert "Li Xue" in history


def test_moving_onto_another_booking_is_refused_with_ways_out_that_keep_it_the_same_booking(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["ahead"]
    answer = desk.post(address(booking, "move"), data=move_form(evening, booking, 5))
    assert answer.status_code == 409
    assert evening.bookings["arriving"].code in answer.text
    assert f'href="{address(booking, "move")}?' in answer.text
    assert stored(session, booking).studio_id == evening.studios[7].id


def test_a_time_left_alone_in_the_form_keeps_its_seconds(desk: FlaskClient, session: Session, evening: Evening) -> None:
    booking = evening.bookings["live"]
    start, end = booking.during.lower + timedelta(seconds=17), booking.during.upper + timedelta(seconds=5)
    booking.during = Range(start, end)
    session.commit()
    form = move_form(evening, booking, 9, start="2026-11-02T10:30", end="2026-11-02T16:00")
    assert desk.post(address(booking, "move"), data=form).status_code == 303
    moved = stored(session, booking)
    assert (moved.studio_id, moved.during) == (evening.studios[9].id, Range(start, end))


def test_a_form_sent_back_as_it_came_changes_nothing(desk: FlaskClient, session: Session, evening: Evening) -> None:
    booking = evening.bookings["ahead"]
    form = move_form(evening, booking, 7)
    assert desk.post(address(booking, "move"), data=form).status_code == 303
    assert stored(session, booking).version == 1
    assert "Nothing was changed" in desk.get(address(booking)).text


def test_a_form_over_an_older_version_is_refused(desk: FlaskClient, session: Session, evening: Evening) -> None:
    booking = evening.bookings["ahead"]
    answer = desk.post(address(booking, "move"), data=move_form(evening, booking, 9, version="7"))
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.text
    assert stored(session, booking).studio_id == evening.studios[7].id


def dragged(evening: Evening, room: int, start: str, end: str, **fields: Any) -> dict[str, Any]:
    return {"resource": str(evening.studios[room].id), "start": start, "end": end, **fields}


AFTERNOON = ("2026-11-02T15:00:00+08:00", "2026-11-02T18:00:00+08:00")


def test_a_drag_is_answered_with_where_the_booking_now_stands(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["ahead"]
    answer = desk.post(address(booking, "move"), json=dragged(evening, 9, *AFTERNOON, version=booking.version))
    assert answer.status_code == 200
    moved = stored(session, booking)
    assert answer.json is not None
    assert answer.json["event"] == {
        "id": str(booking.id),
        "resource": str(evening.studios[9].id),
        "start": moved.during.lower.isoformat(),
        "end": moved.during.upper.isoformat(),
        "version": 2,
    }
    assert moved.version == 2


def test_a_drag_onto_another_booking_is_answered_with_a_problem_and_alternatives(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["ahead"]
    answer = desk.post(address(booking, "move"), json=dragged(evening, 5, *AFTERNOON))
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    problem = answer.json
    assert problem is not None
    assert evening.studios[5].code in problem["detail"]
    assert all(set(way) == {"label", "url"} for way in problem["alternatives"])
    assert all(desk.get(way["url"]).status_code == 200 for way in problem["alternatives"])
    assert problem["alternatives"]
    assert stored(session, booking).version == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resource": "x"}, 422),
        ({"start": "tonight"}, 422),
        ({"end": "2026-11-02T18:00"}, 422),
        ({"end": "2026-11-02T14:00:00+08:00"}, 422),
        ({"start": "2026-11-01T15:00:00+08:00"}, 422),
        ({"resource": "00000000-0000-0000-0000-000000000000"}, 404),
        ({"version": 9}, 409),
    ],
)
def test_a_drag_that_cannot_be_is_a_problem_that_says_why(
    desk: FlaskClient, session: Session, evening: Evening, body: dict[str, Any], status: int
) -> None:
    booking = evening.bookings["ahead"]
    answer = desk.post(address(booking, "move"), json=dragged(evening, 9, *AFTERNOON) | body)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["detail"]
    assert stored(session, booking).version == 1


def test_a_body_that_is_no_object_is_a_problem(desk: FlaskClient, evening: Evening) -> None:
    path = address(evening.bookings["ahead"], "move")
    for body in ("[]", "x", "", "null"):
        assert desk.post(path, data=body, content_type="application/json").status_code == 422


def test_without_its_token_a_drag_changes_nothing(
    app: Flask, desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["ahead"]
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = desk.post(address(booking, "move"), json=dragged(evening, 9, *AFTERNOON))
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 400
    assert stored(session, booking).version == 1


def test_a_live_booking_goes_on_in_another_studio_as_a_second_stay(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["live"]
    start, end = (at.astimezone().isoformat() for at in (booking.during.lower, booking.during.upper))
    answer = desk.post(address(booking, "move"), json=dragged(evening, 9, start, end))
    assert answer.status_code == 200
    stays = session.scalars(sa.select(Stay).where(Stay.booking_id == booking.id).order_by(Stay.checked_in_at)).all()
    assert [stay.studio_id for stay in stays] == [evening.studios[0].id, evening.studios[9].id]
    assert stays[0].checked_out_at == stays[1].checked_in_at
    page = desk.get(address(booking)).text
    assert page.count(evening.studios[9].code) >= 2


@pytest.mark.parametrize(("end", "status"), [("2026-11-02T17:00", 303), ("2026-11-02T15:00", 422), ("", 422)])
def test_an_extension_ends_later_or_is_refused(
    scheduler: FlaskClient, session: Session, evening: Evening, end: str, status: int
) -> None:
    booking = evening.bookings["live"]  # until 16:00
    answer = scheduler.post(address(booking, "extension"), data={"end": end})
    assert answer.status_code == status
    upper = stored(session, booking).during.upper.isoformat()
    assert upper == ("2026-11-02T09:00:00+00:00" if status == 303 else "2026-11-02T08:00:00+00:00")


def test_an_extension_into_the_next_booking_is_refused_on_the_bookings_page(
    desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["live"]
    answer = desk.post(address(booking, "extension"), data={"end": "2026-11-03T12:00"})
    assert answer.status_code == 422  # across the hours in which the base is shut
    answer = desk.post(address(evening.bookings["arriving"], "extension"), data={"end": "2026-11-02T16:30"})
    assert answer.status_code == 303
    moved = desk.post(
        address(evening.bookings["ahead"], "move"),
        json=dragged(evening, 5, "2026-11-02T17:00:00+08:00", "2026-11-02T18:00:00+08:00"),
    )
    assert moved.status_code == 200
    answer = desk.post(address(evening.bookings["arriving"], "extension"), data={"end": "2026-11-02T17:30"})
    assert answer.status_code == 409
    assert evening.bookings["ahead"].code in answer.text
    assert "/move?" in answer.text


def test_the_rest_of_a_live_booking_is_given_back(scheduler: FlaskClient, session: Session, evening: Evening) -> None:
    booking = evening.bookings["live"]
    answer = scheduler.post(address(booking, "release"), data={"until": "2026-11-02T13:00"})
    assert answer.status_code == 303
    after = stored(session, booking)
    assert after.state == "checked_in"
    assert after.released_at is not None
    assert after.released_at.isoformat() == "2026-11-02T05:00:00+00:00"
    page = scheduler.get(address(booking)).text
    assert "Gave the rest of the time back" in page
    assert "/extension" not in page


@pytest.mark.parametrize("until", ["2026-11-02T11:00", "2026-11-02T16:00", "x"])
def test_time_is_given_back_only_while_there_is_some(
    scheduler: FlaskClient, session: Session, evening: Evening, until: str
) -> None:
    answer = scheduler.post(address(evening.bookings["live"], "release"), data={"until": until})
    assert answer.status_code == 422
    assert stored(session, evening.bookings["live"]).released_at is None


def test_a_cancelled_booking_frees_its_studio_and_says_why(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["arriving"]
    assert scheduler.post(address(booking, "cancellation"), data={"reason": ""}).status_code == 422
    assert stored(session, booking).state == "confirmed"
    answer = scheduler.post(address(booking, "cancellation"), data={"reason": "The host is ill"})
    assert answer.status_code == 303
    assert stored(session, booking).state == "cancelled"
    held = sa.select(sa.func.count()).where(Allocation.booking_id == booking.id, Allocation.live)
    assert session.scalar(held) == 0
    page = scheduler.get(address(booking)).text
    assert "The host is ill" in page
    assert "/cancellation" not in page


def test_what_has_begun_is_cancelled_by_the_desk_only(
    scheduler: FlaskClient, desk: FlaskClient, rival: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["overdue"]  # of the rival
    assert rival.post(address(booking, "cancellation"), data={"reason": "late"}).status_code == 409
    assert scheduler.post(address(booking, "cancellation"), data={"reason": "late"}).status_code == 404
    assert stored(session, booking).state == "confirmed"
    assert desk.post(address(booking, "cancellation"), data={"reason": "they called"}).status_code == 303
    assert stored(session, booking).state == "cancelled"


def test_what_it_is_about_is_said_anew_and_what_it_was_stays_readable(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["live"]
    old = booking.title
    answer = scheduler.post(address(booking, "edit"), data={"title": "Double Eleven", "platform": "快手"})
    assert answer.status_code == 303
    assert stored(session, booking).title == "Double Eleven"
    page = scheduler.get(address(booking)).text
    assert f"Title: {old} → Double Eleven" in page
    assert scheduler.post(address(booking, "edit"), data={"title": "x" * 201}).status_code == 422


@pytest.mark.parametrize("kind", ["completed", "no_show", "cancelled"])
def test_what_has_ended_is_offered_no_deed_and_takes_none(
    desk: FlaskClient, session: Session, evening: Evening, kind: str
) -> None:
    booking = evening.bookings[kind]
    page = desk.get(address(booking)).text
    main = page.split('id="main"')[1].split("</main>")[0]
    assert "<form" not in main
    assert desk.post(address(booking, "cancellation"), data={"reason": "x"}).status_code == 409
    assert desk.post(address(booking, "move"), json=dragged(evening, 9, *AFTERNOON)).status_code == 409
    assert stored(session, booking).state == kind


def test_every_deed_that_a_page_offers_is_one_that_the_room_accepts(desk: FlaskClient, evening: Evening) -> None:
    offered = {
        kind: {
            deed
            for deed in (
                "check-in",
                "check-out",
                "no-show",
                "move",
                "extension",
                "release",
                "cancellation",
                "check-in-undoing",
            )
            if f'/{deed}"' in desk.get(address(booking)).text
        }
        for kind, booking in evening.bookings.items()
    }
    assert offered["live"] == {"check-out", "move", "extension", "release", "check-in-undoing"}
    assert offered["overdue"] == {"check-in", "no-show", "move", "extension", "cancellation"}
    assert offered["late"] == {"check-in", "move", "extension", "cancellation"}
    assert offered["arriving"] == {"check-in", "move", "extension", "cancellation"}
    assert offered["ahead"] == {"move", "extension", "cancellation"}
