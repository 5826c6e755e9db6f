"""A model that says what a test wrote down, and remembers what it was asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from leadlayer.chat.model import (
    Finished,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCall,
    Usage,
)

# A step of a script: an event, a failure, or something that happens meanwhile.
type Step = ModelEvent | Exception | Callable[[], object]
USED = Usage(input_tokens=30, output_tokens=12)


def said(*pieces: str, stop_reason: str = "end_turn") -> list[Step]:
    return [USED, *(TextDelta(piece) for piece in pieces), Finished(stop_reason)]


def capture(*before: str, call: str = "toolu_1", **details: Any) -> list[Step]:
    """The model calls capture_lead, perhaps after some text."""
    return [
        USED,
        *(TextDelta(piece) for piece in before),
        ToolCall(call, "capture_lead", details),
        Finished("tool_use"),
    ]


class ScriptedModel:
    """Plays one script for each call. Asked more often than scripted, it fails the test."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = [list(script) for script in scripts]
        self.requests: list[ModelRequest] = []
        self.deadlines: list[datetime] = []

    def stream(self, request: ModelRequest, *, deadline: datetime) -> Iterator[ModelEvent]:
        self.requests.append(deepcopy(request))
        self.deadlines.append(deadline)
        assert self.scripts, "the model was asked once too often"
        for step in self.scripts.pop(0):
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step()
            else:
                yield step

    @property
    def calls(self) -> int:
        return len(self.requests)


def tool_results(request: ModelRequest) -> list[str]:
    """What the model was told about its last tool calls."""
    content: Sequence[Mapping[str, Any]] = request.messages[-1]["content"]
    return [block["content"] for block in content if block["type"] == "tool_result"]
