"""What a caller gets of a conversation's events: server-sent events, or one JSON answer."""

from collections.abc import Iterable, Iterator

from leadlayer.chat.model import (
    CONVERSATION_GONE,
    ChatEvent,
    ChatReply,
    Delta,
    Done,
    Failed,
    LeadCaptured,
    LeftToStaff,
    Started,
)
from leadlayer.core.errors import Problem
from leadlayer.core.streaming import sse


def as_server_sent_events(events: Iterable[ChatEvent]) -> Iterator[bytes]:
    return (_event(event) for event in events)


def as_json(events: Iterable[ChatEvent]) -> ChatReply:
    """The whole answer. Raises Problem when it broke off: 404 when the conversation was deleted
    meanwhile, else 503, with a Retry-After where another try makes sense."""
    conversation = token = ""
    reply: list[str] = []
    captured = human = False
    for event in events:
        match event:
            case Started():
                conversation, token = event.conversation, event.token
            case Delta(text):
                reply.append(text)
            case LeadCaptured():
                captured = True
            case LeftToStaff():
                human = True
            case Failed(code, retryable):
                raise _problem(code, retryable=retryable)
            case Done():
                pass
    return ChatReply(
        conversation=conversation,
        token=token,
        reply="".join(reply).strip(),
        lead_captured=captured,
        human=human,
    )


def _event(event: ChatEvent) -> bytes:
    match event:
        case Started(conversation, token):
            return sse("start", {"conversation": conversation, "token": token})
        case Delta(text):
            return sse("delta", {"text": text})
        case LeadCaptured():
            return sse("lead", {"captured": True})
        case LeftToStaff():
            return sse("human", {})
        case Failed(code, retryable):
            return sse("error", {"code": code, "retryable": retryable})
        case Done():
            return sse("done", {})


def _problem(code: str, *, retryable: bool) -> Problem:
    if retryable:
        return Problem(503, code, "The assistant cannot answer now.", retry_after_s=2)
    if code == CONVERSATION_GONE:
        return Problem(404, code, "The conversation was deleted.")
    return Problem(503, code, "The assistant could not answer this.")
