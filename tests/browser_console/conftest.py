"""What the console's browser tests share: the built page, the fake API, a tab that is signed in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    WebError,
)

from tests.browser_console import fake_desk, fake_routes
from tests.browser_console.fake_console import FakeConsole

BUILD = Path(__file__).resolve().parents[2] / "web" / "console" / "build.py"
WIDGET = BUILD.parents[1] / "widget" / "build.py"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
# What Chromium says of an answer that a test wanted: it is not a fault of the page.
PLANTED = "Failed to load resource"
# Importing one declares what the fake answers about it.
DECLARED = (fake_desk, fake_routes)


@pytest.fixture(scope="session")
def console_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as it is served, made by its own build step."""
    out = tmp_path_factory.mktemp("console") / "out"
    widget = out.parent / "widget.js"
    for build, to in ((BUILD, out), (WIDGET, widget)):
        subprocess.run([sys.executable, str(build), str(to)], check=True, capture_output=True)
    return out


@pytest.fixture(scope="session")
def running_api(console_page: Path) -> Iterator[FakeConsole]:
    with FakeConsole(console_page) as api:
        yield api


@pytest.fixture
def api(running_api: FakeConsole) -> FakeConsole:
    running_api.reset()
    return running_api


@pytest.fixture
def complaints() -> list[str]:
    """What the browser said against the page: its policy broken, an error, a third party asked.
    Whatever is still in it at the end fails the test."""
    return []


@contextmanager
def watched(context: BrowserContext, origin: str, complaints: list[str]) -> Iterator[None]:
    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and PLANTED not in message.text:
            complaints.append(message.text)

    def ask(request: Request) -> None:
        if not request.url.startswith((origin, "data:")):
            complaints.append(f"third party: {request.url}")

    def crash(error: WebError) -> None:
        complaints.append(str(error.error))

    context.on("console", note)
    context.on("request", ask)
    context.on("weberror", crash)
    yield
    context.remove_listener("console", note)
    context.remove_listener("request", ask)
    context.remove_listener("weberror", crash)
    assert complaints == []


def new_person(browser: Browser) -> BrowserContext:
    context = browser.new_context(locale="en-GB", viewport=DESKTOP, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def context(browser: Browser, api: FakeConsole, complaints: list[str]) -> Iterator[BrowserContext]:
    """The browser of one person, who has never been here."""
    context = new_person(browser)
    with watched(context, api.origin, complaints):
        yield context
        context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab in which nobody is signed in, and in which time can be moved on."""
    page = context.new_page()
    page.clock.install()
    return page


@pytest.fixture
def timed(page: Page, api: FakeConsole) -> Page:
    """The same in which the owner is signed in; it shows no view yet. A clock that was moved stays
    moved for a whole context, so this tab is of its own."""
    sign_in(page, api)
    return page


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """Opening a tab costs more than a whole test, so that most tests share one."""
    context = new_person(browser)
    yield context.new_page()
    context.close()


@pytest.fixture
def signed_in(tab: Page, api: FakeConsole, complaints: list[str]) -> Iterator[Page]:
    """The shared tab as good as new, in which the owner is signed in; it shows no view yet."""
    tab.set_viewport_size(DESKTOP)
    tab.emulate_media(color_scheme="light")
    sign_in(tab, api)
    with watched(tab.context, api.origin, complaints):
        yield tab
        tab.unroute_all()
        # Asks nothing any more when the next test counts what was asked.
        tab.goto(f"{api.url}icon.svg")
        tab.context.clear_cookies()


def sign_in(page: Page, api: FakeConsole) -> None:
    page.goto(f"{api.url}icon.svg")
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.evaluate("localStorage.setItem('leadlayer.session', 'lls_first')")
