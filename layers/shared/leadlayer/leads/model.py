"""What a lead may hold: declared contact fields, the page, the hour, evidence of consent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from leadlayer.core.forms import EmailAddress, Line, Opaque, Page, Phone, StrictForm, Text

CONTACT_FIELDS = ("name", "email", "phone", "city", "message")


class ConsentForm(StrictForm):
    given: bool
    version: Opaque


class LeadForm(StrictForm):
    """The body of POST /v1/sites/{site}/leads. Any other field is refused (P03)."""

    name: Line | None = None
    email: EmailAddress | None = None
    phone: Phone | None = None
    city: Line | None = None
    message: Text | None = None
    page: Page | None = None
    language: Literal["nl", "en", "de"] | None = None
    conversation: Opaque | None = None
    token: Opaque | None = None
    widget_version: Opaque | None = None
    consent: ConsentForm | None = None


LeadState = Literal["new", "open", "won", "lost", "closed"]


class LeadChange(StrictForm):
    """What staff may change of a lead. A field that is not there stays; null empties it."""

    name: Line | None = None
    email: EmailAddress | None = None
    phone: Phone | None = None
    city: Line | None = None
    message: Text | None = None
    state: LeadState | None = None
    assigned_to: Opaque | None = None


class LeadAccepted(BaseModel):
    lead: str


@dataclass(frozen=True)
class SiteRules:
    """What a lead needs to know of its site; handed over by the handler."""

    site_id: str
    account_id: str
    country: str
    asked_fields: frozenset[str]
    required_fields: frozenset[str]
    consent_text: str
    consent_version: str
    consent_required: bool
    retention_months: int | None = None


@dataclass(frozen=True)
class ConsentEvidence:
    """Which text the person agreed to, when and how; no address and no agent (P22)."""

    given: bool
    version: str
    text_hash: str
    language: str
    method: Literal["form", "conversation"]
    at: str
    widget_version: str | None = None


@dataclass(frozen=True)
class Lead:
    id: str
    site_id: str
    account_id: str
    created_at: str
    visited_at: str
    expires_at: int
    consent: ConsentEvidence
    contact: Mapping[str, str]
    subjects: tuple[str, ...]
    page: str | None = None
    conversation_id: str | None = None
    state: str = "new"
    # A member of the account.
    assigned_to: str | None = None

    def value(self, name: str) -> str | None:
        return self.contact.get(name)


@dataclass(frozen=True)
class Note:
    """What staff writes down about a lead; `author` is a member's id, or that of an API key."""

    id: str
    author: str
    text: str
    at: str


@dataclass(frozen=True)
class Wanted:
    """A checked wish to store a lead, from the form or from a conversation."""

    contact: dict[str, str]
    consent: ConsentForm | None
    language: str
    method: Literal["form", "conversation"]
    page: str | None = None
    conversation_id: str | None = None
    widget_version: str | None = None
