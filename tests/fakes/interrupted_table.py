"""A table where somebody else does something just before one of a worker's calls."""

from collections.abc import Callable
from typing import Any

from leadlayer.core.table import Table
from tests.world import World


class Interrupted(Table):
    """`rival` comes before the call numbered `at`."""

    def __init__(self, world: World, at: int = 0) -> None:
        super().__init__(clock=world.clock)
        self.calls = 0
        self.at = at
        self.rival: Callable[[], object] = str

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            self.rival()

    def find(self, model: Any, pk: str, sk: str) -> Any:
        self._count()
        return super().find(model, pk, sk)

    def transact(self, writes: Any) -> None:
        self._count()
        super().transact(writes)
