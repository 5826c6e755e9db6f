"""Reads view counters for people, and keeps what is left of a month when it is over. The pixel
writes counters without this module: it loads no models."""

from collections.abc import Iterator, Mapping

from pynamodb.attributes import JSONAttribute, NumberAttribute

from leadlayer.core import keys
from leadlayer.core.table import ConditionFailed, Item, Put, Table
from leadlayer.views.model import KIND, SHARDS
from leadlayer.views.report import Cell

# A month of full days and some, for each shard: more is nobody's traffic, and a page waits for it.
_MOST_ROWS = 20_000
_PAGE = 1_000


class ViewItem(Item):
    KIND = KIND
    views = NumberAttribute()


class MonthStatisticsItem(Item):
    """One row a month: written as a whole, so that it is there or not."""

    KIND = "view_statistics"
    paths = JSONAttribute()


class MonthlyViewStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def cells(self, site_id: str, month: str, *, expired: bool = False) -> Iterator[Cell]:
        """Each counter of the month; a path that was spilled into shards comes several times.
        `expired` gives what no report may show any more, for promoting it."""
        is_quiet = True
        for cell in self._shard(keys.views(site_id, month), expired=expired):
            is_quiet = False
            yield cell
        # Views spill from a partition that is written to too often, so never from an empty one.
        for shard in () if is_quiet else range(1, SHARDS):
            yield from self._shard(keys.views(site_id, month, shard), expired=expired)

    def statistics(self, site_id: str, month: str) -> dict[str, int] | None:
        """What stayed of a month that was promoted."""
        found = self._table.find(MonthStatisticsItem, keys.statistics(site_id), month)
        return None if found is None else {path: int(count) for path, count in found.paths.items()}

    def keep_statistics(self, site_id: str, month: str, paths: Mapping[str, int]) -> None:
        """Once: what a second look adds up when counters are gone already changes nothing."""
        item = MonthStatisticsItem(keys.statistics(site_id), month, paths=dict(paths))
        try:
            self._table.write(Put(item, only_new=True))
        except ConditionFailed:
            return

    def _shard(self, pk: str, *, expired: bool) -> Iterator[Cell]:
        after = None
        for _ in range(_MOST_ROWS // _PAGE):
            page = self._table.query(ViewItem, pk, limit=_PAGE, after=after, expired=expired)
            for item in page.items:
                day, _, path = item.sk.partition("#")
                yield day, path, int(item.views)
            after = page.next
            if after is None:
                return
