"""What the demo shop's visitors left in the last weeks, so that the console has something to show.

Written through the domain's own services and stores, as if it had happened then. No mail is sent.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dev.stack.seed_facts import ACCOUNT_ID, AGENT_ID
from leadlayer.chat.model import Conversation, Message, Turn
from leadlayer.chat.staff import change, say, take_over
from leadlayer.chat.store import ConversationStore
from leadlayer.core import keys
from leadlayer.core.clock import iso, to_hour
from leadlayer.core.crypto import Keyring
from leadlayer.core.ids import ulid
from leadlayer.core.policy import policy, retention
from leadlayer.core.table import Put, Table
from leadlayer.handover import site_rules
from leadlayer.leads.desk import LeadDesk
from leadlayer.leads.editing import add_note, change_lead
from leadlayer.leads.model import ConsentForm, Lead, LeadChange, LeadState, Wanted
from leadlayer.leads.service import capture_lead
from leadlayer.leads.store import LeadStore
from leadlayer.notices.store import NoticeStore
from leadlayer.sites.model import Site
from leadlayer.views.rows import ViewItem

NOTICES = ("export_ready", "account_reactivated")
# Path, and how many views it has on a quiet day and at most on a busy one.
PATHS = (("/", 18, 55), ("/bowl-no-3", 4, 22), ("/vase-no-8", 3, 17), ("/visit", 0, 6))
VIEW_DAYS = 30


@dataclass(frozen=True)
class LeadStory:
    """`days` ago somebody left these details; what became of it since."""

    days: float
    language: str
    contact: dict[str, str]
    page: str = "/"
    state: LeadState = "new"
    mine: bool = False
    note: str = ""
    conversation: int | None = None


@dataclass(frozen=True)
class ChatStory:
    """Questions and answers; the last question has no answer yet where staff has taken over."""

    days: float
    language: str
    said: tuple[str, ...]
    page: str = "/"
    staff: str = ""
    state: str = "open"


CHATS = (
    ChatStory(
        19.2,
        "nl",
        ("Hallo, kan kom no. 3 in de oven?", "Ja, alles mag in de oven en in de vaatwasser."),
        page="/bowl-no-3",
        state="closed",
    ),
    ChatStory(
        6.4,
        "en",
        (
            "How long does delivery to Belgium take?",
            "Parcels leave every Thursday and take four days to Belgium.",
            "Great. Could you call me about a set of eight?",
            "With pleasure. As soon as you agree, I will pass on your details.",
        ),
    ),
    ChatStory(
        2.1,
        "de",
        (
            "Guten Tag, haben Sie die Vase auch in Weiß?",
            "Die Vase Nr. 8 gibt es mit kupfergrüner Glasur; die Töpferin kann mehr dazu sagen.",
        ),
        page="/vase-no-8",
    ),
    ChatStory(
        0.08,
        "nl",
        (
            "Zijn jullie zaterdag open?",
            "Ja, van woensdag tot en met zaterdag van 10:00 tot 17:00 uur.",
            "Kan ik dan een beschadigde mok ruilen?",
        ),
        page="/visit",
        staff="Dat kan. Neem de mok mee, dan zoeken we samen een andere uit.",
    ),
)

LEADS = (
    LeadStory(27.3, "nl", {"name": "Anouk de Wit", "email": "anouk@example.com"}, state="won"),
    LeadStory(
        24.6,
        "de",
        {"name": "Jonas Keller", "email": "jonas.keller@example.org", "city": "Köln"},
        page="/vase-no-8",
        state="won",
        mine=True,
        note="Zwei Vasen verschickt, kommt im Frühling wieder.",
    ),
    LeadStory(
        22.0,
        "en",
        {"name": "Priya Shah", "phone": "+44 7700 900123", "message": "A wedding gift, 12 bowls?"},
        page="/bowl-no-3",
        state="lost",
        note="Needed it within two weeks, we take six.",
    ),
    LeadStory(19.1, "nl", {"name": "Bas Mulder", "email": "bas@example.net"}, state="closed"),
    LeadStory(16.5, "nl", {"email": "s.vandijk@example.com", "city": "Zwolle"}, state="open"),
    LeadStory(
        13.2,
        "de",
        {"name": "Frieda Braun", "email": "frieda@example.org", "message": "Gibt es Kurse?"},
        state="open",
        mine=True,
    ),
    LeadStory(10.8, "nl", {"name": "Noor Bakker", "phone": "06-12345678"}, page="/visit"),
    LeadStory(8.4, "en", {"name": "Tom Ashworth", "email": "tom@example.com", "city": "Leeds"}),
    LeadStory(
        6.39,
        "en",
        {"name": "Louise Martin", "email": "louise@example.org", "phone": "+32 470 12 34 56"},
        state="open",
        mine=True,
        note="Calls back on Friday; eight bowls, iron glaze.",
        conversation=1,
    ),
    LeadStory(4.1, "nl", {"name": "Ruben Visser", "email": "ruben@example.com"}, page="/bowl-no-3"),
    LeadStory(
        1.7,
        "nl",
        {"name": "Yasmin El Amrani", "email": "yasmin@example.net", "message": "Mokken op maat?"},
    ),
    LeadStory(0.3, "de", {"name": "Lukas Vogt", "phone": "+49 1512 3456789", "city": "Münster"}),
)


class Past:
    """The demo's last weeks, told from `now` backwards."""

    def __init__(self, table: Table, site: Site, keyring: Keyring, now: datetime) -> None:
        self._table = table
        self._site = site
        self._keyring = keyring
        self._now = now
        # The same story each time.
        self._random = random.Random(8)

    def tell(self) -> None:
        started = [self._chat(story) for story in CHATS]
        for story in LEADS:
            chat = None if story.conversation is None else started[story.conversation]
            self._lead(story, chat)
        for days, kind in zip((9, 1), NOTICES, strict=True):
            NoticeStore(self._table, clock=self._clock(days)).add(ACCOUNT_ID, kind)
        for item in self._views():
            self._table.write(Put(item))

    def _clock(self, days: float, minutes: int = 0) -> Callable[[], datetime]:
        moment = self._now - timedelta(days=days) + timedelta(minutes=minutes)
        return lambda: moment

    def _lead(self, story: LeadStory, chat: Conversation | None) -> None:
        clock = self._clock(story.days)
        rules = site_rules(self._site, language=story.language)
        leads = LeadStore(self._table, clock=clock, follows=lambda _: ())
        wanted = Wanted(
            contact=story.contact,
            consent=ConsentForm(given=True, version=rules.consent_version),
            language=story.language,
            method="form" if chat is None else "conversation",
            page=story.page,
            conversation_id=chat and chat.id,
        )
        lead_id = capture_lead(
            wanted,
            site=rules,
            leads=leads,
            keyring=self._keyring,
            clock=clock,
            new_id=lambda: ulid(clock()),
        )
        if chat is not None:
            self._chats().change(chat, {"lead_id": lead_id})
        if lead := leads.find(self._site.id, lead_id):
            self._follow_up(story, lead)

    def _follow_up(self, story: LeadStory, lead: Lead) -> None:
        desk, clock = LeadDesk(self._table), self._clock(story.days, minutes=90)
        changes = {"assigned_to": AGENT_ID} if story.mine else {}
        change_lead(
            lead,
            LeadChange.model_validate({"state": story.state, **changes}),
            country=self._site.country,
            is_colleague=lambda member: member == AGENT_ID,
            desk=desk,
            keyring=self._keyring,
        )
        if story.note:
            new_id = lambda: ulid(clock())  # noqa: E731  # as the service asks for it
            add_note(lead, story.note, author=AGENT_ID, desk=desk, clock=clock, new_id=new_id)

    def _chats(self) -> ConversationStore:
        return ConversationStore(self._table, clock=lambda: self._now)

    def _chat(self, story: ChatStory) -> Conversation:
        begun = self._clock(story.days)()
        conversation = Conversation(
            id=ulid(begun),
            site_id=self._site.id,
            account_id=ACCOUNT_ID,
            language=story.language,
            visited_at=to_hour(begun),
            disclosure_version=policy().disclosure_version,
            expires_at=retention("conversation").expiry(begun),
            page=story.page,
        )
        turns = list(zip(story.said[::2], [*story.said[1::2], ""], strict=False))
        for number, (question, answer) in enumerate(turns, start=1):
            conversation = self._turn(replace(conversation, turns=number), story, question, answer)
        if story.state == "closed":
            return change(conversation, state="closed", conversations=self._chats())
        return conversation

    def _turn(
        self, conversation: Conversation, story: ChatStory, question: str, answer: str
    ) -> Conversation:
        chats, number = self._chats(), conversation.turns
        asked = self._message(story, number, "visitor", question)
        if not answer:
            return self._take_over(conversation, story, asked)
        told = self._message(story, number, "assistant", answer)
        conversation = replace(conversation, last_message_at=asked.at)
        chats.begin(conversation, asked, retry=None)
        chats.finish(Turn(conversation, number, None), told, changed=conversation)
        return conversation

    def _take_over(
        self, conversation: Conversation, story: ChatStory, asked: Message
    ) -> Conversation:
        """Staff comes in before the visitor's last question, and answers it."""
        chats, number = self._chats(), conversation.turns
        taken = take_over(conversation, member_id=AGENT_ID, conversations=chats)
        taken = replace(taken, turns=number, last_message_at=asked.at, staff_turns=1)
        chats.begin(taken, asked, retry=None)
        clock = self._clock(story.days, minutes=2 * number + 1)
        say(
            taken,
            story.staff,
            member_id=AGENT_ID,
            conversations=chats,
            clock=clock,
            new_id=lambda: ulid(clock()),
        )
        return taken

    def _message(self, story: ChatStory, turn: int, role: str, text: str) -> Message:
        said_at = self._clock(story.days, minutes=2 * turn - (role == "visitor"))()
        author = "visitor" if role == "visitor" else "assistant"
        return Message(id=ulid(said_at), turn=turn, role=author, text=text, at=iso(said_at))

    def _views(self) -> Iterator[ViewItem]:
        """Of whole days, up to yesterday: today's are the visitors'."""
        for days in range(1, VIEW_DAYS + 1):
            day = (self._now - timedelta(days=days)).astimezone(UTC)
            start = day.replace(hour=0, minute=0, second=0, microsecond=0)
            for path, views in self._traffic(day.weekday()):
                yield ViewItem(
                    keys.views(self._site.id, f"{day:%Y-%m}"),
                    keys.view(f"{day:%d}", path),
                    views=views,
                    expires_at=retention("view_counter").expiry(start),
                )

    def _traffic(self, weekday: int) -> Sequence[tuple[str, int]]:
        """The shop is open from Wednesday to Saturday."""
        busy = 1.0 if weekday in {2, 3, 4, 5} else 0.6
        found = [(path, int(busy * self._random.randint(low, high))) for path, low, high in PATHS]
        return [(path, views) for path, views in found if views]
