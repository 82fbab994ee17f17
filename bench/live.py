"""A timeline of 200 studios and 2,000 bookings: its feed, when it can be used, and when others see a drag."""

import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from bench.browser import ARGUMENTS, PATIENCE, chromium
from bench.client import Client
from bench.data import House, operator_of
from bench.figures import Line
from bench.ground import HOST, Database, Ground

REPEAT = 60
ROUNDS = 5

# The booking that is nearest to the middle of the first row, and where its own row and the empty one below it are.
FIND = """
() => {
  const row = name => [...document.querySelectorAll('.ec-body .ec-row-head')]
    .find(node => node.textContent.includes(name)).getBoundingClientRect();
  const [full, empty] = [row('S0001'), row('S0002')];
  const middle = innerWidth / 2;
  const inside = [...document.querySelectorAll('.ec-event [data-booking], .ec-event[data-booking]')]
    .map(node => [node.dataset.booking, node.getBoundingClientRect()])
    .filter(([, at]) => Math.abs(at.y + at.height / 2 - full.y - full.height / 2) < full.height / 2);
  inside.sort((a, b) => Math.abs(a[1].x + a[1].width / 2 - middle) - Math.abs(b[1].x + b[1].width / 2 - middle));
  const [id, at] = inside[0];
  return {id, x: at.x + at.width / 2, y: full.y + full.height / 2, to: empty.y + empty.height / 2};
}
"""
THERE = """
([id, y]) => {
  const at = document.querySelector(`[data-booking='${id}']`)?.getBoundingClientRect();
  return at && Math.abs(at.y + at.height / 2 - y) < 30;
}
"""


def measure(ground: Ground, database: Database, house: House) -> tuple[list[Line], dict[str, Any]]:
    """As the operator sees it, in two browsers at once."""
    cookie = operator_of(database.superuser, "BUSY")
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = urlencode({"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()})
    feeds, ready, seen = [], [], []
    with ground.serving(database) as port:
        with Client(port, {"Cookie": f"shared_base={cookie}"}) as client:
            for number in range(REPEAT):
                feed = client.get(f"/timeline/feed?{window}")
                if number >= REPEAT // 10:
                    feeds.append(feed.server_ms)
            statements = ground.statements(database, lambda: client.get(f"/timeline/feed?{window}"))
        bookings = len(json.loads(feed.body)["bookings"])
        path = chromium()
        if path is not None:
            ready, seen = _two_browsers(f"http://{HOST}:{port}", path, cookie, f"{start:%Y-%m-%d}")
    lines = [
        Line(f"timeline of 200 studios and {bookings:,} bookings: the feed, statements",
             f"{statistics.median(feeds):.2f} ms, {len(feed.body) / 1024:.0f} KB, {statements}"),
    ]  # fmt: skip
    if path is None:
        lines.append(Line("  … in the browser", "SKIPPED: no Chromium"))
    else:
        lines += [
            Line("  … opened, until it can be used (Chromium)", f"{statistics.median(ready):.2f} s"),
            Line("  … a drag, until the other browser shows it", f"{statistics.median(seen):.0f} ms", "", None,
                 "≤ 2,000 ms", statistics.median(seen) <= 2_000),
        ]  # fmt: skip
    return lines, {"feed_ms": feeds, "statements": statements, "ready_s": ready, "seen_ms": seen}


def _two_browsers(address: str, path: str, cookie: str, day: str) -> tuple[list[float], list[float]]:
    ready, seen = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        pages = []
        for _ in range(2):
            context = browser.new_context(
                viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
            )
            context.add_cookies([{"name": "shared_base", "value": cookie, "url": address}])
            pages.append(context.new_page())
        for page in pages:
            for _ in range(2):
                ready.append(_open(page, f"{address}/timeline?date={day}&view=day"))
        mine, theirs = pages
        for _ in range(ROUNDS):
            seen.append(_drag(mine, theirs))
        browser.close()
    return ready, seen


def _open(page: Page, address: str) -> float:
    page.set_default_timeout(PATIENCE)
    began = time.perf_counter()
    page.goto(address)
    page.locator(".tl-status[data-status=live]").wait_for()
    page.locator(".ec-event").first.wait_for()
    return time.perf_counter() - began


def _drag(mine: Page, theirs: Page) -> float:
    """Milliseconds from letting go in one browser to the booking in its new row in the other; then all goes back."""
    at = mine.evaluate(FIND)
    elsewhere = theirs.evaluate(FIND)
    for start, end, there in ((at["y"], at["to"], elsewhere["to"]), (at["to"], at["y"], elsewhere["y"])):
        mine.mouse.move(at["x"], start)
        mine.mouse.down()
        mine.mouse.move(at["x"], (start + end) / 2, steps=5)
        mine.mouse.move(at["x"], end, steps=5)
        mine.mouse.up()
        began = time.perf_counter()
        theirs.wait_for_function(THERE, arg=[at["id"], there], polling=20)
        took = (time.perf_counter() - began) * 1000
        mine.wait_for_timeout(1_500)
    return took
