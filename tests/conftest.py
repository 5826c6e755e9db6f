"""Fixtures for every kind of test, and the rule that no test may print what a request carried."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canaries import leaks
from tests.chromium import ARGUMENTS, NO_BROWSER, chromium_path, may_be_left_out

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.reused_world import Reset
    from tests.world import World

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="eu-central-1",
    AWS_REGION="eu-central-1",
    # Skips a search of all installed packages at the first model: slow, and we use no plugins.
    PYDANTIC_DISABLE_PLUGINS="__all__",
)


UNIT = Path(__file__).parent / "unit"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sockets are closed in unit tests (pyproject.toml) and reach only this machine elsewhere.
    Tests that need a browser are marked, and left out where there is none."""
    for item in items:
        if UNIT not in item.path.parents:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]))
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    if may_be_left_out():
        left_out = [item for item in items if item.get_closest_marker("browser")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if may_be_left_out():
        terminalreporter.write_line(f"browser tests left out: {NO_BROWSER}", yellow=True)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The one Chromium of this process: Playwright allows no second."""
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    if path is None:
        pytest.fail(NO_BROWSER)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def reset() -> "Iterator[Reset]":
    # Unit tests do not pay for moto.
    from tests.reused_world import reused_world

    yield from reused_world()


@pytest.fixture
def world(reset: "Reset") -> "World":
    """A table, a customer and a site, as if made anew for each test."""
    return reset()


@pytest.fixture
def everything(reset: "Reset") -> "tuple[World, dict[str, str]]":
    """The same with one of everything that a route of the console can name, and their ids."""
    return reset.with_everything()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """P25 over the whole suite: a passing test whose output holds a canary has failed."""
    report = yield
    if report.passed and (found := leaks(report.capstdout + report.capstderr)):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} printed what a request carried: {found}"
    return report
