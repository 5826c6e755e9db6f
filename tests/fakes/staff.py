"""A member of the customer's staff in a visitor's conversation, on the real table."""

from dataclasses import dataclass

from leadlayer.chat import staff
from leadlayer.chat.model import Conversation, Message
from leadlayer.chat.store import ConversationStore
from leadlayer.core.ids import ulid
from tests.fakes.visitor import Visitor


@dataclass
class Staff:
    """Looks at the conversation anew before each thing they do, as a console does."""

    guest: Visitor
    member_id: str = "m_owner"

    @property
    def store(self) -> ConversationStore:
        return ConversationStore(self.guest.world.table, clock=self.guest.world.clock)

    def head(self) -> Conversation:
        found = self.store.find("s_demo", self.guest.talk["conversation"])
        assert found is not None
        return found

    def take_over(self) -> None:
        staff.take_over(self.head(), member_id=self.member_id, conversations=self.store)

    def hand_back(self) -> None:
        staff.hand_back(self.head(), conversations=self.store)

    def say(self, text: str) -> Message:
        clock = self.guest.world.clock
        clock.advance(seconds=1)
        return staff.say(
            self.head(),
            text,
            member_id=self.member_id,
            conversations=self.store,
            clock=clock,
            new_id=lambda: ulid(clock()),
        )
