"""Decides how an account ends and comes back: everything off at once, nothing gone before its time.

Each step may be done again, so whoever asks again finishes what a crash left (P06).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leadlayer.accounts.model import Account, AccountState
from leadlayer.accounts.store import AccountItem
from leadlayer.console.access import account_terminated
from leadlayer.core import keys
from leadlayer.core.clock import Clock, iso
from leadlayer.core.errors import unavailable
from leadlayer.core.ids import NewId
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Table, Update, Write
from leadlayer.mail.store import mail_row
from leadlayer.notices.store import NoticeStore
from leadlayer.privacy.ledger import Ledger
from leadlayer.sites.model import Site
from leadlayer.sites.store import SiteItem, SiteStore

_PROFILE = "PROFILE"
# The days are counted where the company is; Lambda's system has the time zones since January 2024
# (github.com/amazonlinux/amazon-linux-2023, issue 615).
_ZONE = "Europe/Amsterdam"

Destroy = Callable[[str], object]


def last_second(terminated_at: str) -> datetime:
    """Until when a terminated account can be exported and come back: the end of the last day."""
    zone = ZoneInfo(_ZONE)
    ended = datetime.fromisoformat(terminated_at).astimezone(zone)
    # Dates, not hours: 90 days later it may be another time of the year.
    day_after = (ended.date() + retention("account_after_termination").elapsed) + timedelta(days=1)
    return datetime.combine(day_after, time(), zone) - timedelta(seconds=1)


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
        self._turn_off_the_rest(account.id)
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
        return account

    def _still_here(self, account: Account) -> None:
        if account.terminated_at and self.clock() > last_second(account.terminated_at):
            raise account_terminated()

    def _turn(self, account: Account, state: AccountState, *, tell: Sequence[Write]) -> Account:
        """Account, sites and the news of it change together; 50 sites fit one transaction."""
        at = iso(self.clock()) if state == "terminated" else None
        dated = AccountItem.terminated_at
        turn = Update(
            AccountItem(keys.account(account.id), _PROFILE),
            [AccountItem.state.set(state), dated.set(at) if at else dated.remove()],
            condition=AccountItem.state == account.state,
        )
        sites = self._sites.of_account(account.id)
        try:
            self.table.transact([turn, *(_site_turn(site, state) for site in sites), *tell])
        except ConditionFailed:
            # Somebody else was turning it this very moment; the caller may look again.
            raise unavailable() from None
        return replace(account, state=state, terminated_at=at)

    def _turn_off_the_rest(self, account_id: str) -> None:
        """The index may have kept silent about a site that had just been made."""
        for listed in self._sites.of_account(account_id):
            site = self._sites.find(listed.id) if listed.state == "active" else None
            if site is not None and site.state == "active":
                self._sites.set_state(site, "terminated")

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


def _site_turn(site: Site, state: str) -> Update:
    actions: list[Any] = [SiteItem.state.set(state), SiteItem.revision.add(1)]
    return Update(SiteItem(keys.site(site.id), _PROFILE), actions)
