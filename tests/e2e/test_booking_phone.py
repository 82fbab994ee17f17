"""Booking from a phone with kit, crew and samples, the hold that counts down, and the agenda under the thumb."""

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
from tests.factories.kit import make_kind, make_member, make_role, make_sample, make_shift, make_unit
from tests.web.bookings.browsers import House, faults, house, live_session, signed_in_page

__all__ = ["house", "live_session", "signed_in_page"]  # fixtures

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _empty_day(live_session: Session) -> Iterator[None]:
    yield
    live_session.rollback()
    for table in ("booking_passes", "lot_claims", "allocations", "bookings"):
        live_session.execute(sa.text(f"delete from {table}"))
    live_session.commit()


@pytest.fixture
def stocked(live_session: Session, house: House) -> dict[str, Any]:
    if live_session.scalar(sa.text("select count(*) from equipment_kinds")):
        return {}
    camera = make_kind(live_session, house.base)
    for _ in range(3):
        make_unit(live_session, camera)
    director = make_role(live_session, house.base)
    member = make_member(live_session, house.base, director)
    make_shift(live_session, member, house.at(12), house.at(28))
    make_sample(live_session, house.base, code="SP-88", name="羊绒大衣", quantity=5)
    live_session.commit()
    return {}


def fits(page: Page) -> bool:
    return not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_a_night_with_kit_crew_and_samples_is_held_and_then_confirmed(
    signed_in_page: Open, house: House, live_session: Session, stocked: dict[str, Any]
) -> None:
    page = signed_in_page(house.scheduler, width=390)
    page.goto(f"/bookings/new?studio={house.studios[2].id}&start={house.day:%Y-%m-%d}T20:00")
    page.locator(".needs-fold summary").tap()
    page.get_by_role("button", name="6 小时").tap()
    expect(page.locator("#equipment-camera-free")).to_have_text(re.compile(r"3\D+3"))
    page.locator("#equipment-camera").fill("2")
    page.locator("#crew-director").fill("1")
    page.locator("#sample_search").fill("羊绒")
    page.locator("#sample-hits").get_by_role("button").first.tap()
    quantity = page.locator("input[name^='sample.']")
    expect(quantity).to_have_value("1")
    expect(page.locator("#equipment-camera")).to_have_value("2")
    quantity.fill("3")
    assert faults(page) == []
    assert fits(page)
    page.locator("main form button[name=hold]").tap()
    left = page.locator(".hold-left")
    expect(left).to_have_text(re.compile(r"^\d+:\d\d$"))
    first = left.text_content() or ""
    expect(left).not_to_have_text(first)
    for shown in ("相机", "场控", "SP-88", "× 3"):
        expect(page.locator(".kit")).to_contain_text(shown)
    assert faults(page) == []
    assert fits(page)
    page.locator("main form[action$='/confirmation'] button").tap()
    expect(page.locator(".notice-success")).to_contain_text("A103")
    assert live_session.scalars(sa.select(Booking.state)).all() == ["confirmed"]


def test_what_is_short_is_left_out_with_one_tap(
    signed_in_page: Open, house: House, live_session: Session, stocked: dict[str, Any]
) -> None:
    page = signed_in_page(house.scheduler, language="en", width=390)
    day = f"{house.day:%Y-%m-%d}"
    page.goto(
        f"/bookings/new?studio={house.studios[2].id}&start={day}T20:00&end={day}T22:00&equipment=camera:4&crew=director:1"
    )
    page.locator("main form").get_by_role("button", name="Book").tap()
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("3 of the 4 are free")
    problem.get_by_role("link", name=re.compile("^Without")).tap()
    expect(page.locator("#equipment-camera")).to_have_value("3")
    page.locator("main form").get_by_role("button", name="Book").tap()
    expect(page.locator(".notice-success")).to_contain_text("is booked")


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_the_agenda_goes_from_day_to_day_by_swipe_and_key(
    signed_in_page: Open, house: House, live_session: Session, language: str
) -> None:
    make_booking(live_session, house.studios[0], house.tenant, house.at(20), house.at(26), title="跨夜专场")
    until = datetime.now(UTC) + timedelta(minutes=8)
    make_booking(
        live_session, house.studios[1], house.tenant, house.at(18), house.at(20), title="先占着",
        state="held", hold_until=until,
    )  # fmt: skip
    live_session.commit()
    page = signed_in_page(house.scheduler, language=language, width=390)
    page.goto("/agenda")
    swipe = """async far => {
      const root = document.querySelector("[data-swipe]");
      const touch = x => new Touch({identifier: 1, target: root, clientX: x, clientY: 300});
      const down = {touches: [touch(200)], changedTouches: [touch(200)], bubbles: true};
      root.dispatchEvent(new TouchEvent("touchstart", down));
      root.dispatchEvent(new TouchEvent("touchend", {touches: [], changedTouches: [touch(200 + far)], bubbles: true}));
    }"""
    page.evaluate(swipe, -120)
    expect(page).to_have_url(re.compile("date="))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(f"date={house.day:%Y-%m-%d}"))
    items = page.locator(".agenda-item")
    expect(items).to_have_count(2)
    expect(items.first.locator("[data-hold-until]")).to_have_text(re.compile(r"^[78]:\d\d$"))
    expect(items.last).to_contain_text("跨夜专场")
    assert faults(page) == []
    assert fits(page)
    items.last.get_by_role("link").last.tap()
    expect(page).to_have_url(re.compile("/pass$"))
