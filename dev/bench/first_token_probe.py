"""Child of first_token.py: times the SDK alone and the chat's own generator, in turn.

A process of its own, so that the model's stand-in does not share its interpreter. Prints JSON.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import anthropic
import httpx2

from leadlayer.chat.anthropic_client import AnthropicModel, direct
from leadlayer.chat.model import Conversation, Message, Reservation, SiteBrief, Turn, Usage
from leadlayer.chat.ports import CapturedContact, Desk
from leadlayer.chat.prompts import CAPTURE_LEAD, system_prompt
from leadlayer.chat.rendering import as_server_sent_events
from leadlayer.chat.service import answer_turn
from leadlayer.core import egress
from leadlayer.core.clock import iso, utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.ids import ulid
from leadlayer.core.jobs import JobQueue
from leadlayer.core.policy import policy

_QUESTION = "Wanneer zijn jullie open? Mail mij op jan@example.com of bel 06-12345678."
_SITE = SiteBrief(
    site_id="s_bench",
    account_id="a_bench",
    name="Bench",
    language="nl",
    knowledge="Open van dinsdag tot en met zaterdag. " * 50,
    consent_text="Akkoord",
    consent_version="1",
    model="claude-haiku-5-5",
    disclosure_version="1",
    turns_per_conversation=40,
    turns_per_day=1_000_000,
    tokens_per_day=1_000_000_000,
    answer_tokens=700,
)
_CONVERSATION = Conversation(
    id="01BENCH",
    site_id="s_bench",
    account_id="a_bench",
    language="nl",
    visited_at="2026-01-01T00:00:00Z",
    disclosure_version="1",
    expires_at=4_000_000_000,
)


class Cost(NamedTuple):
    """Of getting to the first token: what a visitor waits, and what this process works for it."""

    seconds: float
    cpu: float


def now() -> Cost:
    return Cost(time.perf_counter(), time.process_time())


def since(start: Cost) -> Cost:
    end = now()
    return Cost(end.seconds - start.seconds, end.cpu - start.cpu)


class Memory:
    """As much of the conversation's store as a turn needs, without a database: round trips are
    counted elsewhere."""

    def history(self, conversation: Conversation) -> list[Message]:
        return [Message("01M", conversation.turns, "visitor", _QUESTION, iso(utc_now()))]

    def finish(self, turn: Turn, reply: Message, *, changed: Conversation) -> bool:
        return bool(turn and reply and changed)

    def fail(self, turn: Turn) -> None:
        raise RuntimeError(f"turn {turn.number} failed")


class Budget:
    def reserve(self, site: SiteBrief, *, tokens: int) -> Reservation | None:
        return Reservation(utc_now(), tokens) if site else None

    def settle(self, site: SiteBrief, reserved: Reservation, *, used: Usage) -> None:
        """Nothing is counted here."""


def chat_cost(desk: Desk) -> Cost:
    """From asking for the first event to the first text as it goes to the browser."""
    turn = Turn(_CONVERSATION, _CONVERSATION.turns, None)
    start = now()
    pieces = as_server_sent_events(answer_turn(turn, site=_SITE, desk=desk))
    cost = _until(pieces, b"event: delta", start)
    if (last := list(pieces)[-1]) != b"event: done\ndata: {}\n\n":
        raise RuntimeError(f"the chat ended with {last!r}")
    return cost


def _until(pieces: Iterator[bytes], prefix: bytes, start: Cost) -> Cost:
    for piece in pieces:
        if piece.startswith(prefix):
            return since(start)
    raise RuntimeError("no text came")


def sdk_cost(client: anthropic.Anthropic, system: str) -> Cost:
    """The same request as a plain script would send it."""
    start = now()
    # Loosely typed, because the SDK's overloads want its own dictionaries for plain ones.
    create: Any = client.messages.create
    stream = create(
        model=_SITE.model,
        max_tokens=_SITE.answer_tokens,
        system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "user", "content": _QUESTION}],
        tools=[CAPTURE_LEAD],
        thinking={"type": "disabled"},
        stream=True,
    )
    cost: Cost | None = None
    for event in stream:
        if cost is None and event.type == "content_block_delta":
            cost = since(start)
    if cost is None:
        raise RuntimeError("no text came")
    return cost


def _desk(base_url: str) -> Desk:
    def check_url(request: httpx2.Request) -> None:
        allowed = policy().sub_processors_for("anthropic")
        egress.check(str(request.url), sub_processors=allowed, now=utc_now(), local=True)

    create = direct(api_key="bench", base_url=base_url, on_request=check_url)
    # Less than their protocols ask for: a turn that is measured needs no more.
    memory: Any = Memory()
    budget: Any = Budget()
    return Desk(
        conversations=memory,
        budget=budget,
        model=AnthropicModel(lambda: create, clock=utc_now),
        capture=_no_capture,
        going=lambda _: None,
        jobs=JobQueue("", _no_queue),
        keyring=Keyring(b"\x5a" * 32),
        clock=utc_now,
        new_id=lambda: ulid(utc_now()),
        sleep=time.sleep,
    )


def _no_queue() -> NoReturn:
    raise RuntimeError("a conversation was deleted")


def _no_capture(wanted: CapturedContact) -> str:
    raise RuntimeError(f"turn {wanted.turn} captured a lead")


def main(base_url: str, pairs: int) -> None:
    desk = _desk(base_url)
    client = anthropic.Anthropic(api_key="bench", base_url=base_url, max_retries=0)
    system = system_prompt(_SITE, language="nl")
    for _ in range(5):  # connections, caches
        sdk_cost(client, system)
        chat_cost(desk)
    samples: list[tuple[Cost, Cost]] = []
    for number in range(pairs):
        if number % 2:
            alone = sdk_cost(client, system)
            chat = chat_cost(desk)
        else:
            chat = chat_cost(desk)
            alone = sdk_cost(client, system)
        samples.append((alone, chat))
    print(json.dumps(samples))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
