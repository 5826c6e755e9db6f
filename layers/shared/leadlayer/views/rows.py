"""Reads view counters for people. The pixel writes them without this module: it loads no models."""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute

from leadlayer.core import keys
from leadlayer.core.table import Item, Table
from leadlayer.views.model import KIND, SHARDS
from leadlayer.views.report import Cell

# A month of full days and some, for each shard: more is nobody's traffic, and a page waits for it.
_MOST_ROWS = 20_000
_PAGE = 1_000


class ViewItem(Item):
    KIND = KIND
    views = NumberAttribute()


class MonthlyViewStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def cells(self, site_id: str, month: str) -> Iterator[Cell]:
        """Each counter of the month; a path that was spilled into shards comes several times."""
        is_quiet = True
        for cell in self._shard(keys.views(site_id, month)):
            is_quiet = False
            yield cell
        # Views spill from a partition that is written to too often, so never from an empty one.
        for shard in () if is_quiet else range(1, SHARDS):
            yield from self._shard(keys.views(site_id, month, shard))

    def _shard(self, pk: str) -> Iterator[Cell]:
        after = None
        for _ in range(_MOST_ROWS // _PAGE):
            page = self._table.query(ViewItem, pk, limit=_PAGE, after=after)
            for item in page.items:
                day, _, path = item.sk.partition("#")
                yield day, path, int(item.views)
            after = page.next
            if after is None:
                return
