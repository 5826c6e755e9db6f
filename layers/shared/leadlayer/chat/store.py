"""Conversations in one partition each, locked while a question is being answered."""

from collections.abc import Sequence
from typing import Any, Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from leadlayer.chat.model import ConsentAsked, Conversation, Message, Turn
from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.idempotency import IdempotencyItem, check_same_body
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Delete, Item, Put, Table, Update, Write

_META = "META"
_TURN = "TURN"
_MESSAGES = keys.message("")
# Longer than a function may run: a crashed one frees its conversation by itself.
LEASE_S = 75
# DynamoDB takes at most 100 writes in a transaction; some are for the head and its index rows.
_PAGE = 90


class ConversationItem(Item):
    KIND = "conversation"
    account_id = UnicodeAttribute()
    language = UnicodeAttribute()
    visited_at = UnicodeAttribute()
    disclosure_version = UnicodeAttribute()
    turns = NumberAttribute()
    page = UnicodeAttribute(null=True)
    consent_asked = JSONAttribute(null=True)
    lead_id = UnicodeAttribute(null=True)
    lock_until = NumberAttribute(null=True)


class MessageItem(Item):
    KIND = "message"
    turn = NumberAttribute()
    role = UnicodeAttribute()
    text = UnicodeAttribute()
    at = UnicodeAttribute()


class ConversationStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, site_id: str, conversation_id: str) -> Conversation | None:
        item = self._table.find(ConversationItem, _pk(site_id, conversation_id), _META)
        return None if item is None else _from_item(item)

    def find_turn(self, site_id: str, retry_key: str, body: str) -> Turn | None:
        """The turn that a key was used for. Raises Problem when the body was another one."""
        item = self._table.find(IdempotencyItem, keys.idempotency(site_id, retry_key), _TURN)
        if item is None:
            return None
        check_same_body(item, body)
        conversation_id, number = item.result.split("/")
        conversation = self.find(site_id, conversation_id)
        if conversation is None:
            return None
        state = _turn_state(item.state)
        turn = int(number)
        reply = self._reply(conversation, turn) if state == "answered" else None
        return Turn(conversation, turn, retry_key, body, reply, state)

    def begin(
        self, conversation: Conversation, message: Message, *, retry: tuple[str, str] | None
    ) -> bool:
        """Store the question and lock the conversation; False when somebody else was first."""
        writes: list[Write] = [
            self._opening(conversation),
            Put(_message_item(conversation, message)),
        ]
        if retry is not None:
            writes.append(Put(self._retry_record(conversation, *retry), only_new=True))
        return self._all_or_nothing(writes)

    def retake(self, turn: Turn) -> bool:
        """Ask again what failed or was left behind by a crash; False when it is being answered."""
        now = epoch(self._clock())
        record = IdempotencyItem.state
        is_free = (record == "failed") | (IdempotencyItem.lease_until <= now)
        return self._all_or_nothing(
            [
                self._turn_update(turn, "asking", is_free),
                Update(_key_item(turn.conversation), [self._lock()], self._is_unlocked()),
            ]
        )

    def history(self, conversation: Conversation) -> Sequence[Message]:
        pk = _pk(conversation.site_id, conversation.id)
        page = self._table.query(MessageItem, pk, prefix=_MESSAGES)
        return [_message(item) for item in page.items]

    def finish(self, turn: Turn, reply: Message, *, changed: Conversation) -> bool:
        """Store the answer and unlock; False when the conversation is gone, and nothing is kept."""
        actions: list[Any] = [ConversationItem.lock_until.remove()]
        if changed.consent_asked is not None:
            asked = {"turn": changed.consent_asked.turn, "version": changed.consent_asked.version}
            actions.append(ConversationItem.consent_asked.set(asked))
        if changed.lead_id is not None:
            actions.append(ConversationItem.lead_id.set(changed.lead_id))
        writes: list[Write] = [
            Update(_key_item(turn.conversation), actions),
            Put(_message_item(turn.conversation, reply)),
        ]
        if turn.retry_key is not None:
            writes.append(self._turn_update(turn, "answered"))
        return self._all_or_nothing(writes)

    def fail(self, turn: Turn) -> None:
        """Unlock, so that the visitor can send the message again."""
        writes: list[Write] = [
            Update(_key_item(turn.conversation), [ConversationItem.lock_until.remove()])
        ]
        if turn.retry_key is not None:
            writes.append(self._turn_update(turn, "failed"))
        self._all_or_nothing(writes)

    def delete(self, conversation: Conversation, *, listed: Sequence[Item] = ()) -> None:
        """The head goes together with the last messages and the index rows that list it, so that a
        deletion that was cut off can be repeated. From then on nothing can be added, and every read
        says it is gone."""
        head = _key_item(conversation)
        while len(page := self._page(head.pk)) == _PAGE:
            self._table.transact([Delete(item) for item in page])
        self._table.transact([Delete(item) for item in (head, *listed, *page)])
        # An answer may have come between the last look and the end.
        while page := self._page(head.pk):
            self._table.transact([Delete(item) for item in page])

    def _page(self, pk: str) -> Sequence[MessageItem]:
        return self._table.query(MessageItem, pk, prefix=_MESSAGES, limit=_PAGE).items

    def _reply(self, conversation: Conversation, turn: int) -> str | None:
        answers = (
            m for m in self.history(conversation) if m.turn == turn and m.role == "assistant"
        )
        return next((message.text for message in answers), None)

    def _opening(self, conversation: Conversation) -> Write:
        if conversation.turns == 1:
            item = _to_item(conversation)
            item.lock_until = epoch(self._clock()) + LEASE_S
            return Put(item, only_new=True)
        return Update(
            _key_item(conversation),
            [ConversationItem.turns.set(conversation.turns), self._lock()],
            self._is_unlocked() & (ConversationItem.turns == conversation.turns - 1),
        )

    def _retry_record(self, conversation: Conversation, key: str, body: str) -> IdempotencyItem:
        now = self._clock()
        return IdempotencyItem(
            keys.idempotency(conversation.site_id, key),
            _TURN,
            body=body,
            result=f"{conversation.id}/{conversation.turns}",
            state="asking",
            lease_until=epoch(now) + LEASE_S,
            expires_at=retention("idempotency").expiry(now),
        )

    def _turn_update(self, turn: Turn, state: str, condition: Any = None) -> Update:
        pk = keys.idempotency(turn.conversation.site_id, turn.retry_key or "")
        lease = epoch(self._clock()) + LEASE_S
        return Update(
            IdempotencyItem(pk, _TURN),
            [IdempotencyItem.state.set(state), IdempotencyItem.lease_until.set(lease)],
            condition,
        )

    def _lock(self) -> Any:
        return ConversationItem.lock_until.set(epoch(self._clock()) + LEASE_S)

    def _is_unlocked(self) -> Any:
        lock = ConversationItem.lock_until
        return lock.does_not_exist() | (lock <= epoch(self._clock()))

    def _all_or_nothing(self, writes: Sequence[Write]) -> bool:
        try:
            self._table.transact(writes)
        except ConditionFailed:
            return False
        return True


