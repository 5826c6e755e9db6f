"""Erases leads and conversations for good (P08): what is gone stays gone, wherever this breaks off.

The order decides. First the ledger, then the head of each is shut: from then on every read says
that it is missing and every late write fails. Then what belongs to it, then the exports that hold
it, and the heads last, so that whoever repeats a cut-off erasure finds what there is to do.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from leadlayer.chat.store import ConversationItem, MessageItem
from leadlayer.core import keys
from leadlayer.core.clock import Clock
from leadlayer.core.shut import SHUT, shut
from leadlayer.core.table import ConditionFailed, Item, Table
from leadlayer.exports.files import ExportFiles
from leadlayer.exports.store import ExportStore
from leadlayer.leads.desk import LeadDesk, NoteItem
from leadlayer.leads.store import LeadItem, lead_of, subject_refs
from leadlayer.mail.store import MailItem
from leadlayer.privacy.ledger import Ledger
from leadlayer.webhooks.store import DeliveryStore

Kind = Literal["lead", "conversation"]
Head = LeadItem | ConversationItem


@dataclass(frozen=True)
class Target:
    kind: Kind
    site_id: str
    id: str


@dataclass(frozen=True)
class Eraser:
    table: Table
    ledger: Ledger
    exports: ExportStore
    files: ExportFiles
    # The rows of webhooks that were or will be told of a lead or conversation.
    deliveries: Callable[[str], Sequence[Item]]

    def is_there(self, account_id: str, target: Target) -> bool:
        """Whether there is something to erase, if only what an earlier try left over."""
        return self._head(account_id, target) is not None

    def erase(self, account_id: str, targets: Sequence[Target]) -> int:
        """Erases those that are there, each lead with its conversation; returns how many heads
        went. May be repeated at any point, and by two at once."""
        heads = self._heads(account_id, targets)
        if not heads:
            return 0
        for head in heads:
            target = _target(head)
            kind = "erase_lead" if target.kind == "lead" else "erase_conversation"
            self.ledger.record(account_id, kind, f"{target.site_id}/{target.id}")
        for head in heads:
            self._shut(head)
        # Again, now that nobody can change them: an edit may have moved a lead's index rows.
        going = self._heads(account_id, [_target(head) for head in heads])
        self.table.delete_all(row for head in going for row in self._rows(head))
        self._withdraw_exports(account_id)
        self.table.delete_all(going)
        return len(going)

    def expire(self, targets: Sequence[Target]) -> int:
        """Removes those whose time is over, each with what belongs to it: a lead's conversation has
        a time of its own. The ledger need not know: a restored copy is swept of what is overdue.
        May be repeated at any point; returns how many heads went."""
        found = [self.table.overdue(*_place(target)) for target in targets]
        over = [head for head in found if head is not None]
        for head in over:
            if head.expires_at == SHUT:
                # An erasure broke off here, or is under way and does the same.
                self.erase(head.account_id, [_target(head)])
        self.remove([head for head in over if head.expires_at != SHUT])
        return len(over)

    def remove(self, heads: Sequence[Head]) -> None:
        """Heads that nobody can change any more, and last of all: who repeats this finds them."""
        self.table.delete_all(row for head in heads for row in self._rows(head))
        self.table.delete_all(heads)

    def _heads(self, account_id: str, targets: Sequence[Target]) -> list[Head]:
        """What is there of the targets, and of the conversations that leads among them had."""
        found: dict[Target, Head] = {}
        waiting = list(targets)
        while waiting:
            target = waiting.pop(0)
            if target in found or (head := self._head(account_id, target)) is None:
                continue
            found[target] = head
            if isinstance(head, LeadItem) and head.conversation_id:
                waiting.append(Target("conversation", target.site_id, head.conversation_id))
        return list(found.values())

    def _head(self, account_id: str, target: Target) -> Head | None:
        if not (keys.is_id(target.site_id) and keys.is_id(target.id)):
            return None
        model, pk, sk = _place(target)
        head = self.table.find(model, pk, sk) or self._left_over(model, pk, sk)
        return head if head is not None and head.account_id == account_id else None

    def _left_over(self, model: type[Head], pk: str, sk: str) -> Head | None:
        """The head that an erasure has shut and not come back to."""
        head = self.table.remains(model, pk, sk)
        return head if head is not None and head.expires_at == SHUT else None

    def _shut(self, head: Head) -> None:
        """The contact details go at once, in case we get no further."""
        row = type(head)(head.pk, head.sk)
        personal = [LeadItem.name, LeadItem.email, LeadItem.phone, LeadItem.city, LeadItem.message]
        emptied = [each.remove() for each in personal] if isinstance(head, LeadItem) else []
        try:
            self.table.write(shut(row, *emptied))
        except ConditionFailed:
            # It was shut before.
            return

    def _rows(self, head: Head) -> Iterator[Item]:
        target = _target(head)
        yield from self.deliveries(target.id)
        if isinstance(head, LeadItem):
            yield from self._all(NoteItem, head.pk, keys.note(target.id))
            yield from subject_refs(lead_of(head))
            yield MailItem(keys.outbox(target.id), "MAIL")
            return
        self._unlink(target, head.lead_id)
        yield from self._all(MessageItem, head.pk, keys.message(""))

    def _unlink(self, target: Target, left_in_it: str | None) -> None:
        """A conversation is listed under the people of the leads that point to it, which stay. The
        one that was left in it is known to the head before the index has it."""
        desk = LeadDesk(self.table)
        pointing = {lead.id for lead in desk.in_conversation(target.site_id, target.id)}
        for lead_id in sorted(pointing | ({left_in_it} if left_in_it else set())):
            lead = desk.find(target.site_id, lead_id)
            while lead is not None and lead.conversation_id == target.id:
                desk.leave_conversation(lead)
                lead = desk.find(target.site_id, lead.id)

    def _all[I: Item](self, model: type[I], pk: str, prefix: str) -> Iterator[I]:
        after = None
        while True:
            page = self.table.query(model, pk, prefix=prefix, after=after, expired=True)
            yield from page.items
            if (after := page.next) is None:
                return

    def _withdraw_exports(self, account_id: str) -> None:
        """Every export so far may hold what is being erased; the file goes too. Those withdrawn
        before are asked again: whoever withdrew them may not have got as far as the file."""
        self.exports.withdraw_all(account_id)
        for export in self.exports.of_account(account_id):
            if export.state == "withdrawn":
                self.files.delete(export.key)


def open_eraser(table: Table, *, ledger: Ledger, files: ExportFiles, clock: Clock) -> Eraser:
    """For the console and for background jobs."""
    return Eraser(
        table=table,
        ledger=ledger,
        exports=ExportStore(table, clock=clock),
        files=files,
        deliveries=DeliveryStore(table, clock=clock).deliveries_of,
    )


def _place(target: Target) -> tuple[type[Head], str, str]:
    if target.kind == "lead":
        return LeadItem, keys.leads(target.site_id), keys.lead(target.id)
    return ConversationItem, keys.conversation(target.site_id, target.id), "META"


def _target(head: Head) -> Target:
    if isinstance(head, LeadItem):
        site_id = head.pk.removeprefix(keys.leads(""))
        return Target("lead", site_id, head.sk.removeprefix(keys.lead("")))
    _, site_id, conversation_id = head.pk.split("#")
    return Target("conversation", site_id, conversation_id)
