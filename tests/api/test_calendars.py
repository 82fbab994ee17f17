"""Calendars over the API: addresses told once, files booked whole or not at all, and a retry is one effect."""

from collections.abc import Callable
from urllib.parse import urlsplit

import sqlalchemy as sa
from icalendar import Calendar
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.calendars.models import CalendarFeed
from shared_base.people.models import User
from tests.api.conftest import Api, House
from tests.factories.tenancy import make_tenant, make_user
from tests.unit.calendars.test_entries import NIGHT, calendar

NIGHTLY = f"UID:1\nSUMMARY:每晚\n{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3"
HOLIDAY = "DTSTART;VALUE=DATE:20261111\nSUMMARY:双十一"


def feed_body(house: House, **changed: str) -> dict[str, str]:
    return {"kind": "tenant", "subject_id": str(house.tenant.id), "label": "手机", **changed}


def import_body(house: House, *events: str, **changed: object) -> dict[str, object]:
    return {"calendar": calendar(*events).decode(), "studio_id": str(house.studio.id), **changed}


def count(session: Session, model: type) -> int:
    found = session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
    session.rollback()  # what the application does next is nobody's savepoint but its own
    return found


def test_an_address_is_told_once_and_reads_the_tenants_bookings(tenant_api: Api, house: House) -> None:
    code = tenant_api.post("/bookings", house.body()).json["code"]
    made = tenant_api.post("/calendar-feeds", feed_body(house))
    assert made.status_code == 201, made.text
    path = urlsplit(made.json["address"]).path
    assert code in Calendar.from_ical(tenant_api.client.get(path).data).walk("VEVENT")[0]["DESCRIPTION"]
    (listed,) = tenant_api.get("/calendar-feeds").json["items"]
    assert (listed["id"], listed["label"], listed["state"]) == (made.json["id"], "手机", "active")
    assert "address" not in listed


def test_a_retry_tells_the_same_address_and_no_answer_with_it_is_kept(
    session: Session, tenant_api: Api, house: House
) -> None:
    first = tenant_api.post("/calendar-feeds", feed_body(house), key="phone-1")
    again = tenant_api.post("/calendar-feeds", feed_body(house), key="phone-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert count(session, CalendarFeed) == 1
    secret = urlsplit(first.json["address"]).path.removeprefix("/calendar/").removesuffix(".ics")
    assert len(secret) == 43
    kept = session.execute(sa.text("select count(*) from idempotency_keys")).scalar_one()
    assert kept == 0
    other = tenant_api.post("/calendar-feeds", feed_body(house, label="电脑"), key="phone-1")
    assert other.status_code == 422
    assert tenant_api.post("/calendar-feeds", feed_body(house), key="phone-2").json != first.json


def test_another_callers_key_is_another_address(
    session: Session, tenant_api: Api, house: House, api_as: Callable[[User | None], Api]
) -> None:
    colleague = api_as(make_user(session, "tenant_owner", tenant=house.tenant))
    mine = tenant_api.post("/calendar-feeds", feed_body(house), key="k").json["address"]
    assert colleague.post("/calendar-feeds", feed_body(house), key="k").json["address"] != mine


def test_an_address_that_was_switched_off_gives_nothing(
    session: Session, tenant_api: Api, house: House, api_as: Callable[[User | None], Api]
) -> None:
    made = tenant_api.post("/calendar-feeds", feed_body(house)).json
    rival = api_as(make_user(session, "tenant_owner", tenant=make_tenant(session, house.base)))
    assert rival.post(f"/calendar-feeds/{made['id']}/revocation").status_code == 404
    assert rival.get("/calendar-feeds").json["items"] == []
    assert rival.post("/calendar-feeds", feed_body(house)).status_code == 404
    for _ in range(2):
        answer = tenant_api.post(f"/calendar-feeds/{made['id']}/revocation")
        assert (answer.status_code, answer.json["state"]) == (200, "revoked")
    assert tenant_api.client.get(urlsplit(made["address"]).path).status_code == 404


def test_a_preview_writes_nothing_and_the_import_what_it_said(session: Session, tenant_api: Api, house: House) -> None:
    shown = tenant_api.post("/calendar-imports", import_body(house, NIGHTLY, preview=True))
    assert shown.status_code == 200, shown.text
    assert shown.json["preview"] is True
    assert count(session, Booking) == 0
    done = tenant_api.post("/calendar-imports", import_body(house, NIGHTLY), key="once")
    assert done.status_code == 200, done.text
    times = [[(one["start"], one["end"]) for one in it.json["entries"][0]["bookings"]] for it in (shown, done)]
    assert times[0] == times[1]
    assert times[0][0] == ("2026-11-02T20:00:00+08:00", "2026-11-03T02:00:00+08:00")
    assert [one["id"] for one in shown.json["entries"][0]["bookings"]] == [None, None, None]
    booked = tenant_api.get("/bookings").json["items"]
    assert {one["id"] for one in booked} == {one["id"] for one in done.json["entries"][0]["bookings"]}
    assert tenant_api.post("/calendar-imports", import_body(house, NIGHTLY), key="once").json == done.json
    assert count(session, Booking) == 3


def test_a_refused_import_says_of_each_entry_why_and_books_nothing(
    session: Session, tenant_api: Api, house: House
) -> None:
    tenant_api.post("/bookings", house.body())
    refused = tenant_api.post("/calendar-imports", import_body(house, NIGHTLY, HOLIDAY))
    assert refused.status_code == 409
    assert refused.json["type"].endswith("calendar-refused")
    series, holiday = refused.json["entries"]
    assert series["refusal"]["type"].endswith("series-taken")
    assert series["refusal"]["blockers"]
    assert "全天" in holiday["refusal"]["detail"]
    assert count(session, Booking) == 1
    rest = tenant_api.post("/calendar-imports", import_body(house, NIGHTLY, HOLIDAY, on_conflict="skip"))
    assert rest.status_code == 200, rest.text
    assert rest.json["bookings"] == 2
    assert rest.json["entries"][0]["skipped"] == [
        {"start": "2026-11-02T20:00:00+08:00", "end": "2026-11-03T02:00:00+08:00"}
    ]


def test_what_is_no_calendar_or_no_tenant_of_theirs_is_refused(tenant_api: Api, house: House, desk_api: Api) -> None:
    for changed in (
        {"calendar": ""},
        {"calendar": "x" * 600_000},
        {"calendar": "BEGIN:VCALENDAR\r\n\x00"},
        {"calendar": "BEGIN:VCALENDAR\r\n\ud800"},
        {"until": "9999-12-31T23:59:59+08:00"},
        {"on_conflict": "guess"},
        {"extra": 1},
    ):
        answer = tenant_api.post("/calendar-imports", import_body(house, NIGHTLY) | changed)
        assert answer.status_code == 422, changed
    assert desk_api.post("/calendar-imports", import_body(house, NIGHTLY)).status_code == 422
