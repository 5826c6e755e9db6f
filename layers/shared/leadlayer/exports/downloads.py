"""One-time links to a file: known by a hash, gone with the first use or after their time."""

from dataclasses import dataclass

from pynamodb.attributes import UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.clock import Clock
from leadlayer.core.crypto import new_token, token_hash
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Delete, Item, Put, Table
from leadlayer.exports.model import Export

_SORT = "DOWNLOAD"


class DownloadItem(Item):
    KIND = "download"
    account_id = UnicodeAttribute()
    export_id = UnicodeAttribute()


@dataclass(frozen=True)
class Link:
    """`token` is shown to whoever asked, and only now."""

    token: str
    expires_at: int


class DownloadStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, export: Export) -> Link:
        link = Link(new_token(), retention("download").expiry(self._clock()))
        item = DownloadItem(
            keys.download(token_hash(link.token)),
            _SORT,
            account_id=export.account_id,
            export_id=export.id,
            expires_at=link.expires_at,
        )
        self._table.write(Put(item, only_new=True))
        return link

    def use(self, token: str) -> tuple[str, str] | None:
        """The account and export that a link is for; None for every use but the first."""
        pk = keys.download(token_hash(token))
        item = self._table.find(DownloadItem, pk, _SORT)
        if item is None:
            return None
        try:
            self._table.write(Delete(item, present=True))
        except ConditionFailed:
            return None
        return item.account_id, item.export_id
