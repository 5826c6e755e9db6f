"""A customer's account and the people in it."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["owner", "admin", "agent", "viewer", "privacy_officer"]
AccountState = Literal["active", "terminated"]
# Who was invited and never signed in, and who did.
MemberState = Literal["invited", "active"]


@dataclass(frozen=True)
class Account:
    """A terminated account knows since when: its purge is counted from then."""

    id: str
    name: str
    state: AccountState = "active"
    terminated_at: str | None = None


@dataclass(frozen=True)
class Member:
    """`session_epoch` is that of the sessions that still count; signing out everywhere raises it.
    `name` is what colleagues see, and may be empty."""

    id: str
    account_id: str
    email: str
    role: Role
    language: str = "en"
    name: str = ""
    state: MemberState = "active"
    session_epoch: int = 0


def normal_email(email: str) -> str:
    """The form of an address that is fingerprinted. The part before the @ may be case-sensitive by
    RFC 5321 (2.4); no provider in use makes it so, and people type it either way."""
    return email.strip().lower()
