"""The way into the console: who calls, may they, is the site theirs, and is it in the audit log.

Everything a caller may not do ends here, before a route runs.
"""

from collections.abc import Mapping
from dataclasses import replace

from leadlayer.accounts.ending import last_second
from leadlayer.accounts.permissions import AFTER_TERMINATION, grant
from leadlayer.accounts.store import AccountStore
from leadlayer.audit.model import Outcome
from leadlayer.audit.service import AuditLog
from leadlayer.console.access import (
    Caller,
    Routes,
    Rule,
    account_over,
    admit,
    caller_of,
    method_and_path,
)
from leadlayer.console.pace import Pace
from leadlayer.console.targets import target_of
from leadlayer.core import log
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.errors import Problem, not_found, unavailable
from leadlayer.core.events import Event, query
from leadlayer.sites.model import Site
from leadlayer.sites.service import Sites

# How long one container takes a read as entered, in seconds: the beginning of a list that is looked
# at all day would cost more to enter than to read.
SAME_READ_S = 600
_MOST_REMEMBERED = 5_000


class Door:
    def __init__(
        self,
        routes: Routes,
        *,
        accounts: AccountStore,
        sites: Sites,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._routes = routes
        self._accounts = accounts
        self._sites = sites
        self._audit = audit
        self._clock = clock
        self._pace = Pace(clock)
        self._read: dict[tuple[str, ...], int] = {}

    def enter(self, event: Event) -> None:
        """Lets a request in, and the route know by whom. Raises Problem."""
        app = self._routes.app
        # A request that was refused after this left its caller behind.
        app.clear_context()
        rule, named = self._routes.find(*method_and_path(event))
        app.append_context(rule=rule)
        if rule.action is None:
            return
        caller = caller_of(event)
        self._pace.check(caller.account_id, caller.actor)
        try:
            now = self._as_of_now(caller, rule)
            granted = admit(now, rule.action, clock=self._clock, recent=rule.recent)
        except Problem:
            self._enter(event, caller, rule, target_of(event, named, None), "denied")
            raise
        site = self._own_site(caller, named)
        self._enter(event, caller, rule, target_of(event, named, site), "allowed")
        app.append_context(caller=caller, grant=granted, site=site)

    def _as_of_now(self, caller: Caller, rule: Rule) -> Caller:
        """The authorizer's word for the account's state may be half a minute old. A site or key
        that is made in that time would outlive the account's end (P06). Raises Problem 409 after
        the last day: then one can sign out and nothing else."""
        may_be_too_late = (
            rule.method != "GET"
            and rule.action is not None
            and rule.action not in AFTER_TERMINATION
            and grant(caller.role, rule.action) is not None
        )
        if caller.account_state == "active" and not may_be_too_late:
            return caller
        account = self._accounts.find(caller.account_id)
        if account is None:
            return replace(caller, account_state="terminated")
        is_over = account.terminated_at and self._clock() > last_second(account.terminated_at)
        if is_over and not rule.signs_out:
            raise account_over()
        return replace(caller, account_state=account.state)

    def _own_site(self, caller: Caller, named: Mapping[str, str]) -> Site | None:
        """Another account's site is missing to everybody else, word by word."""
        if "site" not in named:
            return None
        site = self._sites.find(named["site"])
        if site is None or site.account_id != caller.account_id:
            raise not_found()
        return site

    def _enter(
        self, event: Event, caller: Caller, rule: Rule, target: str, outcome: Outcome
    ) -> None:
        """No entry, no access: raises Problem 503 when it cannot be written."""
        if not rule.audited or rule.action is None:
            return
        seen = (caller.account_id, caller.actor, rule.action, rule.call, target, outcome)
        # Whoever turns the pages of a list sees other people on each.
        is_poll = rule.method == "GET" and query(event, "cursor") is None
        if is_poll and self._was_just_read(seen):
            return
        try:
            self._audit.record(
                caller.account_id,
                actor=caller.actor,
                role=caller.role,
                action=rule.action,
                target=target,
                outcome=outcome,
                call=rule.call,
            )
        except Exception as error:  # noqa: BLE001  # whatever it was, there is no entry
            log.failure("audit_failed", error)
            raise unavailable() from None
        if is_poll:
            self._read[seen] = epoch(self._clock())

    def _was_just_read(self, seen: tuple[str, ...]) -> bool:
        if len(self._read) > _MOST_REMEMBERED:
            self._read.clear()
        return epoch(self._clock()) - self._read.get(seen, 0) < SAME_READ_S
