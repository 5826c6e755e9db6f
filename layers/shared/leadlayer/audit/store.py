"""The entries of an account in one partition, and its head, which only moves together with one."""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.audit.model import NOTHING, Entry, Head
from leadlayer.core import keys
from leadlayer.core.table import ConditionFailed, Item, Page, Put, Table, Update, Write

_HEAD = "HEAD"
_PAGE = 1000


class AuditEntryItem(Item):
    KIND = "audit_entry"
    at = UnicodeAttribute()
    actor = UnicodeAttribute()
    role = UnicodeAttribute()
    action = UnicodeAttribute()
    target = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute()
    call = UnicodeAttribute(null=True)
    previous = UnicodeAttribute(null=True)
    previous_at = UnicodeAttribute(null=True)
    hash = UnicodeAttribute()


class AuditHeadItem(Item):
    KIND = "audit_head"
    seq = NumberAttribute()
    hash = UnicodeAttribute()
    at = UnicodeAttribute()


class AuditStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def head(self, account_id: str) -> Head:
        item = self._table.find(AuditHeadItem, keys.audit(account_id), _HEAD)
        return NOTHING if item is None else Head(seq=int(item.seq), hash=item.hash, at=item.at)

    def append(self, account_id: str, entry: Entry) -> bool:
        """False when somebody else's entry came first, and this one has to be made anew."""
        try:
            self._table.transact(entering(account_id, entry))
        except ConditionFailed:
            return False
        return True

    def newest(self, account_id: str, *, before: int | None, limit: int) -> list[Entry]:
        """At most `limit` entries, the newest first, older than the one numbered `before`."""
        last = _LAST if before is None else before - 1
        return [_from_item(item) for item in self._page(account_id, 1, last, limit, newest=True)]

    def oldest_first(self, account_id: str, *, begin: int, until: int) -> Iterator[Entry]:
        """All that has not expired from `begin` up to `until`, both included, a page at a time."""
        while found := self._page(account_id, begin, until, _PAGE, newest=False):
            yield from (_from_item(item) for item in found)
            begin = int(found[-1].sk) + 1

    def _page(
        self, account_id: str, first: int, last: int, limit: int, *, newest: bool
    ) -> list[AuditEntryItem]:
        if last < max(first, 1):
            return []
        page: Page[AuditEntryItem] = self._table.query(
            AuditEntryItem,
            keys.audit(account_id),
            between=(_number(first), _number(last)),
            newest_first=newest,
            limit=limit,
        )
        return page.items


_LAST = 10**12 - 1


def entering(account_id: str, entry: Entry) -> list[Write]:
    """The writes of an entry, for the transaction of what it tells of; one of them fails when
    somebody else's entry came first."""
    return [Put(_to_item(account_id, entry), only_new=True), _moved(account_id, entry)]


def _number(seq: int) -> str:
    """Twelve digits sort as numbers do, and before HEAD."""
    return f"{seq:012}"


def _moved(account_id: str, entry: Entry) -> Write:
    pk = keys.audit(account_id)
    if entry.seq == 1:
        head = AuditHeadItem(pk, _HEAD, seq=1, hash=entry.hash, at=entry.at)
        return Put(head, only_new=True)
    return Update(
        AuditHeadItem(pk, _HEAD),
        [
            AuditHeadItem.seq.set(entry.seq),
            AuditHeadItem.hash.set(entry.hash),
            AuditHeadItem.at.set(entry.at),
        ],
        condition=AuditHeadItem.hash == entry.previous,
    )


def _to_item(account_id: str, entry: Entry) -> AuditEntryItem:
    return AuditEntryItem(
        keys.audit(account_id),
        _number(entry.seq),
        expires_at=entry.expires_at,
        at=entry.at,
        actor=entry.actor,
        role=entry.role,
        action=entry.action,
        target=entry.target or None,
        outcome=entry.outcome,
        call=entry.call or None,
        previous=entry.previous or None,
        previous_at=entry.previous_at or None,
        hash=entry.hash,
    )


def _from_item(item: AuditEntryItem) -> Entry:
    return Entry(
        seq=int(item.sk),
        at=item.at,
        actor=item.actor,
        role=item.role,
        action=item.action,
        target=item.target or "",
        outcome=item.outcome,  # pyright: ignore[reportArgumentType]  # checked when it was written
        call=item.call or "",
        expires_at=int(item.expires_at),
        previous=item.previous or "",
        previous_at=item.previous_at or "",
        hash=item.hash,
    )
