"""The timeline's page, its table, and the feed that the board reads: whole, or only that nothing changed."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_outage
from tests.web.bookings.evening import Evening, hour

DAY = urlencode({"start": "2026-11-02T00:00:00+08:00", "end": "2026-11-03T06:00:00+08:00"})


def feed(client: FlaskClient, what: str = "feed", query: str = DAY, **headers: str) -> Any:
    return client.get(f"/timeline/{what}?{query}", headers=headers)


def named(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The feed's bookings by code."""
    rows = [dict(zip(body["columns"], row, strict=True)) for row in body["bookings"]]
    return {row["code"]: row for row in rows}


def test_the_desk_reads_the_whole_base(desk: FlaskClient, evening: Evening) -> None:
    body = feed(desk).json
    assert [studio["code"] for studio in body["studios"]] == sorted(room.code for room in evening.studios)
    assert set(named(body)) == {
        booking.code for kind, booking in evening.bookings.items() if kind not in ("cancelled", "tomorrow", "long")
    }
    live = named(body)[evening.bookings["live"].code]
    assert (live["studio"], live["state"], live["tenant"]) == ("A101", "checked_in", evening.tenants[0].name)
    assert body["busy"] == []
    assert {reason for *_, reason in body["outages"]} == {"空调检修", "绿幕更换"}


def test_a_tenant_reads_others_bookings_as_busy_time_and_not_whose_they_are(
    scheduler: FlaskClient, evening: Evening
) -> None:
    answer = feed(scheduler)
    mine = {b.code for b in evening.bookings.values() if b.tenant_id == evening.tenants[0].id}
    assert set(named(answer.json)) == mine - {evening.bookings["tomorrow"].code, evening.bookings["cancelled"].code}
    assert {studio for studio, *_ in answer.json["busy"]} == {"A102", "A103", "A104", "A105", "A107", "A108"}
    for tenant in evening.tenants[1:]:
        assert tenant.name not in answer.get_data(as_text=True)
    for kind in ("leaving", "overdue", "ahead"):
        assert str(evening.bookings[kind].id) not in answer.get_data(as_text=True)


