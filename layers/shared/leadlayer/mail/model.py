"""An outgoing mail: what happened and where to look, never what it was about."""

from dataclasses import dataclass, field
from typing import Literal

MailKind = Literal[
    "new_lead", "sign_in", "sign_up", "invitation", "export_ready", "account_terminated"
]


@dataclass(frozen=True)
class Mail:
    """`kind` chooses the text and who gets it; `member_id` is the one member it is for, where it
    is for one. The address is looked up when it is sent, so none is stored here."""

    id: str
    kind: MailKind
    account_id: str | None = None
    site_id: str | None = None
    lead_id: str | None = None
    member_id: str | None = None
    sent_to: frozenset[str] = field(default_factory=frozenset[str])
    is_sent: bool = False


@dataclass(frozen=True)
class Recipient:
    id: str
    email: str
    language: str


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str


@dataclass(frozen=True)
class Addressed:
    """One letter to one person."""

    to: Recipient
    letter: Letter
