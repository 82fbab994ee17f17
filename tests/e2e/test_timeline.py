"""The timeline in a real browser: drawn, dragged, refused and put back, kept up to date, and used without a mouse."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_outage
from tests.factories.kit import make_kind, make_unit
from tests.web.bookings.browsers import House, faults, house, live_session, signed_in_page

__all__ = ["house", "live_session", "signed_in_page"]  # fixtures

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _empty_timeline(live_session: Session) -> Iterator[None]:
    yield
    live_session.rollback()
    for table in ("allocations", "bookings"):
        live_session.execute(sa.text(f"delete from {table}"))
    live_session.commit()


def timeline(page: Page, house: House) -> None:
    """Shows the house's day, once its bookings are drawn."""
    page.goto(f"/timeline?date={house.day:%Y-%m-%d}&view=day")
    expect(page.locator(".tl-status[data-status=live]")).to_be_visible()
    expect(page.locator(".ec-row-head", has_text="A101")).to_be_visible()
    # the timeline opens at the evening: put it where the afternoon is, and keep it there
    page.locator(".ec-main").evaluate("node => node.scrollTo({left: node.scrollWidth})")


def spot(page: Page, studio: str, hour: float) -> tuple[float, float]:
    """The point of a studio's row at an hour of the day, a little right of the line."""
    row = page.locator(".ec-body .ec-row-head", has_text=studio).bounding_box()
    slot = page.locator(".ec-header .ec-slot", has_text=f"{int(hour):02d}:00").first.bounding_box()
    next_slot = page.locator(".ec-header .ec-slot", has_text=f"{int(hour) + 1:02d}:00").first.bounding_box()
    assert row
    assert slot
    assert next_slot
    width = next_slot["x"] - slot["x"]
    return slot["x"] + (hour - int(hour)) * width + 3, row["y"] + row["height"] / 2


def pull(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag without letting go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=6)
    page.mouse.move(*end, steps=6)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    pull(page, start, end)
    page.mouse.up()


def bar(page: Page, title: str) -> Any:
    return page.locator(".ec-event", has_text=title).first


def booked(live_session: Session, house: House, studio: int, start: float, end: float, **columns: Any) -> Booking:
    booking = make_booking(live_session, house.studios[studio], house.tenant, house.at(start), house.at(end), **columns)
    live_session.commit()
    return booking


def place(live_session: Session, booking: Booking) -> tuple[Any, datetime, datetime]:
    live_session.expire_all()
    found = live_session.get_one(Booking, booking.id)
    return found.studio_id, found.during.lower, found.during.upper


