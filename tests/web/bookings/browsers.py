"""What the browser tests of bookings share: a base to book in, and real browsers in which its people are signed in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.people import sessions
from shared_base.people.models import User
from shared_base.people.passwords import hash_password
from shared_base.tenancy.models import Tenant
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_tenant, make_user
from tests.live import LiveServer

PASSWORD = "violin moss harbour"
ZONE = ZoneInfo("Asia/Shanghai")
AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"


@dataclass
class House:
    """A base open round the clock; `day` is two days ahead, so that nothing depends on the hour of the test."""

    base: Base
    studios: list[Space]
    tenant: Tenant
    rival: Tenant
    desk: User
    scheduler: User
    day: datetime

    def at(self, hour: float) -> datetime:
        return self.day + timedelta(hours=hour)


@pytest.fixture(scope="module")
def house(live_server: LiveServer) -> House:
    with live_server.session() as session:
        base = make_base(session, code="PYW", name="番禺万博直播基地")
        studios = [
            make_studio(session, base, code=f"A{100 + n}", name=f"{n}号直播间", scene="美妆") for n in range(1, 8)
        ]
        tenant, rival = make_tenant(session, base, name="京一文化"), make_tenant(session, base, name="云裳服饰")
        secret = hash_password(PASSWORD)
        desk = make_user(session, "front_desk", base=base, name="李雪")
        scheduler = make_user(session, "tenant_scheduler", tenant=tenant, name="王晨", password_hash=secret)
        session.commit()
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return House(base, studios, tenant, rival, desk, scheduler, midnight + timedelta(days=2))


@pytest.fixture
def signed_in_page(live_server: LiveServer, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in which the user is signed in, far from the base's zone; None: nobody is."""
    contexts: list[BrowserContext] = []

    def open_page(user: User | None, *, language: str = "zh_Hans_CN", width: int = 1440, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900 if width > 500 else 844},
            has_touch=width < 500,
            is_mobile=width < 500,
            java_script_enabled=scripts,
            timezone_id="Europe/Berlin",
            base_url=live_server.url,
        )
        contexts.append(context)
        cookies = {"locale": language}
        if user is not None:
            with live_server.session() as session:
                cookies["shared_base"] = sessions.open_session(
                    session, user=user, at=datetime.now(UTC), address="127.0.0.1", agent="tests", second_factor=True
                )
                session.commit()
        context.add_cookies([{"name": name, "value": it, "url": live_server.url} for name, it in cookies.items()])
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def live_session(live_server: LiveServer) -> Iterator[Session]:
    with live_server.session() as session:
        yield session


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong with the page; EventCalendar's grid apart, beside which the same stands as a table."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({exclude: ['.ec']})")
    return [f"{fault['id']}: {[node['html'][:160] for node in fault['nodes']]}" for fault in found["violations"]]
