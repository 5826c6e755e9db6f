"""Removes what is overdue, run by run (P06, P07, P09): its cost follows what has to go, not what is
there.

Whatever has to go by itself is listed in one index under its day. A run goes through the days after
the last one that is wholly done, up to this second. What it removes leaves the index with its last
row, so a run that is cut off anywhere is gone on with by the next.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import batched

from leadlayer.core import keys, log
from leadlayer.core.clock import epoch, iso
from leadlayer.core.ids import NewId
from leadlayer.core.table import Item, Table
from leadlayer.exports.files import ExportFiles
from leadlayer.exports.store import ExportItem, export_of
from leadlayer.mail.store import MailItem
from leadlayer.privacy.erasure import Eraser, Target
from leadlayer.privacy.ledger import Ledger
from leadlayer.privacy.purge_account import AccountPurge
from leadlayer.privacy.purge_budget import HEAD_ROWS, Budget
from leadlayer.privacy.purge_store import PurgeStore
from leadlayer.privacy.purge_views import Promotion

_PAGE = 100
# Leads and conversations whose rows are deleted together.
_HEADS = 25

Counts = Mapping[str, int]


@dataclass
class _Run:
    """`counts` are what went by kind, and under `failed` what could not."""

    budget: Budget
    counts: Counter[str] = field(default_factory=Counter[str])
    is_cut_off: bool = False

    def went(self, kind: str, count: int | None) -> None:
        """None: the budget ended in the middle of it."""
        self.is_cut_off = self.is_cut_off or count is None
        self.counts[kind] += count or 0


@dataclass(frozen=True)
class Purge:
    table: Table
    store: PurgeStore
    eraser: Eraser
    accounts: AccountPurge
    promotion: Promotion
    files: ExportFiles
    new_id: NewId

    def run(self, budget: Budget) -> Counts:
        """What went, by kind; `busy` when another run is at it. May be repeated at any point."""
        if not self.store.claim():
            return {"busy": 1}
        run, run_id, started_at = _Run(budget), self.new_id(), iso(self.table.now)

        def note(state: str) -> None:
            self.store.note(run_id, started_at, run.counts, state)

        note("running")
        is_whole = True
        for day in self.store.days():
            is_done = self._day(day, run, note)
            if run.is_cut_off:
                break
            # What failed is tried again, and no day after it counts as finished before.
            is_whole = is_whole and is_done
            if is_whole:
                self.store.finish(day)
        note("cut_off" if run.is_cut_off else "done")
        self.store.release()
        return dict(run.counts)

    def plan(self) -> Counts:
        """What a run would begin to remove now, by kind. Removes nothing."""
        found = (_kind(item) for day in self.store.days() for item in self._due(day))
        return dict(Counter(found))

    def _due(self, day: date) -> Iterator[Item]:
        for page in self._pages(day):
            yield from page

    def _pages(self, day: date) -> Iterator[list[Item]]:
        now, after = epoch(self.table.now), None
        while True:
            page = self.table.due(day.isoformat(), until=now, limit=_PAGE, after=after)
            if page.items:
                yield page.items
            if (after := page.next) is None:
                return

    def _day(self, day: date, run: _Run, note: Callable[[str], None]) -> bool:
        """False when something of the day is left."""
        failed = run.counts["failed"]
        for page in self._pages(day):
            for kind, items in _by_kind(page):
                if run.budget.is_spent:
                    run.is_cut_off = True
                    return False
                self._remove(kind, items, run)
            note("running")
            if run.is_cut_off:
                return False
        return run.counts["failed"] == failed

    def _remove(self, kind: str, items: Sequence[Item], run: _Run) -> None:
        """Together, and one by one when that fails: one that cannot go must not keep others."""
        try:
            self._work(kind, items, run)
        except Exception as error:  # noqa: BLE001  # whatever it was, its text may quote a lead
            if len(items) > 1:
                for item in items:
                    self._remove(kind, [item], run)
                return
            log.failure("purge_failed", error)
            run.counts["failed"] += 1

    def _work(self, kind: str, items: Sequence[Item], run: _Run) -> None:
        match kind:
            case "lead" | "conversation":
                run.counts[kind] += self.eraser.expire([_target(item) for item in items])
                run.budget.took(HEAD_ROWS * len(items))
            case "account" | "site":
                for item in items:
                    if not run.is_cut_off:
                        self._go_through(kind, item.pk.partition("#")[2], run)
            case _:
                run.counts[kind] += sum(self._row(kind, item) for item in items)
                run.budget.took(len(items))

    def _go_through(self, kind: str, its_id: str, run: _Run) -> None:
        """Of what has many rows, step by step."""
        if kind == "account":
            run.went(kind, self.accounts.purge(its_id, run.budget))
        else:
            run.went("month", self.promotion.promote(its_id, run.budget))

    def _row(self, kind: str, item: Item) -> int:
        """Of an export the file goes first, and the mail that told of it."""
        model = ExportItem if kind == "export" else Item
        over = self.table.overdue(model, item.pk, item.sk)
        if over is None:
            return 0
        if isinstance(over, ExportItem):
            self.files.delete(export_of(over).key)
            self.table.delete_all([MailItem(keys.outbox(export_of(over).id), "MAIL")])
        self.table.delete_all([over])
        return 1


def open_purge(
    table: Table, *, ledger: Ledger, files: ExportFiles, eraser: Eraser, new_id: NewId
) -> Purge:
    accounts = AccountPurge(table, ledger, files, eraser)
    promotion = Promotion(table)
    return Purge(table, PurgeStore(table), eraser, accounts, promotion, files, new_id)


def _kind(item: Item) -> str:
    """What the keys say of a row; whatever has no rows that belong to it is known by its key's
    beginning."""
    match item.pk.partition("#")[0], item.sk.partition("#")[0]:
        case "LEADS", "LEAD":
            return "lead"
        case "CONV", "META":
            return "conversation"
        case "SITE", "PROFILE":
            return "site"
        case "ACCOUNT", "PROFILE":
            return "account"
        case _, name:
            return name.lower()


def _by_kind(items: Sequence[Item]) -> Iterator[tuple[str, Sequence[Item]]]:
    """Leads first: one that goes too need not be taken off its conversation before."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(_kind(item), []).append(item)
    for kind in sorted(found, key=lambda kind: (kind != "lead", kind)):
        for some in batched(found[kind], _HEADS, strict=False):
            yield kind, some


def _target(item: Item) -> Target:
    if item.sk == "META":
        _, site_id, conversation_id = item.pk.split("#")
        return Target("conversation", site_id, conversation_id)
    site_id = item.pk.removeprefix(keys.leads(""))
    return Target("lead", site_id, item.sk.removeprefix(keys.lead("")))
