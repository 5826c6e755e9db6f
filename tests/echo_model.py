"""A model that says one sentence and remembers what it was sent."""

from collections.abc import Iterator
from datetime import datetime

from leadlayer.chat.model import Finished, ModelEvent, ModelRequest, TextDelta, Usage


class EchoModel:
    def __init__(self) -> None:
        self.requests: list[ModelRequest] = []

    def stream(self, request: ModelRequest, *, deadline: datetime) -> Iterator[ModelEvent]:
        self.requests.append(request)
        yield Usage(10, 5)
        yield TextDelta("Goed, dank je.")
        yield Finished("end_turn")
