"""What a conversation needs from outside; the handler gives the real ones, tests give fakes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from leadlayer.chat.model import (
    Conversation,
    Message,
    ModelEvent,
    ModelRequest,
    Reservation,
    SiteBrief,
    Turn,
    Usage,
)
from leadlayer.core.clock import Clock
from leadlayer.core.crypto import Keyring
from leadlayer.core.ids import NewId
from leadlayer.core.jobs import Sender
from leadlayer.core.table import Write


@dataclass(frozen=True)
class CapturedContact:
    """Details a visitor left in a conversation, checked to be the visitor's own words."""

    contact: dict[str, str]
    conversation: Conversation
    consent_text: str
    turn: int


class Conversations(Protocol):
    def find(self, site_id: str, conversation_id: str) -> Conversation | None: ...
    def find_turn(self, site_id: str, retry_key: str, body: str) -> Turn | None: ...
    def begin(
        self, conversation: Conversation, message: Message, *, retry: tuple[str, str] | None
    ) -> bool: ...
    def retake(self, turn: Turn) -> bool: ...
    def history(self, conversation: Conversation) -> Sequence[Message]: ...
    def finish(self, turn: Turn, reply: Message, *, changed: Conversation) -> bool: ...
    def fail(self, turn: Turn) -> None: ...
    def change(
        self, conversation: Conversation, values: Mapping[str, str | None]
    ) -> Conversation | None: ...
    def add_reply(
        self,
        conversation: Conversation,
        reply: Message,
        *,
        member_id: str,
        follows: Sequence[Write] = (),
    ) -> bool: ...
    def shut(self, conversation: Conversation, *, wish_id: str) -> bool: ...


class Budget(Protocol):
    """What a site may spend in a UTC day."""

    def reserve(self, site: SiteBrief, *, tokens: int) -> Reservation | None: ...
    def settle(self, site: SiteBrief, reserved: Reservation, *, used: Usage) -> None: ...
    def cancel(self, site: SiteBrief, reserved: Reservation) -> None: ...


class Model(Protocol):
    def stream(self, request: ModelRequest, *, deadline: datetime) -> Iterator[ModelEvent]:
        """Raises ModelFailed; a stream that ends without Finished is a failure too."""
        ...


@dataclass(frozen=True)
class Desk:
    """The collaborators of a conversation."""

    conversations: Conversations
    budget: Budget
    model: Model
    capture: Callable[[CapturedContact], str]
    # Enters that a conversation is going, so that no restored copy of the table brings it back.
    going: Callable[[Conversation], None]
    # Who erases what a deletion leaves behind.
    jobs: Sender
    keyring: Keyring
    clock: Clock
    new_id: NewId
    sleep: Callable[[float], None]
