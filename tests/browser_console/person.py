"""What a customer does and sees in the console, so that the tests read as what they guarantee."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser_console.fake_console import FakeConsole

VIEW = re.compile("· LeadLayer$")


def enter(page: Page, api: FakeConsole, path: str = "") -> None:
    """Open a view by its address and wait until it has come: only a view names itself in the
    title; the heading is there before the account is."""
    page.goto(f"{api.url}#/{path}")
    expect(page).to_have_title(VIEW)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)


def title(page: Page) -> Locator:
    return page.locator("main h1")


def rows(page: Page) -> Locator:
    return page.locator("main .rows > li")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog").last


def confirm(page: Page, word: str, action: str = "Delete") -> None:
    dialog(page).get_by_role("textbox").fill(word)
    dialog(page).get_by_role("button", name=action, exact=True).click()


def kept(page: Page) -> dict[str, Any]:
    return page.evaluate("() => ({...localStorage})")


def cut(page: Page, path: str) -> None:
    """Break the next call of this path. In the browser: a server that breaks off is asked again."""
    page.route(f"**/v1/{path}", lambda route: route.abort(), times=1)
