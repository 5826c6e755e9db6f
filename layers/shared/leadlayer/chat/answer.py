"""One answer of the model: what it is sent, what is shown of it, and the lead it may bring."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from leadlayer.chat.model import (
    ChatEvent,
    ConsentAsked,
    Delta,
    Finished,
    LeadCaptured,
    Message,
    ModelFailed,
    ModelRequest,
    SiteBrief,
    TextDelta,
    ToolCall,
    Turn,
    Usage,
)
from leadlayer.chat.placeholders import Placeholders
from leadlayer.chat.ports import CapturedContact, Desk
from leadlayer.chat.prompts import REFUSAL, consent_question, consent_text, system_prompt
from leadlayer.core.clock import iso
from leadlayer.core.errors import Problem

# A tool call and its result are one round; a model that goes on calling is stopped.
_MOST_ROUNDS = 3
# Older turns stay with us: the model gets the latest part of a long conversation.
_MOST_MESSAGES = 30
# English has about 3.5 characters in a token, other languages and digits have fewer
# (platform.claude.com/docs, "Glossary: tokens").
_CHARACTERS_IN_TOKEN = 3
_FREE_FIELDS = {"name": 100, "city": 100, "message": 2000}
# To the model it does not matter who of the shop's side spoke.
_ROLES = {"visitor": "user", "assistant": "assistant", "staff": "assistant"}


class Answer:
    """Placeholders live as long as one answer: they are made anew, in order, from the history."""

    def __init__(self, turn: Turn, *, site: SiteBrief, desk: Desk) -> None:
        self._turn = turn
        self._site = site
        self._desk = desk
        self._placeholders = Placeholders()
        self._shown: list[str] = []
        self._typed: list[str] = []
        self.conversation = turn.conversation
        self.usage = Usage()

    def events(self, *, deadline: datetime) -> Iterator[ChatEvent]:
        """What the visitor sees. Raises ModelFailed when the model does not answer to the end."""
        request = self._request()
        for _ in range(_MOST_ROUNDS):
            said: list[str] = []
            calls: list[ToolCall] = []
            stop_reason = yield from self._round(request, deadline, said, calls)
            if stop_reason == "refusal" and not self._shown:
                yield self._show(REFUSAL[self.conversation.language])
            if not calls:
                break
            results: list[dict[str, Any]] = []
            for call in calls:
                result = yield from self._use_tool(call)
                results.append({"type": "tool_result", "tool_use_id": call.id, "content": result})
            request = _continued(request, "".join(said), calls, results)
        if not "".join(self._shown).strip():
            raise ModelFailed("model_said_nothing", retryable=True)

    def message(self) -> Message:
        return Message(
            id=self._desk.new_id(),
            turn=self._turn.number,
            role="assistant",
            text="".join(self._shown).strip(),
            at=iso(self._desk.clock()),
        )

    def _request(self) -> ModelRequest:
        history = self._desk.conversations.history(self._turn.conversation)
        # In the order of the conversation, and not beyond the question that is asked: a message
        # whose answer failed may be sent again after later ones were answered.
        asked = sorted(
            (message for message in history if message.turn <= self._turn.number),
            key=lambda message: (message.turn, message.role != "visitor"),
        )
        language = self.conversation.language
        return ModelRequest(
            model=self._site.model,
            max_tokens=self._site.answer_tokens,
            system=system_prompt(self._site, language=language),
            messages=_alternating([self._hidden(message) for message in asked]),
        )

    def _hidden(self, message: Message) -> dict[str, Any]:
        content = self._placeholders.hide(message.text)
        if message.role == "visitor":
            self._typed.append(content)
        return {"role": _ROLES[message.role], "content": content}

    def _round(
        self, request: ModelRequest, deadline: datetime, said: list[str], calls: list[ToolCall]
    ) -> Generator[ChatEvent, None, str]:
        """One call of the model; fills `said` and `calls` and returns the reason it stopped."""
        restored = self._placeholders.stream()
        stop_reason: str | None = None
        for event in self._heard(request, deadline):
            match event:
                case TextDelta(text):
                    said.append(text)
                    if shown := restored.feed(text):
                        yield self._show(shown)
                case ToolCall():
                    calls.append(event)
                case Finished(reason):
                    stop_reason = reason
        if shown := restored.end():
            yield self._show(shown)
        if stop_reason is None:
            raise ModelFailed("model_stream_broken", retryable=True)
        return stop_reason

    def _heard(
        self, request: ModelRequest, deadline: datetime
    ) -> Iterator[TextDelta | ToolCall | Finished]:
        for event in self._desk.model.stream(request, deadline=deadline):
            if isinstance(event, Usage):
                self.usage += event
            else:
                yield event

    def _show(self, text: str) -> Delta:
        self._shown.append(text)
        return Delta(text)

    def _use_tool(self, call: ToolCall) -> Generator[ChatEvent, None, str]:
        """Returns what the model is told. Whether a lead is stored is decided here, not there."""
        if call.name != "capture_lead":
            return "unknown_tool"
        if self.conversation.lead_id is not None:
            return "already_stored: do not store it again"
        contact = self._contact(call.input)
        if not contact.keys() & {"email", "phone"}:
            return "not_stored: ask the visitor for an e-mail address or a phone number first"
        if not self._was_asked_before():
            if not self._is_asked_now():
                yield self._ask_for_consent()
            return "consent_question_shown: wait for the visitor's answer"
        if call.input.get("consent_given") is not True:
            return "not_stored: the visitor has not agreed"
        return (yield from self._capture(contact))

    def _was_asked_before(self) -> bool:
        """The question must stand at the end of an earlier turn: this one then answers it."""
        asked = self.conversation.consent_asked
        return (
            asked is not None
            and asked.turn < self._turn.number
            and asked.version == self._site.consent_version
        )

    def _is_asked_now(self) -> bool:
        asked = self.conversation.consent_asked
        return asked is not None and asked.turn == self._turn.number

    def _ask_for_consent(self) -> Delta:
        asked = ConsentAsked(self._turn.number, self._site.consent_version)
        self.conversation = replace(self.conversation, consent_asked=asked)
        question = consent_question(self._site, language=self.conversation.language)
        return self._show(f"\n\n{question}\n\n" if self._shown else f"{question}\n\n")

    def _capture(self, contact: dict[str, str]) -> Generator[ChatEvent, None, str]:
        wanted = CapturedContact(
            contact=contact,
            conversation=self.conversation,
            consent_text=consent_text(self._site, language=self.conversation.language),
            turn=self._turn.number,
        )
        try:
            lead_id = self._desk.capture(wanted)
        except Problem as problem:
            return f"not_stored: {problem.code}"
        self.conversation = replace(self.conversation, lead_id=lead_id)
        yield LeadCaptured(lead_id)
        return "lead_stored: thank the visitor in one sentence"

    def _contact(self, tool_input: Mapping[str, Any]) -> dict[str, str]:
        """E-mail and phone only if the visitor typed them here; the rest as plain short text."""
        contact: dict[str, str] = {}
        for name in ("email", "phone"):
            if isinstance(given := tool_input.get(name), str):
                value = self._typed_value(given.strip())
                if value is not None:
                    contact[name] = value
        for name, length in _FREE_FIELDS.items():
            if isinstance(given := tool_input.get(name), str):
                text = " ".join(self._placeholders.show(given).split())[:length]
                if text:
                    contact[name] = text
        return contact

    def _typed_value(self, placeholder: str) -> str | None:
        """What only the assistant wrote has a placeholder too, but is not the visitor's."""
        is_typed = any(placeholder in text for text in self._typed)
        return self._placeholders.value_of(placeholder) if is_typed else None


def likely_tokens(site: SiteBrief, *, language: str, texts: Sequence[str]) -> int:
    """What one round of a turn reads and writes at most, more or less. A tool call makes a second
    round, which is not set aside: settling counts it, and few turns have one."""
    read = system_prompt(site, language=language), *texts[-_MOST_MESSAGES:]
    return sum(map(len, read)) // _CHARACTERS_IN_TOKEN + site.answer_tokens


def _alternating(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The latest messages, starting with the visitor; a failed turn leaves two in a row, joined."""
    joined: list[dict[str, Any]] = []
    for message in messages[-_MOST_MESSAGES:]:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1]["content"] += "\n\n" + message["content"]
        elif joined or message["role"] == "user":
            joined.append(dict(message))
    return joined


def _continued(
    request: ModelRequest, said: str, calls: list[ToolCall], results: list[dict[str, Any]]
) -> ModelRequest:
    content: list[dict[str, Any]] = [{"type": "text", "text": said}] if said.strip() else []
    content += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.input)}
        for call in calls
    ]
    return replace(
        request,
        messages=[
            *request.messages,
            {"role": "assistant", "content": content},
            {"role": "user", "content": results},
        ],
    )
