"""What the browser tests share: one Chromium, a scripted API, and the shop on another origin."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize

from tests.browser.fake_api import SITE, FakeApi, serve_api
from tests.browser.shop import Shop, serve_shop
from tests.tab_clock import timed_page

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "web" / "widget" / "build.py"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One profile for all tests: whatever a widget left behind, a later test would see."""
    with new_visitor(browser) as context:
        yield context


@contextmanager
def new_visitor(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", viewport=DESKTOP)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture(scope="session")
def tab(context: BrowserContext) -> Page:
    """Opening a tab costs more than a whole test, so that most tests share one."""
    return context.new_page()


@pytest.fixture(scope="session")
def timed_tab(browser: Browser) -> Iterator[Page]:
    """The tab in which time can be moved on."""
    with new_visitor(browser) as context:
        yield timed_page(context)


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """The shared tab as good as new; any uncaught error of a script fails the test."""
    tab.set_viewport_size(DESKTOP)
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")
    with as_new(tab):
        yield tab


@pytest.fixture
def timed(timed_tab: Page) -> Iterator[Page]:
    """The same, where a test can move the page's timers on."""
    timed_tab.clock.resume()
    with as_new(timed_tab):
        yield timed_tab


@contextmanager
def as_new(tab: Page) -> Iterator[None]:
    with no_script_errors(tab):
        yield
    tab.unroute_all()
    tab.evaluate("sessionStorage.clear()")
    # The next test counts what is asked.
    tab.goto("about:blank")


@pytest.fixture
def fresh_page(context: BrowserContext) -> Iterator[Page]:
    """A tab of its own, for tests that change what every page in it gets."""
    page = context.new_page()
    with no_script_errors(page):
        yield page
    page.close()


@contextmanager
def no_script_errors(page: Page) -> Iterator[None]:
    errors: list[str] = []

    def note(error: Error) -> None:
        errors.append(str(error))

    page.on("pageerror", note)
    yield
    page.remove_listener("pageerror", note)
    assert errors == []


@pytest.fixture(scope="session")
def widget_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The widget as it is served, made by its own build step."""
    out = tmp_path_factory.mktemp("widget") / "widget.js"
    subprocess.run([sys.executable, str(BUILD), str(out)], check=True, capture_output=True)
    return out


@pytest.fixture(scope="session")
def running_fake_api(widget_file: Path) -> Iterator[FakeApi]:
    with serve_api(widget_file.read_bytes()) as api:
        yield api


@pytest.fixture
def fake_api(running_fake_api: FakeApi) -> FakeApi:
    running_fake_api.reset()
    return running_fake_api


@pytest.fixture(scope="session")
def running_shop(running_fake_api: FakeApi) -> Iterator[Shop]:
    with serve_shop(api=running_fake_api.origin, site=SITE) as shop:
        yield shop


@pytest.fixture
def shop(running_shop: Shop, fake_api: FakeApi) -> Shop:
    running_shop.site, running_shop.tag = SITE, ""
    return running_shop
