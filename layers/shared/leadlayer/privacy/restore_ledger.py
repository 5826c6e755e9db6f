"""Replays the ledger on a restored copy: erased, removed and ended there as it was in the meantime.

What was erased is erased whatever else happened, so the order counts only for an account's ends and
returns: the last one holds. Everything may be done again after a crash.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched, groupby
from typing import Any, cast, get_args

from leadlayer.accounts.ending import purge_second
from leadlayer.accounts.store import AccountItem, AccountStore, MemberItem, person_ref_of
from leadlayer.core import keys
from leadlayer.core.table import Delete, Table, Update, Write
from leadlayer.privacy.erasure import Eraser, Target
from leadlayer.privacy.ledger import Ledger, LedgerKind
from leadlayer.privacy.restore_copy import Refused, Tell
from leadlayer.sites.store import SiteStore

# So many are erased at once.
_BATCH = 25
_TURNS: Mapping[LedgerKind, str] = {"terminate": "terminated", "reactivate": "active"}


@dataclass(frozen=True, order=True)
class Entry:
    """In the order of the fields entries are in the order of accounts, and in each of time."""

    account_id: str
    id: str
    kind: LedgerKind
    target: str
    at: str

    @property
    def erased(self) -> Target | None:
        """The lead or conversation that was erased; None for anything else."""
        if self.kind not in ("erase_lead", "erase_conversation"):
            return None
        site_id, _, target_id = self.target.partition("/")
        return Target("lead" if self.kind == "erase_lead" else "conversation", site_id, target_id)


def read_ledger(client: Any, table_name: str) -> list[Entry]:
    """All of it, sorted: ids only, a few hundred bytes each. Raises Refused for an entry of a kind
    that nobody here knows how to replay: a copy must not be served by software that is older."""
    asked: dict[str, Any] = {"TableName": table_name, "ConsistentRead": True}
    found: list[Entry] = []
    while True:
        page = client.scan(**asked)
        found += [_entry(item) for item in page["Items"]]
        if not page.get("LastEvaluatedKey"):
            return sorted(found)
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _entry(item: Mapping[str, Mapping[str, str]]) -> Entry:
    kind = item["kind"]["S"]
    if kind not in get_args(LedgerKind):
        raise Refused(f"the ledger has an entry of the kind {kind}: take a newer version of this")
    return Entry(
        account_id=item["pk"]["S"].removeprefix(keys.account("")),
        id=item["sk"]["S"],
        kind=cast("LedgerKind", kind),
        target=item.get("target", {}).get("S", ""),
        at=item["at"]["S"],
    )


class KnownLedger(Ledger):
    """The ledger for whoever replays it: what it holds already is not entered a second time."""

    def __init__(self, ledger: Ledger, entries: Iterable[Entry]) -> None:
        self._ledger = ledger
        self._known = {(entry.account_id, entry.kind, entry.target) for entry in entries}

    def record(self, account_id: str, kind: LedgerKind, target: str = "") -> None:
        if (account_id, kind, target) not in self._known:
            self._ledger.record(account_id, kind, target)


@dataclass(frozen=True)
class Replay:
    """`table` and `eraser` work on the copy."""

    table: Table
    eraser: Eraser
    tell: Tell

    def run(self, entries: Sequence[Entry]) -> None:
        erased = 0
        for number, (account_id, own) in enumerate(_by_account(entries), 1):
            erased += self._erase(account_id, own)
            for entry in own:
                if entry.kind == "remove_member":
                    self._remove_member(account_id, entry.target)
            if turns := [entry for entry in own if entry.kind in _TURNS]:
                self._turn(account_id, turns[-1])
            if number % 100 == 0:
                self.tell(f"replay: {number} accounts, {erased} leads and conversations erased")
        self.tell(f"replay: {len(entries)} entries, {erased} leads and conversations erased")

    def _erase(self, account_id: str, own: Sequence[Entry]) -> int:
        # Each once: a crash may have entered it twice.
        targets = dict.fromkeys(target for entry in own if (target := entry.erased))
        batches = batched(targets, _BATCH, strict=False)
        return sum(self.eraser.erase(account_id, batch) for batch in batches)

    def _remove_member(self, account_id: str, member_id: str) -> None:
        """Even an account's only owner of that time: somebody else has been one since."""
        item = self.table.find(MemberItem, keys.account(account_id), f"MEMBER#{member_id}")
        if item is None:
            return
        ref = person_ref_of(item)
        going: list[Write] = [Delete(item), *([Delete(ref)] if ref else [])]
        self.table.transact(going)

    def _turn(self, account_id: str, last: Entry) -> None:
        """Keys and secrets went with each end; of a copy they all go."""
        account = AccountStore(self.table).find(account_id)
        if account is None:
            return
        state = _TURNS[last.kind]
        for site in SiteStore(self.table).of_account(account_id):
            if site.state != state:
                SiteStore(self.table).set_state(site, state)
        # It was entered before it happened, so an end that the copy knows bears a later time.
        if account.state == state and (account.terminated_at or "") >= (
            last.at if state == "terminated" else ""
        ):
            return
        row = AccountItem(keys.account(account_id), "PROFILE")
        dated, due = AccountItem.terminated_at, AccountItem.purge_at
        dates = (
            [dated.set(last.at), due.set(purge_second(last.at))]
            if state == "terminated"
            else [dated.remove(), due.remove()]
        )
        self.table.write(Update(row, [AccountItem.state.set(state), *dates]))


def _by_account(entries: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    for account_id, own in groupby(entries, key=lambda entry: entry.account_id):
        yield account_id, list(own)
