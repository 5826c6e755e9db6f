"""A conversation between a visitor and the model: what comes in, what is kept, what goes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from leadlayer.core.forms import Opaque, Page, StrictForm, Text

Mode = Literal["ai", "human"]
State = Literal["open", "closed"]
Role = Literal["visitor", "assistant", "staff"]
TurnState = Literal["asking", "elsewhere", "answered", "failed", "human"]


class ChatForm(StrictForm):
    """The body of POST …/chat. Any other field is refused (P03)."""

    message: Text
    conversation: Opaque | None = None
    token: Opaque | None = None
    page: Page | None = None
    language: Literal["nl", "en", "de"] | None = None


class ChatReply(BaseModel):
    conversation: str
    token: str
    reply: str
    lead_captured: bool
    human: bool = False


@dataclass(frozen=True)
class SiteBrief:
    """What a conversation needs to know of its site; handed over by the handler."""

    site_id: str
    account_id: str
    name: str
    language: str
    knowledge: str
    consent_text: str
    consent_version: str
    model: str
    disclosure_version: str
    turns_per_conversation: int
    turns_per_day: int
    tokens_per_day: int
    answer_tokens: int
    retention_months: int | None = None


@dataclass(frozen=True)
class ConsentAsked:
    """The consent question was put to the visitor, word by word, at the end of this turn."""

    turn: int
    version: str


@dataclass(frozen=True)
class Conversation:
    id: str
    site_id: str
    account_id: str
    language: str
    visited_at: str
    disclosure_version: str
    expires_at: int
    turns: int = 1
    page: str | None = None
    consent_asked: ConsentAsked | None = None
    lead_id: str | None = None
    last_message_at: str = ""
    # Who answers the next message. `taken_by` and `assigned_to` are ids of members.
    mode: Mode = "ai"
    taken_by: str | None = None
    # Turns that were staff's to answer: they cost no model, so they do not count against its limit.
    staff_turns: int = 0
    state: State = "open"
    assigned_to: str | None = None


@dataclass(frozen=True)
class Message:
    """One side of a turn. A visitor's and staff's text stand here as typed; the model never gets
    them so."""

    id: str
    turn: int
    role: Role
    text: str
    at: str


@dataclass(frozen=True)
class Reservation:
    """Tokens of a site's day, set aside for one turn."""

    at: datetime
    tokens: int


@dataclass(frozen=True)
class Turn:
    """One question that the model answers once, however often it is sent."""

    conversation: Conversation
    number: int
    retry_key: str | None
    body: str = ""
    reply: str | None = None
    # `elsewhere`: another request is asking the model this very question. `human`: it was staff's.
    state: TurnState = "asking"
    # There while this request is the one that asks the model.
    reserved: Reservation | None = None


@dataclass(frozen=True)
class Started:
    conversation: str
    token: str


@dataclass(frozen=True)
class Delta:
    text: str


@dataclass(frozen=True)
class LeadCaptured:
    lead: str


@dataclass(frozen=True)
class LeftToStaff:
    """The message is stored and the model is not asked: staff has taken the conversation over."""


@dataclass(frozen=True)
class Done:
    pass


# The visitor deleted the conversation while its answer was on the way.
CONVERSATION_GONE = "conversation_gone"


@dataclass(frozen=True)
class Failed:
    """The answer broke off. Retryable: the same message may be sent again with the same key."""

    code: str
    retryable: bool


ChatEvent = Started | Delta | LeadCaptured | LeftToStaff | Done | Failed


@dataclass(frozen=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
        )

    @property
    def total(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class TextDelta:
    text: str


@dataclass(frozen=True)
class ToolCall:
    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    stop_reason: str


# What was read is known at once and what was written at the end: an answer that breaks off, or is
# tried again, has cost what it read all the same.
ModelEvent = Usage | TextDelta | ToolCall | Finished


@dataclass(frozen=True)
class ModelRequest:
    """What leaves for the model: placeholders already in, nothing of the visitor's request in."""

    model: str
    max_tokens: int
    system: str
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class ModelFailed(Exception):
    """The model did not answer, or not to the end. `code` is ours and stable; no text of theirs."""

    def __init__(self, code: str, *, retryable: bool) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable
