"""Decides whom a token stands for, by what the table says now; who is denied learns nothing more.

No pydantic and no router behind this: it stands before every request of the console.
"""

from dataclasses import dataclass

from leadlayer.accounts.keys_store import ApiKeyStore
from leadlayer.accounts.model import AccountState, Role
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.core import log


@dataclass(frozen=True)
class Identity:
    """`member` and `session` are empty for an API key, `key` for a person."""

    account: str
    role: Role
    account_state: AccountState
    member: str = ""
    session: str = ""
    key: str = ""
    signed_in_at: int = 0


@dataclass(frozen=True)
class Authority:
    accounts: AccountStore
    sessions: SessionStore
    api_keys: ApiKeyStore

    def identify(self, token: str) -> Identity | None:
        return self._person(token) or self._program(token)

    def _person(self, token: str) -> Identity | None:
        """Role and epoch are the member's of now: a lowered role and a sign-out count at once."""
        session = self.sessions.find(token)
        if session is None:
            return None
        member = self.accounts.find_member(session.account_id, session.member_id)
        if (
            member is None
            or member.state != "active"
            or member.session_epoch != session.epoch
            or (account := self.accounts.find(session.account_id)) is None
        ):
            return None
        return Identity(
            account=account.id,
            role=member.role,
            account_state=account.state,
            member=member.id,
            session=session.id,
            signed_in_at=session.signed_in_at,
        )

    def _program(self, token: str) -> Identity | None:
        """Keys stop with the account's termination, whatever became of their rows (P06)."""
        key = self.api_keys.find(token)
        if key is None:
            return None
        account = self.accounts.find(key.account_id)
        if account is None or account.state != "active":
            return None
        try:
            self.api_keys.touch(key, token)
        except Exception as error:  # noqa: BLE001  # a day that is not noted must lock nobody out
            log.failure("key_use_not_noted", error)
        return Identity(account=account.id, role=key.role, account_state=account.state, key=key.id)
