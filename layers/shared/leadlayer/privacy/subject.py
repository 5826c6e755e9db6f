"""Everything that is kept about one person of a customer: found, exported, erased by one index.

The person is known here only by the HMAC of an address or number; one query lists the places.
"""

from collections.abc import Iterator
from itertools import batched
from typing import Any

from leadlayer.chat.store import ConversationItem, MessageItem
from leadlayer.core import keys
from leadlayer.core.subjects import SubjectRefItem
from leadlayer.core.table import Item, Table
from leadlayer.leads.desk import NoteItem
from leadlayer.leads.store import LeadItem
from leadlayer.privacy.catalogue import entry
from leadlayer.privacy.erasure import Eraser, Target

# So many are erased at once, in case it breaks off.
_BATCH = 25


def places_of(
    account_id: str, subject: str, *, table: Table, limit: int
) -> tuple[list[Target], bool]:
    """Leads and conversations that are listed under a person, at most `limit`, and whether there
    are more; some may be gone by now."""
    page = table.query(SubjectRefItem, keys.subject(account_id, subject), limit=limit)
    return [_target(ref) for ref in page.items], page.next is not None


def export_subject(account_id: str, subject: str, *, table: Table) -> list[dict[str, Any]]:
    """The person's rows, each with its type and the attributes that are theirs."""
    refs = _refs(account_id, subject, table)
    found = [row for ref in refs for row in _rows(_target(ref), table)]
    each_once = {(row.pk, row.sk): row for row in found}.values()
    return [_exported(row) for row in each_once if entry(row.type).exported]


def erase_subject(account_id: str, subject: str, *, table: Table, eraser: Eraser) -> int:
    """Erases the person's leads and conversations, the index rows last, so that a crash in between
    leaves a way to go on. Returns how many leads and conversations went."""
    erased = 0
    for refs in batched(_refs(account_id, subject, table), _BATCH, strict=False):
        erased += eraser.erase(account_id, [_target(ref) for ref in refs])
        # Those whose lead or conversation went before, such as by the visitor's own hand.
        table.delete_all(refs)
    return erased


def _refs(account_id: str, subject: str, table: Table) -> list[SubjectRefItem]:
    """All of them, in memory: they are small, and what goes by may be deleted meanwhile."""
    return list(_all(SubjectRefItem, keys.subject(account_id, subject), table))


def _all[I: Item](model: type[I], pk: str, table: Table, *, prefix: str = "") -> Iterator[I]:
    """Whatever the number of pages."""
    after = None
    while True:
        page = table.query(model, pk, prefix=prefix, after=after)
        yield from page.items
        if (after := page.next) is None:
            return


def _target(ref: SubjectRefItem) -> Target:
    kind, site_id, item_id = ref.sk.split("#")
    return Target("lead" if kind == "LEAD" else "conversation", site_id, item_id)


def _rows(target: Target, table: Table) -> Iterator[Item]:
    """A lead leads to its conversation too, whether or not that is listed beside it."""
    site_id = target.site_id
    if target.kind == "conversation":
        yield from _conversation_rows(site_id, target.id, table)
        return
    lead = table.find(LeadItem, keys.leads(site_id), keys.lead(target.id))
    if lead is None:
        return
    yield lead
    yield from _all(NoteItem, lead.pk, table, prefix=keys.note(target.id))
    if lead.conversation_id:
        yield from _conversation_rows(site_id, lead.conversation_id, table)


def _conversation_rows(site_id: str, conversation_id: str, table: Table) -> Iterator[Item]:
    pk = keys.conversation(site_id, conversation_id)
    head = table.find(ConversationItem, pk, "META")
    if head is not None:
        yield head
        yield from _all(MessageItem, pk, table, prefix=keys.message(""))


def _exported(row: Item) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in sorted(entry(row.type).exported)}
    return {"type": row.type} | {name: value for name, value in values.items() if value is not None}
