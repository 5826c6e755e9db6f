"""Decides what becomes of an export: asked for, made once, withdrawn, ready, or given up."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from leadlayer.core.clock import Clock, iso
from leadlayer.core.errors import limit_reached
from leadlayer.core.ids import NewId
from leadlayer.core.jobs import Job, Sender, send_or_leave
from leadlayer.core.policy import retention
from leadlayer.core.table import Write
from leadlayer.exports.model import MOST_TRIES, Export, Format

KIND = "export"
# How often somebody who watches hears of progress.
_EVERY_S = 1.0


class Exports(Protocol):
    def add(self, export: Export, *, follows: Sequence[Write] = ()) -> bool: ...
    def find(self, account_id: str, export_id: str) -> Export | None: ...
    def claim(self, export: Export) -> Export | None: ...
    def progress(self, export: Export, percent: int) -> bool: ...
    def release(self, export: Export) -> None: ...
    def ready(self, export: Export, *, size: int, follows: Sequence[Write] = ()) -> bool: ...
    def fail(self, export: Export) -> bool: ...
    def forget_job(self, export: Export) -> None: ...


class Files(Protocol):
    def delete(self, key: str) -> None: ...
    def writer(self, key: str) -> Any: ...


# Writes an export's content into a file, and says after each piece how far it is, in percent.
Fill = Callable[[Export, Any, Callable[[float], None]], None]


class Withdrawn(Exception):
    """Somebody withdrew the export while it was being made, or took it over."""


def ask_for_export(
    wanted: Format,
    *,
    account_id: str,
    member_id: str,
    exports: Exports,
    jobs: Sender,
    clock: Clock,
    new_id: NewId,
    follows: Sequence[Write] = (),
) -> Export:
    """`follows` is written with it. Raises Problem 409 while another one of the account is under
    way. Should the message get lost, the schedule finds the row."""
    now = clock()
    export = Export(
        id=new_id(),
        account_id=account_id,
        member_id=member_id,
        format=wanted,
        created_at=iso(now),
        expires_at=retention("export").expiry(now),
    )
    if not exports.add(export, follows=follows):
        raise limit_reached()
    send_or_leave(jobs, Job(KIND, account_id, export.id))
    return export


@dataclass(frozen=True)
class Maker:
    """`follows` is what is written when an export is ready, in the same transaction."""

    exports: Exports
    files: Files
    fill: Fill
    follows: Callable[[Export], Sequence[Write]]
    monotonic: Callable[[], float] = time.monotonic

    def make(self, account_id: str, export_id: str) -> bool:
        """Makes an export that is waiting; False when there is nothing (more) to do for it. Raises
        what `fill` raises; after the last try it has failed, before that it may be tried again."""
        found = self.exports.find(account_id, export_id)
        if found is None:
            return False
        if found.state == "withdrawn":
            # While it was made, and its maker may have crashed before it could clean up.
            self.files.delete(found.key)
            self.exports.forget_job(found)
            return False
        mine = self.exports.claim(found) if found.is_pending else None
        if mine is None:
            return False
        if mine.tries > MOST_TRIES:
            self._give_up(mine)
            return False
        return self._make(mine)

    def _make(self, mine: Export) -> bool:
        try:
            with self.files.writer(mine.key) as file:
                self.fill(mine, file, self._teller(mine))
            is_ready = self.exports.ready(mine, size=file.bytes, follows=self.follows(mine))
        except Withdrawn:
            is_ready = False
        except Exception:
            if mine.tries == MOST_TRIES:
                self._give_up(mine)
            else:
                self.exports.release(mine)
            raise
        if not is_ready:
            self._clean_up(mine)
        return is_ready

    def _teller(self, mine: Export) -> Callable[[float], None]:
        """Passes progress on, at most once a second. Raises Withdrawn when it was withdrawn."""
        told_at = self.monotonic()

        def tell(percent: float) -> None:
            nonlocal told_at
            now = self.monotonic()
            if now - told_at < _EVERY_S:
                return
            told_at = now
            # 100 is said by being ready.
            if not self.exports.progress(mine, min(99, int(percent))):
                raise Withdrawn

        return tell

    def _clean_up(self, mine: Export) -> None:
        """The file of a withdrawn export goes; of one that another try took over it is theirs."""
        found = self.exports.find(mine.account_id, mine.id)
        if found is None or found.state == "withdrawn":
            self.files.delete(mine.key)

    def _give_up(self, mine: Export) -> None:
        if self.exports.fail(mine):
            self.files.delete(mine.key)
