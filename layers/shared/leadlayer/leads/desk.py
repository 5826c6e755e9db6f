"""Leads as staff works with them: listed, changed and written notes about while they are there.

Every change assumes that the lead is there, so that none brings back one that was deleted, and no
change moves the day on which it goes.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.table import ConditionFailed, Delete, Item, Put, Table, Update, Write
from leadlayer.leads.model import CONTACT_FIELDS, Lead, Note
from leadlayer.leads.store import LeadItem, lead_of, leads_in, subject_refs

# One answer holds a lead with all of its notes.
MOST_NOTES = 100


class NoteItem(Item):
    KIND = "lead_note"
    author = UnicodeAttribute()
    text = UnicodeAttribute()
    at = UnicodeAttribute()


class LeadDesk:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, site_id: str, lead_id: str) -> Lead | None:
        item = self._table.find(LeadItem, keys.leads(site_id), keys.lead(lead_id))
        return None if item is None else lead_of(item)

    def newest(self, site_id: str, ids: tuple[str, str], *, limit: int) -> list[Lead]:
        """The newest leads of a site with an id between two others, at most `limit`."""
        low, high = map(keys.lead, ids)
        page = self._table.query(
            LeadItem, keys.leads(site_id), between=(low, high), newest_first=True, limit=limit
        )
        return [lead_of(item) for item in page.items]

    def in_conversation(self, site_id: str, conversation_id: str) -> list[Lead]:
        return leads_in(self._table, site_id, conversation_id)

    def change(self, before: Lead, after: Lead) -> bool:
        """Writes what differs, and moves the lead in the index of people in the same transaction.
        False when the lead is gone, or when its place in the index changed since it was read."""
        moved: list[Write] = [
            *map(Delete, subject_refs(before, set(before.subjects) - set(after.subjects))),
            *map(Put, subject_refs(after, set(after.subjects) - set(before.subjects))),
        ]
        return self._all_or_nothing([*moved, _update(before, _differences(before, after))])

    def leave_conversation(self, lead: Lead) -> bool:
        """The lead's conversation is going: nothing of the lead points to it any more. False when
        the lead is gone or was changed since it was read."""
        without = subject_refs(replace(lead, conversation_id=None))
        kept = {ref.sk for ref in without}
        refs = [ref for ref in subject_refs(lead) if ref.sk not in kept]
        actions: list[Any] = [
            LeadItem.conversation_id.remove(),
            LeadItem.gsi1pk.remove(),
            LeadItem.gsi1sk.remove(),
        ]
        return self._all_or_nothing([*map(Delete, refs), _update(lead, actions)])

    def notes(self, lead: Lead) -> list[Note]:
        """Oldest first."""
        page = self._table.query(NoteItem, keys.leads(lead.site_id), prefix=keys.note(lead.id))
        return [_note(item) for item in page.items]

    def note(self, lead: Lead, note_id: str) -> Note | None:
        item = self._table.find(NoteItem, keys.leads(lead.site_id), keys.note(lead.id, note_id))
        return None if item is None else _note(item)

    def add_note(self, lead: Lead, note: Note, *, follows: Sequence[Write] = ()) -> bool:
        """`follows` is written with it. False when the lead is gone, or has as many as it may have,
        or what follows cannot be."""
        item = NoteItem(
            keys.leads(lead.site_id),
            keys.note(lead.id, note.id),
            # A note goes with what it is about.
            expires_at=lead.expires_at,
            author=note.author,
            text=note.text,
            at=note.at,
        )
        has_room = LeadItem.notes.does_not_exist() | (LeadItem.notes < MOST_NOTES)
        counted = Update(_key_item(lead), [LeadItem.notes.add(1)], has_room)
        return self._all_or_nothing([Put(item, only_new=True), counted, *follows])

    def remove_note(self, lead: Lead, note_id: str) -> bool:
        """False when there is no such note."""
        item = NoteItem(keys.leads(lead.site_id), keys.note(lead.id, note_id))
        counted = Update(_key_item(lead), [LeadItem.notes.add(-1)])
        return self._all_or_nothing([Delete(item, present=True), counted])

    def _all_or_nothing(self, writes: Sequence[Write]) -> bool:
        try:
            self._table.transact(writes)
        except ConditionFailed:
            return False
        return True


def _update(before: Lead, actions: Sequence[Any]) -> Update:
    """A change that assumes that the index rows to move are those that were read."""
    conversation = LeadItem.conversation_id
    same_place = (
        conversation.does_not_exist()
        if before.conversation_id is None
        else conversation == before.conversation_id
    )
    same_person = LeadItem.subjects == list(before.subjects)
    return Update(_key_item(before), actions, same_person & same_place)


def _differences(before: Lead, after: Lead) -> list[Any]:
    old, new = _values(before), _values(after)
    changed = {name: value for name, value in new.items() if value != old[name]}
    return [
        attribute.remove() if value is None else attribute.set(value)
        for name, value in changed.items()
        for attribute in (getattr(LeadItem, name),)
    ]


def _values(lead: Lead) -> dict[str, Any]:
    contact = {name: lead.value(name) for name in CONTACT_FIELDS}
    own = {"state": lead.state, "assigned_to": lead.assigned_to, "subjects": list(lead.subjects)}
    return contact | own


def _key_item(lead: Lead) -> LeadItem:
    return LeadItem(keys.leads(lead.site_id), keys.lead(lead.id))


def _note(item: NoteItem) -> Note:
    _, _, note_id = item.sk.split("#")
    return Note(id=note_id, author=item.author, text=item.text, at=item.at)
