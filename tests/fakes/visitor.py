"""A visitor's browser before the chat function: real handler, real table, scripted model."""

import json
from dataclasses import dataclass, field
from typing import Any

from functions.chat import handler
from leadlayer.core.streaming import StreamedResponse
from tests.console_calls import RecordedLedger, SentJobs
from tests.fakes.model import ScriptedModel, Step
from tests.world import Context, World, load_event


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        blocks = [block.split("\n") for block in self.text.strip().split("\n\n")]
        return [(kind.removeprefix("event: "), json.loads(data[6:])) for kind, data in blocks]

    @property
    def code(self) -> str:
        return self.json["code"]

    @property
    def said(self) -> str:
        return "".join(data["text"] for kind, data in self.events if kind == "delta")


@dataclass
class Visitor:
    world: World
    model: Any
    can_stream: bool = True
    talk: dict[str, str] = field(default_factory=dict)
    keys: int = 0
    name: str = "message"
    ledger: RecordedLedger = field(default_factory=RecordedLedger)
    jobs: SentJobs = field(default_factory=SentJobs)

    def __post_init__(self) -> None:
        self.chat = handler.build(
            handler.Deps(
                settings=self.world.settings,
                table=self.world.table,
                clock=self.world.clock,
                model=self.model,
                keyring=lambda: self.world.keyring,
                ledger=self.ledger,
                jobs=self.jobs,
                can_stream=lambda: self.can_stream,
                sleep=lambda seconds: self.world.clock.advance(seconds=seconds),
            )
        )

    def send(self, name: str, **changes: Any) -> Answer:
        """Any event file, changed or not."""
        result = self.chat(load_event(name, **changes), Context())
        if isinstance(result, StreamedResponse):
            body = b"".join(result.body).decode()
            return Answer(result.status, dict(result.headers), body)
        return Answer(result["statusCode"], result["headers"], result["body"])

    def ask(
        self, message: str = "Hallo", *, name: str = "chat.stream", key: str = "", **fields: Any
    ) -> Answer:
        """A message in the conversation that is going on, with a key of its own."""
        self.keys += 1
        headers = {"Idempotency-Key": key or f"key-of-{self.name}-{self.keys:04}"}
        answer = self.send(name, body={"message": message, **self.talk, **fields}, headers=headers)
        self.world.clock.advance(seconds=1)
        self._remember(answer)
        return answer

    def delete(self, **changes: Any) -> Answer:
        conversation = self.talk["conversation"]
        headers = {"Authorization": f"Bearer {self.talk['token']}"}
        path = f"/v1/sites/s_demo/conversations/{conversation}"
        parameters = {"site": "s_demo", "id": conversation}
        event: dict[str, Any] = {"path": path, "pathParameters": parameters, "headers": headers}
        return self.send("chat.delete", **(event | changes))

    def _remember(self, answer: Answer) -> None:
        if answer.status != 200:
            return
        given = answer.events[0][1] if answer.text.startswith("event:") else answer.json
        self.talk = {name: given[name] for name in ("conversation", "token")}


def visitor(world: World, *scripts: list[Step], **options: Any) -> Visitor:
    return Visitor(world, ScriptedModel(*scripts), **options)
