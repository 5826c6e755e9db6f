"""The account and oneself: what a caller may do there, its name, its end and its return (P06)."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, Field

from leadlayer.accounts.ending import last_second
from leadlayer.accounts.forms import Language
from leadlayer.accounts.keys_store import ApiKeyStore
from leadlayer.accounts.model import Account, AccountState, Member, Role
from leadlayer.accounts.permissions import MATRIX, Action, Grant
from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import RECENT_S, Caller, Routes, admit
from leadlayer.console.deps import Deps
from leadlayer.console.termination import Termination
from leadlayer.core.clock import Clock, epoch, iso
from leadlayer.core.errors import Problem, not_found
from leadlayer.core.forms import Line, StrictForm
from leadlayer.webhooks.service import disable_all
from leadlayer.webhooks.store import WebhookStore


class RenameForm(StrictForm):
    name: Line


class MeForm(StrictForm):
    name: Line | None = None
    language: Language | None = None


class ConfirmForm(StrictForm):
    """The account's exact name, typed by whoever ends it."""

    confirmation: Annotated[str, Field(max_length=200)]


class MemberView(BaseModel):
    id: str
    email: str
    name: str
    role: Role
    language: str


class AccountView(BaseModel):
    """`export_until` is the last second of a terminated account; `actions` are all that the caller
    may do now, and how far; `recent_until` is when the sign-in stops being recent."""

    id: str
    name: str
    state: AccountState
    terminated_at: str | None
    export_until: str | None
    member: MemberView | None
    role: Role
    actions: dict[Action, Grant]
    recent_until: str | None
    api_key: bool


class _Here:
    """The caller's account, and how it is shown to the caller."""

    def __init__(self, routes: Routes, deps: Deps) -> None:
        self._caller = routes.caller
        self._clock = deps.clock
        self.accounts = AccountStore(deps.table)

    def account(self) -> Account:
        account = self.accounts.find(self._caller().account_id)
        if account is None:
            raise not_found()
        return account

    def shown(self, account: Account) -> AccountView:
        caller = self._caller()
        member = self.accounts.find_member(caller.account_id, caller.member_id)
        return _view(account, member, caller, self._clock)


def add_routes(routes: Routes, deps: Deps) -> None:
    here = _Here(routes, deps)
    _add_looking(routes, here)
    _add_ending(routes, here, deps)


def _add_looking(routes: Routes, here: _Here) -> None:
    @routes.route(
        "GET",
        "/v1/account",
        action="account.read",
        audited=False,
        summary="The account and oneself",
    )
    def read_account() -> AccountView:
        return here.shown(here.account())

    @routes.route("PATCH", "/v1/account", action="account.change", summary="Rename the account")
    def rename(form: RenameForm) -> AccountView:
        here.accounts.rename(routes.caller().account_id, form.name)
        return here.shown(here.account())

    @routes.route(
        "PATCH", "/v1/me", action="self", audited=False, summary="Change one's name or language"
    )
    def change_me(form: MeForm) -> AccountView:
        caller = routes.caller()
        here.accounts.change_me(
            caller.account_id, caller.member_id, name=form.name, language=form.language
        )
        return here.shown(here.account())


def _add_ending(routes: Routes, here: _Here, deps: Deps) -> None:
    termination = Termination(
        table=deps.table,
        clock=deps.clock,
        new_id=deps.new_id,
        ledger=deps.ledger,
        destroy=(
            ApiKeyStore(deps.table, clock=deps.clock).delete_all,
            partial(disable_all, webhooks=WebhookStore(deps.table)),
        ),
    )

    @routes.route(
        "POST",
        "/v1/account/termination",
        action="account.terminate",
        summary="End the account: everything but sign-in and export stops at once",
    )
    def terminate(form: ConfirmForm) -> AccountView:
        account = here.account()
        if form.confirmation != account.name:
            raise _not_confirmed()
        return here.shown(termination.terminate(account))

    @routes.route(
        "DELETE",
        "/v1/account/termination",
        action="account.terminate",
        summary="Come back, as long as the data is there",
    )
    def reactivate() -> AccountView:
        return here.shown(termination.reactivate(here.account()))


def _not_confirmed() -> Problem:
    errors = [{"field": "confirmation", "reason": "not_the_name"}]
    return Problem(422, "invalid_request", "Type the account's name to confirm.", errors=errors)


def _view(account: Account, member: Member | None, caller: Caller, clock: Clock) -> AccountView:
    return AccountView(
        id=account.id,
        name=account.name,
        state=account.state,
        terminated_at=account.terminated_at,
        export_until=account.terminated_at and iso(last_second(account.terminated_at)),
        member=member and _member_view(member),
        role=caller.role,
        actions=_actions(replace(caller, account_state=account.state), clock),
        recent_until=_recent_until(caller),
        api_key=not caller.member_id,
    )


def _actions(caller: Caller, clock: Clock) -> dict[Action, Grant]:
    """What would be admitted after signing in again if need be."""
    fresh = replace(caller, signed_in_at=epoch(clock())) if caller.member_id else caller
    found: dict[Action, Grant] = {}
    for action in MATRIX:
        with suppress(Problem):
            found[action] = admit(fresh, action, clock=clock)
    return found


def _recent_until(caller: Caller) -> str | None:
    if not caller.member_id:
        return None
    return iso(datetime.fromtimestamp(caller.signed_in_at + RECENT_S, UTC))


def _member_view(member: Member) -> MemberView:
    return MemberView(
        id=member.id,
        email=member.email,
        name=member.name,
        role=member.role,
        language=member.language,
    )
