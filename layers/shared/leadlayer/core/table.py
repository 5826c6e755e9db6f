"""The one door to DynamoDB: every read drops what has expired, every write says what it assumes.

TTL deletes late (typically within two days, AWS UpdateTimeToLive reference), so an item that is
still there is not an item that may be seen. A policy's period ends at `expires_at`, here.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Any, ClassVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import (
    DeleteError,
    DoesNotExist,
    PutError,
    TransactWriteError,
    UpdateError,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from leadlayer.core import due, keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.indexes import Gsi1, Gsi2

_CONFLICT_TRIES = 5
# The most that BatchWriteItem takes (DynamoDB API reference).
_BATCH = 25
_BATCH_TRIES = 8


class ConditionFailed(Exception):
    """Somebody else was first, or the item is not what the writer assumed. `position` counts the
    writes of a transaction from 0 in the order they were given."""

    def __init__(self, positions: frozenset[int] = frozenset({0})) -> None:
        super().__init__()
        self.positions = positions


class NotAllDeleted(Exception):
    """DynamoDB was too busy for the rest of a batch; what is left can be deleted again."""


class Item(Model):
    """A row of the table. Subclasses fix `type` and add their attributes; they hold no logic."""

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]  # PynamoDB fills in the rest
        # Set by `open_table`; a function that forgets to call it gets an error, not another table.
        table_name: str | None = None
        region = "eu-central-1"
        host: str | None = None
        # A caller waits for us: two short tries beat one long one.
        connect_timeout_seconds = 1
        read_timeout_seconds = 3
        max_retry_attempts = 2

    KIND: ClassVar[str] = ""
    # The attribute with the second from which a purge has to deal with the row; the table keeps the
    # row's place in the index of what is due, whoever writes that attribute.
    DUE_BY: ClassVar[str] = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    expires_at = NumberAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi1 = Gsi1()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    gsi2 = Gsi2()

    def __init__(self, *args: Any, **attributes: Any) -> None:
        # Set here rather than as an attribute default: a subclass states its type in one place.
        if self.KIND:
            attributes.setdefault("type", self.KIND)
        super().__init__(*args, **attributes)


@dataclass(frozen=True)
class Page[I: Item]:
    items: list[I]
    next: dict[str, Any] | None = None


@dataclass(frozen=True)
class Put:
    item: Item
    only_new: bool = False


@dataclass(frozen=True)
class Update:
    """Changes an item that is there and has not expired. `upsert` also makes a missing one."""

    item: Item
    actions: Sequence[Action]
    condition: Condition | None = None
    upsert: bool = False


@dataclass(frozen=True)
class Delete:
    """`present`: fails unless the item is there and has not expired; for what may be used once."""

    item: Item
    present: bool = False


@dataclass(frozen=True)
class Check:
    """Writes nothing: the other writes of its transaction happen only if the item is there, has not
    expired and is as `condition` says."""

    item: Item
    condition: Condition


Write = Put | Update | Delete | Check


class Table:
    def __init__(self, *, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock = clock
        self._sleep = sleep

    @property
    def now(self) -> datetime:
        return self._clock()

    def find[I: Item](self, model: type[I], pk: str, sk: str) -> I | None:
        try:
            item = model.get(pk, sk, consistent_read=True)
        except DoesNotExist:
            return None
        return item if self._is_live(item) else None

    def remains[I: Item](self, model: type[I], pk: str, sk: str) -> I | None:
        """The item even when it has expired: for erasing it, never for showing it."""
        try:
            return model.get(pk, sk, consistent_read=True)
        except DoesNotExist:
            return None

    def overdue[I: Item](self, model: type[I], pk: str, sk: str) -> I | None:
        """The item if it has expired: nobody can change it any more, and it may be removed."""
        item = self.remains(model, pk, sk)
        return None if item is None or self._is_live(item) else item

    def query[I: Item](
        self,
        model: type[I],
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        newest_first: bool = False,
        limit: int = 1000,
        after: dict[str, Any] | None = None,
        expired: bool = False,
    ) -> Page[I]:
        """Live items of a partition whose sort key starts with `prefix` or lies `between` two
        others (both included), at most `limit`. `expired` gives the others too: for erasing them,
        never for showing them."""
        found = model.query(
            pk,
            _sort_keys(model, prefix, between),
            consistent_read=True,
            scan_index_forward=not newest_first,
            page_size=limit,
            last_evaluated_key=after,
        )
        return self._page(found, limit, expired=expired)

    def query_index[I: Item](
        self,
        model: type[I],
        gsi1pk: str,
        *,
        between: tuple[str, str] | None = None,
        newest_first: bool = False,
        limit: int = 1000,
        after: dict[str, Any] | None = None,
        expired: bool = False,
    ) -> Page[I]:
        """Live items listed under an index key, or with `expired` all of them, for erasing.
        Eventually consistent: for lists only."""
        found = model.gsi1.query(
            gsi1pk,
            None if between is None else model.gsi1sk.between(*between),
            scan_index_forward=not newest_first,
            page_size=limit,
            last_evaluated_key=after,
        )
        return self._page(found, limit, expired=expired)

    def due(
        self, day: str, *, until: int, limit: int, after: dict[str, Any] | None = None
    ) -> Page[Item]:
        """The keys, and no more, of what had to go on a day up to a second, the longest overdue
        first. Eventually consistent: whoever removes one has to look at it again."""
        found = Item.gsi2.query(
            keys.due(day),
            Item.gsi2sk <= due.sort_key(until),
            page_size=limit,
            last_evaluated_key=after,
        )
        return self._page(found, limit, expired=True)

    def write(self, write: Write) -> None:
        """One write. Raises ConditionFailed when its assumption does not hold."""
        write = self._listed(write)
        try:
            match write:
                case Put(item):
                    item.save(condition=self._assumption(write))
                case Update(item, actions):
                    item.update(list(actions), condition=self._assumption(write))
                case Delete(item):
                    item.delete(condition=self._assumption(write))
                case Check():
                    self.transact([write])
        except (PutError, UpdateError, DeleteError) as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                raise ConditionFailed from None
            raise

    def transact(self, writes: Sequence[Write]) -> None:
        """All writes or none. Retries when another transaction was in the way; raises
        ConditionFailed with the positions whose assumption does not hold."""
        for attempt in range(_CONFLICT_TRIES):
            try:
                return self._transact_once(writes)
            except TransactWriteError as error:
                reasons = [reason.code if reason else None for reason in error.cancellation_reasons]
                if failed := _failed_positions(writes, reasons):
                    raise ConditionFailed(failed) from None
                if "TransactionConflict" not in reasons or attempt == _CONFLICT_TRIES - 1:
                    raise
                self._sleep(0.02 * 2**attempt)
        return None

    def _transact_once(self, writes: Sequence[Write]) -> None:
        connection: Connection = _table_connection().connection
        with TransactWrite(connection=connection) as transaction:
            for write in map(self._listed, writes):
                match write:
                    case Put(item):
                        transaction.save(item, condition=self._assumption(write))
                    case Update(item, actions):
                        transaction.update(item, list(actions), condition=self._assumption(write))
                    case Delete(item):
                        transaction.delete(item, condition=self._assumption(write))
                    case Check(item):
                        condition = self._assumption(write)
                        transaction.condition_check(type(item), item.pk, item.sk, condition)

    def delete_all(self, items: Iterable[Item]) -> None:
        """Deletes whichever are there, in batches and not all or nothing: for what may be repeated.
        Raises NotAllDeleted when DynamoDB goes on postponing some."""
        for batch in batched(items, _BATCH, strict=False):
            # A call may not name an item twice.
            found = {(item.pk, item.sk) for item in batch}
            self._delete_batch([{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in sorted(found)])

    def _delete_batch(self, waiting: list[dict[str, Any]]) -> None:
        """PynamoDB's own batches ask again at once and give up after two tries."""
        connection = _table_connection()
        for attempt in range(_BATCH_TRIES):
            answer: dict[str, Any] = connection.batch_write_item(delete_items=waiting)
            left = answer.get("UnprocessedItems", {}).get(connection.table_name)
            if not left:
                return
            waiting = [request["DeleteRequest"]["Key"] for request in left]
            self._sleep(0.05 * 2**attempt)
        raise NotAllDeleted

    def _listed(self, write: Write) -> Write:
        """With the row's place in the index of what is due, for rows that have one."""
        name = write.item.DUE_BY
        match write:
            case Put(item) if name and (second := getattr(item, name)) is not None:
                item.gsi2pk, item.gsi2sk = due.place(int(second), self._clock())
            case Update(_, actions) if name and (second := due.changed(actions, name)) is not None:
                return replace(write, actions=[*actions, *self._moved(second)])
            case _:
                pass
        return write

    def _moved(self, second: int) -> list[Action]:
        if not second:
            return [Item.gsi2pk.remove(), Item.gsi2sk.remove()]
        pk, sk = due.place(second, self._clock())
        return [Item.gsi2pk.set(pk), Item.gsi2sk.set(sk)]

    def _assumption(self, write: Write) -> Condition | None:
        now = epoch(self._clock())
        model = type(write.item)
        if isinstance(write, Put):
            # An expired leftover is as good as nothing: it may be overwritten.
            return (
                (model.pk.does_not_exist() | (model.expires_at <= now)) if write.only_new else None
            )
        is_live = model.pk.exists() & (model.expires_at.does_not_exist() | (model.expires_at > now))
        if isinstance(write, Delete):
            return is_live if write.present else None
        if isinstance(write, Check):
            return is_live & write.condition
        if write.upsert:
            return write.condition
        return is_live if write.condition is None else is_live & write.condition

    def _page(self, found: Any, limit: int, *, expired: bool) -> Page[Any]:
        items: list[Item] = []
        for item in found if expired else self._live(found):
            items.append(item)
            if len(items) == limit:
                return Page(items, found.last_evaluated_key)
        return Page(items)

    def _live(self, items: Any) -> Iterator[Item]:
        return (item for item in items if self._is_live(item))

    def _is_live(self, item: Item) -> bool:
        return item.expires_at is None or item.expires_at > epoch(self._clock())  # pyright: ignore[reportUnnecessaryComparison]  # pynamodb types nullable attributes as always set


