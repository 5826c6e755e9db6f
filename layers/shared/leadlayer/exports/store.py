"""Exports beside their account, one under way at a time; what was withdrawn never becomes ready."""

from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.core import jobs, keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Delete, Item, Put, Table, Update, Write
from leadlayer.exports.model import PENDING, Export

_SLOT = "EXPORT"
# Longer than a function may run: a crashed one frees its export by itself.
LEASE_S = 16 * 60


class ExportItem(Item):
    KIND = "export"
    DUE_BY = "expires_at"
    member_id = UnicodeAttribute()
    format = UnicodeAttribute()
    state = UnicodeAttribute()
    progress = NumberAttribute()
    bytes = NumberAttribute()
    tries = NumberAttribute()
    lease_until = NumberAttribute()
    created_at = UnicodeAttribute()


class ExportSlotItem(Item):
    """There while an export of the account is under way, so that two cannot begin at once."""

    KIND = "export_slot"
    export_id = UnicodeAttribute()


class ExportStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def add(self, export: Export, *, follows: Sequence[Write] = ()) -> bool:
        """False when another export of the account is still under way, or what follows cannot be
        written."""
        slot = ExportSlotItem(
            keys.account(export.account_id),
            _SLOT,
            export_id=export.id,
            expires_at=export.expires_at,
        )
        try:
            self._table.transact([Put(_to_item(export)), Put(slot, only_new=True), *follows])
        except ConditionFailed:
            return False
        return True

    def find(self, account_id: str, export_id: str) -> Export | None:
        if not keys.is_id(export_id):
            return None
        item = self._table.find(ExportItem, keys.account(account_id), keys.export(export_id))
        return None if item is None else export_of(item)

    def of_account(self, account_id: str) -> list[Export]:
        """Newest first. They go after a week, and one at a time is made: few."""
        page = self._table.query(
            ExportItem, keys.account(account_id), prefix=keys.export(""), newest_first=True
        )
        return [export_of(item) for item in page.items]

    def claim(self, export: Export) -> Export | None:
        """The export, to be made by the caller alone; None when somebody else is making it or made
        it."""
        now = epoch(self._clock())
        free = (ExportItem.state == "queued") | (
            (ExportItem.state == "running") & (ExportItem.lease_until <= now)
        )
        try:
            self._table.write(
                Update(
                    _key_item(export),
                    [
                        ExportItem.state.set("running"),
                        ExportItem.tries.add(1),
                        ExportItem.progress.set(0),
                        ExportItem.lease_until.set(now + LEASE_S),
                    ],
                    free & (ExportItem.tries == export.tries),
                )
            )
        except ConditionFailed:
            return None
        return self.find(export.account_id, export.id)

    def progress(self, export: Export, percent: int) -> bool:
        """False when it is not the caller's any more: withdrawn, or taken over after a crash."""
        return self._change(export, [ExportItem.progress.set(percent)])

    def release(self, export: Export) -> None:
        """Somebody may try again at once."""
        self._change(export, [ExportItem.lease_until.set(0)])

    def ready(self, export: Export, *, size: int, follows: Sequence[Write] = ()) -> bool:
        """False when it was withdrawn meanwhile; then its file has to go. `follows` is written
        with it, such as the mail that tells of it."""
        actions: list[Any] = [
            ExportItem.state.set("ready"),
            ExportItem.progress.set(100),
            ExportItem.bytes.set(size),
            # The file's week begins when it lies there, as the bucket counts it.
            ExportItem.expires_at.set(retention("export").expiry(self._clock())),
        ]
        return self._settle(export, actions, follows)

    def fail(self, export: Export) -> bool:
        return self._settle(export, [ExportItem.state.set("failed")])

    def withdraw_all(self, account_id: str) -> list[str]:
        """No export of the account can be loaded or become ready any more. Returns where files lie
        that have to be deleted."""
        return [
            export.key
            for export in self.of_account(account_id)
            if export.state not in ("failed", "withdrawn") and self.withdraw(export)
        ]

    def withdraw(self, export: Export) -> bool:
        """False when it was nothing to withdraw. While one is being made it stays listed as a job,
        so that somebody looks after its file should its maker crash."""
        actions: list[Any] = [ExportItem.state.set("withdrawn")]
        while export.state not in ("failed", "withdrawn"):
            if export.state != "running":
                actions += [ExportItem.gsi1pk.remove(), ExportItem.gsi1sk.remove()]
            writes: list[Write] = [
                Update(_key_item(export), actions, ExportItem.state == export.state)
            ]
            if export.is_pending:
                writes.append(_without_slot(export))
            try:
                self._table.transact(writes)
            except ConditionFailed:
                found = self.find(export.account_id, export.id)
                if found is None:
                    return False
                export, actions = found, actions[:1]
                continue
            return True
        return False

    def forget_job(self, export: Export) -> None:
        """A withdrawn export's file is gone, and nobody can be making it any more."""
        expired = ExportItem.lease_until <= epoch(self._clock())
        actions = [ExportItem.gsi1pk.remove(), ExportItem.gsi1sk.remove()]
        try:
            self._table.write(
                Update(_key_item(export), actions, (ExportItem.state == "withdrawn") & expired)
            )
        except ConditionFailed:
            return

    def _settle(self, export: Export, actions: list[Any], follows: Sequence[Write] = ()) -> bool:
        done = [*actions, ExportItem.gsi1pk.remove(), ExportItem.gsi1sk.remove()]
        writes = [Update(_key_item(export), done, _still_mine(export)), _without_slot(export)]
        try:
            self._table.transact([*writes, *follows])
        except ConditionFailed:
            return False
        return True

    def _change(self, export: Export, actions: list[Any]) -> bool:
        try:
            self._table.write(Update(_key_item(export), actions, _still_mine(export)))
        except ConditionFailed:
            return False
        return True


def _still_mine(export: Export) -> Any:
    """The number of the try tells the one who is making it from one who was thought dead."""
    return ExportItem.state.is_in(*PENDING) & (ExportItem.tries == export.tries)


def _without_slot(export: Export) -> Delete:
    return Delete(ExportSlotItem(keys.account(export.account_id), _SLOT))


def _key_item(export: Export) -> ExportItem:
    return ExportItem(keys.account(export.account_id), keys.export(export.id))


def _to_item(export: Export) -> ExportItem:
    return ExportItem(
        keys.account(export.account_id),
        keys.export(export.id),
        gsi1pk=jobs.PENDING,
        gsi1sk=export.id,
        expires_at=export.expires_at,
        member_id=export.member_id,
        format=export.format,
        state=export.state,
        progress=export.progress,
        bytes=export.bytes,
        tries=export.tries,
        lease_until=export.lease_until,
        created_at=export.created_at,
    )


def export_of(item: ExportItem) -> Export:
    return Export(
        id=item.sk.removeprefix(keys.export("")),
        account_id=item.pk.removeprefix(keys.account("")),
        member_id=item.member_id,
        format=item.format,  # pyright: ignore[reportArgumentType]  # checked when it was written
        state=item.state,  # pyright: ignore[reportArgumentType]  # checked when it was written
        progress=int(item.progress),
        bytes=int(item.bytes),
        tries=int(item.tries),
        lease_until=int(item.lease_until),
        created_at=item.created_at,
        expires_at=int(item.expires_at),
    )
