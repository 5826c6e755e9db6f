"""One-time links: known by the hash of their token, bound to the browser that asked, used once."""

from dataclasses import dataclass
from typing import Literal

from pynamodb.attributes import UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.crypto import token_hash
from leadlayer.core.table import Delete, Item, Put, Table, Write

_SORT = "LINK"

LinkKind = Literal["sign_in", "sign_up"]


class LinkItem(Item):
    KIND = "sign_in_link"
    kind = UnicodeAttribute()
    person = UnicodeAttribute()
    challenge = UnicodeAttribute()
    language = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    account_name = UnicodeAttribute(null=True)


@dataclass(frozen=True)
class Link:
    """What a link leads to. `person` is the fingerprint of the address that it was asked for;
    only a sign-up keeps the address itself, since no member's row has it yet."""

    kind: LinkKind
    person: str
    challenge: str
    language: str
    expires_at: int
    email: str | None = None
    account_name: str | None = None


class LinkStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def opening(self, token: str, link: Link) -> Write:
        """The write of a new link; goes into one transaction with its mail."""
        item = LinkItem(
            keys.sign_in_link(token_hash(token)),
            _SORT,
            kind=link.kind,
            person=link.person,
            challenge=link.challenge,
            language=link.language,
            email=link.email,
            account_name=link.account_name,
            expires_at=link.expires_at,
        )
        return Put(item, only_new=True)

    def find(self, token: str) -> Link | None:
        item = self._table.find(LinkItem, keys.sign_in_link(token_hash(token)), _SORT)
        return None if item is None else _link(item)

    def spending(self, token: str) -> Write:
        """The write that uses a link up; fails when it is used or has expired. Of two that spend
        it at the same time, one fails."""
        return Delete(LinkItem(keys.sign_in_link(token_hash(token)), _SORT), present=True)


def _link(item: LinkItem) -> Link:
    return Link(
        kind=item.kind,  # pyright: ignore[reportArgumentType]  # checked when it was written
        person=item.person,
        challenge=item.challenge,
        language=item.language,
        expires_at=int(item.expires_at),
        email=item.email,
        account_name=item.account_name,
    )
