"""Decides what the customer's staff may do in a conversation: take it over, answer, give it back.

Nothing here brings a deleted or expired conversation back: each change assumes that it is there.
"""

from collections.abc import Sequence
from types import EllipsisType

from leadlayer.chat.model import Conversation, Message, State
from leadlayer.chat.ports import Conversations
from leadlayer.core.clock import Clock, iso
from leadlayer.core.errors import Problem, not_found
from leadlayer.core.ids import NewId
from leadlayer.core.table import Write

# Who said yes to staff has not said yes to the assistant: it has to ask for consent again.
_HANDED_BACK = {"mode": "ai", "taken_by": None, "consent_asked": None}


def take_over(
    conversation: Conversation, *, member_id: str, conversations: Conversations
) -> Conversation:
    """From the next message on the visitor talks with staff. A colleague may take over in turn."""
    return _changed(conversation, conversations, mode="human", taken_by=member_id, state="open")


def hand_back(conversation: Conversation, *, conversations: Conversations) -> Conversation:
    """From the next message on the assistant answers again."""
    return _changed(conversation, conversations, **_HANDED_BACK)


def change(
    conversation: Conversation,
    *,
    state: State | EllipsisType = ...,
    assigned_to: str | EllipsisType | None = ...,
    conversations: Conversations,
) -> Conversation:
    """Sets what is given. Closing gives the conversation back too: a visitor who writes after that
    must not wait for somebody who is done."""
    values: dict[str, str | None] = {}
    if not isinstance(state, EllipsisType):
        values["state"] = state
    if state == "closed":
        values |= _HANDED_BACK
    if not isinstance(assigned_to, EllipsisType):
        values["assigned_to"] = assigned_to
    return _changed(conversation, conversations, **values) if values else conversation


def say(
    conversation: Conversation,
    text: str,
    *,
    member_id: str,
    conversations: Conversations,
    clock: Clock,
    new_id: NewId,
    follows: Sequence[Write] = (),
) -> Message:
    """Stores what a member of staff answers, and `follows` in the same transaction. Raises
    Problem 409 unless staff has taken over."""
    reply = Message(
        id=new_id(), turn=conversation.turns, role="staff", text=text.strip(), at=iso(clock())
    )
    if conversations.add_reply(conversation, reply, member_id=member_id, follows=follows):
        return reply
    if conversations.find(conversation.site_id, conversation.id) is None:
        raise not_found()
    raise Problem(409, "not_taken_over", "Take the conversation over before answering in it.")


def _changed(
    conversation: Conversation, conversations: Conversations, **values: str | None
) -> Conversation:
    changed = conversations.change(conversation, values)
    if changed is None:
        raise not_found()
    return changed
