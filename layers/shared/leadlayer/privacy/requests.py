"""Takes requests of people in and moves them, each step once and together with its audit entry."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn, Protocol

from leadlayer.audit.model import Entry
from leadlayer.audit.service import AuditLog, NotEntered
from leadlayer.core import deadlines
from leadlayer.core.clock import Clock, iso
from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem, not_found, unavailable
from leadlayer.core.table import Write
from leadlayer.privacy.answers import WORDING, Right, Wording, spoken
from leadlayer.privacy.letters import answer_document
from leadlayer.privacy.receipt import Signer, issue
from leadlayer.privacy.requests_mail import request_answer_mail
from leadlayer.privacy.requests_model import (
    OPERATOR,
    UNVERIFIED,
    Contact,
    Event,
    Person,
    Request,
    State,
)
from leadlayer.privacy.requests_rules import RULES, after, facts_of, refused

_WITH_RECEIPT: frozenset[State] = frozenset({"fulfilled", "partially_fulfilled"})


class Rows(Protocol):
    def find(self, account_id: str, request_id: str) -> Request | None: ...
    def account_of(self, request_id: str) -> str | None: ...
    def add(self, request: Request, entry: Entry) -> bool: ...
    def move(
        self, before: Request, after: Request, entry: Entry, *, beside: Sequence[Write] = ()
    ) -> bool: ...


@dataclass(frozen=True)
class Intake:
    """What somebody asks. `contact` is normalised; `account_id` is the customer's for an end user.
    `reopens` names a closed request of theirs."""

    id: str
    person: Person
    right: Right
    contact: Contact
    language: str
    account_id: str = OPERATOR
    site_id: str | None = None
    reopens: str | None = None


class NoSigner:
    """Whoever does the work issues receipts: this is for callers whose events end in none."""

    @property
    def public_key(self) -> NoReturn:
        raise NotImplementedError

    def sign(self, message: bytes) -> NoReturn:
        raise NotImplementedError


class Requests:
    def __init__(
        self,
        *,
        store: Rows,
        audit: AuditLog,
        clock: Clock,
        keyring: Keyring,
        signer: Signer,
        wording: Wording = WORDING,
    ) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._keyring = keyring
        self._signer = signer
        self._wording = wording

    def open(self, intake: Intake) -> Request:
        """The request, made now or by an equal call before. Looks at no data of anybody: what it
        answers cannot depend on them. Raises Problem."""
        request = self._new(intake)

        def append(_: str, entry: Entry) -> bool:
            return self._same(request) is not None or self._store.add(request, entry)

        self._enter(request, Event(intake.id, "route", "subject", "subject"), append, "open")
        if (made := self._same(request)) is None:
            raise unavailable()
        return made

    def apply(
        self, account_id: str, request_id: str, event: Event, *, beside: Sequence[Write] = ()
    ) -> Request:
        """The request after the event, which happens once however often it is sent. `beside` is
        written with it or not at all. Raises Problem, IncompleteAnswer, ConditionFailed."""
        found = self.find(account_id, request_id)
        moved = [found]

        def append(_: str, entry: Entry) -> bool:
            before = self.find(account_id, request_id)
            if event.id in before.events:
                moved[0] = before
                return True
            moved[0] = self._after(before, event)
            letter = self._letter(before, moved[0], event)
            return self._store.move(before, moved[0], entry, beside=[*beside, *letter])

        self._enter(found, event, append, event.name)
        return moved[0]

    def find(self, account_id: str, request_id: str) -> Request:
        """Raises Problem 404, also for another account's."""
        found = self._store.find(account_id, request_id)
        if found is None:
            raise not_found()
        return found

    def of_person(self, request_id: str, token: str) -> Request:
        """For whoever made the request and was given its token. Raises Problem 404."""
        if not self._keyring.is_request_token(request_id, token):
            raise not_found()
        account_id = self._store.account_of(request_id)
        if account_id is None:
            raise not_found()
        return self.find(account_id, request_id)

    def token(self, request: Request) -> str:
        return self._keyring.request_token(request.id)

    def _letter(self, before: Request, moved: Request, event: Event) -> list[Write]:
        """The mail with the answer, if this event has one. To who gave a number only, the answer is
        given by phone: whoever decides sees it."""
        kind = RULES[event.name].answer
        contact = before.contact
        if kind is None or contact is None or contact.email is None:
            return []
        mail = request_answer_mail(
            account_id=before.account_id,
            request_id=before.id,
            address=contact.email,
            answer=answer_document(kind, before.language, facts_of(moved, event)),
            now=self._clock(),
        )
        return [mail]

    def _after(self, before: Request, event: Event) -> Request:
        now = self._clock()
        changed = after(before, event, now, wording=self._wording)
        if event.name == "mark_duplicate":
            self._check_earlier(changed)
        if changed.state not in _WITH_RECEIPT:
            return changed
        return replace(changed, receipt=issue(changed, closed_at=now, signer=self._signer))

    def _check_earlier(self, request: Request) -> None:
        """Somebody's own request for the same, that is still being answered."""
        earlier = self._store.find(request.account_id, request.earlier or "")
        if earlier is None or earlier.is_final or not _alike(earlier, request):
            raise refused("earlier_missing")

    def _new(self, intake: Intake) -> Request:
        if (intake.person == "platform_user") != (intake.account_id == OPERATOR):
            message = "platform users are answered by the operator, end users by a customer"
            raise ValueError(message)
        now = self._clock()
        term = deadlines.answer_due(now)
        request = Request(
            id=intake.id,
            account_id=intake.account_id,
            person=intake.person,
            right=intake.right,
            language=spoken(intake.language),
            received_at=now,
            due=term.due,
            legal=term.legal,
            requester=self._keyring.requester(intake.account_id, intake.contact.identifier),
            site_id=intake.site_id,
            reopens=intake.reopens,
            contact=intake.contact,
        )
        if intake.reopens is not None:
            closed = self._store.find(intake.account_id, intake.reopens)
            if closed is None or not closed.is_final or not _alike(closed, request):
                raise refused("nothing_to_reopen")
        return request

    def _same(self, request: Request) -> Request | None:
        """The request that an equal call has made. Raises Problem 409 when the id is another's."""
        found = self._store.find(request.account_id, request.id)
        if found is not None and not _alike(found, request):
            raise Problem(409, "id_taken", "This id is that of another request.")
        return found

    def _enter(
        self, request: Request, event: Event, append: Callable[[str, Entry], bool], action: str
    ) -> None:
        try:
            self._audit.record(
                request.account_id,
                actor=event.actor,
                role=event.role,
                action=f"request.{action}",
                target=request.id,
                outcome="allowed",
                append=append,
            )
        except NotEntered:
            raise unavailable() from None


def check_disclosable(request: Request) -> None:
    """Raises Problem 403 unless something about the person may leave. To be called by whatever
    hands out a package or a status with contents."""
    if request.state in UNVERIFIED or not request.is_verified:
        raise Problem(403, "request_not_verified", "It is not known yet who asks.")


def public_view(request: Request) -> dict[str, Any]:
    """What the person sees of it, which is the same whether or not anything is kept about them."""
    is_open_secret = request.state in UNVERIFIED
    return {
        "request": request.id,
        "right": request.right,
        "state": "received" if is_open_secret else request.state,
        "received_at": iso(request.received_at),
        "due": request.due.isoformat(),
    }


def _alike(one: Request, other: Request) -> bool:
    """By the same person, for the same right. A closed request knows no more than that."""
    return (one.requester, one.right) == (other.requester, other.right)
