"""Series through the pages: previewed, booked, changed from one occurrence on, called off."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.bookings.models_series import Series
from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.queries_counted import queries_counted
from tests.web.bookings.evening import Evening


def wanted(evening: Evening, **fields: Any) -> dict[str, Any]:
    """Five nights from tomorrow in a free studio."""
    return {
        "tenant": str(evening.tenants[0].id),
        "studio": str(evening.studios[8].id),
        "start": "2026-11-03T20:00",
        "end": "2026-11-04T02:00",
        "title": "Knitwear",
        "repeat": "daily",
        "every": "1",
        "ends": "count",
        "count": "5",
        **fields,
    }


@pytest.fixture
def series(scheduler: FlaskClient, session: Session, evening: Evening) -> Series:
    scheduler.post("/bookings/series/new", data=wanted(evening, step="refuse"))
    made = session.scalar(sa.select(Series))
    assert made is not None
    return made


def bookings(session: Session) -> list[Booking]:
    session.expire_all()
    found = sa.select(Booking).where(Booking.series_id.is_not(None)).order_by(Booking.starts_at)
    return list(session.scalars(found))


def test_a_preview_shows_every_occurrence_and_books_nothing(
    scheduler: FlaskClient, session: Session, evening: Evening
) -> None:
    page = scheduler.post("/bookings/series/new", data=wanted(evening))
    assert page.status_code == 200
    assert "every day, 5 times" in page.text
    assert "All 5 occurrences can be had" in page.text
    assert page.text.count('class="td-title figure"') == 5
    assert bookings(session) == []


def test_conflicts_are_marked_and_the_others_can_be_booked(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    rival = evening.tenants[3]
    start = clock.now() + timedelta(days=3, hours=9)
    make_booking(session, evening.studios[8], rival, start, start + timedelta(hours=1), title="Secret launch")
    session.commit()
    page = scheduler.post("/bookings/series/new", data=wanted(evening))
    assert "1 of the occurrences cannot be had" in page.text
    assert "Book the other 4" in page.text
    assert "Secret launch" not in page.text
    refused = scheduler.post("/bookings/series/new", data=wanted(evening, step="refuse"))
    assert refused.status_code == 409
    assert bookings(session) == []
    booked = scheduler.post("/bookings/series/new", data=wanted(evening, step="skip"))
    assert booked.status_code == 303
    shown = scheduler.get(booked.location)
    assert "4 occurrences are booked" in shown.text
    assert "Left out" in shown.text
    assert len(bookings(session)) == 4


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"repeat": "weekly", "days": ["MO", "WE", "FR"]}, "every Monday, Wednesday, and Friday, 5 times"),
        ({"repeat": "weekly", "every": "2"}, "every 2 weeks on Tuesday, 5 times"),
        ({"repeat": "daily", "every": "3"}, "every 3 days, 5 times"),
        ({"repeat": "month_day"}, "every month on day 3, 5 times"),
        ({"repeat": "month_weekday"}, "every month on the first Tuesday, 5 times"),
        ({"ends": "until", "until": "2026-11-10"}, "every day, until November 10, 2026"),
    ],
)
def test_what_repeats_is_said_in_words(
    scheduler: FlaskClient, evening: Evening, fields: dict[str, Any], words: str
) -> None:
    assert words in scheduler.post("/bookings/series/new", data=wanted(evening, **fields)).text


def test_a_slot_abroad_shows_both_clocks_and_where_it_moves(scheduler: FlaskClient, evening: Evening) -> None:
    page = scheduler.post(
        "/bookings/series/new",
        data=wanted(
            evening,
            start="2026-11-04T09:00",
            end="2026-11-04T11:00",
            repeat="weekly",
            count="20",
            timezone="America/New_York",
        ),
    )
    assert "the clock changes" in page.text
    assert page.text.count("the clock changes") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"every": "0"},
        {"count": "1001"},
        {"repeat": "hourly"},
        {"timezone": "Mars/Olympus"},
        {"ends": "until", "until": ""},
        {"ends": "until", "until": "2031-01-01"},
        {"end": "2026-11-04T21:00"},
        {"studio": "x"},
    ],
)
def test_what_cannot_be_repeated_is_said_at_its_field(
    scheduler: FlaskClient, session: Session, evening: Evening, fields: dict[str, Any]
) -> None:
    answer = scheduler.post("/bookings/series/new", data=wanted(evening, step="refuse", **fields))
    assert answer.status_code == 422
    assert "There is a problem with" in answer.text
    assert bookings(session) == []


def test_a_single_bookings_form_becomes_that_of_a_series(scheduler: FlaskClient, evening: Evening) -> None:
    assert "Repeat it" in scheduler.get("/bookings/new").text
    page = scheduler.post("/bookings/series/new", data={**wanted(evening), "step": "begin", "repeat": "", "count": ""})
    assert page.status_code == 200
    assert 'value="Knitwear"' in page.text
    assert 'value="30"' in page.text
    assert "There is a problem" not in page.text


def test_its_page_lists_the_occurrences_with_what_they_changed_for_themselves(
    scheduler: FlaskClient, session: Session, series: Series
) -> None:
    first = bookings(session)[0]
    scheduler.post(f"/bookings/{first.id}/edit", data={"title": "Special", "platform": ""})
    page = scheduler.get(f"/bookings/series/{series.id}").text
    assert "every day, 5 times" in page
    assert "Special" in page
    assert page.count("From here on") == 5
    assert f"/bookings/series/{series.id}" in scheduler.get(f"/bookings/{first.id}").text


def test_this_and_following_are_changed_and_the_exceptions_stay(
    scheduler: FlaskClient, session: Session, evening: Evening, series: Series
) -> None:
    rows = bookings(session)
    scheduler.post(f"/bookings/{rows[3].id}/edit", data={"title": "Special", "platform": ""})
    occurrence = rows[2].occurrence_at
    assert occurrence is not None
    since = occurrence.isoformat()
    form = scheduler.get(f"/bookings/series/{series.id}/edit?since={quote(since)}").text
    assert 'value="2026-11-05T20:00"' in form
    answer = scheduler.post(
        f"/bookings/series/{series.id}/edit",
        data={
            "scope": "following", "since": since, "shown": since, "start": "2026-11-05T21:00",
            "end": "2026-11-06T01:00",
            "studio": str(evening.studios[8].id), "host": "", "title": "Coats", "platform": "", "conflicts": "refuse",
        },
    )  # fmt: skip
    assert answer.status_code == 303
    assert answer.location != f"/bookings/series/{series.id}"
    assert "3 occurrences were changed" in scheduler.get(answer.location).text
    rows = bookings(session)
    assert [row.title for row in rows] == ["Knitwear", "Knitwear", "Coats", "Special", "Coats"]
    assert [(row.starts_at.hour, row.during.upper.hour) for row in rows if row.during.upper] == [(12, 18)] * 2 + [
        (13, 17)
    ] * 3


@pytest.mark.parametrize(("scope", "hours"), [("following", [12, 12, 12, 13, 13]), ("all", [13] * 5)])
def test_the_times_of_the_form_shift_whichever_occurrence_is_chosen(
    scheduler: FlaskClient, session: Session, evening: Evening, series: Series, scope: str, hours: list[int]
) -> None:
    """The form came for the second night, and the fourth was chosen in it: nothing lands on the second's date."""
    shown, chosen = (bookings(session)[number].occurrence_at for number in (1, 3))
    assert shown is not None
    assert chosen is not None
    data = {
        "scope": scope, "since": chosen.isoformat(), "shown": shown.isoformat(), "start": "2026-11-04T21:00",
        "end": "2026-11-05T02:00", "studio": str(evening.studios[8].id), "host": "", "title": "Knitwear",
        "platform": "", "conflicts": "refuse",
    }  # fmt: skip
    assert scheduler.post(f"/bookings/series/{series.id}/edit", data=data).status_code == 303
    assert [row.starts_at.hour for row in bookings(session)] == hours
    assert len({row.starts_at.date() for row in bookings(session)}) == 5