def open_table(
    name: str, *, region: str, clock: Clock, sleep: Callable[[float], None] = time.sleep
) -> Table:
    """Points all items at one table and opens the one connection that they share.

    Without this order each item class builds a client of its own (45 ms and 10 MB each).
    """
    Item.Meta.table_name = name
    Item.Meta.region = region
    _table_connection()
    return Table(clock=clock, sleep=sleep)


def open_beside(model: type[Item], name: str) -> None:
    """Points one kind of item at a table of its own, over the connection that all share."""
    connection = copy(_table_connection())
    described = connection.get_meta_table().data | {"TableName": name}
    connection.table_name = name
    # PynamoDB keeps a description of each table that it writes to, and refuses a second one.
    with suppress(ValueError):
        connection.connection.add_meta_table(MetaTable(described))
    model.Meta.table_name = name
    model._connection = connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above


def _sort_keys(model: type[Item], prefix: str, between: tuple[str, str] | None) -> Condition | None:
    if between is not None:
        return model.sk.between(*between)
    return model.sk.startswith(prefix) if prefix else None


def _table_connection() -> Any:
    return Item._get_connection()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the only way to share it


def _failed_positions(writes: Sequence[Write], reasons: Sequence[str | None]) -> frozenset[int]:
    """PynamoDB sends checks, deletes, puts, updates in this order, and the reasons come back in
    it."""
    order = {Check: 0, Delete: 1, Put: 2, Update: 3}
    wire = sorted(range(len(writes)), key=lambda position: order[type(writes[position])])
    return frozenset(
        position
        for position, reason in zip(wire, reasons, strict=False)
        if reason == "ConditionalCheckFailed"
    )


__all__ = [
    "Check",
    "ConditionFailed",
    "Delete",
    "Item",
    "NotAllDeleted",
    "Page",
    "Put",
    "Table",
    "Update",
    "Write",
    "open_beside",
    "open_table",
]
