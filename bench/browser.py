"""From the sign-in page to a timeline that can be used, in headless Chromium on the demo."""

import os
import shutil
import statistics
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.figures import Line
from bench.ground import HOST, Ground
from shared_base.demo.accounts import ACCOUNTS, PASSWORD

ROUNDS = 5
PATIENCE = 30_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def chromium() -> str | None:
    """The Chromium that CHROMIUM names, or the system's."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (path := shutil.which(name)):
            return path
    return None


def measure(ground: Ground, *, say: Callable[[str], None]) -> tuple[list[Line], dict[str, Any]]:
    """Each round in a context of its own, so that nothing is cached; the first warms server and browser up."""
    path = chromium()
    if path is None:
        say("*** NO CHROMIUM FOUND: THE BROWSER WAS NOT MEASURED. Install one, or set CHROMIUM to its path. ***")
        return [Line("sign-in page to interactive timeline", "SKIPPED: no Chromium")], {"skipped": "no Chromium"}
    database = ground.database("bench_browser")
    ground.command(database, "demo", "load")
    found: dict[str, list[float]] = {"sign_in_page": [], "signing_in": [], "timeline": []}
    with ground.serving(database) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for number in range(ROUNDS + 1):
            for step, seconds in _visit(browser, f"http://{HOST}:{port}").items():
                if number:
                    found[step].append(seconds)
        browser.close()
    medians = {step: statistics.median(times) for step, times in found.items()}
    whole = statistics.median(map(sum, zip(*found.values(), strict=True)))
    return [
        Line("sign-in page to interactive timeline (Chromium, 40 studios)", f"{whole:.2f} s"),
        Line("  … sign-in page, signing in, timeline",
             " + ".join(f"{seconds:.2f}" for seconds in medians.values()) + " s"),
    ], {"seconds": whole, "steps": medians}  # fmt: skip


def _visit(browser: Browser, address: str) -> dict[str, float]:
    email = next(account.email for account in ACCOUNTS if account.role == "operator")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    marks = [time.perf_counter()]
    page.goto(f"{address}/sign-in")
    marks.append(time.perf_counter())
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    marks.append(time.perf_counter())
    page.goto(f"{address}/timeline")
    page.locator(".tl-status[data-status=live]").wait_for()
    page.locator(".ec-event").first.wait_for()
    marks.append(time.perf_counter())
    context.close()
    return dict(zip(("sign_in_page", "signing_in", "timeline"), map(lambda a, b: b - a, marks, marks[1:]), strict=True))
