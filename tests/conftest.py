"""Fixtures for every kind of test. Unit tests take none of these: they need no AWS."""

import os
from collections.abc import Iterator

import pytest

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="eu-central-1",
    AWS_REGION="eu-central-1",
    # Skips a search of all installed packages at the first model: slow, and we use no plugins.
    PYDANTIC_DISABLE_PLUGINS="__all__",
)


@pytest.fixture
def world() -> Iterator["object"]:
    from moto import mock_aws

    from tests.world import make_world

    with mock_aws():
        yield from make_world()
