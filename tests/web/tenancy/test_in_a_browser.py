"""The pages of these rooms in a real Chromium: nothing blocked or broken, nothing sideways, nothing axe-core finds."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from shared_base.core.actor import SYSTEM
from shared_base.core.periods import Month
from shared_base.occupancy.actions import close_month
from shared_base.people import sessions
from shared_base.people.models import User
from tests.factories.tenancy import make_host
from tests.live import LiveServer
from tests.web.tenancy.house import House, build_house

pytestmark = pytest.mark.e2e

AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
PAGES = (
    "/tenants/", "/tenants/new", "/tenants/admission", "/tenants/{own}", "/tenants/{own}/edit", "/hosts/",
    "/hosts/new", "/hosts/{host}", "/leases/", "/leases/new", "/leases/{lease}", "/leases/{lease}/edit", "/payments/",
    "/payments/arrears", "/payments/new", "/payments/{payment}", "/payments/{payment}/correction", "/imports/",
    "/bases/", "/bases/HRB", "/bases/HRB/edit", "/spaces/", "/spaces/{studio}", "/spaces/new", "/closures/",
    "/closures/new", "/reports/", "/reports/{report}", "/claims/", "/claims/new",
    "/claims/new?policy=nanshan-live-draft", "/policies/", "/policies/pingshan-2020",
)  # fmt: skip


@pytest.fixture(scope="module")
def addresses(live_server: LiveServer) -> tuple[House, dict[str, str]]:
    with live_server.session() as session:
        house = build_house(session)
        month = Month.of(datetime.now(UTC).date()).plus(-1)
        report = close_month(session, base=house.base, month=month, by=SYSTEM, at=datetime.now(UTC))
        session.commit()
    rows = {"own": house.own, "host": house.host, "lease": house.lease, "payment": house.payment}
    return house, {name: str(row.id) for name, row in (*rows.items(), ("studio", house.studios[0]), ("report", report))}


@pytest.fixture
def page_of(live_server: LiveServer, browser: Browser) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_page(user: User, *, width: int, language: str) -> Page:
        with live_server.session() as session:
            secret = sessions.open_session(
                session, user=user, at=datetime.now(UTC), address="127.0.0.1", agent="tests", second_factor=True
            )
            session.commit()
        context = browser.new_context(
            viewport={"width": width, "height": 844}, is_mobile=width < 500, base_url=live_server.url
        )
        contexts.append(context)
        cookies = {"shared_base": secret, "locale": language}
        context.add_cookies([{"name": name, "value": it, "url": live_server.url} for name, it in cookies.items()])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "language"), [(1440, "en"), (390, "zh_Hans_CN")])
def test_every_page_is_whole_accessible_and_fits_its_width(
    addresses: tuple[House, dict[str, str]], page_of: Callable[..., Page], width: int, language: str
) -> None:
    house, ids = addresses
    page = page_of(house.people["operator"], width=width, language=language)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in PAGES:
        address = path.format(**ids)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        if language != "en":  # what axe-core looks at is the same in both
            page.evaluate(AXE.read_text("utf-8"))
            for fault in page.evaluate("axe.run()")["violations"]:
                complaints.append(f"{path} {fault['id']}: {[node['html'][:160] for node in fault['nodes']]}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            complaints.append(f"{path} is wider than {width} px")
    assert complaints == []


def test_a_host_is_checked_only_after_the_question_was_answered(
    addresses: tuple[House, dict[str, str]], page_of: Callable[..., Page], live_server: LiveServer
) -> None:
    house, _ids = addresses
    with live_server.session() as session:
        host = make_host(session, house.own, checked=False)
        session.commit()
    page = page_of(house.people["front_desk"], width=390, language="en")
    page.goto(f"/hosts/{host.id}")
    page.get_by_role("button", name="I have checked the card").click()
    page.get_by_role("button", name="No, go back").click()
    assert page.get_by_text("Nobody has checked the real name yet").is_visible()
    page.get_by_role("button", name="I have checked the card").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.get_by_text("real name is checked").wait_for()
    assert house.people["front_desk"].name in page.locator("main").inner_text()
