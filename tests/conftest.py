"""Fixtures for every kind of test, and the rule that no test may print what a request carried."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canaries import leaks

if TYPE_CHECKING:
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are closed in unit tests (pyproject.toml) and reach only this machine elsewhere."""
    for item in items:
        if UNIT not in item.path.parents:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]))


@pytest.fixture(scope="module")
def reset() -> "Iterator[Reset]":
    # Unit tests do not pay for moto.
    from tests.reused_world import reused_world

    yield from reused_world()


@pytest.fixture
def world(reset: "Reset") -> "World":
    """A table, a customer and a site, as if made anew for each test."""
    return reset()


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
