"""A purge on a world: everything that can be overdue, runs, and runs that are killed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.purge.handler import Deps, build
from leadlayer.core.clock import epoch
from leadlayer.core.table import Table, Write
from leadlayer.privacy.purge_store import LEASE_S
from tests.console_calls import FilesInMemory, RecordedLedger
from tests.integration.inbox_calls import Shop
from tests.world import Context, World

# When the time of a lead is over that came in the first second of a test's world, and of its
# conversation one second before.
ENDS = 1858586401
DAY = 86_400


class Killed(BaseException):
    """The function is gone; nothing catches it."""


class Mortal:
    """Lives for so many more calls that change something."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left
        self.calls = 0

    def spend(self) -> None:
        self.calls += 1
        if self.left is None:
            return
        if self.left == 0:
            raise Killed
        self.left -= 1


class MortalTable(Table):
    def __init__(self, world: World, life: Mortal) -> None:
        super().__init__(clock=world.clock, sleep=lambda _: None)
        self._life = life

    def write(self, write: Write) -> None:
        self._life.spend()
        super().write(write)

    def transact(self, writes: Sequence[Write]) -> None:
        self._life.spend()
        super().transact(writes)

    def _delete_batch(self, waiting: list[dict[str, Any]]) -> None:
        self._life.spend()
        super()._delete_batch(waiting)


class MortalFiles(FilesInMemory):
    def __init__(self, files: FilesInMemory, life: Mortal) -> None:
        self.files, self.deleted, self._life = files.files, files.deleted, life

    def delete(self, key: str) -> None:
        self._life.spend()
        super().delete(key)


class MortalLedger(RecordedLedger):
    def __init__(self, ledger: RecordedLedger, life: Mortal) -> None:
        self.entries, self._life = ledger.entries, life

    def record(self, account_id: str, kind: str, target: str = "") -> None:
        self._life.spend()
        super().record(account_id, kind, target)


@dataclass
class Rig:
    world: World
    files: FilesInMemory = field(default_factory=FilesInMemory)
    ledger: RecordedLedger = field(default_factory=RecordedLedger)
    context: Any = field(default_factory=Context)
    slept: list[float] = field(default_factory=list)

    def run(self, life: Mortal | None = None, event: Mapping[str, Any] | None = None) -> Any:
        life = life or Mortal()
        deps = Deps(
            self.world.settings,
            MortalTable(self.world, life),
            self.world.clock,
            MortalLedger(self.ledger, life),
            MortalFiles(self.files, life),
            sleep=self.slept.append,
        )
        return build(deps)(dict(event or {}), self.context)

    def plan(self) -> dict[str, int]:
        return self.run(event={"dry_run": True})

    def at(self, second: int) -> None:
        self.world.clock.now = datetime.fromtimestamp(second, UTC)

    def finish_until_now(self) -> None:
        """As if it had run each hour until now: tests do not wait for two years of empty days."""
        from leadlayer.privacy.purge_store import PurgeStateItem

        yesterday = epoch(self.world.clock()) - 86_400
        day = datetime.fromtimestamp(yesterday, UTC).date().isoformat()
        row = PurgeStateItem("PURGE", "STATE", finished_day=day)
        row.save()

    def killed_at_every_call(self) -> Iterator[int]:
        """Runs the purge anew for each call that it makes, each time killed at that call, and then
        once to the end; gives how many calls it lived."""
        lived = 0
        while True:
            try:
                self.run(Mortal(lived))
            except Killed:
                yield lived
                self.world.clock.advance(seconds=LEASE_S)
                lived += 1
                continue
            return


def two_years_later(rig: Rig, seconds: int = 0) -> None:
    rig.at(ENDS)
    rig.finish_until_now()
    rig.at(ENDS + seconds)


def rows_but_the_purges_own(world: World) -> list[dict[str, Any]]:
    own = ("purge_state", "purge_run")
    return [row for row in world.rows() if row["type"]["S"] not in own]


def everything_of_a_neighbour(shop: Shop) -> None:
    shop.leave(started=shop.talk(), email="buur@example.org", phone="0687654321")
