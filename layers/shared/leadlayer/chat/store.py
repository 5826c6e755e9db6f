"""Conversations in one partition each, locked while a question is being answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from leadlayer.chat.model import (
    ConsentAsked,
    Conversation,
    Message,
    Role,
    Turn,
    TurnState,
)
from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.idempotency import IdempotencyItem, check_same_body
from leadlayer.core.jobs import PENDING
from leadlayer.core.policy import retention
from leadlayer.core.shut import shut
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update, Write

_META = "META"
_TURN = "TURN"
_MESSAGES = keys.message("")
# Longer than a function may run: a crashed one frees its conversation by itself.
LEASE_S = 75
# How many messages a visitor's poll for what staff said looks through.
_PAGE = 90


class ConversationItem(Item):
    KIND = "conversation"
    DUE_BY = "expires_at"
    account_id = UnicodeAttribute()
    language = UnicodeAttribute()
    visited_at = UnicodeAttribute()
    disclosure_version = UnicodeAttribute()
    turns = NumberAttribute()
    page = UnicodeAttribute(null=True)
    consent_asked = JSONAttribute(null=True)
    lead_id = UnicodeAttribute(null=True)
    lock_until = NumberAttribute(null=True)
    last_message_at = UnicodeAttribute(null=True)
    mode = UnicodeAttribute(null=True)
    taken_by = UnicodeAttribute(null=True)
    staff_turns = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    assigned_to = UnicodeAttribute(null=True)


class MessageItem(Item):
    KIND = "message"
    turn = NumberAttribute()
    role = UnicodeAttribute()
    text = UnicodeAttribute()
    at = UnicodeAttribute()


class ErasureItem(Item):
    """A visitor's wish that their conversation goes: there until nothing of it is left."""

    KIND = "erasure"
    account_id = UnicodeAttribute()


class ConversationStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, site_id: str, conversation_id: str) -> Conversation | None:
        item = self._table.find(ConversationItem, _pk(site_id, conversation_id), _META)
        return None if item is None else conversation_of(item)

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
        """Store the question; False when somebody else was first, or staff came or went meanwhile.
        A question for the model locks the conversation."""
        writes: list[Write] = [
            self._opening(conversation),
            Put(_message_item(conversation, message)),
        ]
        if retry is not None:
            writes.append(Put(self._retry_record(conversation, *retry), only_new=True))
        return self._all_or_nothing(writes)

    def retake(self, turn: Turn) -> bool:
        """Ask again what failed or was left behind by a crash, or leave it to staff where they have
        taken over; False when it is being answered."""
        now = epoch(self._clock())
        record = IdempotencyItem.state
        is_free = (record == "failed") | (IdempotencyItem.lease_until <= now)
        head = _key_item(turn.conversation)
        return self._all_or_nothing(
            [
                self._turn_update(turn, _begun(turn.conversation), is_free),
                Update(head, [_opened()], _is_with_staff())
                if turn.conversation.mode == "human"
                else Update(head, [_opened(), self._lock()], self._may_be_asked()),
            ]
        )

    def history(self, conversation: Conversation) -> Sequence[Message]:
        """The latest thousand messages, oldest first."""
        pk = _pk(conversation.site_id, conversation.id)
        page = self._table.query(MessageItem, pk, prefix=_MESSAGES, newest_first=True)
        return [message_of(item) for item in reversed(page.items)]

    def staff_said(self, conversation: Conversation, *, after: str) -> Sequence[Message]:
        """What staff said since the message with this id, oldest first, among the latest messages.
        A visitor who has read nothing of staff yet has no id: `after` is empty then."""
        pk = _pk(conversation.site_id, conversation.id)
        # "!" sorts before, "~" after every character of an id.
        since = (keys.message(f"{after}!"), keys.message("~"))
        page = self._table.query(MessageItem, pk, between=since, newest_first=True, limit=_PAGE)
        return [message_of(item) for item in reversed(page.items) if item.role == "staff"]

    def finish(self, turn: Turn, reply: Message, *, changed: Conversation) -> bool:
        """Store the answer and unlock; False when the conversation is gone, and nothing is kept."""
        actions: list[Any] = [
            ConversationItem.lock_until.remove(),
            ConversationItem.last_message_at.set(reply.at),
        ]
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

    def change(
        self, conversation: Conversation, values: Mapping[str, str | None]
    ) -> Conversation | None:
        """Set attributes of the head, or remove them; None when the conversation is gone."""
        head = _key_item(conversation)
        actions = [
            attribute.remove() if value is None else attribute.set(value)
            for name, value in values.items()
            for attribute in (getattr(ConversationItem, name),)
        ]
        try:
            self._table.write(Update(head, actions))
        except ConditionFailed:
            return None
        # DynamoDB answers an update with the whole item as it now is.
        return conversation_of(head)

    def add_reply(
        self,
        conversation: Conversation,
        reply: Message,
        *,
        member_id: str,
        follows: Sequence[Write] = (),
    ) -> bool:
        """Store what staff says, and `follows` with it; False when the conversation is gone or not
        theirs, or what follows cannot be."""
        said = [
            ConversationItem.last_message_at.set(reply.at),
            ConversationItem.taken_by.set(member_id),
        ]
        return self._all_or_nothing(
            [
                Update(_key_item(conversation), said, _is_with_staff()),
                Put(_message_item(conversation, reply)),
                *follows,
            ]
        )

    def shut(self, conversation: Conversation, *, wish_id: str) -> bool:
        """From now on every read says that it is gone, and nothing can be added; False when it was
        gone before. What is left of it to erase stands among the jobs, in the same transaction."""
        pk = _pk(conversation.site_id, conversation.id)
        wish = ErasureItem(
            pk,
            keys.erasure(conversation.id),
            gsi1pk=PENDING,
            gsi1sk=wish_id,
            expires_at=retention("deletion").expiry(self._clock()),
            account_id=conversation.account_id,
        )
        return self._all_or_nothing([shut(_key_item(conversation)), Put(wish, only_new=True)])

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
        actions = [
            ConversationItem.turns.set(conversation.turns),
            ConversationItem.last_message_at.set(conversation.last_message_at),
            _opened(),
        ]
        is_next = ConversationItem.turns == conversation.turns - 1
        if conversation.mode == "human":
            actions.append(ConversationItem.staff_turns.set(conversation.staff_turns))
            return Update(_key_item(conversation), actions, is_next & _is_with_staff())
        actions.append(self._lock())
        return Update(_key_item(conversation), actions, is_next & self._may_be_asked())

    def _retry_record(self, conversation: Conversation, key: str, body: str) -> IdempotencyItem:
        now = self._clock()
        return IdempotencyItem(
            keys.idempotency(conversation.site_id, key),
            _TURN,
            body=body,
            result=f"{conversation.id}/{conversation.turns}",
            state=_begun(conversation),
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

    def _may_be_asked(self) -> Any:
        """No other question is being answered, and staff has not taken over."""
        lock = ConversationItem.lock_until
        is_unlocked = lock.does_not_exist() | (lock <= epoch(self._clock()))
        mode = ConversationItem.mode
        return is_unlocked & (mode.does_not_exist() | (mode == "ai"))

    def _all_or_nothing(self, writes: Sequence[Write]) -> bool:
        try:
            self._table.transact(writes)
        except ConditionFailed:
            return False
        return True


def _pk(site_id: str, conversation_id: str) -> str:
    return keys.conversation(site_id, conversation_id)


def _begun(conversation: Conversation) -> TurnState:
    return "human" if conversation.mode == "human" else "asking"


def _opened() -> Any:
    """Whoever writes in a closed conversation opens it again."""
    return ConversationItem.state.set("open")


def _is_with_staff() -> Any:
    return ConversationItem.mode == "human"


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
        last_message_at=conversation.last_message_at,
        mode=conversation.mode,
        state=conversation.state,
    )


def conversation_of(item: ConversationItem) -> Conversation:
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
        # Conversations of the first release have none of what follows.
        last_message_at=item.last_message_at or item.visited_at,
        mode="human" if item.mode == "human" else "ai",
        taken_by=item.taken_by,
        staff_turns=int(item.staff_turns or 0),
        state="closed" if item.state == "closed" else "open",
        assigned_to=item.assigned_to,
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


def message_of(item: MessageItem) -> Message:
    return Message(
        id=item.sk.removeprefix(_MESSAGES),
        turn=int(item.turn),
        role=_role(item.role),
        text=item.text,
        at=item.at,
    )


def _role(role: str) -> Role:
    match role:
        case "visitor" | "staff":
            return role
        case _:
            return "assistant"


def _turn_state(state: str) -> TurnState:
    match state:
        case "answered" | "failed" | "human":
            return state
        case _:
            return "elsewhere"
