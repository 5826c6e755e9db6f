"""Promises that only a real browser can show use the browser tests' own fixtures; what is not built
is said after a run of this folder."""

import pytest

from tests.browser.conftest import (
    context,
    fake_api,
    fresh_page,
    page,
    running_fake_api,
    running_shop,
    shop,
    tab,
    timed,
    timed_tab,
    widget_file,
)
from tests.promises import not_built

__all__ = [
    "context",
    "fake_api",
    "fresh_page",
    "page",
    "running_fake_api",
    "running_shop",
    "shop",
    "tab",
    "timed",
    "timed_tab",
    "widget_file",
]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("promises that are not all kept")
    for line in not_built.lines():
        terminalreporter.write_line(line, yellow=True)
