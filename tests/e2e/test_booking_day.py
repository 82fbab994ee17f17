"""A day of bookings in a real browser: booked from a phone, checked in at the desk, with and without JavaScript."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from tests.factories.bookings import make_booking
from tests.factories.tenancy import make_host
from tests.web.bookings.browsers import PASSWORD, House, faults, house, live_session, signed_in_page
from tests.web.bookings.evening import check_in

__all__ = ["house", "live_session", "signed_in_page"]  # fixtures

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _empty_day(live_session: Session) -> Iterator[None]:
    yield
    live_session.rollback()
    # a stay is never deleted, nor is its booking: what was used is put away into the past
    live_session.execute(sa.text("update allocations set live = false"))
    live_session.execute(
        sa.text(
            "update bookings set state = 'completed', released_at = null,"
            " during = tstzrange('2020-01-01', '2020-01-02') where state <> 'cancelled'"
        )
    )
    live_session.commit()


def now() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def booked(session: Session, house: House, studio: int, minutes: int, length: int = 180, **columns: Any) -> Booking:
    """A booking that begins so many minutes from now."""
    start = now() + timedelta(minutes=minutes)
    columns.setdefault("title", f"{studio}号专场")
    booking = make_booking(
        session, house.studios[studio], house.tenant, start, start + timedelta(minutes=length), **columns
    )
    if columns.get("state") == "checked_in":
        check_in(session, booking, start)
    session.commit()
    return booking


def state(session: Session, booking: Booking) -> str:
    session.expire_all()
    return session.get_one(Booking, booking.id).state


def test_from_signing_in_to_a_booked_night_are_four_taps_on_a_phone(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    page = signed_in_page(None, width=390)
    page.goto("/")
    page.fill("input[name=email]", house.scheduler.email)
    page.fill("input[name=password]", PASSWORD)
    taps = 0

    def tap(target: Any) -> None:
        nonlocal taps
        taps += 1
        target.tap()

    tap(page.locator("main form button[type=submit]").first)
    expect(page).to_have_url(re.compile("/find$"))
    tap(page.locator(".picks").get_by_role("link", name="20:00–02:00").last)
    expect(page).to_have_url(re.compile(r"/find\?"))
    tap(page.locator(".studio-card").filter(has_text="A103").get_by_role("link"))
    send = page.locator("main form button[type=submit]").first
    expect(send).to_be_in_viewport()
    tap(send)
    expect(page.locator(".notice-success")).to_contain_text("A103")
    assert taps == 4
    booking = live_session.scalars(sa.select(Booking).where(Booking.state == "confirmed")).one()
    assert booking.studio_id == house.studios[2].id
    assert booking.during.upper - booking.during.lower == timedelta(hours=6)
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_a_taken_studio_on_the_form_leads_to_a_free_one_in_two_taps(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    page = signed_in_page(house.scheduler, language="en", width=390)
    start = house.at(20)
    page.goto(f"/bookings/new?studio={house.studios[0].id}&start={start:%Y-%m-%dT%H:%M}&end={start:%Y-%m-%dT}23:00")
    make_booking(live_session, house.studios[0], house.rival, start, start + timedelta(hours=2))
    live_session.commit()
    page.locator("main form").get_by_role("button", name="Book").tap()
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("A101")
    expect(problem).to_be_focused()
    problem.get_by_role("link").first.tap()
    expect(page.locator("input[name=start]")).to_have_value(f"{start:%Y-%m-%dT%H:%M}")
    page.locator("main form").get_by_role("button", name="Book").tap()
    expect(page.locator(".notice-success")).to_contain_text("is booked")


def test_choosing_a_tenant_brings_its_hosts(signed_in_page: Open, house: House, live_session: Session) -> None:
    make_host(live_session, house.tenant, stage_name="小鹿")
    make_host(live_session, house.rival, stage_name="阿云")
    live_session.commit()
    page = signed_in_page(house.desk, language="en")
    page.goto("/bookings/new")
    tenant = page.get_by_role("combobox", name="Tenant")
    tenant.click()
    tenant.fill("京一")
    page.keyboard.press("Enter")
    host = page.locator("select[name=host]")
    expect(host.locator("option")).to_have_text(["Nobody named yet", "小鹿"])


@pytest.mark.parametrize("scripts", [True, False])
def test_the_desk_checks_in_and_out_with_one_tap_each(
    signed_in_page: Open, house: House, live_session: Session, scripts: bool
) -> None:
    due = booked(live_session, house, 0, -5)
    page = signed_in_page(house.desk, language="en", scripts=scripts)
    page.goto("/today")
    page.locator(f"#overdue-{due.id}").get_by_role("button", name="Check in").click()
    expect(page.locator(".notice-success")).to_contain_text("A101 is live")
    expect(page).to_have_url(re.compile("/today$"))
    assert state(live_session, due) == "checked_in"
    page.locator(f"#live-{due.id}").get_by_role("button", name="Check out").click()
    if scripts:  # hours before the end, leaving is asked twice
        page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.locator(".notice-success")).to_contain_text("was checked out of A101")
    assert state(live_session, due) == "completed"


def test_the_board_renews_itself_and_leaves_the_focus_where_it_was(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    live = booked(live_session, house, 0, -60, state="checked_in")
    page = signed_in_page(house.desk, language="en")
    page.clock.install()
    page.goto("/today")
    button = page.locator(f"#out-{live.id}")
    button.focus()
    late = booked(live_session, house, 1, -20, title="刚刚迟到")
    with page.expect_response(re.compile("/today/board")):
        page.clock.fast_forward(31_000)
    expect(page.locator(f"#overdue-{late.id}")).to_contain_text("A102")
    expect(button).to_be_focused()
    # and the row that came is labelled for the phone, as those were that came with the page
    expect(page.locator(f"#overdue-{late.id} td").nth(1)).to_have_attribute("data-label", "Time")


def test_a_session_that_ended_leads_the_board_to_signing_in(signed_in_page: Open, house: House) -> None:
    page = signed_in_page(house.desk)
    page.clock.install()
    page.goto("/today")
    page.context.clear_cookies(name="shared_base")
    page.clock.fast_forward(31_000)
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_live_booking_is_extended_with_one_tap_and_told_in_its_history(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    live = booked(live_session, house, 0, -60, state="checked_in")
    end = live.during.upper
    page = signed_in_page(house.scheduler, language="en", width=390)
    page.goto(f"/bookings/{live.id}")
    page.get_by_role("button", name="+1 h").tap()
    expect(page.locator(".notice-success")).to_contain_text("ends later now")
    live_session.expire_all()
    assert live_session.get_one(Booking, live.id).during.upper == end + timedelta(hours=1)
    expect(page.locator(".events")).to_contain_text("End:")


def test_a_cancellation_asks_for_its_reason(signed_in_page: Open, house: House, live_session: Session) -> None:
    ahead = booked(live_session, house, 0, 300)
    page = signed_in_page(house.scheduler, language="en")
    page.goto(f"/bookings/{ahead.id}")
    page.get_by_text("Cancel this booking").click()
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.locator(".field-error")).to_contain_text("required")
    page.get_by_label("Reason").fill("The host is ill")
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.locator(".notice-success")).to_contain_text("was cancelled")
    assert state(live_session, ahead) == "cancelled"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_no_page_of_the_day_has_an_accessibility_fault_or_scrolls_sideways(
    signed_in_page: Open, house: House, live_session: Session, width: int, language: str
) -> None:
    live = booked(live_session, house, 0, -60, state="checked_in")
    booked(live_session, house, 1, -20)
    booked(live_session, house, 2, 30)
    booked(live_session, house, 3, -200, state="checked_in")
    ahead = booked(live_session, house, 4, 400)
    page = signed_in_page(house.desk, language=language, width=width)
    paths = ["/today", "/find", "/bookings", "/bookings/new", f"/bookings/{live.id}", f"/bookings/{ahead.id}"]
    for path in [*paths, f"/bookings/{ahead.id}/move", f"/bookings/{ahead.id}/edit"]:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert faults(page) == [], path
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), path
