"""What the end-to-end tests share: the running stack, and leave to open sockets."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.running_stack import RunningStack, revoked_within_s, running_stack, stack

__all__ = ["revoked_within_s", "stack"]

HERE = Path(__file__).resolve().parent
# A function of the local stack that has not been asked for a while starts a process.
SHOWN_WITHIN_MS = 20_000


def pytest_configure(config: pytest.Config) -> None:
    expect.set_options(timeout=SHOWN_WITHIN_MS)
    config.addinivalue_line("markers", "enable_socket: this test may use the network (loopback)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.stack)


@pytest.fixture
def stack_itself(request: pytest.FixtureRequest) -> RunningStack:
    """For the tests that look inside the stack or kill it."""
    return running_stack(request.config)
