"""The page that imports a calendar: shown first, booked as shown, and never more than the reader may."""

import html
import io
import re
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from shared_base.bookings.models import Booking
from tests.unit.calendars.test_entries import NIGHT, calendar
from tests.web.calendars.conftest import House, Open

NIGHTLY = f"UID:1\nSUMMARY:<b>每晚\n{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3"
HOLIDAY = "DTSTART;VALUE=DATE:20261111\nSUMMARY:双十一"


def send(browser: FlaskClient, house: House, data: bytes, **changed: Any) -> TestResponse:
    form = {
        "studio": str(house.studio.id),
        "tenant": str(house.tenant.id),
        "host": "",
        "until": "",
        "on_conflict": "refuse",
        "file": (io.BytesIO(data), "排期.ics"),
    }
    return browser.post("/bookings/import", data=form | changed, content_type="multipart/form-data")


def carried(page: TestResponse) -> dict[str, str]:
    """What the preview's own form sends on."""
    fields = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in fields}


def count(session: Session) -> int:
    found = session.scalar(sa.select(sa.func.count()).select_from(Booking)) or 0
    session.rollback()  # what the application does next is nobody's savepoint but its own
    return found


def test_a_calendar_is_shown_and_then_booked_as_shown(session: Session, house: House, at_home: Open) -> None:
    browser = at_home(house.scheduler)
    assert browser.get("/bookings/import").status_code == 200
    page = send(browser, house, calendar(NIGHTLY))
    assert page.status_code == 200, page.text
    assert "FREQ=DAILY; COUNT=3" in page.text
    assert "&lt;b&gt;每晚" in page.text
    assert count(session) == 0
    answer = browser.post("/bookings/import/commit", data=carried(page), content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    assert count(session) == 3
    again = browser.post("/bookings/import/commit", data=carried(page), content_type="multipart/form-data")
    assert again.status_code == 409
    assert count(session) == 3


def test_what_cannot_be_booked_is_named_and_may_be_left_out(session: Session, house: House, at_home: Open) -> None:
    browser = at_home(house.scheduler)
    page = send(browser, house, calendar(NIGHTLY, HOLIDAY))
    assert "lasts whole days" in page.text
    assert "Leave them out" in page.text
    sent = carried(page)
    assert sent["on_conflict"] == "skip"
    second = browser.post("/bookings/import", data=sent, content_type="multipart/form-data")
    assert "Book 3 sessions" in second.text
    done = browser.post("/bookings/import/commit", data=carried(second), content_type="multipart/form-data")
    assert done.status_code == 303
    assert count(session) == 3


def test_a_file_that_is_no_calendar_is_refused_at_its_field(house: House, at_home: Open, session: Session) -> None:
    browser = at_home(house.scheduler)
    for data in (b"PK\x03\x04", b"", b"BEGIN:VCALENDAR\r\n"):
        page = send(browser, house, data)
        assert page.status_code == 422
        assert "field-error" in page.text, data[:20]
    fields = {"studio": str(house.studio.id), "tenant": str(house.tenant.id), "on_conflict": "refuse"}
    large = browser.post("/bookings/import", data=fields | {"text": "BEGIN:VCALENDAR\n" + "x" * 600_000})
    assert large.status_code == 422
    assert "larger than 512 KB" in large.text
    assert count(session) == 0


def test_a_rivals_name_in_the_form_books_nothing_for_them(session: Session, house: House, at_home: Open) -> None:
    browser = at_home(house.scheduler)
    assert send(browser, house, calendar(NIGHTLY), tenant=str(house.rival.id)).status_code == 422
    assert send(browser, house, calendar(NIGHTLY), studio="nonsense").status_code == 422
    assert count(session) == 0