def _pk(site_id: str, conversation_id: str) -> str:
    return keys.conversation(site_id, conversation_id)


def _key_item(conversation: Conversation) -> ConversationItem:
    return ConversationItem(_pk(conversation.site_id, conversation.id), _META)


def _to_item(conversation: Conversation) -> ConversationItem:
    return ConversationItem(
        _pk(conversation.site_id, conversation.id),
        _META,
        gsi1pk=keys.conversations(conversation.site_id),
        gsi1sk=conversation.id,
        expires_at=conversation.expires_at,
        account_id=conversation.account_id,
        language=conversation.language,
        visited_at=conversation.visited_at,
        disclosure_version=conversation.disclosure_version,
        turns=conversation.turns,
        page=conversation.page,
    )


def _from_item(item: ConversationItem) -> Conversation:
    _, site_id, conversation_id = item.pk.split("#")
    return Conversation(
        id=conversation_id,
        site_id=site_id,
        account_id=item.account_id,
        language=item.language,
        visited_at=item.visited_at,
        disclosure_version=item.disclosure_version,
        expires_at=int(item.expires_at),
        turns=int(item.turns),
        page=item.page,
        consent_asked=ConsentAsked(**item.consent_asked) if item.consent_asked else None,
        lead_id=item.lead_id,
    )


def _message_item(conversation: Conversation, message: Message) -> MessageItem:
    return MessageItem(
        _pk(conversation.site_id, conversation.id),
        keys.message(message.id),
        # One date for the whole conversation: it goes as one.
        expires_at=conversation.expires_at,
        turn=message.turn,
        role=message.role,
        text=message.text,
        at=message.at,
    )


def _message(item: MessageItem) -> Message:
    return Message(
        id=item.sk.removeprefix(_MESSAGES),
        turn=int(item.turn),
        role="visitor" if item.role == "visitor" else "assistant",
        text=item.text,
        at=item.at,
    )


def _turn_state(state: str) -> Literal["asking", "elsewhere", "answered", "failed"]:
    match state:
        case "answered" | "failed":
            return state
        case _:
            return "elsewhere"
