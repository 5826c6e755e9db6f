"""Requests for tests: people who ask, a signer with a key of its own, and the way to each state."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from leadlayer.audit.service import AuditLog
from leadlayer.audit.store import AuditStore
from leadlayer.core.ids import ulid
from leadlayer.core.table import Table
from leadlayer.privacy.answers import Right
from leadlayer.privacy.requests import Intake, Requests, Rows
from leadlayer.privacy.requests_codes import Codes
from leadlayer.privacy.requests_model import OPERATOR, Contact, Event, EventName, Person, Request
from leadlayer.privacy.requests_rules import required
from leadlayer.privacy.requests_store import RequestStore
from tests.world import World

EMAIL = "canary-jan.jansen@mail.example"
FIRST, SECOND = "member:m_first", "member:m_second"


class SignerInMemory:
    def __init__(self, seed: bytes = bytes(range(32))) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


SIGNER = SignerInMemory()


@dataclass
class Desk:
    """Whoever answers requests, on a table."""

    world: World
    table: Table | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.table or self.world.table
        clock, keyring = self.world.clock, self.world.keyring
        self.store = RequestStore(table, clock=clock)
        self.log = AuditLog(AuditStore(table), clock, sleep=lambda _: None)
        self.requests = self.with_store(self.store)
        self.codes = Codes(requests=self.requests, table=table, clock=clock, keyring=keyring)
        self._numbers = count()

    def with_store(self, store: Rows) -> Requests:
        return Requests(
            store=store,
            audit=self.log,
            clock=self.world.clock,
            keyring=self.world.keyring,
            signer=SIGNER,
            **self.options,
        )

    def open(self, right: Right = "erasure", person: Person = "end_user", **more: Any) -> Request:
        account = "a_demo" if person == "end_user" else OPERATOR
        given: dict[str, Any] = {
            "id": ulid(self.world.clock()), "contact": Contact(email=EMAIL, details="canary-why"),
            "language": "nl", "account_id": account,
        }  # fmt: skip
        return self.requests.open(Intake(person=person, right=right, **(given | more)))

    def do(self, request: Request, name: EventName, **more: Any) -> Request:
        event = self.event(name, **more)
        return self.requests.apply(request.account_id, request.id, event)

    def event(self, name: EventName, **more: Any) -> Event:
        given: dict[str, Any] = {"id": f"e_{next(self._numbers)}", "actor": FIRST, "role": "owner"}
        return Event(name=name, **(given | more))

    def verified(self, request: Request) -> Request:
        if request.person == "end_user":
            self.do(request, "route")
        self.do(request, "ask_identity")
        return self.do(request, "verify", method="session")

    def in_review(self, request: Request) -> Request:
        self.verified(request)
        return self.do(request, "review")

    def executing(self, request: Request) -> Request:
        self.in_review(request)
        self.do(request, "approve")
        return self.executed(request)

    def executed(self, request: Request) -> Request:
        if request.right == "erasure":
            self.do(request, "cool_off", hours=0)
        return self.do(request, "execute")

    def verifying(self, request: Request, **left: Any) -> Request:
        """With `left`: one kind of row was left for that ground until that day."""
        self.executing(request)
        return self.handled(request, **left)

    def handled(self, request: Request, **left: Any) -> Request:
        for number, kind in enumerate(sorted(required(request))):
            how = left if left and number == 0 else {"count": number}
            self.do(request, "settle", kind=kind, **how)
        self.do(request, "tell", kind="customer_webhook")
        return self.do(request, "begin_verifying")

    def fulfilled(self, request: Request, **left: Any) -> Request:
        self.verifying(request, **left)
        self.do(request, "scan", clean=True)
        return self.do(request, "fulfil")

    def denied(self, request: Request) -> Request:
        self.in_review(request)
        self.do(request, "propose", decision="denied", ground="excessive")
        return self.do(request, "deny", ground="excessive", actor=SECOND)
