"""Finding a studio by its time: what is free is one tap from a booking; nothing free, the nearest times are."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.factories.catalogue import make_outage
from tests.factories.tenancy import make_lease
from tests.web.bookings.evening import Evening, hour

TONIGHT = {"start": "2026-11-02T20:00", "end": "2026-11-03T02:00"}


def offered(page: str, evening: Evening) -> set[int]:
    """Indices of the studios that have a button to book them."""
    return {index for index, room in enumerate(evening.studios) if f"/bookings/new?studio={room.id}&amp;" in page}


def test_without_a_word_it_looks_for_tonight(scheduler: FlaskClient, evening: Evening) -> None:
    page = scheduler.get("/find").text
    assert "start=2026-11-02T20:00&amp;end=2026-11-03T02:00" in page
    assert 'aria-current="true"' in page.split("Quick picks")[1].split("</nav>")[0]
    assert offered(page, evening)


def test_once_eight_has_passed_tonight_begins_at_the_next_quarter(
    scheduler: FlaskClient, evening: Evening, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=9, minutes=7))
    assert "start=2026-11-02T21:15&amp;end=2026-11-03T03:15" in scheduler.get("/find").text


def test_only_what_is_free_for_the_whole_time_is_offered(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    make_lease(session, evening.tenants[1], evening.base, spaces=[evening.studios[10]])
    session.commit()
    page = scheduler.get("/find?start=2026-11-02T12:30&end=2026-11-02T16:00").text
    # booked: 0, 1, 3, 4, 5 and 7, clean-downs included; closed: 6 and 12; let whole to another: 10
    assert offered(page, evening) == {2, 8, 9, 11, 13}


def test_a_studio_let_whole_is_offered_to_its_own_tenant(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    make_lease(session, evening.tenants[0], evening.base, spaces=[evening.studios[10]])
    session.commit()
    assert 10 in offered(scheduler.get("/find", query_string=TONIGHT).text, evening)


def test_scene_and_area_narrow_the_search(scheduler: FlaskClient, evening: Evening) -> None:
    page = scheduler.get("/find", query_string=TONIGHT | {"scene": "厨房"}).text
    assert {evening.studios[index].scene for index in offered(page, evening)} == {"厨房"}
    page = scheduler.get("/find", query_string=TONIGHT | {"min_area": "50"}).text
    assert {evening.studios[index].area_m2 >= 50 for index in offered(page, evening)} == {True}


@pytest.mark.parametrize("least", ["x", "-1", "NaN", "Infinity", "1e99", "１２.５", "0"])
def test_an_area_that_is_none_narrows_nothing(scheduler: FlaskClient, evening: Evening, least: str) -> None:
    assert scheduler.get("/find", query_string=TONIGHT | {"min_area": least}).status_code == 200


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2026-11-02T20:00", "2026-11-02T02:00", "must end after it starts"),
        ("2026-11-03T04:30", "2026-11-03T06:00", "Nothing is free for the whole of that time"),
    ],
)
def test_a_time_that_cannot_be_is_said_to_be_so(scheduler: FlaskClient, start: str, end: str, says: str) -> None:
    page = scheduler.get("/find", query_string={"start": start, "end": end}).text
    assert says in page
    assert "/bookings/new?studio=" not in page


def test_outside_opening_hours_it_says_when_the_base_is_open(scheduler: FlaskClient) -> None:
    page = scheduler.get("/find?start=2026-11-03T04:30&end=2026-11-03T06:00").text
    assert "the base is open from 08:00 to 04:00 (+1)" in page


def test_nothing_free_leads_to_the_nearest_times_at_which_something_is(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    make_outage(session, evening.base, hour(clock.now(), 7.5), hour(clock.now(), 10), reason="消防演练")
    session.commit()
    page = scheduler.get("/find?start=2026-11-02T20:00&end=2026-11-02T22:00").text
    assert "The nearest times at which something is free" in page
    ways = [
        part.split('"')[0].replace("&amp;", "&") for part in page.split('class="empty-actions"')[1].split('href="')[1:]
    ]
    ways = [way for way in ways if way.startswith("/find?")]
    assert 1 <= len(ways) <= 4
    for way in ways:
        assert offered(scheduler.get(way).text, evening)


def test_from_sign_in_a_night_is_booked_in_two_taps_more(
    scheduler: FlaskClient, evening: Evening, clock: FixedClock
) -> None:
    page = scheduler.get("/find").text
    card = page.split("/bookings/new?studio=")[1].split('"')[0].replace("&amp;", "&")
    form = scheduler.get(f"/bookings/new?studio={card}").text
    main = form.split('id="booking"')[-1]
    fields = {}
    for name in ("tenant", "start", "end"):
        fields[name] = main.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]
    fields["studio"] = main.split("<option selected value=")[1].split('"')[1]
    answer = scheduler.post("/bookings/new", data=fields)
    assert answer.status_code == 303
