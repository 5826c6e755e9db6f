"""The table in memory, as far as signing in needs it: presence, expiry, all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadlayer.core.clock import Clock, epoch
from leadlayer.core.table import ConditionFailed, Delete, Item, Page, Put, Write


@dataclass
class MemoryTable:
    clock: Clock
    rows: dict[tuple[str, str], Item] = field(default_factory=dict)

    def find[I: Item](self, model: type[I], pk: str, sk: str) -> I | None:
        item = self.rows.get((pk, sk))
        return item if self._is_live(item) else None  # type: ignore[return-value]

    def query[I: Item](self, model: type[I], pk: str, *, prefix: str = "") -> Page[I]:
        found = sorted(key for key in self.rows if key[0] == pk and key[1].startswith(prefix))
        return Page([self.rows[key] for key in found if self._is_live(self.rows[key])])  # type: ignore[misc]

    def transact(self, writes: Sequence[Write]) -> None:
        """Updates only have to find their row; what they set is not looked at by these tests."""
        failed = [number for number, write in enumerate(writes) if not self._holds(write)]
        if failed:
            raise ConditionFailed(frozenset(failed))
        for write in writes:
            key = (write.item.pk, write.item.sk)
            match write:
                case Put(item):
                    self.rows[key] = item
                case Delete():
                    self.rows.pop(key, None)
                case _:
                    pass

    def of(self, kind: str) -> list[Item]:
        return [item for item in self.rows.values() if item.type == kind]

    def _holds(self, write: Write) -> bool:
        is_live = self._is_live(self.rows.get((write.item.pk, write.item.sk)))
        match write:
            case Put(only_new=only_new):
                return not (only_new and is_live)
            case Delete(present=present):
                return is_live or not present
            case _:
                return is_live

    def _is_live(self, item: Item | None) -> bool:
        if item is None:
            return False
        return (item.expires_at or float("inf")) > epoch(self.clock())
