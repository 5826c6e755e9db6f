"""What the purge keeps of itself: how far it has come, who is at it, and evidence of each run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.clock import epoch, iso
from leadlayer.core.due import day_of
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update

_STATE = "STATE"
# Longer than a function may run: a crashed one frees the purge by itself, before the next hour.
LEASE_S = 16 * 60
# A row that was written in a day's last second is in the index long before this.
_SETTLED = timedelta(hours=1)
# Before the first row that any release could write.
_BEGIN = date(2026, 11, 1)


class PurgeStateItem(Item):
    KIND = "purge_state"
    finished_day = UnicodeAttribute(null=True)
    lease_until = NumberAttribute(null=True)


class PurgeRunItem(Item):
    """`counts` are numbers by what they count, and nothing that could tell whose."""

    KIND = "purge_run"
    state = UnicodeAttribute()
    started_at = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)
    counts = JSONAttribute()


@dataclass(frozen=True)
class PurgeStore:
    table: Table

    def claim(self) -> bool:
        """False while another run is at it."""
        now = epoch(self.table.now)
        lease = PurgeStateItem.lease_until
        mine = [lease.set(now + LEASE_S), PurgeStateItem.type.set(PurgeStateItem.KIND)]
        is_free = lease.does_not_exist() | (lease <= now)
        try:
            self.table.write(Update(_state(), mine, is_free, upsert=True))
        except ConditionFailed:
            return False
        return True

    def release(self) -> None:
        self.table.write(Update(_state(), [PurgeStateItem.lease_until.set(0)]))

    def days(self) -> Iterator[date]:
        """Those after the last wholly finished one, up to today."""
        found = self.table.find(PurgeStateItem, keys.purge(), _STATE)
        finished = found.finished_day if found is not None else None
        day = date.fromisoformat(finished) + timedelta(days=1) if finished else _BEGIN
        while day <= day_of(self.table.now):
            yield day
            day += timedelta(days=1)

    def finish(self, day: date) -> None:
        """Nothing can be due on that day any more, nor on one before. Does nothing for a day that
        may still get rows."""
        if day < day_of(self.table.now - _SETTLED):
            finished = PurgeStateItem.finished_day.set(day.isoformat())
            self.table.write(Update(_state(), [finished]))

    def note(self, run_id: str, started_at: str, counts: Mapping[str, int], state: str) -> None:
        """Written at a run's beginning and after each of its steps, so that one that is cut off
        leaves what it did."""
        now = self.table.now
        item = PurgeRunItem(
            keys.purge(),
            keys.run(run_id),
            state=state,
            started_at=started_at,
            counts=dict(counts),
            expires_at=retention("purge_run").expiry(now),
        )
        if state != "running":
            item.ended_at = iso(now)
        self.table.write(Put(item))


def _state() -> PurgeStateItem:
    return PurgeStateItem(keys.purge(), _STATE)
