"""A conversation's desk with fakes around it, and a visitor who talks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadlayer.chat.answer import likely_tokens
from leadlayer.chat.model import (
    ChatEvent,
    ChatForm,
    Delta,
    Done,
    Failed,
    LeadCaptured,
    LeftToStaff,
    SiteBrief,
    Started,
    Turn,
)
from leadlayer.chat.ports import CapturedContact, Desk
from leadlayer.chat.service import answer_turn, open_turn
from leadlayer.core.crypto import Keyring
from tests.clocks import FixedClock
from tests.console_calls import SentJobs
from tests.fakes.conversations import InMemoryBudget, InMemoryConversations
from tests.fakes.model import ScriptedModel, Step

BRIEF = SiteBrief(
    site_id="s_demo",
    account_id="a_demo",
    name="Fietsenwinkel Demo",
    language="nl",
    knowledge="Wij zijn open van 9 tot 17 uur. Mail info@shop.example.",
    consent_text="De winkel mag mij bellen.",
    consent_version="3",
    model="claude-haiku-5-5",
    disclosure_version="2026-12-01",
    turns_per_conversation=40,
    turns_per_day=100,
    tokens_per_day=100_000,
    answer_tokens=700,
)
KEY = ("key-1", "body-1")


@dataclass
class Stage:
    model: ScriptedModel
    site: SiteBrief = BRIEF
    clock: FixedClock = field(default_factory=FixedClock)
    budget: Any = field(default_factory=InMemoryBudget)
    captured: list[CapturedContact] = field(default_factory=list)
    capture: Callable[[CapturedContact], str] | None = None
    while_waiting: Callable[[], object] = lambda: None
    store: Any = None
    desk: Desk = field(init=False)
    talk: str | None = None

    def __post_init__(self) -> None:
        if self.store is None:
            self.store = InMemoryConversations(self.clock)
        ids = (f"id{number:04}" for number in range(10_000))
        self.desk = Desk(
            conversations=self.store,
            budget=self.budget,
            model=self.model,
            capture=self.capture or self._capture,
            going=lambda _: None,
            jobs=SentJobs(),
            keyring=Keyring(bytes(range(32))),
            clock=self.clock,
            new_id=lambda: next(ids),
            sleep=self._sleep,
        )

    def open(self, message: str = "Hallo", *, retry: Any = None, **fields: Any) -> Turn:
        """A message of the visitor, in the conversation that is going on."""
        if self.talk and "conversation" not in fields:
            token = self.desk.keyring.conversation_token(self.site.site_id, self.talk)
            fields |= {"conversation": self.talk, "token": token}
        form = ChatForm.model_validate({"message": message, **fields})
        turn = open_turn(form, site=self.site, retry=retry, desk=self.desk)
        self.talk = turn.conversation.id
        return turn

    def answer(self, turn: Turn) -> Iterator[ChatEvent]:
        return answer_turn(turn, site=self.site, desk=self.desk)

    def ask(
        self, message: str = "Hallo", *, retry: Any = None, **fields: Any
    ) -> Sequence[ChatEvent]:
        return list(self.answer(self.open(message, retry=retry, **fields)))

    def head(self) -> Any:
        return self.store.find(self.site.site_id, self.talk)

    def _capture(self, contact: CapturedContact) -> str:
        self.captured.append(contact)
        return f"lead{len(self.captured)}"

    def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self.while_waiting()


def stage(*scripts: Sequence[Step], **parts: Any) -> Stage:
    return Stage(ScriptedModel(*scripts), **parts)


def likely(talk: Stage, *said: str) -> int:
    """What is set aside for a turn in which this was said."""
    return likely_tokens(talk.site, language=talk.site.language, texts=said or ("Hallo",))


def shown(events: Sequence[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def kinds(events: Sequence[ChatEvent]) -> list[str]:
    """The order of what happens; a run of deltas counts once."""
    names = {
        Started: "start",
        Delta: "delta",
        LeadCaptured: "lead",
        LeftToStaff: "human",
        Done: "done",
        Failed: "error",
    }
    order: list[str] = []
    for event in events:
        name = names[type(event)]
        if order[-1:] != [name] or name != "delta":
            order.append(name)
    return order
