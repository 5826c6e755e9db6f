"""Requests, each a row at whoever has to answer it; a pointer of its own leads the person there."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)

from leadlayer.audit.model import Entry
from leadlayer.audit.store import entering
from leadlayer.core import keys
from leadlayer.core.clock import Clock, iso
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update, Write
from leadlayer.privacy.requests_model import Contact, Handling, Proposal, Request

# The index key of requests that are not closed, by the day on which the answer is due.
OPEN = "REQUESTS"
_REF = "REF"
CODE = "CODE"


class RequestItem(Item):
    KIND = "request"
    DUE_BY = "expires_at"
    version = NumberAttribute()
    state = UnicodeAttribute()
    person = UnicodeAttribute()
    right = UnicodeAttribute()
    language = UnicodeAttribute()
    received_at = UnicodeAttribute()
    due = UnicodeAttribute()
    legal = UnicodeAttribute()
    requester = UnicodeAttribute()
    site_id = UnicodeAttribute(null=True)
    reopens = UnicodeAttribute(null=True)
    contact = JSONAttribute(null=True)
    events = UnicodeSetAttribute(null=True)
    asked_at = UnicodeAttribute(null=True)
    codes = NumberAttribute()
    method = UnicodeAttribute(null=True)
    verified_at = UnicodeAttribute(null=True)
    extension = UnicodeAttribute(null=True)
    proposal = JSONAttribute(null=True)
    decision = UnicodeAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    earlier = UnicodeAttribute(null=True)
    cooling_until = UnicodeAttribute(null=True)
    handled = JSONAttribute()
    told = UnicodeSetAttribute(null=True)
    is_clean = BooleanAttribute()
    reminded = NumberAttribute()
    answers = JSONAttribute()
    closed_at = UnicodeAttribute(null=True)
    receipt = UnicodeAttribute(null=True)


class RequestRefItem(Item):
    """Where a request is: all that its id, which the person has, leads to."""

    KIND = "request_ref"
    DUE_BY = "expires_at"
    account_id = UnicodeAttribute()


class RequestCodeItem(Item):
    """A keyed hash of a one-time code: neither the table nor a backup can answer with it."""

    KIND = "request_code"
    hash = UnicodeAttribute()
    tries = NumberAttribute()


class RequestStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, account_id: str, request_id: str) -> Request | None:
        if not keys.is_id(request_id):
            return None
        place = keys.requests(account_id), keys.request(request_id)
        item = self._table.find(RequestItem, *place)
        return None if item is None else _from_item(item)

    def account_of(self, request_id: str) -> str | None:
        """Who has to answer it."""
        if not keys.is_id(request_id):
            return None
        found = self._table.find(RequestRefItem, keys.request(request_id), _REF)
        return None if found is None else found.account_id

    def of_account(
        self, account_id: str, *, limit: int, after: dict[str, Any] | None = None
    ) -> tuple[list[Request], dict[str, Any] | None]:
        """Newest first, since ids sort by time, and where the next page begins."""
        page = self._table.query(
            RequestItem,
            keys.requests(account_id),
            prefix=keys.request(""),
            newest_first=True,
            limit=limit,
            after=after,
        )
        return [_from_item(item) for item in page.items], page.next

    def open_until(
        self, day: date, *, limit: int, after: dict[str, Any] | None = None
    ) -> tuple[list[Request], dict[str, Any] | None]:
        """Of all accounts, what is not closed and due on that day or before, the first due first.
        Of the index: whoever acts on one looks at it again."""
        page = self._table.query_index(
            RequestItem, OPEN, between=("0", f"{day.isoformat()}~"), limit=limit, after=after
        )
        return [_from_item(item) for item in page.items], page.next

    def add(self, request: Request, entry: Entry) -> bool:
        """False when there is such a request, or an entry came in between."""
        ref = RequestRefItem(
            keys.request(request.id),
            _REF,
            account_id=request.account_id,
            expires_at=self._expiry(),
        )
        return self._together(
            [
                Put(self._item(request), only_new=True),
                Put(ref, only_new=True),
                *entering(request.account_id, entry),
            ]
        )

    def move(
        self, before: Request, after: Request, entry: Entry, *, beside: Sequence[Write] = ()
    ) -> bool:
        """False when somebody else moved it, or an entry came in between: look again. Raises
        ConditionFailed when it is what is written `beside` that may not be."""
        own = [self._change(before, after), *entering(after.account_id, entry)]
        return self._together([*own, *beside], own=len(own))

    def remind(self, request: Request, percent: int) -> bool:
        """Of several that remind at the same time, one may."""
        row = _key_item(request.account_id, request.id)
        unchanged = RequestItem.version == request.version
        actions = [RequestItem.reminded.set(percent), RequestItem.version.add(1)]
        is_next = unchanged & (RequestItem.reminded < percent)
        try:
            self._table.write(Update(row, actions, is_next))
        except ConditionFailed:
            return False
        return True

    def _together(self, writes: list[Write], *, own: int | None = None) -> bool:
        try:
            self._table.transact(writes)
        except ConditionFailed as failed:
            if own is not None and min(failed.positions) >= own:
                raise
            return False
        return True

    def _change(self, before: Request, after: Request) -> Update:
        """Only what differs: a closing takes the contact details out of the row itself."""
        old, new = self._item(before), self._item(after)
        actions: list[Any] = []
        for name in RequestItem.get_attributes():
            attribute: Any = getattr(RequestItem, name)
            value = getattr(new, name)
            if name in ("pk", "sk") or (value == getattr(old, name) and name != "expires_at"):
                continue
            actions.append(attribute.remove() if value is None else attribute.set(value))
        row = _key_item(after.account_id, after.id)
        return Update(row, actions, RequestItem.version == before.version)

    def _item(self, request: Request) -> RequestItem:
        item = _to_item(request)
        # Kept for so long after the last change, which is the closing.
        item.expires_at = self._expiry()
        if not request.is_final:
            item.gsi1pk, item.gsi1sk = OPEN, f"{request.due.isoformat()}#{request.id}"
        return item

    def _expiry(self) -> int:
        return retention("request").expiry(self._clock())


def ref_item(request_id: str) -> RequestRefItem:
    """The key of it alone."""
    return RequestRefItem(keys.request(request_id), _REF)


def code_item(request_id: str) -> RequestCodeItem:
    """The key of it alone."""
    return RequestCodeItem(keys.request(request_id), CODE)


def _key_item(account_id: str, request_id: str) -> RequestItem:
    return RequestItem(keys.requests(account_id), keys.request(request_id))


def _to_item(request: Request) -> RequestItem:
    moments = ("received_at", "asked_at", "verified_at", "cooling_until", "closed_at")
    as_they_are = (
        "version", "state", "person", "right", "language", "requester", "site_id", "reopens",
        "codes", "method", "extension", "decision", "decided_by", "earlier", "is_clean",
        "reminded", "receipt",
    )  # fmt: skip
    values: dict[str, Any] = {name: getattr(request, name) for name in as_they_are}
    for name in moments:
        moment: datetime | None = getattr(request, name)
        values[name] = None if moment is None else iso(moment)
    return RequestItem(
        keys.requests(request.account_id),
        keys.request(request.id),
        **values,
        due=request.due.isoformat(),
        legal=request.legal.isoformat(),
        contact=None if request.contact is None else asdict(request.contact),
        proposal=None if request.proposal is None else asdict(request.proposal),
        # DynamoDB has no empty sets.
        events=set(request.events) or None,
        told=set(request.told) or None,
        handled={kind: _handling_document(each) for kind, each in request.handled.items()},
        answers=dict(request.answers),
    )


def _from_item(item: RequestItem) -> Request:
    return Request(
        id=item.sk.removeprefix(keys.request("")),
        account_id=item.pk.removeprefix(keys.requests("")),
        person=item.person,  # pyright: ignore[reportArgumentType]  # checked when it was written
        right=item.right,  # pyright: ignore[reportArgumentType]  # as above
        language=item.language,  # pyright: ignore[reportArgumentType]  # as above
        received_at=_required_moment(item.received_at),
        due=date.fromisoformat(item.due),
        legal=date.fromisoformat(item.legal),
        requester=item.requester,
        site_id=item.site_id,
        reopens=item.reopens,
        state=item.state,  # pyright: ignore[reportArgumentType]  # as above
        version=int(item.version),
        contact=_of(Contact, item.contact),
        events=frozenset(item.events or ()),
        asked_at=_moment(item.asked_at),
        codes=int(item.codes),
        method=item.method,  # pyright: ignore[reportArgumentType]  # as above
        verified_at=_moment(item.verified_at),
        extension=item.extension,  # pyright: ignore[reportArgumentType]  # as above
        proposal=_of(Proposal, item.proposal),
        decision=item.decision,  # pyright: ignore[reportArgumentType]  # as above
        decided_by=item.decided_by,
        earlier=item.earlier,
        cooling_until=_moment(item.cooling_until),
        handled={kind: _handling(each) for kind, each in item.handled.items()},
        told=frozenset(item.told or ()),
        is_clean=bool(item.is_clean),
        reminded=int(item.reminded),
        answers=dict(item.answers),
        closed_at=_moment(item.closed_at),
        receipt=item.receipt,
    )


def _of[T](made: type[T], document: Any) -> T | None:
    return None if document is None else made(**document)


def _handling_document(handling: Handling) -> dict[str, Any]:
    until = handling.until.isoformat() if handling.until else None
    return {"count": handling.count, "ground": handling.ground, "until": until}


def _handling(document: dict[str, Any]) -> Handling:
    until = document["until"]
    ends = date.fromisoformat(until) if until else None
    return Handling(document["count"], document["ground"], ends)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _required_moment(text)


def _required_moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
