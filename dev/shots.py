"""`make shots`: pictures of the console for docs/images, taken from the running demo account."""

import json
import sys
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from dev.stack.seed_facts import OWNER_EMAIL
from dev.stack.settings import ROOT
from tests.chromium import ARGUMENTS, NO_BROWSER, chromium_path
from tests.e2e.customer_tab import Customer
from tests.e2e.shop_page import ShopPage
from tests.e2e.watched_tab import Profile

IMAGES = ROOT / "docs" / "images"
# A lead that came out of a conversation, and a conversation that staff has taken over.
TALKED = ".row:has(.row-title .icon) .row-link"
TAKEN = ".row.human .row-link"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".local" / "stack.json"
    chromium = chromium_path()
    if chromium is None:
        sys.exit(NO_BROWSER)
    if not path.exists():
        sys.exit("nothing is running: `make run` in another terminal first")
    stack = json.loads(path.read_text())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        desk = signed_in(browser, stack, width=1280, height=800, scheme="light")
        shoot(desk, "inbox")
        open_row(desk, "leads", TALKED)
        shoot(desk, "lead")
        phone = signed_in(browser, stack, width=360, height=740, scheme="dark")
        open_row(phone, "conversations", TAKEN)
        shoot(phone, "conversation-phone-dark")
        browser.close()


def signed_in(
    browser: Browser,
    stack: dict[str, Any],
    *,
    width: int,
    height: int,
    scheme: Literal["light", "dark"],
) -> Page:
    context = browser.new_context(
        locale="en-GB",
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    person = Customer(stack, Profile(context, context.new_page()), ShopPage(""), OWNER_EMAIL, "")
    person.sign_in()
    return person.page


def open_row(page: Page, path: str, which: str) -> None:
    page.evaluate(f"location.hash = '#/{path}'")
    page.locator(which).first.click()
    expect(page.get_by_role("log")).to_be_visible()


def shoot(page: Page, name: str) -> None:
    expect(page.locator(".skeleton")).to_have_count(0, timeout=20_000)
    expect(page.locator(".row, .facts").first).to_be_visible()
    page.screenshot(path=IMAGES / f"console-{name}.png")


if __name__ == "__main__":
    main()
