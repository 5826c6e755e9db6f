"""Takes everything of an account whose last day is over (P06): each row, key and file, for good.

What tells where the rest is goes after the rest, and the account itself last, so that a run that is
cut off anywhere is gone on with. Of a partition `FISCAL#…` nothing is read and nothing removed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leadlayer.accounts.keys_store import ApiKeyItem
from leadlayer.accounts.sessions import SessionItem
from leadlayer.accounts.store import AccountItem, MemberItem, person_ref_of
from leadlayer.chat.store import ConversationItem
from leadlayer.core import keys
from leadlayer.core.clock import add_months, epoch
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Table, Update
from leadlayer.exports.files import ExportFiles
from leadlayer.exports.model import Export
from leadlayer.exports.store import ExportItem, export_of
from leadlayer.leads.store import LeadItem
from leadlayer.mail.store import MailItem
from leadlayer.privacy.erasure import SHUT, Eraser
from leadlayer.privacy.ledger import Ledger
from leadlayer.privacy.purge_budget import HEAD_ROWS, Budget
from leadlayer.privacy.purge_rows import emptied, listed, pages
from leadlayer.privacy.requests_mail import beside_request
from leadlayer.privacy.requests_store import RequestItem
from leadlayer.sites.store import SiteItem
from leadlayer.views.model import SHARDS
from leadlayer.webhooks.store import WebhookItem

_PROFILE = "PROFILE"
_HEADS = 25
# An answer of the authorizer counts for 30 seconds, a call lasts as long at most.
_LET_IN_S = 60.0


@dataclass(frozen=True)
class AccountPurge:
    table: Table
    ledger: Ledger
    files: ExportFiles
    eraser: Eraser

    def purge(self, account_id: str, budget: Budget) -> int | None:
        """How many accounts went: 1, or 0 for one that is not over. None when the budget ended
        before it did: the rest is for another run."""
        if budget.lasts_no_longer_than(_LET_IN_S):
            return None
        if not self._shut(account_id, budget):
            return 0
        self.ledger.record(account_id, "purge")
        for rows in self._steps(account_id):
            budget.took(rows)
            if budget.is_spent:
                return None
        self.table.delete_all([AccountItem(keys.account(account_id), _PROFILE)])
        return 1

    def _shut(self, account_id: str, budget: Budget) -> bool:
        """From here on every read says that the account is missing, and the authorizer lets nobody
        in; whom it let in just before is waited for, so that nobody writes behind us. Only what is
        over is shut: it may have come back in its last second."""
        over = (AccountItem.state == "terminated") & (AccountItem.purge_at <= epoch(self.table.now))
        head = AccountItem(keys.account(account_id), _PROFILE)
        try:
            self.table.write(Update(head, [AccountItem.expires_at.set(SHUT)], over))
        except ConditionFailed:
            left = self.table.overdue(AccountItem, keys.account(account_id), _PROFILE)
            return left is not None and left.expires_at == SHUT
        budget.sleep(_LET_IN_S)
        return True

    def _steps(self, account_id: str) -> Iterator[int]:
        """Removes some with each step, and gives how many rows, roughly."""
        own = keys.account(account_id)
        for sites in listed(self.table, SiteItem, own):
            for site in sites:
                yield from self._site(site)
        yield from self._credentials(account_id)
        for exports in pages(self.table, ExportItem, own, prefix=keys.export("")):
            yield self._withdraw([export_of(item) for item in exports])
        for webhooks in pages(self.table, WebhookItem, own, prefix=keys.webhook("")):
            for webhook in webhooks:
                log = keys.delivery_log(webhook.sk.removeprefix(keys.webhook("")))
                yield from emptied(self.table, log)
        yield from self._requests(account_id)
        yield from emptied(self.table, keys.audit(account_id))
        yield from emptied(self.table, own, but=_PROFILE)

    def _site(self, site: SiteItem) -> Iterator[int]:
        site_id = site.pk.removeprefix(keys.site(""))
        leads, talks = keys.leads(site_id), keys.conversations(site_id)
        for heads in pages(self.table, LeadItem, leads, prefix=keys.lead(""), size=_HEADS):
            yield self._remove(heads)
        for heads in listed(self.table, ConversationItem, talks, size=_HEADS):
            yield self._remove(heads)
        for partition in self._of_site(site_id):
            yield from emptied(self.table, partition)
        yield from emptied(self.table, keys.site(site_id), but=_PROFILE)
        yield self._delete([site])

    def _of_site(self, site_id: str) -> Iterator[str]:
        # Notes whose lead TTL took before them.
        yield keys.leads(site_id)
        yield keys.usage(site_id)
        yield keys.statistics(site_id)
        # Counters lie for their time, the month in which it ends, and one more at most.
        oldest = retention("view_counter").months + retention("view_promotion").months + 1
        for back in range(oldest, -1, -1):
            month = add_months(self.table.now, -back).strftime("%Y-%m")
            yield from (keys.views(site_id, month, shard) for shard in range(SHARDS))

    def _credentials(self, account_id: str) -> Iterator[int]:
        for api_keys in listed(self.table, ApiKeyItem, keys.api_keys(account_id)):
            yield self._delete(api_keys)
        own = keys.account(account_id)
        for members in pages(self.table, MemberItem, own, prefix="MEMBER#"):
            for member in members:
                place = keys.sessions(account_id, member.sk.removeprefix("MEMBER#"))
                for sessions in listed(self.table, SessionItem, place):
                    yield self._delete(sessions)
            refs = map(person_ref_of, members)
            yield self._delete([ref for ref in refs if ref is not None])

    def _requests(self, account_id: str) -> Iterator[int]:
        """What leads to a request and answers not sent yet go before the request itself."""
        for requests in pages(self.table, RequestItem, keys.requests(account_id), size=_HEADS):
            ids = [item.sk.removeprefix(keys.request("")) for item in requests]
            yield self._delete([row for each in ids for row in beside_request(each)])
            yield self._delete(requests)

    def _withdraw(self, exports: Sequence[Export]) -> int:
        """Their rows go with the others of the account."""
        for export in exports:
            self.files.delete(export.key)
        return self._delete([MailItem(keys.outbox(export.id), "MAIL") for export in exports])

    def _remove(self, heads: Sequence[LeadItem] | Sequence[ConversationItem]) -> int:
        self.eraser.remove(heads)
        return HEAD_ROWS * len(heads)

    def _delete(self, items: Sequence[Item]) -> int:
        self.table.delete_all(items)
        return len(items)
