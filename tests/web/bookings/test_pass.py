"""The pass of a booking on its page: for its tenant and the desk, as long as it opens a door."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models_passes import BookingPass
from shared_base.core.clock import FixedClock
from tests.web.bookings.evening import Evening


def code_on(page: str) -> str:
    """The code in figures, as somebody would type it."""
    shown = re.search(r'class="pass-code"[^>]*>(.*?)</p>', page, re.S)
    assert shown
    return "".join(re.findall(r"<span>(\w+)</span>", shown.group(1)))


def make_pass(client: FlaskClient, evening: Evening, kind: str = "arriving") -> str:
    booking = evening.bookings[kind]
    answer = client.post(f"/bookings/{booking.id}/pass")
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booking.id}/pass")
    return code_on(client.get(answer.location).text)


def test_a_pass_is_made_with_one_tap_and_says_where_and_when(scheduler: FlaskClient, evening: Evening) -> None:
    booking = evening.bookings["arriving"]
    before = scheduler.get(f"/bookings/{booking.id}/pass").text
    assert "No pass has been made" in before
    assert "<img" not in before
    make_pass(scheduler, evening)
    page = scheduler.get(f"/bookings/{booking.id}/pass").text
    for text in (evening.studios[5].code, "12:48", booking.code, "Opens the door once"):
        assert text in page
    assert re.search(r'<img src="data:image/svg\+xml', page)


def test_the_page_is_the_same_pass_each_time_until_a_new_one_is_made(scheduler: FlaskClient, evening: Evening) -> None:
    path = f"/bookings/{evening.bookings['arriving'].id}/pass"
    first = make_pass(scheduler, evening)
    assert code_on(scheduler.get(path).text) == first
    second = make_pass(scheduler, evening)
    assert second != first


def test_nothing_of_the_code_is_stored(scheduler: FlaskClient, session: Session, evening: Evening) -> None:
    code = make_pass(scheduler, evening)
    session.expire_all()
    stored = session.scalars(sa.select(BookingPass)).one()
    text = " ".join(str(value) for value in vars(stored).values())
    assert code not in text
    assert code[26:] not in text


def test_the_phone_is_told_to_keep_the_page_until_the_booking_is_over(scheduler: FlaskClient, evening: Evening) -> None:
    booking = evening.bookings["arriving"]
    path = f"/bookings/{booking.id}/pass"
    assert "Pass-Until" not in scheduler.get(path).headers
    make_pass(scheduler, evening)
    answer = scheduler.get(path)
    assert int(answer.headers["Pass-Until"]) == booking.during.upper.timestamp()
    assert answer.headers["Cache-Control"] == "no-store"  # nobody between us and the phone keeps it


def test_a_used_pass_shows_no_code_any_more(
    scheduler: FlaskClient, desk: FlaskClient, evening: Evening, clock: FixedClock
) -> None:
    code = make_pass(scheduler, evening)
    assert desk.post("/kiosk", data={"pass": code}).status_code == 200
    answer = scheduler.get(f"/bookings/{evening.bookings['arriving'].id}/pass")
    assert "a pass opens the door once" in answer.text
    assert "<img" not in answer.text
    assert "Pass-Until" not in answer.headers


def test_a_booking_that_lets_nobody_in_offers_no_pass(scheduler: FlaskClient, evening: Evening) -> None:
    for kind in ("cancelled", "live", "completed"):
        booking = evening.bookings[kind]
        page = scheduler.get(f"/bookings/{booking.id}/pass")
        if page.status_code == 404:  # another tenant's
            continue
        assert "Make the pass" not in page.text
        answer = scheduler.post(f"/bookings/{booking.id}/pass")
        assert answer.location == f"/bookings/{booking.id}"


def test_rivals_and_reviewers_find_no_pass(
    scheduler: FlaskClient, browser_of: Callable[..., FlaskClient], evening: Evening
) -> None:
    make_pass(scheduler, evening)
    path = f"/bookings/{evening.bookings['arriving'].id}/pass"
    assert browser_of("tenant_owner", tenant=1).get(path).status_code == 404
    assert browser_of("tenant_owner", tenant=1).post(path).status_code == 404
    assert browser_of("reviewer").get(path).status_code == 403


def test_the_worker_is_served_where_it_may_answer_for_bookings(scheduler: FlaskClient) -> None:
    with scheduler.get("/bookings/pass-worker.js") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "addEventListener" in answer.text


def test_the_address_in_the_code_leads_the_tenant_to_the_pass_and_the_desk_to_the_check_in(
    app: Flask, scheduler: FlaskClient, desk: FlaskClient, client: FlaskClient, evening: Evening
) -> None:
    code = make_pass(scheduler, evening)
    assert scheduler.get(f"/p/{code}").location == f"/bookings/{evening.bookings['arriving'].id}/pass"
    assert scheduler.get(f"/p/{'0' * 52}").status_code == 404
    page = desk.get(f"/p/{code}")
    assert page.status_code == 200
    assert f'value="{code}"' in page.text
    assert client.get(f"/p/{code}").location.startswith("/sign-in")
