"""The year of holidays: what is published, what the base does on each, entered for a whole holiday at once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.catalogue.models import SpecialDay
from tests.factories.bookings import make_booking
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, words

SPRING = {"first": "2026-02-15", "last": "2026-02-23", "does": "closed", "note": "春节"}


def entered(session: Session) -> list[tuple[date, int | None, int | None]]:
    session.expire_all()
    days = session.scalars(sa.select(SpecialDay).order_by(SpecialDay.day))
    return [(day.day, day.opens_minute, day.closes_minute) for day in days]


def test_a_year_shows_its_holidays_with_the_days_worked_instead_and_what_the_base_does(
    operator: FlaskClient, house: House
) -> None:
    text = words(operator.get("/special-days/?year=2026").text)
    assert "Spring Festival" in text
    assert "Feb 15, 2026 – Feb 23, 2026" in text
    assert "Feb 14, 2026" in text
    assert "round the clock as on other days" in text
    assert "not known here yet" not in text


def test_a_year_whose_calendar_is_not_published_says_so_and_still_takes_special_days(
    operator: FlaskClient, session: Session, house: House
) -> None:
    text = words(operator.get("/special-days/?year=2030").text)
    assert "The holidays of 2030 are not known here yet" in text
    data = {"first": "2030-02-02", "last": "2030-02-05", "does": "closed", "note": "春节"}
    page = operator.post("/special-days/new", data=data, follow_redirects=True)
    assert "Feb 2, 2030 – Feb 5, 2030" in words(page.text)
    assert len(entered(session)) == 4


@pytest.mark.parametrize("year", ["", "0", "99999", "²026", "-1", "2026.0"])
def test_a_year_that_is_none_shows_this_one_or_the_nearest(operator: FlaskClient, house: House, year: str) -> None:
    assert operator.get("/special-days/", query_string={"year": year}).status_code == 200


def test_a_whole_holiday_is_entered_in_one_go_and_taken_back(
    operator: FlaskClient, session: Session, house: House
) -> None:
    form = operator.get("/special-days/new?first=2026-02-15&last=2026-02-23&note=春节").text
    assert 'value="2026-02-23"' in form
    assert 'value="24:00"' in form
    page = operator.post("/special-days/new", data=SPRING, follow_redirects=True)
    assert "shut 春节" in words(page.text)
    assert len(entered(session)) == 9
    part = SPRING | {"first": "2026-02-22", "does": "open", "opens": "10:00", "closes": "02:00"}
    page = operator.post("/special-days/new", data=part, follow_redirects=True)
    assert "10:00–02:00 (+1) Feb 22, 2026 – Feb 23, 2026" in words(page.text)
    assert entered(session)[-1] == (date(2026, 2, 23), 600, 1560)
    assert "春节" in operator.get("/special-days/?year=2026&format=csv").text
    operator.post("/special-days/withdrawal", data={"first": "2026-02-15", "last": "2026-02-23"})
    assert entered(session) == []
    page = operator.post("/special-days/withdrawal", data={"first": "2026-02-15", "last": "x"}, follow_redirects=True)
    assert "not known" in page.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last": "2026-02-14"}, "last"),
        ({"last": "2027-02-14"}, "last"),
        ({"first": ""}, "first"),
        ({"note": " "}, "note"),
        ({"does": "open", "opens": "", "closes": ""}, "opens"),
        ({"does": "open", "opens": "24:00", "closes": "02:00"}, "opens"),
        ({"does": "open", "opens": "08:00", "closes": "25:00"}, "closes"),
        ({"does": "open", "opens": "08:00", "closes": ""}, "closes"),
    ],
)
def test_a_bad_day_is_told_beside_its_field_and_enters_nothing(
    operator: FlaskClient, session: Session, house: House, changes: dict[str, str], field: str
) -> None:
    answer = operator.post("/special-days/new", data=SPRING | changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert entered(session) == []


def test_bookings_that_the_new_hours_leave_outside_are_listed_with_a_way_out(
    operator: FlaskClient, session: Session, house: House
) -> None:
    start = datetime(2026, 11, 10, 4, tzinfo=UTC)
    hit = make_booking(session, house.studios[0], house.own, start, start + timedelta(hours=2))
    beside = make_booking(session, house.studios[1], house.own, start + timedelta(days=3), start + timedelta(days=3.1))
    session.commit()
    data = {"first": "2026-11-10", "last": "2026-11-10", "does": "closed", "note": "盘点"}
    page = operator.post("/special-days/new", data=data, follow_redirects=True)
    assert "1 booking now lies outside" in page.text
    assert hit.code in words(page.text)
    assert beside.code not in words(page.text)
    # no studio is open then: the next time is the day after, from midnight
    assert f"/bookings/{hit.id}/move?start=2026-11-11T00:00" in page.text


def test_the_desk_reads_and_changes_nothing_and_tenants_do_neither(
    browser_of: Callable[..., FlaskClient], owner: FlaskClient, house: House
) -> None:
    desk = browser_of("front_desk")
    page = desk.get("/special-days/?year=2026")
    assert "/special-days/new" not in page.text
    assert desk.post("/special-days/new", data=SPRING).status_code == 403
    assert owner.get("/special-days/").status_code == 403


@pytest.mark.parametrize("path", ["/special-days/?year=2026", "/special-days/hits?first=2026-11-10&last=2026-11-20"])
def test_a_page_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient, session: Session, connection: sa.Connection, house: House, path: str
) -> None:
    def crowd(days: range) -> None:
        for number in days:
            day = date(2026, 11, 10) + timedelta(days=number)
            session.add(SpecialDay(base_id=house.base.id, day=day, note="盘点"))
            start = datetime(2026, 11, 10, 4, tzinfo=UTC) + timedelta(days=number)
            make_booking(session, house.studios[0], house.own, start, start + timedelta(hours=2))
        session.commit()

    crowd(range(1))
    with queries_counted(connection) as few:
        assert operator.get(path).status_code == 200
    crowd(range(1, 10))
    with queries_counted(connection) as many:
        assert operator.get(path).status_code == 200
    assert len(many) == len(few), "\n".join(many)
