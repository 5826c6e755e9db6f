"""A person's request about their data: what is known of it, and what can happen to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from leadlayer.privacy.answers import ExtensionReason, Ground, Language, Right

State = Literal[
    "received", "routed", "identity_pending", "verified", "in_review", "extended", "approved",
    "partially_approved", "cooling_off", "executing", "awaiting_third_party", "failed_retry",
    "verifying", "fulfilled", "partially_fulfilled", "denied", "duplicate", "expired", "withdrawn",
]  # fmt: skip
EventName = Literal[
    "route", "ask_identity", "send_code", "verify", "expire", "review", "extend", "resume_review",
    "propose", "deny", "approve", "approve_partially", "mark_duplicate", "cool_off", "execute",
    "settle", "tell", "await_third_party", "fail", "resume_execution", "begin_verifying", "scan",
    "fulfil", "fulfil_partially", "withdraw",
]  # fmt: skip
# A platform user works at a customer and is answered by us, an end user visits a customer's site
# and is answered by that customer.
Person = Literal["platform_user", "end_user"]
Decision = Literal["denied", "partially_approved"]
Method = Literal["session", "code"]

FINAL: frozenset[State] = frozenset(
    {"fulfilled", "partially_fulfilled", "denied", "duplicate", "expired", "withdrawn"}
)
# Where it is not known yet whether the person is who they say: nothing about them may leave.
UNVERIFIED: frozenset[State] = frozenset({"received", "routed", "identity_pending"})
# Who answers platform users: no customer's id can be this, since ids of accounts begin with `a_`.
OPERATOR = "leadlayer"


@dataclass(frozen=True)
class Contact:
    """Kept while the request runs, to answer and to find their data; gone once it is closed."""

    email: str | None = None
    phone: str | None = None
    details: str | None = None

    @property
    def identifier(self) -> str:
        """What the requester is known by, normalised by whoever takes the request in. Raises
        ValueError when there is nothing to answer to."""
        if not (found := self.email or self.phone):
            message = "a request without an address or number"
            raise ValueError(message)
        return found


@dataclass(frozen=True)
class Handling:
    """What became of one kind of row. `ground` says why it was left, `until` for how long."""

    count: int = 0
    ground: Ground | None = None
    until: date | None = None


@dataclass(frozen=True)
class Proposal:
    """What the first of two people wants to decide."""

    decision: Decision
    ground: Ground
    by: str


@dataclass(frozen=True)
class Event:
    """Something that happens to a request. Its id makes it happen once; what a field is for shows
    the rule of the event's name."""

    id: str
    name: EventName
    actor: str
    role: str = ""
    method: Method | None = None
    decision: Decision | None = None
    ground: Ground | None = None
    reason: ExtensionReason | None = None
    months: int = 0
    hours: int = 0
    kind: str = ""
    count: int = 0
    until: date | None = None
    clean: bool = False
    earlier: str = ""


@dataclass(frozen=True)
class Request:
    """`version` counts the changes. `legal` is the day by the law's own count, `due` the one that
    is kept; both move together or not at all. `answers` holds the hash of each text by its kind."""

    id: str
    account_id: str
    person: Person
    right: Right
    language: Language
    received_at: datetime
    due: date
    legal: date
    requester: str
    site_id: str | None = None
    reopens: str | None = None
    state: State = "received"
    version: int = 0
    contact: Contact | None = None
    events: frozenset[str] = frozenset()
    asked_at: datetime | None = None
    codes: int = 0
    method: Method | None = None
    verified_at: datetime | None = None
    extension: ExtensionReason | None = None
    proposal: Proposal | None = None
    decision: Literal["approved", "partially_approved", "denied"] | None = None
    decided_by: str | None = None
    earlier: str | None = None
    cooling_until: datetime | None = None
    handled: Mapping[str, Handling] = field(default_factory=dict[str, Handling])
    told: frozenset[str] = frozenset()
    is_clean: bool = False
    reminded: int = 0
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    closed_at: datetime | None = None
    receipt: str | None = None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_verified(self) -> bool:
        """Whether something about the person may be shown to whoever asked."""
        return self.verified_at is not None
