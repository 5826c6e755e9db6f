"""Promises that only a real browser can show use the browser tests' own fixtures."""

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