def test_an_unchanged_window_is_answered_with_304_and_no_body(desk: FlaskClient, clock: FixedClock) -> None:
    tag = feed(desk).headers["ETag"]
    clock.advance(timedelta(minutes=5))
    answer = feed(desk, "changes", **{"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"]


@pytest.mark.parametrize("change", ["booking", "move", "closure"])
def test_a_change_by_somebody_else_is_answered_with_the_window_anew(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock, change: str
) -> None:
    tag = feed(desk).headers["ETag"]
    clock.advance(timedelta(seconds=30))
    at = clock.now()
    if change == "booking":
        made = make_booking(
            session, evening.studios[9], evening.tenants[1], hour(at, 1), hour(at, 2), created_at=at, changed_at=at
        )
        expected = made.code
    elif change == "move":
        evening.bookings["ahead"].title, evening.bookings["ahead"].changed_at = "Another title", at
        expected = "Another title"
    else:
        make_outage(session, evening.base, hour(at, 1), hour(at, 2), reason="Burst pipe")
        expected = "Burst pipe"
    session.commit()
    answer = feed(desk, "changes", **{"If-None-Match": tag})
    assert answer.status_code == 200
    assert expected in answer.get_data(as_text=True)
    # and once read, it is nothing new, also within the seconds in which a commit may lag behind its stamp
    again = feed(desk, "changes", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_what_another_tenant_books_reaches_a_tenants_timeline_as_busy_time(
    scheduler: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    tag = feed(scheduler).headers["ETag"]
    clock.advance(timedelta(seconds=30))
    make_booking(session, evening.studios[9], evening.tenants[1], hour(clock.now(), 1), hour(clock.now(), 2))
    session.commit()
    answer = feed(scheduler, "changes", **{"If-None-Match": tag})
    assert answer.status_code == 200
    assert "A110" in {studio for studio, *_ in answer.json["busy"]}


@pytest.mark.parametrize("tag", ["", '"x"', '"1.2"', "*", 'W/"9999999999.a.b"', '"99999999999999999999.a.b"'])
def test_a_tag_that_is_none_of_ours_gets_the_whole_window(desk: FlaskClient, tag: str) -> None:
    answer = feed(desk, "changes", **({"If-None-Match": tag} if tag else {}))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "start=2026-11-02T00:00&end=2026-11-03T00:00",
        urlencode({"start": "2026-11-03T00:00Z", "end": "2026-11-02T00:00Z"}),
        urlencode({"start": "2026-01-01T00:00Z", "end": "2026-12-31T00:00Z"}),
    ],
)
@pytest.mark.parametrize("what", ["feed", "changes"])
def test_a_window_that_cannot_be_is_a_problem(desk: FlaskClient, what: str, query: str) -> None:
    answer = feed(desk, what, query, Accept="application/json")
    assert answer.status_code == 422
    assert answer.json["detail"]


def table(page: str) -> list[list[str]]:
    """The table's rows as text, without markup and blanks."""
    body = page.split('class="data-table')[1].split("<tbody>")[1].split("</tbody>")[0]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("<tr")[1:]]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_the_table_says_what_the_timeline_shows_and_links_to_moving(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/timeline").text
    states = {row[0]: row[4] for row in table(page)}
    assert states["A101"] == "Live"
    assert states["A103"] == "Over time"
    assert states["A104"] == "Not here yet"
    assert states["A109"] == "Completed"
    assert states["A113"] == "Closed"
    for kind in ("live", "overdue", "ahead"):
        assert f'href="/bookings/{evening.bookings[kind].id}/move"' in page
    assert f'href="/bookings/{evening.bookings["completed"].id}/move"' not in page


def test_a_tenants_table_shows_others_as_taken(scheduler: FlaskClient, evening: Evening) -> None:
    page = scheduler.get("/timeline").text
    taken = [row for row in table(page) if row[4] == "Taken"]
    assert {row[0] for row in taken} == {"A102", "A103", "A104", "A105", "A107", "A108"}
    assert all(row[2] == row[3] == row[5] == "" for row in taken)
    assert not any(tenant.name in page for tenant in evening.tenants[1:])


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("date=2026-11-02", {"live", "ahead", "completed"}),
        ("date=2026-11-03", {"tomorrow", "long"}),
        ("date=2026-11-02&view=night", {"soon"}),
        ("date=2026-11-02&view=week", {"live", "tomorrow", "long"}),
    ],
)
def test_the_address_says_which_day_and_how_much_of_it(
    desk: FlaskClient, evening: Evening, query: str, codes: set[str]
) -> None:
    page, part = desk.get(f"/timeline?{query}").text, desk.get(f"/timeline/table?{query}").text
    assert "<html" not in part
    for kind in codes - {"soon"}:
        assert str(evening.bookings[kind].id) in page
        assert str(evening.bookings[kind].id) in part
    if "night" in query:  # 18:00 to 06:00: what ended at 18:00 is not in it
        assert str(evening.bookings["live"].id) not in page


@pytest.mark.parametrize("query", ["date=x", "date=0001-01-01", "date=9999-12-31", "view=year", "date=2026-13-01"])
def test_an_address_that_cannot_be_read_shows_today(desk: FlaskClient, evening: Evening, query: str) -> None:
    page = desk.get(f"/timeline?{query}")
    assert page.status_code == 200
    assert 'data-date="2026-11-02"' in page.text


def test_a_table_too_long_to_read_says_what_it_leaves_off(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_base.web.bookings.timeline.MOST_ROWS", 5)
    page = desk.get("/timeline").text
    assert len(table(page)) == 5
    assert "more rows are not shown" in page
