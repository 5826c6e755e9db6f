"""One world for a whole module: starting moto's DynamoDB costs a quarter second."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from moto import mock_aws

from tests.clocks import START
from tests.world import World, make_world, table_in_moto

# moto's own: partitions of items. Its items are never changed in place (see quick_moto).
Items = dict[Any, dict[Any, Any]]


def reused_world() -> Iterator["Reset"]:
    with mock_aws():
        for world in make_world():
            yield Reset(world)


class Reset:
    """Gives the world back as it began."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._items = _kept()
        self._everything: tuple[Items, dict[str, str]] | None = None

    def __call__(self) -> World:
        return self._with(self._items)

    def with_everything(self) -> tuple[World, dict[str, str]]:
        """The world with one of everything that a route of the console can name, and another
        customer; made once, by its own routes."""
        from tests.console_calls import ConsoleCalls, other_account
        from tests.console_samples import one_of_everything

        if self._everything is None:
            world = self()
            ids = one_of_everything(ConsoleCalls(world))
            other_account(world)
            self._everything = (_kept(), ids)
        items, ids = self._everything
        return self._with(items), dict(ids)

    def _with(self, items: Items) -> World:
        there = table_in_moto().items
        there.clear()
        for partition, kept in items.items():
            there[partition] = dict(kept)
        self._world.clock.now = START
        # A copy: a test may give its own settings to it.
        return replace(self._world)


def _kept() -> Items:
    return {partition: dict(items) for partition, items in table_in_moto().items.items()}