def test_drawing_in_a_free_row_leads_to_the_filled_in_form_and_to_a_booking(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    page = signed_in_page(house.scheduler, language="en")
    timeline(page, house)
    drag(page, spot(page, "A102", 20), spot(page, "A102", 21.75))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A102")
    expect(dialog).to_contain_text("20:00–22:00")
    dialog.get_by_role("link", name="Fill in the booking").click()
    expect(page.locator("input[name=start]")).to_have_value(f"{house.day:%Y-%m-%d}T20:00")
    expect(page.locator("input[name=end]")).to_have_value(f"{house.day:%Y-%m-%d}T22:00")
    page.locator("main form").get_by_role("button", name="Book").click()
    expect(page.locator(".notice-success")).to_contain_text("is booked")
    booking = live_session.scalars(sa.select(Booking)).one()
    assert place(live_session, booking) == (house.studios[1].id, house.at(20), house.at(22))


def test_dragging_moves_a_booking_and_one_press_puts_it_back(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    booking = booked(live_session, house, 0, 18, 20, title="晚八点专场")
    page = signed_in_page(house.desk)
    timeline(page, house)
    drag(page, spot(page, "A101", 18.5), spot(page, "A103", 20.5))
    toast = page.locator(".toast-note.notice-success")
    expect(toast).to_contain_text("已改期")
    assert place(live_session, booking) == (house.studios[2].id, house.at(20), house.at(22))
    expect(page.locator("#timeline-table")).to_contain_text("A103")
    toast.get_by_role("button", name="撤销").click()
    expect(page.locator(".toast-note.notice-success").last).to_contain_text("已恢复原样")
    assert place(live_session, booking) == (house.studios[0].id, house.at(18), house.at(20))


def test_pulling_an_edge_changes_the_length_and_one_press_puts_it_back(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    booking = booked(live_session, house, 0, 18, 20, title="晚八点专场")
    page = signed_in_page(house.desk)
    timeline(page, house)
    x, y = spot(page, "A101", 20)
    drag(page, (x - 6, y), (spot(page, "A101", 21)[0] - 6, y))
    toast = page.locator(".toast-note.notice-success")
    expect(toast).to_contain_text("已调整时长")
    assert place(live_session, booking) == (house.studios[0].id, house.at(18), house.at(21))
    toast.get_by_role("button", name="撤销").click()
    expect(page.locator(".toast-note.notice-success").last).to_contain_text("已恢复原样")
    assert place(live_session, booking) == (house.studios[0].id, house.at(18), house.at(20))


def test_what_is_in_the_way_is_marked_and_named_before_the_booking_is_let_go(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    booked(live_session, house, 0, 18, 20, title="晚八点专场")
    booked(live_session, house, 1, 19, 22, title="先到先得")
    page = signed_in_page(house.desk, language="en")
    timeline(page, house)
    ghost = page.locator(".tl-ghost")
    pull(page, spot(page, "A101", 18.5), spot(page, "A102", 18.5))
    expect(ghost).to_contain_text("A102 18:00–20:00")
    expect(ghost).to_contain_text("1 in the way")
    expect(ghost.get_by_role("listitem")).to_contain_text(["先到先得"])
    expect(bar(page, "先到先得")).to_have_attribute("data-in-way", "")
    page.mouse.move(*spot(page, "A103", 18.5), steps=6)
    expect(ghost).to_contain_text("nothing in the way")
    expect(page.locator("[data-in-way]")).to_have_count(0)
    page.mouse.up()
    expect(ghost).to_be_hidden()
    expect(page.locator(".toast-note.notice-success")).to_contain_text("Moved")


def test_a_conflict_puts_the_booking_back_and_says_why_where_it_was_wanted_with_ways_out(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    booking = booked(live_session, house, 0, 18, 20, title="晚八点专场")
    booked(live_session, house, 1, 19, 22, title="先到先得")
    page = signed_in_page(house.desk, language="en")
    timeline(page, house)
    before = bar(page, "晚八点专场").bounding_box()
    drag(page, spot(page, "A101", 18.5), spot(page, "A102", 18.5))
    refusal = page.locator(".tl-refusal")
    expect(refusal).to_contain_text("Not changed, put back as it was")
    expect(refusal).to_contain_text("先到先得")
    expect(refusal).to_be_focused()
    row = page.locator(".ec-body .ec-row-head", has_text="A102").bounding_box()
    note = refusal.bounding_box()
    assert row
    assert note
    assert abs(note["y"] - (row["y"] + row["height"])) < 20, "it stands under the row that was wanted"
    expect(bar(page, "先到先得")).to_have_attribute("data-in-way", "")
    assert bar(page, "晚八点专场").bounding_box() == before
    assert place(live_session, booking) == (house.studios[0].id, house.at(18), house.at(20))
    refusal.get_by_role("link").first.click()
    expect(page.locator("input[name=start]")).to_have_value(f"{house.day:%Y-%m-%d}T18:00")
    page.locator("main form").get_by_role("button", name="Move").click()
    expect(page.locator(".notice-success")).to_contain_text("was moved")
    assert place(live_session, booking)[0] not in (house.studios[0].id, house.studios[1].id)


def test_escape_closes_a_refusal_and_its_marks(signed_in_page: Any, house: House, live_session: Session) -> None:
    booked(live_session, house, 0, 18, 20, title="晚八点专场")
    booked(live_session, house, 1, 19, 22, title="先到先得")
    page = signed_in_page(house.desk)
    timeline(page, house)
    drag(page, spot(page, "A101", 18.5), spot(page, "A102", 18.5))
    expect(page.locator(".tl-refusal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".tl-refusal")).to_have_count(0)
    expect(page.locator("[data-in-way]")).to_have_count(0)


def test_a_closure_refuses_a_drag_with_its_reason(signed_in_page: Any, house: House, live_session: Session) -> None:
    booking = booked(live_session, house, 0, 18, 20, title="晚八点专场")
    closure = make_outage(
        live_session, house.base, house.at(17), house.at(23), space=house.studios[4], reason="空调检修"
    )
    live_session.commit()
    page = signed_in_page(house.desk)
    timeline(page, house)
    expect(page.locator(".ec-bg-event", has_text="空调检修")).to_be_visible()
    pull(page, spot(page, "A101", 18.5), spot(page, "A105", 18.5))
    expect(page.locator(".tl-ghost.is-clash")).to_contain_text("空调检修")
    page.mouse.up()
    expect(page.locator(".tl-refusal")).to_contain_text("A105")
    assert place(live_session, booking) == (house.studios[0].id, house.at(18), house.at(20))
    live_session.delete(closure)
    live_session.commit()


def test_what_others_book_appears_by_itself(signed_in_page: Any, house: House, live_session: Session) -> None:
    page = signed_in_page(house.desk)
    timeline(page, house)
    expect(bar(page, "刚刚预订")).to_have_count(0)
    booked(live_session, house, 3, 20, 23, title="刚刚预订", changed_at=datetime.now(UTC))
    expect(bar(page, "刚刚预订")).to_be_visible()
    expect(page.locator("#timeline-table")).to_contain_text("刚刚预订")


def test_a_drag_reaches_another_browser(signed_in_page: Any, house: House, live_session: Session) -> None:
    booking = booked(live_session, house, 0, 18, 20, title="晚八点专场")
    mine, theirs = signed_in_page(house.desk), signed_in_page(house.scheduler)
    for page in (mine, theirs):
        timeline(page, house)
    before = bar(theirs, "晚八点专场").bounding_box()
    assert before
    drag(mine, spot(mine, "A101", 18.5), spot(mine, "A103", 20.5))
    began = time.monotonic()
    theirs.wait_for_function(
        "([id, y]) => document.querySelector(`[data-booking='${id}']`)?.getBoundingClientRect().y > y + 40",
        arg=[str(booking.id), before["y"]],
        polling=20,
    )
    print(f"from the drop to the other browser: {(time.monotonic() - began) * 1000:.0f} ms")
    expect(theirs.locator("#timeline-table")).to_contain_text("A103")


def test_a_hold_counts_down_and_looks_other_than_a_booking_and_a_request(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    until = datetime.now(UTC) + timedelta(minutes=9, seconds=30)
    booked(live_session, house, 0, 18, 20, title="先占着", state="held", hold_until=until)
    booked(live_session, house, 1, 18, 20, title="等审批", state="requested")
    booked(live_session, house, 2, 18, 20, title="已订好")
    page = signed_in_page(house.desk)
    timeline(page, house)
    left = bar(page, "先占着").locator(".tl-left")
    expect(left).to_have_text(re.compile(r"^9:[0-3]\d$"))
    first = left.text_content()
    expect(left).not_to_have_text(first or "")
    look = "node => getComputedStyle(node).borderTopStyle"
    looks = [bar(page, title).evaluate(look) for title in ("先占着", "等审批", "已订好")]
    assert looks == ["dashed", "dotted", "solid"]
    expect(bar(page, "等审批")).to_contain_text("待审批")
    expect(page.locator("#timeline-table")).to_contain_text("占位中")


def test_a_hold_is_moved_as_a_booking_is(signed_in_page: Any, house: House, live_session: Session) -> None:
    until = datetime.now(UTC) + timedelta(minutes=9)
    held = booked(live_session, house, 0, 18, 20, title="先占着", state="held", hold_until=until)
    page = signed_in_page(house.scheduler)
    timeline(page, house)
    drag(page, spot(page, "A101", 18.5), spot(page, "A104", 18.5))
    expect(page.locator(".toast-note.notice-success")).to_contain_text("已改期")
    assert place(live_session, held) == (house.studios[3].id, house.at(18), house.at(20))


def test_filters_are_kept_in_the_address_and_the_table_follows(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    house.studios[0].floor, house.studios[1].floor = "3F", "4F"
    live_session.add_all([live_session.merge(room) for room in house.studios[:2]])
    kind = make_kind(live_session, house.base)
    make_unit(live_session, kind)
    make_unit(live_session, kind, fixed_to=house.studios[3])
    live_session.commit()
    booked(live_session, house, 0, 20, 22, title="三楼专场")
    booked(live_session, house, 1, 20, 22, title="四楼专场")
    page = signed_in_page(house.desk)
    timeline(page, house)
    rows, table = page.locator(".ec-body .ec-row-head"), page.locator("#timeline-table")
    page.get_by_label("楼层").select_option("3F")
    expect(rows).to_have_count(1)
    expect(table).not_to_contain_text("四楼专场")
    expect(table).to_contain_text("三楼专场")
    expect(page).to_have_url(re.compile("floor=3F"))
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="清除筛选").click()
    expect(rows).to_have_count(7)
    page.get_by_label("空闲设备").select_option("camera")
    expect(page).to_have_url(re.compile("kit=camera%3A1.*kit_from="))
    page.get_by_label("数量").fill("2")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("A104")


def test_a_tenant_sees_that_a_studio_is_taken_and_not_by_whom(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    make_booking(live_session, house.studios[2], house.rival, house.at(19), house.at(22), title="不可外传")
    mine = booked(live_session, house, 0, 18, 20, title="自己的专场")
    page = signed_in_page(house.scheduler)
    timeline(page, house)
    expect(bar(page, "自己的专场")).to_be_visible()
    expect(bar(page, "已被占用")).to_be_visible()
    assert "不可外传" not in page.content()
    assert "云裳服饰" not in page.content()
    drag(page, spot(page, "A103", 20), spot(page, "A104", 20))  # another's busy time does not move
    bar(page, "已被占用").click()
    expect(page).to_have_url(re.compile(r"/timeline\?"))
    bar(page, "自己的专场").click()
    expect(page).to_have_url(re.compile(f"/bookings/{mine.id}$"))


def test_a_booking_is_moved_by_keyboard_alone(signed_in_page: Any, house: House, live_session: Session) -> None:
    booking = booked(live_session, house, 0, 18, 20, title="晚八点专场")
    page = signed_in_page(house.desk, language="en")
    timeline(page, house)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(60):  # past the bar above the timeline and the timeline itself, which is one stop
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move 晚八点专场":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Move 晚八点专场")
    studio = page.get_by_role("combobox", name="Studio")
    studio.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("A104")
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Move":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".notice-success")).to_contain_text("was moved")
    assert place(live_session, booking) == (house.studios[3].id, house.at(18), house.at(20))


def test_views_and_days_are_kept_in_the_address_and_the_table_follows(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    booked(live_session, house, 0, 20, 26, title="跨夜专场")
    booked(live_session, house, 1, 44, 47, title="后一天")
    page = signed_in_page(house.desk)
    timeline(page, house)
    page.locator(".tl-bar").get_by_role("button", name="夜场").click()
    expect(page).to_have_url(re.compile("view=night"))
    expect(bar(page, "跨夜专场")).to_be_visible()
    page.locator(".tl-bar").get_by_role("button", name="后一天").click()
    expect(page.locator("#timeline-table")).to_contain_text("后一天")
    expect(page.locator("#timeline-table")).not_to_contain_text("跨夜专场")
    page.locator(".tl-bar").get_by_role("button", name="一周").click()
    expect(page).to_have_url(re.compile("view=week"))
    page.reload()
    expect(page.locator(".tl-bar button[data-view=week]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_the_page_around_the_grid_has_no_accessibility_fault(
    signed_in_page: Any, house: House, live_session: Session, width: int, language: str
) -> None:
    booked(live_session, house, 0, 18, 20, title="晚八点专场")
    page = signed_in_page(house.desk, language=language, width=width)
    timeline(page, house)
    assert faults(page) == []


def test_on_paper_every_studio_has_its_row_and_every_booking_its_words(
    signed_in_page: Any, house: House, live_session: Session
) -> None:
    booked(live_session, house, 0, 18, 20, title="晚八点专场")
    booked(live_session, house, 6, 21, 29, title="跨夜专场")
    page = signed_in_page(house.desk)
    timeline(page, house)
    page.emulate_media(media="print")
    expect(page.locator(".schedule")).to_be_hidden()
    expect(page.locator("#timeline-table")).to_be_hidden()
    paper = page.locator(".tl-paper")
    expect(paper.locator("tbody tr")).to_have_count(7)
    expect(paper.locator("tr", has_text="A107")).to_contain_text("跨夜专场 21:00–05:00")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="screen")
    expect(paper).to_have_count(0)


def test_without_scripts_the_table_is_what_is_printed(signed_in_page: Any, house: House, live_session: Session) -> None:
    booked(live_session, house, 0, 18, 20, title="晚八点专场")
    page = signed_in_page(house.desk, scripts=False)
    page.goto(f"/timeline?date={house.day:%Y-%m-%d}&view=day")
    page.emulate_media(media="print")
    expect(page.locator("#timeline-table")).to_contain_text("晚八点专场")
