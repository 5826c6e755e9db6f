"""Promises that only a real browser can show use the browser tests' own fixtures."""

from tests.browser.conftest import (
    browser,
    context,
    fake_api,
    fresh_page,
    page,
    pytest_collection_modifyitems,
    running_fake_api,
    running_shop,
    shop,
    tab,
    widget_file,
)

__all__ = [
    "browser",
    "context",
    "fake_api",
    "fresh_page",
    "page",
    "pytest_collection_modifyitems",
    "running_fake_api",
    "running_shop",
    "shop",
    "tab",
    "widget_file",
]
