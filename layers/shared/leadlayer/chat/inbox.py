"""Conversations as staff reads them: the newest of a site, and what was said since a message."""

from leadlayer.chat.model import Conversation, Message
from leadlayer.chat.store import ConversationItem, MessageItem, conversation_of, message_of
from leadlayer.core import keys
from leadlayer.core.table import Table

# Above every id: what is asked for since a message is all that came after it.
_END = keys.message("~")


class Inbox:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, site_id: str, conversation_id: str) -> Conversation | None:
        pk = keys.conversation(site_id, conversation_id)
        item = self._table.find(ConversationItem, pk, "META")
        return None if item is None else conversation_of(item)

    def newest(self, site_id: str, ids: tuple[str, str], *, limit: int) -> list[Conversation]:
        """The newest conversations of a site with an id between two others, at most `limit`. Of the
        index: one that began or went this second may lack or still be there."""
        page = self._table.query_index(
            ConversationItem,
            keys.conversations(site_id),
            between=ids,
            newest_first=True,
            limit=limit,
        )
        return [conversation_of(item) for item in page.items]

    def message(self, conversation: Conversation, message_id: str) -> Message | None:
        pk = keys.conversation(conversation.site_id, conversation.id)
        item = self._table.find(MessageItem, pk, keys.message(message_id))
        return None if item is None else message_of(item)

    def messages(self, conversation: Conversation, *, after: str = "") -> list[Message]:
        """What was said after the message with this id, oldest first; the latest thousand."""
        pk = keys.conversation(conversation.site_id, conversation.id)
        # "!" sorts before every character of an id.
        since = (keys.message(f"{after}!"), _END)
        page = self._table.query(MessageItem, pk, between=since, newest_first=True)
        return [message_of(item) for item in reversed(page.items)]