@pytest.mark.parametrize("shown", ["", "yesterday", "2026-11-04T20:00"])
def test_a_form_that_lost_what_it_showed_is_refused(
    scheduler: FlaskClient, session: Session, evening: Evening, series: Series, shown: str
) -> None:
    occurrence = bookings(session)[0].occurrence_at
    assert occurrence is not None
    data = {
        "scope": "all", "since": occurrence.isoformat(), "shown": shown, "start": "2026-11-04T21:00",
        "end": "2026-11-05T02:00", "studio": str(evening.studios[8].id), "title": "x", "conflicts": "refuse",
    }  # fmt: skip
    assert scheduler.post(f"/bookings/series/{series.id}/edit", data=data).status_code == 422


def test_a_conflict_of_a_change_is_shown_with_its_reason(
    scheduler: FlaskClient, session: Session, evening: Evening, series: Series
) -> None:
    rows = bookings(session)
    other = evening.studios[9]
    make_booking(session, other, evening.tenants[3], rows[1].starts_at, rows[1].starts_at + timedelta(hours=1))
    session.commit()
    occurrence = rows[0].occurrence_at
    assert occurrence is not None
    data = {
        "scope": "all", "since": occurrence.isoformat(), "shown": occurrence.isoformat(),
        "start": "2026-11-03T20:00", "end": "2026-11-04T02:00",
        "studio": str(other.id), "host": "", "title": "Knitwear", "platform": "", "conflicts": "refuse",
    }  # fmt: skip
    refused = scheduler.post(f"/bookings/series/{series.id}/edit", data=data)
    assert refused.status_code == 409
    assert "These cannot be had as changed" in refused.text
    answer = scheduler.post(f"/bookings/series/{series.id}/edit", data={**data, "conflicts": "skip"})
    assert answer.location == f"/bookings/series/{series.id}"
    assert [row.studio_id == other.id for row in bookings(session)] == [True, False, True, True, True]


