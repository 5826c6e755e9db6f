"""Conversations and budget in memory, with the locks and leases of the real store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from leadlayer.chat.model import (
    Conversation,
    Message,
    Reservation,
    SiteBrief,
    Turn,
    TurnState,
    Usage,
)
from leadlayer.chat.store import LEASE_S
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.errors import Problem
from leadlayer.core.table import Write


@dataclass
class _Record:
    body: str
    conversation: str
    turn: int
    state: TurnState
    lease_until: int


@dataclass
class InMemoryConversations:
    clock: Clock
    heads: dict[str, Conversation] = field(default_factory=dict)
    locks: dict[str, int] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    records: dict[str, _Record] = field(default_factory=dict)

    def find(self, site_id: str, conversation_id: str) -> Conversation | None:
        found = self.heads.get(conversation_id)
        if found is None or found.expires_at <= epoch(self.clock()) or found.site_id != site_id:
            return None
        return found

    def find_turn(self, site_id: str, retry_key: str, body: str) -> Turn | None:
        record = self.records.get(f"{site_id}#{retry_key}")
        if record is None:
            return None
        if record.body != body:
            raise Problem(409, "idempotency_key_reused", "Another body.")
        conversation = self.find(site_id, record.conversation)
        if conversation is None:
            return None
        state = "elsewhere" if record.state == "asking" else record.state
        reply = next(
            (
                message.text
                for message in self.messages[conversation.id]
                if message.turn == record.turn and message.role == "assistant"
            ),
            None,
        )
        return Turn(conversation, record.turn, retry_key, body, reply, state)

    def begin(
        self, conversation: Conversation, message: Message, *, retry: tuple[str, str] | None
    ) -> bool:
        key = f"{conversation.site_id}#{retry[0]}" if retry else None
        if key in self.records or not self._may_open(conversation):
            return False
        head = self.heads.get(conversation.id, conversation)
        changed = replace(
            head,
            turns=conversation.turns,
            staff_turns=conversation.staff_turns,
            last_message_at=conversation.last_message_at,
        )
        self._open(changed)
        self.messages.setdefault(conversation.id, []).append(message)
        if retry and key:
            lease = epoch(self.clock()) + LEASE_S
            state = "human" if head.mode == "human" else "asking"
            self.records[key] = _Record(retry[1], conversation.id, conversation.turns, state, lease)
        return True

    def retake(self, turn: Turn) -> bool:
        now = epoch(self.clock())
        record = self.records[f"{turn.conversation.site_id}#{turn.retry_key}"]
        is_free = record.state == "failed" or record.lease_until <= now
        head = self.find(turn.conversation.site_id, turn.conversation.id)
        if head is None or not is_free or not self._is_for(turn.conversation, head):
            return False
        record.state = "human" if head.mode == "human" else "asking"
        record.lease_until = now + LEASE_S
        self._open(head)
        return True

    def history(self, conversation: Conversation) -> Sequence[Message]:
        return list(self.messages[conversation.id])

    def finish(self, turn: Turn, reply: Message, *, changed: Conversation) -> bool:
        head = self.find(turn.conversation.site_id, turn.conversation.id)
        if head is None:
            return False
        self.heads[head.id] = replace(
            head,
            consent_asked=changed.consent_asked or head.consent_asked,
            lead_id=changed.lead_id or head.lead_id,
            last_message_at=reply.at,
        )
        self.messages[head.id].append(reply)
        self._close(turn, "answered")
        return True

    def fail(self, turn: Turn) -> None:
        self._close(turn, "failed")

    def change(
        self, conversation: Conversation, values: Mapping[str, str | None]
    ) -> Conversation | None:
        head = self.find(conversation.site_id, conversation.id)
        if head is None:
            return None
        changed: Any = dict(values)
        self.heads[head.id] = replace(head, **changed)
        return self.heads[head.id]

    def add_reply(
        self,
        conversation: Conversation,
        reply: Message,
        *,
        member_id: str,
        follows: Sequence[Write] = (),
    ) -> bool:
        head = self.find(conversation.site_id, conversation.id)
        if head is None or head.mode != "human":
            return False
        self.heads[head.id] = replace(head, last_message_at=reply.at, taken_by=member_id)
        self.messages[head.id].append(reply)
        return True

    def shut(self, conversation: Conversation, *, wish_id: str) -> bool:
        self.messages.pop(conversation.id, None)
        self.locks.pop(conversation.id, None)
        return self.heads.pop(conversation.id, None) is not None

    def is_locked(self, conversation: Conversation) -> bool:
        return self.locks.get(conversation.id, 0) > epoch(self.clock())

    def _may_open(self, conversation: Conversation) -> bool:
        if conversation.turns == 1:
            return conversation.id not in self.heads
        head = self.find(conversation.site_id, conversation.id)
        return (
            head is not None
            and head.turns == conversation.turns - 1
            and self._is_for(conversation, head)
        )

    def _is_for(self, conversation: Conversation, head: Conversation) -> bool:
        """Staff came or went meanwhile, or another question is being answered: not now."""
        if conversation.mode != head.mode:
            return False
        return head.mode == "human" or not self.is_locked(head)

    def _open(self, head: Conversation) -> None:
        self.heads[head.id] = replace(head, state="open")
        if head.mode == "ai":
            self.locks[head.id] = epoch(self.clock()) + LEASE_S

    def _close(self, turn: Turn, state: TurnState) -> None:
        self.locks.pop(turn.conversation.id, None)
        if turn.retry_key is not None:
            self.records[f"{turn.conversation.site_id}#{turn.retry_key}"].state = state


@dataclass
class InMemoryBudget:
    """`open` is what is reserved and not yet settled; `used` what was."""

    open: int = 0
    used: int = 0
    turns: int = 0

    def reserve(self, site: SiteBrief, *, tokens: int) -> Reservation | None:
        if self.turns >= site.turns_per_day or self.open + self.used + tokens > site.tokens_per_day:
            return None
        self.turns += 1
        self.open += tokens
        return Reservation(datetime(2026, 11, 23, tzinfo=UTC), tokens)

    def settle(self, site: SiteBrief, reserved: Reservation, *, used: Usage) -> None:
        self.open -= reserved.tokens
        self.used += used.total

    def cancel(self, site: SiteBrief, reserved: Reservation) -> None:
        self.turns -= 1
        self.open -= reserved.tokens
