"""Takes out of a restored copy what must not come back with it: what has expired, whatever an ended
account had, and what let somebody in or was on its way.

It looks at every row, which nothing else may: a copy serves nobody. Cut off anywhere, it begins
again and finds less to do.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leadlayer.accounts.ending import last_second
from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.table import Table
from leadlayer.privacy.restore_copy import Copy, Row, Tell
from leadlayer.privacy.restore_ledger import Entry
from leadlayer.privacy.restore_rules import APART, DROPPED, OUTLIVES_ITS_TIME, SHUT
from leadlayer.sites.store import SiteStore
from leadlayer.webhooks.store import WebhookStore

_READ = (
    "pk",
    "sk",
    "type",
    "expires_at",
    "account_id",
    "state",
    "terminated_at",
    "secret",
    "previous",
)
# By these an ended account's rows are known: they go when the others have gone.
_ANCHORS = frozenset({"account", "site", "webhook"})


@dataclass(frozen=True)
class Sweep:
    """`table` works on the copy. `segments` are parts of the table, gone through one after another:
    one alone uses what the template lets anybody read."""

    copy: Copy
    table: Table
    clock: Clock
    tell: Tell
    segments: int

    def run(self, entries: Sequence[Entry]) -> None:
        ended = self._ended(entries)
        self.tell(f"sweep: {len(ended)} accounts are over")
        gone_ids = {each for account_id in ended for each in self._ids(account_id)}
        gone: Counter[str] = Counter()
        for segment in range(self.segments):
            for page in self.copy.pages(_READ, segment=segment, segments=self.segments):
                self._page(page, gone_ids, gone)
            self.tell(f"sweep: part {segment + 1} of {self.segments}, {gone.total()} rows gone")
        for account_id in ended:
            self._anchors(account_id)
        for reason, count in sorted(gone.items()):
            self.tell(f"sweep: {reason} {count}")

    def _page(self, page: Sequence[Row], gone_ids: set[str], gone: Counter[str]) -> None:
        going: list[Row] = []
        for row in page:
            if reason := self._reason(row, gone_ids):
                going.append(row)
                gone[reason] += 1
            elif row["type"] in SHUT and _is_open(row):
                self._shut(row)
                gone["webhooks shut"] += 1
        self.copy.delete(going)

    def _reason(self, row: Row, gone_ids: set[str]) -> str | None:
        """Why a row has to go; None for one that stays, or goes with its account."""
        if str(row["pk"]).startswith(APART):
            return None
        if gone_ids & set(_names(row)):
            return None if row["type"] in _ANCHORS else "of accounts that are over"
        if row["type"] in DROPPED:
            return "sessions, keys, links, mails, deliveries, exports"
        expires_at = row.get("expires_at")
        is_over = expires_at is not None and float(expires_at) <= epoch(self.clock())
        return "expired" if is_over and row["type"] not in OUTLIVES_ITS_TIME else None

    def _shut(self, row: Row) -> None:
        account_id = str(row["pk"]).removeprefix(keys.account(""))
        store = WebhookStore(self.table)
        webhook = store.find(account_id, str(row["sk"]).removeprefix(keys.webhook("")))
        if webhook is not None:
            store.shut(webhook)

    def _ended(self, entries: Iterable[Entry]) -> list[str]:
        """Accounts past their last second, or purged since by what the ledger says."""
        purged = {entry.account_id for entry in entries if entry.kind == "purge"}
        found: list[str] = []
        for segment in range(self.segments):
            for page in self.copy.pages(_READ, segment=segment, segments=self.segments):
                for row in page:
                    if row["type"] != "account":
                        continue
                    account_id = str(row["pk"]).removeprefix(keys.account(""))
                    if account_id in purged or self._is_over(row):
                        found.append(account_id)
        return found

    def _is_over(self, row: Row) -> bool:
        ended = row.get("terminated_at") if row.get("state") == "terminated" else None
        return ended is not None and self.clock() > last_second(str(ended))

    def _ids(self, account_id: str) -> list[str]:
        """The account's and those of its sites and webhooks, which keys are made of."""
        sites = SiteStore(self.table).of_account(account_id)
        hooks = WebhookStore(self.table).of_account(account_id)
        return [account_id, *(site.id for site in sites), *(hook.id for hook in hooks)]

    def _anchors(self, account_id: str) -> None:
        """The account's row last: who finds it finds the others."""
        sites = SiteStore(self.table).of_account(account_id)
        hooks = WebhookStore(self.table).of_account(account_id)
        own = keys.account(account_id)
        self.copy.delete([{"pk": keys.site(site.id), "sk": "PROFILE"} for site in sites])
        self.copy.delete([{"pk": own, "sk": keys.webhook(hook.id)} for hook in hooks])
        self.copy.delete([{"pk": own, "sk": "PROFILE"}])


def _is_open(row: Row) -> bool:
    return row.get("state") != "disabled" or bool({"secret", "previous"} & row.keys())


def _names(row: Row) -> list[str]:
    """The ids that say whose a row is: SITE#<site>, SUBJECT#<account>#…, EMAIL#… with
    MEMBER#<account>#… as its sort key."""
    named = str(row["pk"]).split("#")[1:2]
    if row["type"] == "person_ref":
        named = str(row["sk"]).split("#")[1:2]
    return [*named, str(row.get("account_id", ""))]
