"""The tablet at the door: a pass lets in once, in big words; what everybody in the hall reads names nobody."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.core.clock import FixedClock
from shared_base.occupancy import arrivals
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_user
from tests.web.bookings.evening import FIRMS, TITLES, Evening
from tests.web.bookings.test_pass import make_pass


def card(page: str) -> str:
    """What the screen says, without its markup."""
    found = re.search(r'id="kiosk-result"[^>]*>(.*?)<div class="kiosk-ready">', page, re.S)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(1))).strip()


def test_the_screen_is_ready_and_shows_who_comes_next_by_studio_only(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/kiosk").text
    assert "Show your pass" in page
    assert card(page) == ""
    assert re.search(rf"12:48.*{evening.studios[5].code}", page, re.S)
    for name in (*FIRMS, *filter(None, TITLES), *(host.stage_name for host in evening.hosts)):
        assert name not in page


def test_a_pass_lets_in_and_says_which_studio(
    scheduler: FlaskClient, desk: FlaskClient, session: Session, evening: Evening
) -> None:
    booking = evening.bookings["arriving"]
    code = make_pass(scheduler, evening)
    answer = desk.post("/kiosk", data={"pass": f"http://127.0.0.1:8000/p/{code}\r\n"})
    assert answer.status_code == 200
    assert "Please come in" in card(answer.text)
    assert evening.studios[5].code in card(answer.text)
    session.expire_all()
    assert session.get_one(Booking, booking.id).state == "checked_in"


def test_a_pass_shown_again_is_refused_in_words_and_changes_nothing(
    scheduler: FlaskClient, desk: FlaskClient, evening: Evening
) -> None:
    code = make_pass(scheduler, evening)
    desk.post("/kiosk", data={"pass": code})
    answer = desk.post("/kiosk", data={"pass": code})
    assert answer.status_code == 409
    assert card(answer.text).startswith("Checked in already")
    assert "Pass refused at the door" in desk.get(f"/bookings/{evening.bookings['arriving'].id}").text


def test_too_early_says_when_to_come_back(
    browser_of: Callable[..., FlaskClient], desk: FlaskClient, evening: Evening
) -> None:
    owner = browser_of("tenant_owner", tenant=2)
    code = make_pass(owner, evening, "ahead")
    answer = desk.post("/kiosk", data={"pass": code})
    assert answer.status_code == 409
    assert re.match("Too early .*14:00", card(answer.text))


@pytest.mark.parametrize("shown", ["", "https://pay.example/134567890123456789", "0" * 52, "\x00<img onerror=a(1)>"])
def test_whatever_else_is_held_before_the_scanner_is_no_pass_of_ours(desk: FlaskClient, shown: str) -> None:
    answer = desk.post("/kiosk", data={"pass": shown})
    assert answer.status_code == 404
    assert card(answer.text).startswith("Not a pass of this house")
    assert "<img onerror" not in answer.text


def test_guessing_is_stopped_and_says_so(desk: FlaskClient) -> None:
    for _ in range(arrivals.UNKNOWN_CODES.allowed):
        desk.post("/kiosk", data={"pass": "0" * 52})
    answer = desk.post("/kiosk", data={"pass": "0" * 52})
    assert answer.status_code == 429
    assert "Too many attempts" in card(answer.text)


def test_refusals_are_told_in_the_readers_language(desk: FlaskClient, evening: Evening) -> None:
    desk.set_cookie("locale", "zh_Hans_CN")
    text = card(desk.post("/kiosk", data={"pass": "0" * 52}).text)
    assert re.match("[\u4e00-\u9fff]", text), text


@pytest.mark.parametrize("role", ["tenant_owner", "tenant_scheduler", "reviewer"])
def test_only_the_desk_reads_passes(browser_of: Callable[..., FlaskClient], role: str) -> None:
    browser = browser_of(role)
    assert browser.get("/kiosk").status_code == 403
    assert browser.post("/kiosk", data={"pass": "0" * 52}).status_code == 403


def test_a_pass_is_refused_at_the_door_of_another_base(
    scheduler: FlaskClient, at_home: Callable[..., FlaskClient], session: Session, evening: Evening, clock: FixedClock
) -> None:
    code = make_pass(scheduler, evening)
    elsewhere = at_home(make_user(session, "front_desk", base=make_base(session)))
    answer = elsewhere.post("/kiosk", data={"pass": code})
    assert answer.status_code == 409
    assert card(answer.text).startswith("For another base")