def test_the_rest_is_called_off(scheduler: FlaskClient, session: Session, series: Series) -> None:
    occurrence = bookings(session)[2].occurrence_at
    assert occurrence is not None
    answer = scheduler.post(
        f"/bookings/series/{series.id}/cancellation",
        data={"scope": "following", "since": occurrence.isoformat(), "reason": "moved"},
    )
    assert answer.status_code == 303
    assert [row.state for row in bookings(session)] == ["confirmed"] * 2 + ["cancelled"] * 3
    refused = scheduler.post(f"/bookings/series/{series.id}/cancellation", data={"scope": "all", "reason": ""})
    assert refused.status_code == 422


def test_a_series_is_its_tenants_and_the_bases_alone(
    scheduler: FlaskClient, rival: FlaskClient, desk: FlaskClient, reviewer: FlaskClient, series: Series
) -> None:
    path = f"/bookings/series/{series.id}"
    assert rival.get(path).status_code == 404
    assert rival.get(f"{path}/edit").status_code == 404
    assert rival.post(f"{path}/cancellation", data={"scope": "all", "reason": "x"}).status_code == 404
    assert desk.get(path).status_code == 200
    shown = reviewer.get(path)
    assert shown.status_code == 200
    assert "Cancel them" not in shown.text
    assert reviewer.get("/bookings/series/new").status_code == 403


def test_a_page_of_many_occurrences_asks_no_more_than_one_of_few(
    browser_of: Callable[..., FlaskClient], session: Session, evening: Evening, scheduler: FlaskClient
) -> None:
    counts = []
    for room, number in ((8, 3), (9, 60)):
        data = wanted(evening, studio=str(evening.studios[room].id), count=str(number))
        with queries_counted(session.connection()) as preview:
            scheduler.post("/bookings/series/new", data=data)
        made = scheduler.post("/bookings/series/new", data={**data, "step": "refuse"})
        scheduler.get(made.location)
        with queries_counted(session.connection()) as shown:
            scheduler.get(made.location)
        counts.append((len(preview), len(shown)))
    assert counts[0] == counts[1]
