"""Everything that is kept about one person of a customer: found, exported, erased by one index.

The person is known here only by the HMAC of an address or number; one query lists the places.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from leadlayer.chat.store import ConversationItem, MessageItem
from leadlayer.core import keys
from leadlayer.core.subjects import SubjectRefItem
from leadlayer.core.table import Delete, Item, Table
from leadlayer.leads.store import LeadItem
from leadlayer.mail.store import MailItem
from leadlayer.privacy.catalogue import entry

# DynamoDB takes at most 100 writes in a transaction.
_BATCH = 100


def export_subject(account_id: str, subject: str, *, table: Table) -> list[dict[str, Any]]:
    """The person's rows, each with its type and the attributes that are theirs."""
    found = (row for ref in _refs(account_id, subject, table) for row in _rows(ref, table))
    return [_exported(row) for row in found if entry(row.type).exported]


def erase_subject(account_id: str, subject: str, *, table: Table) -> int:
    """Deletes every row of the person, the index rows last, so that a crash in between leaves a
    way to go on. Returns how many rows went."""
    refs = _refs(account_id, subject, table)
    rows = [row for ref in refs for row in _rows(ref, table)]
    others = [other for row in rows for other in _other_refs(row, account_id, subject)]
    for batch in _batches(_each_once([*rows, *others, *refs])):
        table.transact([Delete(item) for item in batch])
    return len(rows)


def _refs(account_id: str, subject: str, table: Table) -> list[SubjectRefItem]:
    return table.query(SubjectRefItem, keys.subject(account_id, subject)).items


def _rows(ref: SubjectRefItem, table: Table) -> Iterator[Item]:
    kind, site_id, item_id = ref.sk.split("#")
    if kind == "LEAD":
        yield from _present(table.find(LeadItem, keys.leads(site_id), keys.lead(item_id)))
        yield from _present(table.find(MailItem, keys.outbox(item_id), "MAIL"))
        return
    pk = keys.conversation(site_id, item_id)
    yield from _present(table.find(ConversationItem, pk, "META"))
    yield from table.query(MessageItem, pk, prefix=keys.message("")).items


def _present(item: Item | None) -> Iterator[Item]:
    if item is not None:
        yield item


def _other_refs(row: Item, account_id: str, subject: str) -> list[SubjectRefItem]:
    """A lead is listed under each of the person's identifiers; all of its index rows go."""
    if not isinstance(row, LeadItem):
        return []
    site_id = row.pk.removeprefix(keys.leads(""))
    places = [f"LEAD#{site_id}#{row.sk.removeprefix(keys.lead(''))}"]
    if row.conversation_id:
        places.append(keys.conversation(site_id, row.conversation_id))
    return [
        SubjectRefItem(keys.subject(account_id, other), place)
        for other in row.subjects
        if other != subject
        for place in places
    ]


def _each_once(items: Sequence[Item]) -> list[Item]:
    """Two leads of one conversation name the same index row; a transaction takes each row once."""
    return list({(item.pk, item.sk): item for item in items}.values())


def _exported(row: Item) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in sorted(entry(row.type).exported)}
    return {"type": row.type} | {name: value for name, value in values.items() if value is not None}


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
