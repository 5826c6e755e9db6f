"""What the console's browser tests share: the built page, the fake API, a tab that is signed in."""

import subprocess
import sys
from collections.abc import Generator, Iterator
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
from playwright.sync_api import Error as PlaywrightError

from tests.browser_console import demo_data, fake_desk, fake_requests, fake_routes
from tests.browser_console.fake_console import FakeConsole, serve_console
from tests.tab_clock import timed_page

BUILD = Path(__file__).resolve().parents[2] / "web" / "console" / "build.py"
WIDGET = BUILD.parents[1] / "widget" / "build.py"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
# What Chromium says of an answer that a test wanted: it is not a fault of the page.
PLANTED = "Failed to load resource"
SIGN_IN = "localStorage.setItem('leadlayer.session', 'lls_first')"
# Importing one declares what the fake answers about it.
DECLARED = (fake_desk, fake_requests, fake_routes)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails says what stood on its page: the message alone names only what did not."""
    report = yield
    given = getattr(item, "funcargs", {})
    if report.failed and call.when == "call":
        pages = {id(one): one for one in given.values() if isinstance(one, Page)}
        for page in pages.values():
            report.sections.append((f"on the page at {page.url}", seen(page)))
        if isinstance(asked := given.get("api"), FakeConsole):
            calls = [f"{one.method} {one.path}" for one in asked.calls]
            report.sections.append(("what it asked for", "\n".join(calls)))
    return report


def seen(page: Page) -> str:
    try:
        return page.locator(":root").inner_text(timeout=2_000)
    except PlaywrightError as error:
        return f"not to be read: {error.message}"


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
    with serve_console(console_page) as api:
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


@contextmanager
def new_person(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", viewport=DESKTOP, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture(scope="session")
def tab(browser: Browser, running_api: FakeConsole) -> Iterator[Page]:
    """Opening a tab costs more than a whole test, so that all tests share two."""
    with new_person(browser) as context:
        yield at_rest(context.new_page(), running_api)


@pytest.fixture(scope="session")
def timed_tab(browser: Browser, running_api: FakeConsole) -> Iterator[Page]:
    """The one in which time can be moved on."""
    with new_person(browser) as context:
        yield at_rest(timed_page(context), running_api)


def at_rest(tab: Page, api: FakeConsole) -> Page:
    """At an address of the console's origin that asks for nothing."""
    tab.goto(f"{api.url}icon.svg")
    return tab


@contextmanager
def as_new(tab: Page, api: FakeConsole, complaints: list[str]) -> Iterator[Page]:
    """A shared tab for one test, which leaves nothing behind in it."""
    tab.set_viewport_size(DESKTOP)
    tab.emulate_media(color_scheme="light")
    with watched(tab.context, api.origin, complaints):
        yield tab
        tab.unroute_all()
        for other in tab.context.pages:
            if other != tab:
                other.close()
        # The next test counts what is asked.
        at_rest(tab, api)
        tab.evaluate("localStorage.clear(); sessionStorage.clear()")
        tab.context.clear_cookies()
        tab.context.clear_permissions()


@pytest.fixture
def page(tab: Page, api: FakeConsole, complaints: list[str]) -> Iterator[Page]:
    """A tab of somebody who has never been here."""
    with as_new(tab, api, complaints) as page:
        yield page


@pytest.fixture
def signed_in(page: Page) -> Page:
    """The same in which the owner is signed in; it shows no view yet."""
    page.evaluate(SIGN_IN)
    return page


@pytest.fixture
def timed(timed_tab: Page, api: FakeConsole, complaints: list[str]) -> Iterator[Page]:
    """The same in which time can be moved on."""
    timed_tab.clock.resume()
    # What other tests let pass is not to be over here: a sign-in is recent for ten minutes.
    timed_tab.clock.set_system_time(demo_data.NOW)
    with as_new(timed_tab, api, complaints) as page:
        page.evaluate(SIGN_IN)
        yield page
