"""The pages of month reports: listed, frozen, read with their charts, revised, taken along."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.periods import Month
from shared_base.occupancy.actions import close_month
from shared_base.occupancy.models import MonthReport
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_studio
from tests.factories.occupancy import make_stay
from tests.factories.tenancy import make_lease, make_tenant
from tests.queries_counted import queries_counted
from tests.web.tenancy.house import House, main_of, words

OCTOBER = Month(2026, 10)
# 20:00 on 10 October to 02:00 on the 11th, in Harbin
EVENING = datetime(2026, 10, 10, 12, tzinfo=UTC)


def session_in(session: Session, house: House, studio: int, start: datetime, hours: int) -> Booking:
    end = start + timedelta(hours=hours)
    booking = make_booking(session, house.studios[studio], house.own, start, end, state="completed")
    make_stay(session, booking, start, end)
    return booking


@pytest.fixture
def frozen(session: Session, house: House, clock: FixedClock) -> MonthReport:
    """October, with one session across midnight."""
    session_in(session, house, 0, EVENING, 6)
    report = close_month(session, base=house.base, month=OCTOBER, by=SYSTEM, at=clock.now())
    session.commit()
    return report


def chart(page: str, kind: str) -> dict[str, Any]:
    """The data of the page's chart of a kind."""
    block = page.split(f'data-chart="{kind}"')[1].split('<script type="application/json">')[1].split("</script>")[0]
    data: dict[str, Any] = json.loads(unescape(block))
    return data


def test_a_month_is_frozen_from_the_page_once_and_again_is_the_same_report(
    operator: FlaskClient, session: Session, house: House
) -> None:
    first = operator.post("/reports/", data={"month": "2026-10"})
    assert first.status_code == 303
    assert "October 2026 is frozen" in words(operator.get(first.location).text)
    assert operator.post("/reports/", data={"month": "2026-10"}).location == first.location
    assert session.scalar(sa.select(sa.func.count()).select_from(MonthReport)) == 1


@pytest.mark.parametrize(
    ("month", "said"), [("2026-11", "is not over"), ("2026-1", "is not a month"), ("", "required")]
)
def test_a_month_that_cannot_be_frozen_is_told_beside_the_field(
    operator: FlaskClient, session: Session, house: House, month: str, said: str
) -> None:
    answer = operator.post("/reports/", data={"month": month})
    assert answer.status_code in (409, 422)
    assert 'id="month-error"' in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(MonthReport)) == 0


def test_an_operator_is_told_of_a_month_that_is_over_and_not_frozen(
    operator: FlaskClient, session: Session, house: House, clock: FixedClock
) -> None:
    close_month(session, base=house.base, month=Month(2026, 9), by=SYSTEM, at=clock.now())
    session.commit()
    assert "October 2026 is over and not frozen yet" in words(operator.get("/reports/").text)


def test_a_report_draws_every_studio_by_local_day(operator: FlaskClient, house: House, frozen: MonthReport) -> None:
    page = operator.get(f"/reports/{frozen.id}").text
    heat = chart(page, "heatmap")
    assert heat["rows"] == sorted(studio.code for studio in house.studios)
    assert len(heat["columns"]) == 31
    row = heat["rows"].index(house.studios[0].code)
    hours = {column: value for at, column, value in heat["values"] if at == row and value}
    assert hours == {9: 4.0, 10: 2.0}
    assert "Stays were corrected after this freeze" not in words(page)


def test_days_that_no_longer_add_up_to_the_frozen_totals_are_said_to_be_newer(
    operator: FlaskClient, session: Session, house: House, frozen: MonthReport
) -> None:
    session_in(session, house, 1, EVENING, 1)
    session.commit()
    text = words(operator.get(f"/reports/{frozen.id}").text)
    assert f"it differs from this revision for {house.studios[1].code}" in text


def test_a_revision_says_why_what_it_changed_and_leaves_the_first_readable(
    operator: FlaskClient, session: Session, house: House, frozen: MonthReport
) -> None:
    session_in(session, house, 1, EVENING, 1)
    session.commit()
    address = f"/reports/{frozen.id}"
    assert operator.post(f"{address}/revisions", data={"reason": ""}).status_code == 422
    page = operator.post(f"{address}/revisions", data={"reason": "补录一场"}, follow_redirects=True)
    text = words(page.text)
    assert "补录一场" in text
    assert "What revision 2 changed" in text
    assert "Base Time used 6:00 7:00" in text
    first = words(operator.get(address).text)
    assert "There is a later revision" in first
    assert "6.0 h used" in first


