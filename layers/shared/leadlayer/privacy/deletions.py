"""Deleting many leads and conversations in the background, and one so that a crash is made good.

A deletion is a job until nothing of it is left: it stands in the index of jobs, holds ids alone,
and says after every batch how far it got.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from leadlayer.chat.store import ConversationItem, ErasureItem
from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.ids import ulid
from leadlayer.core.jobs import PENDING
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Delete, Item, Put, Table, Update, Write
from leadlayer.leads.store import LeadItem
from leadlayer.privacy.erasure import Eraser, Kind, Target

# `queued` lasts until it is counted what there is to delete.
State = Literal["queued", "running", "done"]
JOB = "deletion"
# How many are erased, or counted, between two looks at the clock.
_BATCH = 25
_COUNTED = 1000
# In seconds: what a batch of long conversations takes at worst, with room to spare.
_BATCH_TIME_S = 30.0
# Renewed with every batch. Whoever is slower loses the job to another, and harms nothing.
LEASE_S = 5 * 60
# Before the place of every lead.
_BEGIN = "lead#"


@dataclass(frozen=True)
class Deletion:
    """Of one site: either the leads and conversations named, or everything from before a day (UTC).
    `place` is the last that was counted or erased; `step` tells two workers apart."""

    id: str
    account_id: str
    site_id: str
    leads: tuple[str, ...] = ()
    conversations: tuple[str, ...] = ()
    before: str | None = None
    state: State = "queued"
    done: int = 0
    total: int = 0
    place: str = ""
    step: int = 0

    @property
    def named(self) -> list[Target]:
        kinds: tuple[tuple[Kind, Sequence[str]], ...] = (
            ("lead", self.leads),
            ("conversation", self.conversations),
        )
        return [Target(kind, self.site_id, each) for kind, ids in kinds for each in ids]


class DeletionItem(Item):
    KIND = "deletion"
    DUE_BY = "expires_at"
    site_id = UnicodeAttribute()
    leads = JSONAttribute()
    conversations = JSONAttribute()
    before = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    done = NumberAttribute()
    total = NumberAttribute()
    place = UnicodeAttribute(null=True)
    step = NumberAttribute()
    lease_until = NumberAttribute(null=True)


class DeletionStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, deletion: Deletion, *, follows: Sequence[Write] = ()) -> None:
        item = _key_item(deletion)
        item.gsi1pk, item.gsi1sk = PENDING, deletion.id
        item.expires_at = retention("deletion").expiry(self._clock())
        item.site_id = deletion.site_id
        item.leads, item.conversations = list(deletion.leads), list(deletion.conversations)
        if deletion.before is not None:
            item.before = deletion.before
        item.state = deletion.state
        item.done, item.total, item.step = deletion.done, deletion.total, deletion.step
        self._table.transact([Put(item, only_new=True), *follows])

    def find(self, account_id: str, deletion_id: str) -> Deletion | None:
        if not keys.is_id(deletion_id):
            return None
        item = self._table.find(DeletionItem, keys.account(account_id), keys.deletion(deletion_id))
        return None if item is None else _from_item(item)

    def claim(self, deletion: Deletion) -> Deletion | None:
        """The deletion, to be worked on by the caller alone; None while somebody else does."""
        lease = DeletionItem.lease_until
        is_free = lease.does_not_exist() | (lease <= epoch(self._clock()))
        mine = replace(deletion, step=deletion.step + 1)
        return mine if self._advance(mine, [self._leased()], is_free) else None

    def release(self, deletion: Deletion) -> bool:
        """Somebody may go on at once. False when somebody else already does."""
        return self._advance(
            replace(deletion, step=deletion.step + 1), [DeletionItem.lease_until.set(0)]
        )

    def save(self, deletion: Deletion) -> bool:
        """The state after a step; False when it is not the caller's any more."""
        actions: list[Any] = [
            DeletionItem.state.set(deletion.state),
            DeletionItem.done.set(deletion.done),
            DeletionItem.total.set(deletion.total),
            self._leased(),
        ]
        if deletion.place:
            actions.append(DeletionItem.place.set(deletion.place))
        if deletion.state == "done":
            actions += [DeletionItem.gsi1pk.remove(), DeletionItem.gsi1sk.remove()]
        return self._advance(deletion, actions)

    def _advance(self, after: Deletion, actions: list[Any], condition: Any = None) -> bool:
        is_next = DeletionItem.step == after.step - 1
        assumed = is_next if condition is None else is_next & condition
        steps = [*actions, DeletionItem.step.set(after.step)]
        try:
            self._table.write(Update(_key_item(after), steps, assumed))
        except ConditionFailed:
            return False
        return True

    def _leased(self) -> Any:
        return DeletionItem.lease_until.set(epoch(self._clock()) + LEASE_S)

    def remove(self, deletion: Deletion) -> None:
        self._table.write(Delete(_key_item(deletion)))

    def older(self, deletion: Deletion, *, after: str, limit: int) -> list[Target]:
        """What is there from before the deletion's day: leads first, each kind oldest first."""
        kind, _, last = after.partition("#")
        # An id begins with its time: ten characters that sort before every id of that day.
        day = datetime.combine(date.fromisoformat(deletion.before or ""), time(), UTC)
        end = ulid(day)[:10]
        found: list[Target] = []
        if kind != "conversation":
            found = self._leads(deletion.site_id, (f"{last}!", end), limit)
            last = ""
        if len(found) < limit:
            found += self._conversations(deletion.site_id, (f"{last}!", end), limit - len(found))
        return found

    def _leads(self, site_id: str, ids: tuple[str, str], limit: int) -> list[Target]:
        low, high = map(keys.lead, ids)
        page = self._table.query(LeadItem, keys.leads(site_id), between=(low, high), limit=limit)
        return [Target("lead", site_id, item.sk.removeprefix(keys.lead(""))) for item in page.items]

    def _conversations(self, site_id: str, ids: tuple[str, str], limit: int) -> list[Target]:
        index = keys.conversations(site_id)
        page = self._table.query_index(ConversationItem, index, between=ids, limit=limit)
        return [Target("conversation", site_id, item.gsi1sk) for item in page.items]


