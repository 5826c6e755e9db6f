"""Brings a restored copy of the table to where it may be served (P26): the steps and their order.

Settings first, so that what comes after is recoverable and expires; then the ledger, then the sweep
of what has expired, then a check that trusts neither. Only the check lifts the quarantine, and each
step lowers it again. Every step may be repeated: after a crash the whole is run once more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from leadlayer.core.clock import Clock
from leadlayer.core.policy import retention
from leadlayer.core.table import Table
from leadlayer.privacy.erasure import Eraser
from leadlayer.privacy.restore_check import Check, Report
from leadlayer.privacy.restore_copy import Copy, Refused, Tell, Wanted
from leadlayer.privacy.restore_ledger import Entry, KnownLedger, Replay
from leadlayer.privacy.restore_sweep import Sweep

SEGMENTS = 8


@dataclass(frozen=True)
class Restore:
    """`served` is the name of the table that the stack serves now. `table` and `eraser` work on the
    copy; the eraser's ledger, and what `entries` reads, is the one in use: a restored ledger would
    be as forgetful as the copy."""

    copy: Copy
    served: str
    wanted: Wanted
    table: Table
    eraser: Eraser
    entries: Callable[[], Sequence[Entry]]
    clock: Clock
    tell: Tell
    segments: int = SEGMENTS

    def run(self) -> Report:
        """Raises Refused when this is not a copy that can be made fit."""
        self._look()
        self.copy.mark("quarantined")
        self.copy.settle(self.wanted, tell=self.tell)
        entries = self.entries()
        known = replace(self.eraser, ledger=KnownLedger(self.eraser.ledger, entries))
        Replay(self.table, known, self.tell).run(entries)
        Sweep(self.copy, self.table, self.clock, self.tell, self.segments).run(entries)
        return self.verify()

    def verify(self) -> Report:
        """The last step, also on its own. What it finds keeps the copy in quarantine."""
        self._look()
        self.copy.mark("quarantined")
        check = Check(self.copy, self.wanted, self.clock, self.tell, self.segments)
        report = check.run(self.entries())
        if report.is_clean:
            self.copy.mark("verified")
        return report

    def hindrances(self) -> list[str]:
        """Why the copy must not be served yet; empty when it may."""
        since = self.copy.verified_at()
        if since is None:
            return ["it has not been verified"]
        # In the same second counts as later.
        late = sum(entry.at >= since for entry in self.entries())
        return [f"{late} entries of the ledger are newer than its verification"] if late else []

    def _look(self) -> None:
        if self.copy.name == self.served:
            raise Refused("this table is the one that is served")
        taken_at = self.copy.taken_at()
        if taken_at is None:
            raise Refused("this table was not restored from a backup")
        if retention("ledger").after(taken_at) <= self.clock():
            raise Refused("this backup is older than the ledger goes back")
