"""The list of bookings: what is ahead first, narrowed, paged, exported."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from tests.factories.bookings import make_booking
from tests.web.bookings.evening import Evening, hour

AHEAD = {"live", "leaving", "overrun", "overdue", "late", "arriving", "soon", "ahead", "tomorrow", "long"}


def shown(page: str, evening: Evening) -> set[str]:
    """The kinds of booking whose codes the page shows."""
    return {kind for kind, booking in evening.bookings.items() if booking.code in page}


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("", AHEAD),
        ("?when=past", {"live", "leaving", "overrun", "overdue", "late", "completed", "no_show"}),
        ("?when=all", AHEAD | {"completed", "no_show", "cancelled"}),
        ("?when=all&state=no_show", {"no_show"}),
        ("?state=cancelled&when=all", {"cancelled"}),
        ("?day=2026-11-03", {"ahead", "soon", "arriving", "late", "live", "overdue", "tomorrow", "long"}),
    ],
)
def test_the_list_shows_what_was_asked_for(desk: FlaskClient, evening: Evening, query: str, kinds: set[str]) -> None:
    at_night = {"arriving", "soon", "ahead", "live", "late", "overdue"}  # the evening is at noon: none reaches the 3rd
    expected = kinds - at_night if "day=" in query else kinds
    assert shown(desk.get(f"/bookings{query}").text, evening) == expected


def test_a_search_finds_titles_codes_and_tenants(desk: FlaskClient, evening: Evening) -> None:
    booking = evening.bookings["ahead"]
    for text in (booking.code.lower(), evening.tenants[2].name[:4], booking.title):
        assert "ahead" in shown(desk.get("/bookings", query_string={"q": text}).text, evening)
    assert shown(desk.get("/bookings?q=%25").text, evening) == set()


def test_a_studio_and_a_tenant_narrow_the_list(desk: FlaskClient, evening: Evening) -> None:
    room, tenant = evening.studios[0].id, evening.tenants[1].id
    assert shown(desk.get(f"/bookings?studio={room}").text, evening) == {"live", "tomorrow"}
    assert shown(desk.get(f"/bookings?tenant={tenant}").text, evening) == {"leaving", "soon", "long"}


@pytest.mark.parametrize("query", ["day=x", "studio=1", "tenant=%00", "state=gone", "when=never", "sort=title"])
def test_a_filter_that_cannot_be_read_narrows_nothing(desk: FlaskClient, evening: Evening, query: str) -> None:
    assert shown(desk.get(f"/bookings?{query}").text, evening) == AHEAD


def test_pages_follow_one_another_without_a_gap_or_a_repeat(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    start = clock.now() + timedelta(days=10)
    made = [
        make_booking(session, evening.studios[9], evening.tenants[0], hour(start, n), hour(start, n + 0.5))
        for n in range(60)
    ]
    session.commit()
    seen: list[str] = []
    address = f"/bookings?studio={evening.studios[9].id}&sort=start"
    while address:
        page = desk.get(address).text
        seen += [booking.code for booking in made if booking.code in page]
        following = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0] if 'rel="next"' in page else ""
        address = following.replace("&amp;", "&")
    assert seen == [booking.code for booking in made]


@pytest.mark.parametrize("cursor", ["x", "2026-11-02_x", "_", "2026-11-02T04:00:00Z"])
def test_a_page_that_does_not_exist_is_refused_with_what_to_do(desk: FlaskClient, cursor: str) -> None:
    answer = desk.get("/bookings", query_string={"cursor": cursor})
    assert answer.status_code == 422
    assert "start from its first page" in answer.text


def test_an_export_holds_the_same_rows_as_csv_and_as_sheet(desk: FlaskClient, evening: Evening) -> None:
    table = list(csv.reader(io.StringIO(desk.get("/bookings?format=csv").data.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(desk.get("/bookings?format=xlsx").data)).active
    assert sheet is not None
    codes = [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert codes == [row[0] for row in table[1:]]
    assert set(codes) == {evening.bookings[kind].code for kind in AHEAD}
    assert sheet["H2"].value.isoformat() == "2026-11-02T07:58:00" or sheet["H2"].value.hour == 8


def test_a_title_that_looks_like_a_formula_is_exported_as_text(
    desk: FlaskClient, session: Session, evening: Evening, clock: FixedClock
) -> None:
    start = hour(clock.now(), 30)
    make_booking(session, evening.studios[9], evening.tenants[0], start, hour(start, 1), title='=HYPERLINK("x")')
    session.commit()
    assert "'=HYPERLINK" in desk.get("/bookings?format=csv").data.decode("utf-8-sig")
    sheet = openpyxl.load_workbook(io.BytesIO(desk.get("/bookings?format=xlsx").data)).active
    assert sheet is not None
    assert {cell.data_type for cell in sheet["B"] if str(cell.value).startswith("=")} == {"s"}


def test_an_empty_list_says_what_to_do(desk: FlaskClient, evening: Evening) -> None:
    page = desk.get("/bookings?q=nothing-is-called-so").text
    assert "No booking matches" in page
    assert 'href="/find"' in page
