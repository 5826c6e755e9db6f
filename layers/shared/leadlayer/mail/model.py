"""An outgoing mail: what happened and where to look, never what it was about."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mail:
    """`kind` chooses the text. The address is looked up when it is sent, so none is stored here."""

    id: str
    kind: str
    account_id: str
    site_id: str
    lead_id: str
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
