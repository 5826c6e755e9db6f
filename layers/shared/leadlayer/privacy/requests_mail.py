"""Mails to whoever asked about their data: in the outbox, but rows of their own, since no other
mail has a place for an address or for what an answer says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UnicodeSetAttribute

from leadlayer.core import keys
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update
from leadlayer.mail.store import PENDING
from leadlayer.privacy.answers import AnswerKind
from leadlayer.privacy.requests_store import code_item, ref_item

# What the ids of these mails begin with; no other mail's does.
PREFIX = "req_"
_SORT = "MAIL"


class RequestMailItem(Item):
    KIND = "request_mail"
    kind = UnicodeAttribute()
    account_id = UnicodeAttribute()
    request_id = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    answer = JSONAttribute(null=True)
    sent_to = UnicodeSetAttribute(null=True)


@dataclass(frozen=True)
class RequestMail:
    """A code goes to the address that the request has, or to one of its own when that has a number
    only; an answer always has its own, since with it the request forgets whoever asked."""

    id: str
    kind: Literal["request_code", "request_answer"]
    account_id: str
    request_id: str
    address: str | None = None
    answer: Mapping[str, Any] | None = None
    sent_to: frozenset[str] = field(default_factory=frozenset[str])
    is_sent: bool = False

    @property
    def code_id(self) -> str:
        """From which the code is worked out when it is sent."""
        return self.id.removeprefix(f"{PREFIX}{self.request_id}_")


def request_code_mail(
    *,
    code_id: str,
    account_id: str,
    request_id: str,
    now: datetime,
    address: str | None = None,
) -> Put:
    """The write that makes the mailer send a code; goes into the transaction that makes it.
    `address` is for a request that has none of its own."""
    item = _pending(code_id, "request_code", account_id, request_id)
    item.address = address
    item.expires_at = retention("request_code").expiry(now)
    return Put(item, only_new=True)


def request_answer_mail(
    *, account_id: str, request_id: str, address: str, answer: Mapping[str, Any], now: datetime
) -> Put:
    """`answer` is what the text is made of when it is sent, its `kind` with it; a request gets each
    kind of answer once."""
    item = _pending(answer["kind"], "request_answer", account_id, request_id)
    item.address, item.answer = address, dict(answer)
    item.expires_at = retention("mail").expiry(now)
    return Put(item, only_new=True)


def beside_request(request_id: str) -> list[Item]:
    """The rows that are there for one request and nothing else, apart from its own. A code's mail
    is gone in ten minutes."""
    mails = [
        RequestMailItem(keys.outbox(f"{PREFIX}{request_id}_{kind}"), _SORT)
        for kind in get_args(AnswerKind)
    ]
    return [ref_item(request_id), code_item(request_id), *mails]


class RequestOutbox:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, mail_id: str) -> RequestMail | None:
        item = self._table.find(RequestMailItem, keys.outbox(mail_id), _SORT)
        return None if item is None else _from_item(item)

    def mark_sent_to(self, mail: RequestMail, recipient_id: str) -> None:
        self._change(mail, [RequestMailItem.sent_to.add({recipient_id})])

    def mark_sent(self, mail: RequestMail) -> None:
        """From here nothing knows the address any more."""
        row = RequestMailItem
        self._change(mail, [row.gsi1pk.remove(), row.gsi1sk.remove(), row.address.remove()])

    def _change(self, mail: RequestMail, actions: list[Any]) -> None:
        item = RequestMailItem(keys.outbox(mail.id), _SORT)
        try:
            self._table.write(Update(item, actions))
        except ConditionFailed:
            # Erased or expired while it was being sent: nothing may bring it back.
            return


def _pending(which: str, kind: str, account_id: str, request_id: str) -> RequestMailItem:
    mail_id = f"{PREFIX}{request_id}_{which}"
    return RequestMailItem(
        keys.outbox(mail_id),
        _SORT,
        gsi1pk=PENDING,
        gsi1sk=mail_id,
        kind=kind,
        account_id=account_id,
        request_id=request_id,
    )


def _from_item(item: RequestMailItem) -> RequestMail:
    return RequestMail(
        id=item.pk.removeprefix(keys.outbox("")),
        kind=item.kind,  # pyright: ignore[reportArgumentType]  # checked when it was written
        account_id=item.account_id,
        request_id=item.request_id,
        address=item.address,
        answer=item.answer,
        sent_to=frozenset(item.sent_to or ()),
        is_sent=item.gsi1pk is None,  # pyright: ignore[reportUnnecessaryComparison]  # nullable
    )
