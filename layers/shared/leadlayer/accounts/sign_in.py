"""Decides who gets a session: whoever holds a one-time link in the browser that asked for it.

The asking side never looks an address up, so it cannot tell anybody who is a customer; the mailer
does, and stays silent for strangers.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from leadlayer.accounts.links import Link, LinkKind
from leadlayer.accounts.model import Account, Member, normal_email
from leadlayer.accounts.sessions import OpenedSession
from leadlayer.core.clock import Clock
from leadlayer.core.crypto import Keyring, token_hash
from leadlayer.core.errors import Problem
from leadlayer.core.ids import NewId
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Write

Commit = Callable[[Sequence[Write]], None]


class Announce(Protocol):
    def __call__(self, kind: LinkKind, *, mail_id: str, expires_at: int) -> Write: ...


class Links(Protocol):
    def opening(self, token: str, link: Link) -> Write: ...
    def find(self, token: str) -> Link | None: ...
    def spending(self, token: str) -> Write: ...


class Accounts(Protocol):
    def find(self, account_id: str) -> Account | None: ...
    def members_of(self, person: str) -> list[Member]: ...
    def opening(self, account: Account, owner: Member, *, person: str) -> list[Write]: ...
    def joining(self, member: Member) -> list[Write]: ...


class Sessions(Protocol):
    def opening(self, member: Member) -> OpenedSession: ...


@dataclass(frozen=True)
class Asked:
    """`challenge` is the S256 code challenge of RFC 7636; the browser keeps its verifier.
    With an `account_name` it is a sign-up."""

    email: str
    language: str
    challenge: str
    account_name: str | None = None


@dataclass(frozen=True)
class SignedIn:
    token: str
    session_id: str
    expires_at: int
    account: Account
    member: Member


@dataclass(frozen=True)
class Choice:
    """The person belongs to several accounts and has to name one; the link still works."""

    accounts: tuple[Account, ...]


def ask_link(
    asked: Asked,
    *,
    links: Links,
    commit: Commit,
    announce: Announce,
    keyring: Keyring,
    clock: Clock,
    new_id: NewId,
) -> None:
    """Writes a link and its mail, the same for everybody. The mail's id is what the link's token
    is derived from, so neither row holds the token."""
    email = normal_email(asked.email)
    kind: LinkKind = "sign_in" if asked.account_name is None else "sign_up"
    link = Link(
        kind=kind,
        person=keyring.person(email),
        challenge=asked.challenge,
        language=asked.language,
        expires_at=retention("sign_in_link").expiry(clock()),
        email=None if asked.account_name is None else email,
        account_name=asked.account_name,
    )
    mail_id = new_id()
    row = links.opening(keyring.link_token(mail_id), link)
    commit([row, announce(kind, mail_id=mail_id, expires_at=link.expires_at)])


def exchange(
    token: str,
    verifier: str,
    *,
    account_id: str | None,
    links: Links,
    accounts: Accounts,
    sessions: Sessions,
    commit: Commit,
    new_id: NewId,
) -> SignedIn | Choice:
    """A session for a link. Raises Problem 403 `link_invalid` for whatever is wrong with it."""
    link = links.find(token)
    if link is None or not _is_same_browser(link, verifier):
        raise link_invalid()
    if link.kind == "sign_up":
        account, member = _newcomer(link, new_id)
        made = accounts.opening(account, member, person=link.person)
    else:
        memberships = _memberships(link.person, account_id, accounts)
        if len(memberships) > 1:
            return Choice(tuple(account for account, _ in memberships))
        if not memberships:
            raise link_invalid()
        account, member = memberships[0]
        made = accounts.joining(member)
    opened = sessions.opening(member)
    try:
        commit([links.spending(token), opened.write, *made])
    except ConditionFailed:
        # Used, expired or removed while we looked.
        raise link_invalid() from None
    session = opened.session
    joined = replace(member, state="active")
    return SignedIn(opened.token, session.id, session.expires_at, account, joined)


def link_invalid() -> Problem:
    return Problem(403, "link_invalid", "The link is no longer valid, or not in this browser.")


def _is_same_browser(link: Link, verifier: str) -> bool:
    # The S256 transformation (RFC 7636, 4.2) is the very hash that tokens are stored by.
    return hmac.compare_digest(token_hash(verifier).encode(), link.challenge.encode())


def _newcomer(link: Link, new_id: NewId) -> tuple[Account, Member]:
    account = Account(id=f"a_{new_id()}", name=str(link.account_name))
    owner = Member(
        id=f"m_{new_id()}",
        account_id=account.id,
        email=str(link.email),
        role="owner",
        language=link.language,
    )
    return account, owner


def _memberships(
    person: str, account_id: str | None, accounts: Accounts
) -> list[tuple[Account, Member]]:
    """Where the person may sign in: everywhere they are, or where they said."""
    found = (
        (accounts.find(member.account_id), member)
        for member in accounts.members_of(person)
        if account_id in (None, member.account_id)
    )
    return [(account, member) for account, member in found if account is not None]
