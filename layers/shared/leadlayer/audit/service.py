"""Decides how an entry joins an account's log, and whether the log is still what was written."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Protocol

from leadlayer.audit.model import NOTHING, Entry, Head, Outcome
from leadlayer.core.clock import Clock, epoch, iso
from leadlayer.core.policy import retention

# As many entries are verified at once: some seconds of reading.
STRETCH = 2_000
_TRIES = 12
_LONGEST_PAUSE_S = 0.25


class Entries(Protocol):
    def head(self, account_id: str) -> Head: ...
    def append(self, account_id: str, entry: Entry) -> bool: ...
    def oldest_first(self, account_id: str, *, begin: int, until: int) -> Iterator[Entry]: ...


class NotEntered(Exception):
    """Others were faster each time; what was to be entered must not happen."""


class AuditLog:
    def __init__(
        self,
        store: Entries,
        clock: Clock,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter

    def record(
        self,
        account_id: str,
        *,
        actor: str,
        role: str,
        action: str,
        target: str,
        outcome: Outcome,
        call: str = "",
        append: Callable[[str, Entry], bool] | None = None,
    ) -> None:
        """Raises NotEntered. Several may write at once: each entry follows exactly one other.
        `append` is for an entry that is written together with what it tells of; whatever that
        raises is raised."""
        for attempt in range(_TRIES):
            head = self._store.head(account_id)
            now = self._clock()
            entry = Entry(
                seq=head.seq + 1,
                at=iso(now),
                actor=actor,
                role=role,
                action=action,
                target=target,
                outcome=outcome,
                call=call,
                expires_at=retention("audit").expiry(now),
                previous=head.hash,
                previous_at=head.at,
            )
            if (append or self._store.append)(account_id, entry.sealed()):
                return
            self._sleep(min(_LONGEST_PAUSE_S, 0.01 * 2**attempt) * self._jitter())
        raise NotEntered

    def verify(self, account_id: str, *, begin: int = 1, most: int = STRETCH) -> "Verification":
        """Reads a stretch of the log from the entry numbered `begin`: as it was when that began,
        whatever is entered meanwhile. The entry before it is read too, since it has to fit."""
        head = self._store.head(account_id)
        now = self._clock()
        before = NOTHING
        for entry in self._store.oldest_first(account_id, begin=begin - 1, until=begin - 1):
            before = _place(entry)
        entries = self._store.oldest_first(account_id, begin=begin, until=head.seq)
        stretch = list(islice(entries, most))
        is_end = len(stretch) < most or stretch[-1].seq >= head.seq
        end = head if is_end else _place(stretch[-1])
        found = verified(stretch, head=end, now=now, before=before)
        if found.broken_at is not None:
            return replace(found, broken_at=max(found.broken_at, begin - 1))
        return found if is_end else replace(found, next=end.seq + 1)


@dataclass(frozen=True)
class Verification:
    """`broken_at` is the number of the first entry that is wrong or missing; `next` that of the
    entry where the next stretch begins."""

    entries: int
    broken_at: int | None = None
    next: int | None = None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


def verified(
    entries: Iterable[Entry], *, head: Head, now: datetime, before: Head = NOTHING
) -> Verification:
    """Whether entries, oldest first, are a chain from `before` to `head`. The beginning may have
    expired; then the first entry's own word for the time of the one before has to agree."""
    count = 0
    for entry in entries:
        is_first = count == 0 and before == NOTHING
        if is_first and entry.seq > 1 and _may_be_gone(entry, now):
            before = Head(entry.seq - 1, entry.previous, entry.previous_at)
        if not _follows(entry, before):
            return Verification(count, before.seq + 1)
        before = _place(entry)
        count += 1
    if before == head or (count == 0 and head.seq > 0 and _is_over(head.at, now)):
        return Verification(count)
    return Verification(count, before.seq + 1)


def _place(entry: Entry) -> Head:
    """Where the chain ended when this entry was its last."""
    return Head(entry.seq, entry.hash, entry.at)


def _follows(entry: Entry, before: Head) -> bool:
    linked = Head(entry.seq - 1, entry.previous, entry.previous_at) == before
    return linked and entry.hash == entry.digest()


def _may_be_gone(entry: Entry, now: datetime) -> bool:
    return _is_over(entry.previous_at, now)


def _is_over(at: str, now: datetime) -> bool:
    """Whether an entry of that time has expired. A time that cannot be read is no excuse."""
    try:
        written = datetime.fromisoformat(at)
    except ValueError:
        return False
    return retention("audit").expiry(written) <= epoch(now)
