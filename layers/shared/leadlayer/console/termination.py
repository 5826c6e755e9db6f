"""Decides how an account ends and comes back: everything off at once, nothing gone before its time.

Each step may be done again, so whoever asks again finishes what a crash left (P06).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any

from leadlayer.accounts.ending import last_second, purge_second
from leadlayer.accounts.model import Account, AccountState
from leadlayer.accounts.store import AccountItem, AccountStore
from leadlayer.console.access import account_over
from leadlayer.core import keys
from leadlayer.core.clock import Clock, iso
from leadlayer.core.errors import unavailable
from leadlayer.core.ids import NewId
from leadlayer.core.table import Check, ConditionFailed, Table, Update, Write
from leadlayer.mail.store import mail_row
from leadlayer.notices.store import NoticeStore
from leadlayer.privacy.ledger import Ledger
from leadlayer.sites.model import Site
from leadlayer.sites.store import SiteItem, SiteStore

_PROFILE = "PROFILE"
# Account and news go with them; DynamoDB takes 100 writes in a transaction (TransactWriteItems).
_SITES_AT_ONCE = 80

Destroy = Callable[[str], object]


@dataclass(frozen=True)
class Termination:
    """`destroy` makes credentials unusable for good: API keys, webhook secrets. Each may be called
    again for an account that has none left."""

    table: Table
    clock: Clock
    new_id: NewId
    ledger: Ledger
    destroy: Sequence[Destroy]

    def terminate(self, account: Account) -> Account:
        """Raises Problem 409 when the account is past its last day."""
        self._still_here(account)
        if account.state == "active":
            self.ledger.record(account.id, "terminate")
            account = self._turn(account, "terminated", tell=self._news(account.id, "terminated"))
        self._turn_the_rest(account)
        self._destroy(account.id)
        return account

    def reactivate(self, account: Account) -> Account:
        """Sites work again at once. Keys and secrets are gone and have to be made anew. Raises
        Problem 409 when the account is past its last day."""
        self._still_here(account)
        if account.state == "terminated":
            # What a crash left of the end must not come back to life.
            self._destroy(account.id)
            self.ledger.record(account.id, "reactivate")
            account = self._turn(account, "active", tell=self._news(account.id, "reactivated"))
        self._turn_the_rest(account)
        return account

    def _still_here(self, account: Account) -> None:
        if account.terminated_at and self.clock() > last_second(account.terminated_at):
            raise account_over()

    def _turn(self, account: Account, state: AccountState, *, tell: Sequence[Write]) -> Account:
        """Account, its sites and the news of it change together; of very many sites the first."""
        at = iso(self.clock()) if state == "terminated" else None
        dated, due = AccountItem.terminated_at, AccountItem.purge_at
        dates = [dated.set(at), due.set(purge_second(at))] if at else [dated.remove(), due.remove()]
        turn = Update(
            _row(account.id),
            [AccountItem.state.set(state), *dates],
            condition=AccountItem.state == account.state,
        )
        sites = [site for site in self._sites.of_account(account.id) if site.state != state]
        turns = [_site_turn(site, state) for site in sites[:_SITES_AT_ONCE]]
        try:
            self.table.transact([turn, *turns, *tell])
        except ConditionFailed:
            return self._as_turned(account.id, state)
        return replace(account, state=state, terminated_at=at)

    def _as_turned(self, account_id: str, state: AccountState) -> Account:
        """Somebody else was quicker, or the answer to our own first try was lost on its way. Raises
        Problem 503 when it has not become that; the caller may look again."""
        account = AccountStore(self.table).find(account_id)
        if account is None or account.state != state:
            raise unavailable()
        return account

    def _turn_the_rest(self, account: Account) -> None:
        """Sites beyond the first, one that the index kept silent about since it had just been made,
        and what a crash left. The index is behind, so it says whom to look at and no more. Raises
        Problem 503 when the account has been turned again meanwhile."""
        still = Check(_row(account.id), AccountItem.state == account.state)
        listed = [
            each for each in self._sites.of_account(account.id) if each.state != account.state
        ]
        for some in batched(listed, _SITES_AT_ONCE, strict=False):
            found = [self._sites.find(each.id) for each in some]
            left = [site for site in found if site is not None and site.state != account.state]
            if left:
                turns = [_site_turn(site, account.state) for site in left]
                self._turn_some([still, *turns])

    def _turn_some(self, writes: Sequence[Write]) -> None:
        try:
            self.table.transact(writes)
        except ConditionFailed:
            raise unavailable() from None

    def _destroy(self, account_id: str) -> None:
        for destroy in self.destroy:
            destroy(account_id)

    @property
    def _sites(self) -> SiteStore:
        return SiteStore(self.table)

    def _news(self, account_id: str, kind: str) -> list[Write]:
        notice = NoticeStore(self.table, clock=self.clock).adding(account_id, f"account_{kind}")
        if kind == "reactivated":
            return [notice]
        mail = mail_row(
            "account_terminated", id=self.new_id(), now=self.clock(), account_id=account_id
        )
        return [notice, mail]


def _row(account_id: str) -> AccountItem:
    return AccountItem(keys.account(account_id), _PROFILE)


def _site_turn(site: Site, state: str) -> Update:
    actions: list[Any] = [SiteItem.state.set(state), SiteItem.revision.add(1)]
    return Update(SiteItem(keys.site(site.id), _PROFILE), actions)
