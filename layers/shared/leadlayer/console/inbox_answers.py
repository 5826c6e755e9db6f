"""What staff sees of leads and conversations, and the one place where it is masked (P18)."""

from datetime import UTC, datetime
from typing import Protocol, Self

from pydantic import BaseModel

from leadlayer.accounts.permissions import Grant
from leadlayer.chat.model import Conversation, Message
from leadlayer.core.clock import iso
from leadlayer.leads.model import Lead, Note

# Crockford's base 32, as in the ULID specification, spelled as Python reads a number of base 32.
_DIGITS = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789abcdefghijklmnopqrstuv")


class ConsentView(BaseModel):
    given: bool
    version: str
    text_hash: str
    language: str
    method: str
    at: str


class NoteView(BaseModel):
    id: str
    author: str
    text: str | None
    at: str


class LeadSummary(BaseModel):
    id: str
    site: str
    state: str
    assigned_to: str | None
    created_at: str
    visited_at: str
    expires_at: str
    name: str | None
    email: str | None
    phone: str | None
    city: str | None
    message: str | None
    page: str | None
    conversation: str | None
    language: str
    consent: ConsentView
    masked: bool = False

    def as_masked(self) -> Self:
        return self.model_copy(
            update={
                "name": self.name and f"{self.name[0]}…",
                "email": self.email and _masked_email(self.email),
                "phone": self.phone and f"…{self.phone[-2:]}",
                "city": None,
                "message": None,
                "masked": True,
            }
        )


class LeadView(LeadSummary):
    notes: list[NoteView]

    def as_masked(self) -> Self:
        unread = [note.model_copy(update={"text": None}) for note in self.notes]
        return super().as_masked().model_copy(update={"notes": unread})


class MessageView(BaseModel):
    id: str
    role: str
    text: str | None
    at: str

    def as_masked(self) -> Self:
        return self.model_copy(update={"text": None})


class ConversationSummary(BaseModel):
    id: str
    site: str
    mode: str
    state: str
    assigned_to: str | None
    taken_by: str | None
    started_at: str
    visited_at: str
    last_message_at: str
    turns: int
    page: str | None
    language: str
    lead: str | None
    expires_at: str
    masked: bool = False

    def as_masked(self) -> Self:
        return self.model_copy(update={"masked": True})


class ConversationView(ConversationSummary):
    messages: list[MessageView]

    def as_masked(self) -> Self:
        unread = [message.as_masked() for message in self.messages]
        return super().as_masked().model_copy(update={"messages": unread})


class Maskable(Protocol):
    def as_masked(self) -> Self: ...


def shown[V: Maskable](view: V, grant: Grant) -> V:
    """The view as far as the caller may see it."""
    return view.as_masked() if grant == "masked" else view


def lead_summary(lead: Lead) -> LeadSummary:
    return LeadSummary.model_validate(_of_lead(lead))


def lead_view(lead: Lead, notes: list[Note]) -> LeadView:
    return LeadView.model_validate(_of_lead(lead) | {"notes": [note_view(note) for note in notes]})


def note_view(note: Note) -> NoteView:
    return NoteView(id=note.id, author=note.author, text=note.text, at=note.at)


def conversation_summary(conversation: Conversation) -> ConversationSummary:
    return ConversationSummary.model_validate(_of_conversation(conversation))


def conversation_view(conversation: Conversation, messages: list[Message]) -> ConversationView:
    said = [message_view(message) for message in messages]
    return ConversationView.model_validate(_of_conversation(conversation) | {"messages": said})


def message_view(message: Message) -> MessageView:
    return MessageView(id=message.id, role=message.role, text=message.text, at=message.at)


def _of_lead(lead: Lead) -> dict[str, object]:
    consent = lead.consent
    return {
        "id": lead.id,
        "site": lead.site_id,
        "state": lead.state,
        "assigned_to": lead.assigned_to,
        "created_at": lead.created_at,
        "visited_at": lead.visited_at,
        "expires_at": _iso(lead.expires_at),
        "name": lead.value("name"),
        "email": lead.value("email"),
        "phone": lead.value("phone"),
        "city": lead.value("city"),
        "message": lead.value("message"),
        "page": lead.page,
        "conversation": lead.conversation_id,
        "language": consent.language,
        "consent": ConsentView(
            given=consent.given,
            version=consent.version,
            text_hash=consent.text_hash,
            language=consent.language,
            method=consent.method,
            at=consent.at,
        ),
    }


def _of_conversation(conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "site": conversation.site_id,
        "mode": conversation.mode,
        "state": conversation.state,
        "assigned_to": conversation.assigned_to,
        "taken_by": conversation.taken_by,
        "started_at": _started_at(conversation),
        "visited_at": conversation.visited_at,
        "last_message_at": conversation.last_message_at,
        "turns": conversation.turns,
        "page": conversation.page,
        "language": conversation.language,
        "lead": conversation.lead_id,
        "expires_at": _iso(conversation.expires_at),
    }


def _masked_email(email: str) -> str:
    name, _, domain = email.partition("@")
    return f"{name[:1]}…@{domain[:1]}…"


def _started_at(conversation: Conversation) -> str:
    """An id says when it was made, in its first ten characters."""
    try:
        milliseconds = int(conversation.id[:10].translate(_DIGITS), 32)
        return _iso(milliseconds // 1000)
    except (ValueError, OverflowError):
        return conversation.visited_at


def _iso(seconds: float) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
