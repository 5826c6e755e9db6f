"""One world for a whole module: starting moto's DynamoDB costs a quarter second."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import batched
from typing import Any

from moto import mock_aws

from tests.clocks import START
from tests.world import TABLE, World, make_world

Rows = list[dict[str, Any]]


def reused_world() -> Iterator["Reset"]:
    with mock_aws():
        for world in make_world():
            yield Reset(world)


class Reset:
    """Gives the world back as it began."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows = world.rows()
        self._everything: tuple[Rows, dict[str, str]] | None = None

    def __call__(self) -> World:
        return self._with(self._rows)

    def with_everything(self) -> tuple[World, dict[str, str]]:
        """The world with one of everything that a route of the console can name, and another
        customer; made once, by its own routes."""
        from tests.console_calls import ConsoleCalls, other_account
        from tests.console_samples import one_of_everything

        if self._everything is None:
            world = self()
            ids = one_of_everything(ConsoleCalls(world))
            other_account(world)
            self._everything = (world.rows(), ids)
        rows, ids = self._everything
        return self._with(rows), dict(ids)

    def _with(self, rows: Rows) -> World:
        there = self._world.rows()
        kept = {_place(row) for row in rows}
        gone = [row for row in there if _place(row) not in kept]
        self._write(
            [{"DeleteRequest": {"Key": {k: row[k] for k in ("pk", "sk")}}} for row in gone]
            + [{"PutRequest": {"Item": row}} for row in rows if row not in there]
        )
        self._world.clock.now = START
        # A copy: a test may give its own settings to it.
        return replace(self._world)

    def _write(self, requests: Rows) -> None:
        for batch in batched(requests, 25, strict=False):
            self._world.client.batch_write_item(RequestItems={TABLE: list(batch)})


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return row["pk"]["S"], row["sk"]["S"]
