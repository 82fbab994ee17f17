"""The desk's board: each booking stands where the desk has to act on it."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_outage
from tests.web.bookings.evening import Evening, hour


def test_each_booking_stands_in_the_list_that_says_what_to_do(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/today").text
    rows = {
        kind: [where for where in ("live", "overdue", "arriving", "leaving") if f'id="{where}-{booking.id}"' in page]
        for kind, booking in evening.bookings.items()
    }
    assert {kind: where for kind, where in rows.items() if where} == {
        "live": ["live"],
        "leaving": ["live", "leaving"],
        "overrun": ["live"],
        "overdue": ["overdue"],
        "late": ["overdue"],
        "arriving": ["arriving"],
        "soon": ["arriving"],
    }


def test_the_board_says_since_when_until_when_and_how_late(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/today").text
    for text in ("Over by 24 min", "Not here for 36 min", "Not here for 6 min", "in 48 min", "in 1 h 30 min", "in 4 h"):
        assert text in page
    assert 'datetime="2026-11-02T02:24:00+00:00">10:24<' in page  # checked in at, not planned at
    assert "doors open at" in page
    assert 'href="tel:13800000000"' in page


def test_figures_of_the_day_are_those_of_its_bookings(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/today").text
    figures = [part.split(">")[1].split("<")[0] for part in page.split('<span class="figure"')[1:7]]
    # live, not here, over time, arriving, free, sessions
    assert figures[:4] == ["3", "2", "1", "2"]
    assert "1 completed · 1 no-show" in page
    assert "3 studios in use" in page


def test_a_closure_names_the_bookings_it_hits(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/today").text
    assert f"{evening.studios[6].code} is closed and hits 1 booking of today" in page
    assert page.count("绿幕更换") == 1  # hits nobody: told aside, not as a warning


def test_a_closure_of_the_whole_base_hits_every_booking_in_its_time(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    make_outage(session, evening.base, hour(clock.now(), 2), hour(clock.now(), 3), reason="消防演练")
    session.commit()
    page = desk.get("/today").text
    assert "The whole base is closed and hits 5 bookings of today" in page


def test_free_studios_say_until_when_and_are_booked_no_longer(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    make_booking(session, evening.studios[13], evening.tenants[0], hour(clock.now(), 1.5), hour(clock.now(), 3))
    session.commit()
    page = desk.get("/today").text
    free = page.split(f'id="free-{evening.studios[13].id}"')[1].split("</li>")[0]
    assert "13:30" in free
    assert "end=2026-11-02T13:00" in free  # its clean-down ends before the next begins
    closed = page.split(f'id="free-{evening.studios[6].id}"')[1].split("</li>")[0]
    assert "13:00" in closed  # closes for repairs then
    empty = page.split(f'id="free-{evening.studios[10].id}"')[1].split("</li>")[0]
    assert "all day" in empty
    assert "end=2026-11-02T14:00" in empty


def test_the_board_is_renewed_as_a_part_of_the_page(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/today").text
    assert 'hx-get="/today/board"' in page
    assert 'hx-swap="innerMorph"' in page
    part = desk.get("/today/board").text
    assert "<html" not in part
    assert f'id="live-{evening.bookings["live"].id}"' in part


def test_a_studio_in_which_somebody_overruns_is_not_free(
    desk: FlaskClient, evening: Evening, clock: FixedClock
) -> None:
    clock.advance(timedelta(minutes=30))  # past the clean-down of the one that overruns
    page = desk.get("/today").text
    assert f'id="live-{evening.bookings["overrun"].id}"' in page
    assert f'id="free-{evening.studios[2].id}"' not in page


def test_a_quiet_base_says_so(
    browser_of: Callable[..., FlaskClient], evening: Evening, session: Session, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=9))
    for kind in ("live", "leaving", "overrun"):
        evening.bookings[kind].state = "completed"
    page = browser_of("front_desk").get("/today").text
    for text in ("Nobody is live", "Nobody is due"):
        assert text in page
    assert 'id="overdue"' not in page