def run_deletion(
    account_id: str,
    job_id: str,
    *,
    deletions: DeletionStore,
    eraser: Eraser,
    time_left: Callable[[], float],
) -> bool:
    """Goes on with a job while there is time (`time_left` in seconds). False when there is more to
    do: call it again. True as well while another worker is at it, so that however often a job was
    begun it goes on but once. May be called again after a crash, when the lease is over."""
    found = deletions.find(account_id, job_id)
    mine = deletions.claim(found) if found and found.state != "done" else None
    while mine:
        mine = _step(mine, deletions, eraser)
        if not deletions.save(mine) or mine.state == "done":
            return True
        if time_left() < _BATCH_TIME_S:
            return not deletions.release(mine)
    return True


def erase_now(
    account_id: str, target: Target, *, job_id: str, deletions: DeletionStore, eraser: Eraser
) -> bool:
    """Erases one lead or conversation before it returns; False when there is none. The job beside
    it is for the case that this breaks off: the background then does the rest."""
    if not eraser.is_there(account_id, target):
        return False
    leads = (target.id,) if target.kind == "lead" else ()
    conversations = (target.id,) if target.kind == "conversation" else ()
    job = Deletion(job_id, account_id, target.site_id, leads, conversations, total=1)
    deletions.add(job)
    eraser.erase(account_id, [target])
    deletions.remove(job)
    return True


def finish_erasure(account_id: str, target: Target, *, table: Table, eraser: Eraser) -> bool:
    """Does what a visitor's own deletion of a conversation left to do; False when nobody wished for
    it, or all is done. May be called again after any crash: the wish goes last."""
    pk = keys.conversation(target.site_id, target.id)
    wish = table.find(ErasureItem, pk, keys.erasure(target.id))
    if wish is None or wish.account_id != account_id:
        return False
    eraser.erase(account_id, [target])
    table.delete_all([wish])
    return True


def _step(deletion: Deletion, deletions: DeletionStore, eraser: Eraser) -> Deletion:
    """A batch more, of the ids named or of what is older than a day."""
    if deletion.before is None:
        targets = deletion.named[deletion.done : deletion.done + _BATCH]
        is_last = deletion.done + len(targets) == deletion.total
    elif deletion.state == "queued":
        return _counted(deletion, deletions)
    else:
        targets = deletions.older(deletion, after=deletion.place, limit=_BATCH)
        is_last = len(targets) < _BATCH
    eraser.erase(deletion.account_id, targets)
    return replace(
        deletion,
        state="done" if is_last else "running",
        # Conversations that went with their leads are not met again.
        done=deletion.total if is_last else deletion.done + len(targets),
        place=_place(targets) or deletion.place,
        step=deletion.step + 1,
    )


def _counted(deletion: Deletion, deletions: DeletionStore) -> Deletion:
    targets = deletions.older(deletion, after=deletion.place, limit=_COUNTED)
    is_last = len(targets) < _COUNTED
    return replace(
        deletion,
        state="running" if is_last else "queued",
        total=deletion.total + len(targets),
        # Before every place: the deleting begins anew.
        place=_BEGIN if is_last else _place(targets),
        step=deletion.step + 1,
    )


def _place(targets: Sequence[Target]) -> str:
    return f"{targets[-1].kind}#{targets[-1].id}" if targets else ""


def _key_item(deletion: Deletion) -> DeletionItem:
    return DeletionItem(keys.account(deletion.account_id), keys.deletion(deletion.id))


def _from_item(item: DeletionItem) -> Deletion:
    return Deletion(
        id=item.sk.removeprefix(keys.deletion("")),
        account_id=item.pk.removeprefix(keys.account("")),
        site_id=item.site_id,
        leads=tuple(item.leads),
        conversations=tuple(item.conversations),
        before=item.before,
        state=item.state,  # pyright: ignore[reportArgumentType]  # checked when it was written
        done=int(item.done),
        total=int(item.total),
        place=item.place or "",
        step=int(item.step),
    )
