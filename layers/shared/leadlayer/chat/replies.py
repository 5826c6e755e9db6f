"""Decides what a visitor who waits for staff gets to read: what staff said since, nothing else."""

import re
from typing import Literal

from pydantic import BaseModel

from leadlayer.chat.model import Mode
from leadlayer.chat.store import ConversationStore
from leadlayer.core.errors import Problem, not_found

_MESSAGE_ID = re.compile(r"(?:[0-9A-Z]{26})?")


class StaffReply(BaseModel):
    """A message of the customer's staff; who of them wrote it stays with the customer."""

    id: str
    role: Literal["staff"] = "staff"
    text: str
    at: str


class Replies(BaseModel):
    mode: Mode
    messages: list[StaffReply]


def replies_after(
    after: str, *, site_id: str, conversation_id: str, conversations: ConversationStore
) -> Replies:
    """For whoever holds the conversation's token. `after` is the last message of staff that was
    read, or empty. Raises Problem for what is no id, and for a conversation that is gone."""
    if _MESSAGE_ID.fullmatch(after) is None:
        errors = [{"field": "after", "reason": "string_pattern_mismatch"}]
        raise Problem(422, "invalid_request", "`after` is not the id of a message.", errors=errors)
    conversation = conversations.find(site_id, conversation_id)
    if conversation is None:
        raise not_found()
    said = conversations.staff_said(conversation, after=after)
    return Replies(
        mode=conversation.mode,
        messages=[StaffReply(id=one.id, text=one.text, at=one.at) for one in said],
    )
