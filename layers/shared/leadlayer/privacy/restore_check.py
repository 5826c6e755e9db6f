"""Decides whether a restored copy may be served, on the copy as it is: it trusts no step before.

It asks otherwise than they worked. A row has to belong to an account and site that are there and
live; nothing erased may be named in any key; each setting is asked for again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leadlayer.accounts.ending import last_second
from leadlayer.core.clock import Clock, epoch
from leadlayer.privacy.restore_copy import Copy, Row, Tell, Wanted
from leadlayer.privacy.restore_ledger import Entry
from leadlayer.privacy.restore_rules import APART, DROPPED, KNOWN, OUTLIVES_ITS_TIME, SHUT

_READ = (
    "pk",
    "sk",
    "type",
    "expires_at",
    "account_id",
    "state",
    "terminated_at",
    "conversation_id",
    "lead_id",
    "gsi1pk",
    "gsi1sk",
    "secret",
    "previous",
)
_KEYS = ("pk", "sk", "gsi1pk", "gsi1sk", "conversation_id", "lead_id")
# What may name an erased lead or conversation: ids in a customer's own log lead nowhere.
_LOGS = frozenset({"audit_entry", "delivery_attempt"})
_OF_ACCOUNT = frozenset({"ACCOUNT", "AUDIT", "SUBJECT"})
_OF_SITE = frozenset({"SITE", "LEADS", "CONV", "CONVS", "VIEWS", "USAGE", "STATS"})


@dataclass(frozen=True)
class Report:
    """Counts by what is wrong; nothing that says who."""

    rows: int
    findings: Mapping[str, int]

    @property
    def is_clean(self) -> bool:
        return not self.findings


@dataclass
class _People:
    """Whose rows may be there: accounts and sites by their state."""

    now: datetime
    accounts: dict[str, str] = field(default_factory=dict[str, str])
    sites: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    over: set[str] = field(default_factory=set[str])

    def see(self, row: Row) -> None:
        name = str(row["pk"]).partition("#")[2]
        if row["type"] == "site":
            self.sites[name] = (str(row.get("account_id")), str(row.get("state")))
        elif row["type"] == "account":
            self.accounts[name] = str(row.get("state"))
            ended = row.get("terminated_at")
            if row.get("state") == "terminated" and ended is not None:
                self.over |= {name} if self.now > last_second(str(ended)) else set()

    def are_missing(self, row: Row) -> bool:
        kind, _, rest = str(row["pk"]).partition("#")
        name = rest.split("#")[0]
        # What is asked of LeadLayer itself is answered at no customer's account.
        is_owned = "account_id" in row and row["type"] != "request_ref"
        accounts = {str(row["account_id"])} if is_owned else set[str]()
        if kind in _OF_ACCOUNT:
            accounts.add(name)
        if row["type"] == "person_ref":
            accounts.add(str(row["sk"]).split("#")[1])
        if kind in _OF_SITE:
            accounts.add(self.sites.get(name, ("", ""))[0])
        return not accounts <= self.accounts.keys() - self.over


@dataclass(frozen=True)
class Check:
    copy: Copy
    wanted: Wanted
    clock: Clock
    tell: Tell
    segments: int

    def run(self, entries: Sequence[Entry]) -> Report:
        found: Counter[str] = Counter()
        for fault in self.copy.faults(self.wanted):
            found[f"setting {fault}"] += 1
        people, rows = self._people(), 0
        found += _wrong_states(people, entries)
        erased = _erased(entries)
        for row in self._rows("verify"):
            rows += 1
            found.update(self._faults(row, people, erased))
        return Report(rows, {name: count for name, count in sorted(found.items()) if count})

    def _faults(self, row: Row, people: _People, erased: set[str]) -> Iterator[str]:
        if str(row["pk"]).startswith(APART):
            return
        kind = str(row["type"])
        if kind not in KNOWN:
            yield "rows of a kind that nobody has decided on"
        if kind in DROPPED or (kind in SHUT and _is_open(row)):
            yield "rows that let somebody in or send something"
        is_over = "expires_at" in row and float(row["expires_at"]) <= epoch(self.clock())
        if is_over and kind not in OUTLIVES_ITS_TIME:
            yield "rows that have expired"
        if kind not in _LOGS and erased.intersection(_named(row)):
            yield "rows of what was erased or removed"
        if people.are_missing(row):
            yield "rows of accounts that are over or not there"

    def _people(self) -> _People:
        people = _People(self.clock())
        for row in self._rows("verify: accounts and sites"):
            people.see(row)
        return people

    def _rows(self, step: str) -> Iterator[Row]:
        for segment in range(self.segments):
            for page in self.copy.pages(_READ, segment=segment, segments=self.segments):
                yield from page
            self.tell(f"{step}: part {segment + 1} of {self.segments}")


def _is_open(row: Row) -> bool:
    return row.get("state") != "disabled" or "secret" in row or "previous" in row


def _named(row: Row) -> Iterator[str]:
    for name in _KEYS:
        yield from str(row.get(name, "")).split("#")


def _erased(entries: Iterable[Entry]) -> set[str]:
    """Ids of leads, conversations and members; they are never given twice."""
    leads = {target.id for entry in entries if (target := entry.erased)}
    return leads | {entry.target for entry in entries if entry.kind == "remove_member"}


def _wrong_states(people: _People, entries: Sequence[Entry]) -> Counter[str]:
    """The last end or return that the ledger knows holds, for the account and for all its sites."""
    wanted = {"terminate": "terminated", "reactivate": "active"}
    last = {entry.account_id: wanted[entry.kind] for entry in entries if entry.kind in wanted}
    purged = {entry.account_id for entry in entries if entry.kind == "purge"}
    return Counter(
        {
            "accounts on that are off, or off that are on": sum(
                state != last.get(account_id, state)
                for account_id, state in people.accounts.items()
            ),
            "sites that are not as their account is": sum(
                state != people.accounts.get(account_id)
                for account_id, state in people.sites.values()
            ),
            "accounts that were purged": len(purged & people.accounts.keys()),
        }
    )
