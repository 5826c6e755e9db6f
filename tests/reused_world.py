"""One world for a whole module: starting moto's DynamoDB costs a quarter second."""

from collections.abc import Iterator
from dataclasses import replace

from moto import mock_aws

from tests.clocks import START
from tests.world import TABLE, World, make_world


def reused_world() -> Iterator["Reset"]:
    with mock_aws():
        for world in make_world():
            yield Reset(world)


class Reset:
    """Gives the world back as it began."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows = world.rows()

    def __call__(self) -> World:
        client = self._world.client
        for row in self._world.rows():
            client.delete_item(TableName=TABLE, Key={"pk": row["pk"], "sk": row["sk"]})
        for row in self._rows:
            client.put_item(TableName=TABLE, Item=row)
        self._world.clock.now = START
        # A copy: a test may give its own settings to it.
        return replace(self._world)
