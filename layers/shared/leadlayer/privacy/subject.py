"""Everything that is kept about one person of a customer: found, exported, erased by one index.

The person is known here only by the HMAC of an address or number; one query lists the places.
"""

from collections.abc import Iterator
from typing import Any

from leadlayer.chat.store import ConversationItem, MessageItem
from leadlayer.core import keys
from leadlayer.core.subjects import SubjectRefItem
from leadlayer.core.table import Item, Table
from leadlayer.leads.desk import NoteItem
from leadlayer.leads.store import LeadItem
from leadlayer.privacy.catalogue import entry
from leadlayer.privacy.erasure import Eraser, Target


def places_of(account_id: str, subject: str, *, table: Table) -> list[Target]:
    """The leads and conversations that are listed under a person; some may be gone by now."""
    return [_target(ref) for ref in _refs(account_id, subject, table)]


def export_subject(account_id: str, subject: str, *, table: Table) -> list[dict[str, Any]]:
    """The person's rows, each with its type and the attributes that are theirs."""
    targets = places_of(account_id, subject, table=table)
    found = [row for target in targets for row in _rows(target, table)]
    each_once = {(row.pk, row.sk): row for row in found}.values()
    return [_exported(row) for row in each_once if entry(row.type).exported]


def erase_subject(account_id: str, subject: str, *, table: Table, eraser: Eraser) -> int:
    """Erases the person's leads and conversations, the index rows last, so that a crash in between
    leaves a way to go on. Returns how many leads and conversations went."""
    refs = _refs(account_id, subject, table)
    erased = eraser.erase(account_id, [_target(ref) for ref in refs])
    # Those whose lead or conversation went before, such as by the visitor's own hand.
    table.delete_all(refs)
    return erased


def _refs(account_id: str, subject: str, table: Table) -> list[SubjectRefItem]:
    return table.query(SubjectRefItem, keys.subject(account_id, subject)).items


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
    yield from table.query(NoteItem, lead.pk, prefix=keys.note(target.id)).items
    if lead.conversation_id:
        yield from _conversation_rows(site_id, lead.conversation_id, table)


def _conversation_rows(site_id: str, conversation_id: str, table: Table) -> Iterator[Item]:
    pk = keys.conversation(site_id, conversation_id)
    head = table.find(ConversationItem, pk, "META")
    if head is not None:
        yield head
        yield from table.query(MessageItem, pk, prefix=keys.message("")).items


def _exported(row: Item) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in sorted(entry(row.type).exported)}
    return {"type": row.type} | {name: value for name, value in values.items() if value is not None}
