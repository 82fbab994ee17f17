"""The door in a real browser: a pass on the phone, read from its screenshot, opens once; kept without a network."""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Error, Page, expect
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.core.events import Event
from tests.factories.bookings import make_booking
from tests.web.bookings.browsers import House, faults, house, live_session, signed_in_page
from tests.web.bookings.evening import check_in

__all__ = ["house", "live_session", "signed_in_page"]  # fixtures

pytestmark = pytest.mark.e2e

Open = Callable[..., Page]
DECODER = Path(__file__).parents[2] / "node_modules/jsqr/dist/jsQR.js"
DECODE = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (sign) => sign.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const drawing = canvas.getContext("2d");
  drawing.drawImage(picture, 0, 0);
  const {data, width, height} = drawing.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(data, width, height)?.data ?? null;
}"""


@pytest.fixture(autouse=True)
def _empty_day(live_session: Session) -> Iterator[None]:
    yield
    live_session.rollback()
    live_session.execute(sa.text("update allocations set live = false"))
    live_session.execute(
        sa.text(
            "update bookings set state = 'completed', released_at = null,"
            " during = tstzrange('2020-01-01', '2020-01-02') where state <> 'cancelled'"
        )
    )
    live_session.commit()


def due(session: Session, house: House, studio: int = 0, minutes: int = 20, **columns: Any) -> Booking:
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    columns.setdefault("title", "秋冬羊绒专场")
    booking = make_booking(session, house.studios[studio], house.tenant, start, start + timedelta(hours=3), **columns)
    if columns.get("state") == "checked_in":
        check_in(session, booking, start)
    session.commit()
    return booking


def state(session: Session, booking: Booking) -> str:
    session.expire_all()
    return session.get_one(Booking, booking.id).state


def make_pass(page: Page, booking: Booking) -> None:
    page.goto(f"/bookings/{booking.id}/pass")
    page.get_by_role("button", name="Make the pass").click()
    expect(page.locator(".pass-picture img")).to_be_visible()


def decoded(page: Page, picture: bytes) -> str | None:
    """What the QR code in a screenshot says, read by another program than the one that drew it."""
    page.evaluate(DECODER.read_text("utf-8"))
    text: str | None = page.evaluate(DECODE, base64.b64encode(picture).decode())
    return text


def scan(page: Page, text: str) -> None:
    """As a hand scanner does it: types wherever the focus is, and presses Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_pass_read_from_its_screenshot_opens_the_door_once(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    booking = due(live_session, house)
    phone = signed_in_page(house.scheduler, language="en", width=390)
    make_pass(phone, booking)
    shown = decoded(phone, phone.screenshot(full_page=True))
    assert shown is not None
    assert re.search(r"/p/[0-9A-Z]{52}$", shown)

    kiosk = signed_in_page(house.desk, language="en", width=1280)
    kiosk.goto("/kiosk")
    expect(kiosk.get_by_role("heading", name="Show your pass")).to_be_visible()
    scan(kiosk, shown)
    result = kiosk.locator("#kiosk-result")
    expect(result).to_contain_text("Please come in")
    expect(result).to_contain_text("A101")
    assert state(live_session, booking) == "checked_in"

    scan(kiosk, shown)
    expect(result).to_contain_text("Checked in already")
    expect(kiosk.locator("#pass")).to_have_value("")
    refused = live_session.scalars(
        sa.select(Event).where(Event.subject_id == booking.id, Event.kind == "pass.refused")
    ).all()
    assert [event.payload["refusal"] for event in refused] == ["used"]


def test_the_tablet_is_ready_for_the_next_guest_by_itself(signed_in_page: Open, house: House) -> None:
    kiosk = signed_in_page(house.desk, language="en", width=1280)
    kiosk.clock.install()
    kiosk.goto("/kiosk")
    scan(kiosk, "https://pay.example/134567890123456789")
    expect(kiosk.locator(".kiosk-word")).to_have_text("Not a pass of this house")
    expect(kiosk.get_by_role("heading", name="Show your pass")).to_be_hidden()
    kiosk.clock.fast_forward(13_000)
    expect(kiosk.get_by_role("heading", name="Show your pass")).to_be_visible()
    expect(kiosk.locator(".kiosk-word")).to_have_count(0)
    expect(kiosk.locator("#pass")).to_be_focused()


def test_without_scripts_the_tablet_reads_passes_all_the_same(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    kiosk = signed_in_page(house.desk, language="en", width=1280, scripts=False)
    kiosk.goto("/kiosk")
    kiosk.fill("#pass", "no pass")
    kiosk.get_by_role("button", name="Check in").click()
    expect(kiosk.locator("#kiosk-result")).to_contain_text("Not a pass of this house")


def test_a_tablet_without_a_network_says_so_and_uses_nothing_up(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    kiosk = signed_in_page(house.desk, language="en", width=1280)
    kiosk.goto("/kiosk")
    kiosk.context.set_offline(True)
    scan(kiosk, "0" * 52)
    expect(kiosk.locator(".kiosk-word")).to_have_text("No connection")
    kiosk.context.set_offline(False)
    scan(kiosk, "0" * 52)
    expect(kiosk.locator(".kiosk-word")).to_have_text("Not a pass of this house")


def test_the_camera_reads_the_pass(signed_in_page: Open, house: House, live_session: Session) -> None:
    booking = due(live_session, house, 1)
    phone = signed_in_page(house.scheduler, language="en", width=390)
    make_pass(phone, booking)
    picture = base64.b64encode(phone.locator(".pass-picture").screenshot()).decode()
    kiosk = signed_in_page(house.desk, language="en", width=1280)
    # a camera before which somebody holds the phone: the page gets its picture as a camera's stream
    kiosk.add_init_script(
        """(() => {
          navigator.mediaDevices.getUserMedia = async () => {
            const picture = new Image();
            picture.src = "data:image/png;base64,PICTURE";
            await picture.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [640, 480];
            const drawing = canvas.getContext("2d");
            setInterval(() => {
              drawing.fillStyle = "#888";
              drawing.fillRect(0, 0, 640, 480);
              drawing.drawImage(picture, 150, 70, 340, 340);
            }, 50);
            return canvas.captureStream(20);
          };
        })()""".replace("PICTURE", picture)
    )
    kiosk.goto("/kiosk")
    button = kiosk.get_by_role("button", name="Read with the camera")
    button.click()
    expect(kiosk.locator("#kiosk-result")).to_contain_text("Please come in")
    assert state(live_session, booking) == "checked_in"
    kiosk.get_by_role("button", name="Stop the camera").click()
    expect(kiosk.locator("video")).to_be_hidden()


def test_a_camera_that_may_not_be_used_says_what_to_do(signed_in_page: Open, house: House) -> None:
    kiosk = signed_in_page(house.desk, language="en", width=1280)
    kiosk.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); }"
    )
    kiosk.goto("/kiosk")
    kiosk.get_by_role("button", name="Read with the camera").click()
    expect(kiosk.locator("[data-kiosk-note]")).to_contain_text("allow it for this page")


