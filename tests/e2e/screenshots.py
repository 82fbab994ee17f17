"""Screenshots of pages, to be looked at: each path at 1440 and 390 px, in Chinese and English, light and dark.

    .venv/bin/python tests/e2e/screenshots.py http://127.0.0.1:8000 -o screenshots /today /timeline
    … --email operator@demo.example --password-stdin /today < password-file

Uses playwright on a Chromium of the system (`CHROMIUM` names another). Prints what the browser's console complained
about and exits 1 if a page failed, so that it also serves as a smoke test of the Content-Security-Policy.
"""

import argparse
import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

WIDTHS = {1440: 900, 390: 844}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}


def chromium() -> str:
    """The path of a Chromium, or an error that says how to get one."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (path := shutil.which(name)):
            return path
    raise SystemExit("No Chromium found: install one (apt-get install chromium) or set CHROMIUM to its path.")


def sign_in(page: Page, base: str, email: str, password: str, path: str) -> None:
    """Signs in through the form, as a person does."""
    page.goto(base + path)
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_load_state("networkidle")
    if page.url.startswith(base + path):
        raise SystemExit(f"Signing in as {email} failed: {page.locator('main').inner_text()[:300]}")


def switch_language(page: Page, locale: str) -> None:
    """Presses the language button when the page speaks the other language."""
    button = page.locator(f"button[name=locale][value^={locale}]")
    if button.count():
        button.first.click()
        page.wait_for_load_state("networkidle")


def name_of(path: str) -> str:
    return re.sub(r"[^\w.-]+", "-", path.split("#")[0]).strip("-") or "home"


def shoot(browser: Browser, options: argparse.Namespace, width: int, locale: str, password: str) -> list[str]:
    """All paths at one width in one language; returns the complaints."""
    complaints: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        locale=LOCALES[locale],
        timezone_id="Asia/Shanghai",
        color_scheme=options.theme,
        is_mobile=width < 500,
        has_touch=width < 500,
    )
    page = context.new_page()
    # where an error page is what is to be shown, the browser's own line about its status is no complaint
    expected = "Failed to load resource" if options.any_status else None

    def overheard(line: ConsoleMessage) -> None:
        if line.type in {"error", "warning"} and not (expected and line.text.startswith(expected)):
            complaints.append(line.text)

    page.on("console", overheard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if options.email:
        sign_in(page, options.base, options.email, password, options.sign_in)
    for path in options.paths:
        answer = page.goto(options.base + path)
        page.wait_for_load_state("load")
        switch_language(page, locale)
        page.wait_for_timeout(options.wait)
        if answer is None or answer.status >= (600 if options.any_status else 400):
            complaints.append(f"{path}: {answer.status if answer else 'no answer'}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            complaints.append(f"{path} at {width} px: the page scrolls sideways")
        page.evaluate("window.scrollTo(0, 0)")
        page.screenshot(
            path=options.out / f"{name_of(path)}-{width}-{locale}-{options.theme}.png", full_page=not options.fold
        )
    context.close()
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("base", help="address of the server, e.g. http://127.0.0.1:8000")
    parser.add_argument("paths", nargs="+", help="paths to show, e.g. /today")
    parser.add_argument("-o", "--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--email", help="sign in as this user first")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.add_argument("--sign-in", default="/sign-in", help="path of the sign-in form")
    parser.add_argument("--locale", choices=[*LOCALES], action="append", help="only this language")
    parser.add_argument("--width", type=int, choices=[*WIDTHS], action="append", help="only this width")
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--wait", type=int, default=900, help="milliseconds to let charts and feeds settle")
    parser.add_argument("--fold", action="store_true", help="the first screen only, not the whole page")
    parser.add_argument("--any-status", action="store_true", help="error pages are what is to be shown")
    options = parser.parse_args()
    options.base = options.base.rstrip("/")
    options.out.mkdir(parents=True, exist_ok=True)
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else ""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for width in options.width or WIDTHS:
            for locale in options.locale or LOCALES:
                complaints += shoot(browser, options, width, locale, password)
        browser.close()
    for complaint in dict.fromkeys(complaints):
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    raise SystemExit(main())