def test_warnings_and_inputs_are_words_not_codes_or_json(
    browser_of: Callable[..., FlaskClient], session: Session, house: House, clock: FixedClock
) -> None:
    booking = make_booking(
        session, house.studios[0], house.own, EVENING, EVENING + timedelta(hours=2), state="completed"
    )
    make_stay(session, booking, EVENING, None)
    report = close_month(session, base=house.base, month=OCTOBER, by=SYSTEM, at=clock.now())
    session.commit()
    english = words(browser_of("operator").get(f"/reports/{report.id}").text)
    assert "Never checked out" in english
    assert "没有签退" not in english
    chinese = words(browser_of("operator", language="zh_Hans_CN").get(f"/reports/{report.id}").text)
    assert "没有签退" in chinese
    assert "never checked out" not in chinese
    assert "Read at the freeze Bookings 1 · Stays 1" in english


@pytest.mark.parametrize("kind", ["pdf", "xlsx", "json"])
def test_a_report_is_taken_along(operator: FlaskClient, frozen: MonthReport, kind: str) -> None:
    answer = operator.get(f"/reports/{frozen.id}.{kind}")
    assert answer.status_code == 200
    assert f"HRB-2026-10-r1.{kind}" in answer.headers["Content-Disposition"]
    assert operator.get(f"/reports/{frozen.id}.exe").status_code == 404


def test_a_reviewer_reads_reports_and_freezes_nothing(
    reviewer: FlaskClient, session: Session, frozen: MonthReport
) -> None:
    for path in ("/reports/", f"/reports/{frozen.id}"):
        assert 'method="post"' not in main_of(reviewer.get(path).text)
    assert reviewer.post("/reports/", data={"month": "2026-09"}).status_code == 403
    assert reviewer.post(f"/reports/{frozen.id}/revisions", data={"reason": "x"}).status_code == 403
    assert session.scalar(sa.select(sa.func.count()).select_from(MonthReport)) == 1


def test_another_bases_staff_and_tenants_find_no_report(
    browser_of: Callable[..., FlaskClient], frozen: MonthReport
) -> None:
    elsewhere = browser_of("elsewhere")
    for path in (f"/reports/{frozen.id}", f"/reports/{frozen.id}.pdf"):
        assert elsewhere.get(path).status_code == 404
        assert browser_of("tenant_owner").get(path).status_code == 403


def test_an_empty_base_says_that_nothing_is_frozen(operator: FlaskClient, house: House) -> None:
    assert "No month is frozen yet" in words(operator.get("/reports/").text)


def test_a_list_is_exported(operator: FlaskClient, frozen: MonthReport) -> None:
    sheet = operator.get("/reports/?format=csv").text.splitlines()
    assert sheet[1].startswith("2026-10,1,")
    assert "21600" in sheet[1]


def test_a_report_asks_as_many_questions_of_a_crowd_as_of_a_few(
    operator: FlaskClient, session: Session, connection: sa.Connection, house: House, clock: FixedClock
) -> None:
    few_report = close_month(session, base=house.base, month=Month(2026, 9), by=SYSTEM, at=clock.now())
    session.commit()
    with queries_counted(connection) as few:
        assert operator.get(f"/reports/{few_report.id}").status_code == 200
    for number in range(20):
        studio = make_studio(session, house.base)
        tenant = make_tenant(session, house.base)
        make_lease(session, tenant, house.base)
        start = EVENING + timedelta(days=number % 9)
        booking = make_booking(session, studio, tenant, start, start + timedelta(hours=3), state="completed")
        make_stay(session, booking, start, start + timedelta(hours=3))
    report = close_month(session, base=house.base, month=OCTOBER, by=SYSTEM, at=clock.now())
    session.commit()
    with queries_counted(connection) as many:
        assert operator.get(f"/reports/{report.id}").status_code == 200
    assert len(many) == len(few), "\n".join(many)