def test_the_pass_is_kept_on_the_phone_alone_and_leaves_it_with_the_session(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    booking = due(live_session, house, 2)
    phone = signed_in_page(house.scheduler, language="en", width=390)
    make_pass(phone, booking)
    expect(phone.locator("[data-pass-stored]")).to_be_visible()
    code = phone.locator(".pass-code").inner_text()

    phone.context.set_offline(True)
    phone.reload()
    expect(phone.locator(".pass-kept")).to_be_visible()
    expect(phone.locator(".pass-code")).to_have_text(code)
    assert decoded(phone, phone.screenshot(full_page=True)) is not None
    # only the pass: other pages of bookings are not kept
    with pytest.raises(Error, match=r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
        phone.goto(f"/bookings/{booking.id}")

    phone.context.set_offline(False)
    phone.goto("/")
    phone.locator("details.account summary").click()
    phone.get_by_role("button", name="Sign out").click()
    expect(phone).to_have_url(re.compile("/sign-in"))
    phone.wait_for_function("caches.has('passes').then((kept) => !kept)")
    phone.context.set_offline(True)
    with pytest.raises(Error, match=r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
        phone.goto(f"/bookings/{booking.id}/pass")


def test_a_used_pass_leaves_the_phone_at_the_next_look(
    signed_in_page: Open, house: House, live_session: Session
) -> None:
    booking = due(live_session, house, 3)
    phone = signed_in_page(house.scheduler, language="en", width=390)
    make_pass(phone, booking)
    expect(phone.locator("[data-pass-stored]")).to_be_visible()
    kiosk = signed_in_page(house.desk, language="en")
    kiosk.goto("/kiosk")
    scan(kiosk, phone.locator(".pass-code").inner_text())
    expect(kiosk.locator("#kiosk-result")).to_contain_text("Please come in")
    phone.reload()
    expect(phone.locator(".pass-card")).to_contain_text("a pass opens the door once")
    phone.wait_for_function("caches.match(location.pathname).then((kept) => !kept)")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_walk_in_is_live_after_four_taps(
    signed_in_page: Open, house: House, live_session: Session, width: int
) -> None:
    page = signed_in_page(house.desk, language="en", width=width)
    page.goto("/today")
    free = page.locator("#free li").filter(has_text="A105")
    free.get_by_role("link", name="Walk-in").click()
    tenant = page.get_by_role("combobox", name="Tenant")
    tenant.click()
    page.get_by_role("option", name="京一文化").click()
    page.get_by_role("button", name="Book and check in").click()
    expect(page.locator(".notice-success")).to_contain_text("A105 is live")
    (booking,) = live_session.scalars(sa.select(Booking).where(Booking.state == "checked_in")).all()
    assert booking.studio_id == house.studios[4].id
    # the wrong one: taken back with one tap and a yes
    page.locator(f"#undo-{booking.id}").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.locator(".notice-success")).to_contain_text("waits for its tenant again")
    assert state(live_session, booking) == "confirmed"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_no_page_of_the_door_has_an_accessibility_fault_or_scrolls_sideways(
    signed_in_page: Open, house: House, live_session: Session, width: int, language: str
) -> None:
    booking = due(live_session, house, 5)
    due(live_session, house, 6, -30, state="checked_in")
    tenant = signed_in_page(house.scheduler, language="en", width=width)
    make_pass(tenant, booking)
    page = signed_in_page(house.desk, language=language, width=width)
    paths = [f"/bookings/{booking.id}/pass", "/kiosk", "/today/walk-in", "/today"]
    for path in paths:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert faults(page) == [], path
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), path
    page.goto("/kiosk")
    scan(page, "0" * 52)
    expect(page.locator(".kiosk-card")).to_be_visible()
    assert faults(page) == []
