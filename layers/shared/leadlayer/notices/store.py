"""Notices beside their account; each remembers when a member saw it first, and never forgets it."""

from typing import Any

from pynamodb.attributes import MapAttribute, UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.clock import Clock, iso
from leadlayer.core.ids import ulid
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update
from leadlayer.notices.model import Notice


class NoticeItem(Item):
    KIND = "notice"
    kind = UnicodeAttribute()
    created_at = UnicodeAttribute()
    shown: MapAttribute[str, str] = MapAttribute()


class NoticeStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, account_id: str, kind: str) -> str:
        """The id of the new notice."""
        put = self.adding(account_id, kind)
        self._table.write(put)
        return str(put.item.sk).removeprefix(keys.notice(""))

    def adding(self, account_id: str, kind: str) -> Put:
        """The write of a new notice, for the transaction of what it tells of."""
        now = self._clock()
        return Put(
            NoticeItem(
                keys.account(account_id),
                keys.notice(ulid(now)),
                kind=kind,
                created_at=iso(now),
                shown={},
                expires_at=retention("notice").expiry(now),
            )
        )

    def list(self, account_id: str, *, limit: int, before: str | None = None) -> list[Notice]:
        """The newest first, older than the one with the id `before`."""
        last = keys.notice(_LAST if before is None else before)
        page = self._table.query(
            NoticeItem,
            keys.account(account_id),
            between=(keys.notice(""), last),
            newest_first=True,
            limit=limit + 1,
        )
        found = [_from_item(item) for item in page.items]
        return [notice for notice in found if notice.id != before][:limit]

    def mark_shown(self, account_id: str, notice_id: str, member_id: str) -> bool:
        """False when there is no such notice. Its first showing to a member stays."""
        pk, sk = keys.account(account_id), keys.notice(notice_id)
        if self._table.find(NoticeItem, pk, sk) is None:
            return False
        shown: Any = NoticeItem.shown[member_id]
        first = Update(
            NoticeItem(pk, sk),
            [shown.set(iso(self._clock()))],
            condition=shown.does_not_exist(),
        )
        try:
            self._table.write(first)
        except ConditionFailed:
            # Shown before, or gone this very moment.
            return True
        return True


# Sorts after every ULID.
_LAST = "~"


def _from_item(item: NoticeItem) -> Notice:
    return Notice(
        id=item.sk.removeprefix(keys.notice("")),
        kind=item.kind,
        created_at=item.created_at,
        shown=dict(item.shown.attribute_values),
    )
