"""People who ask about their data over HTTP, with a mailbox."""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from tests.e2e.customers import mails_to, until
from tests.e2e.visitors import Answer, Visitor

PATH = "/v1/privacy/requests"
_CODE = re.compile(r"\b\d{6}\b")


@dataclass
class Asker:
    """Somebody who has asked for one thing; `number` is that of their network."""

    stack: dict[str, Any]
    email: str
    made: dict[str, str]
    number: int

    @property
    def id(self) -> str:
        return self.made["request"]

    def call(self, method: str, step: str = "", body: Any = None) -> Answer:
        url = f"{self.stack['api']}{PATH}/{self.id}{step}"
        headers = {"Authorization": f"Bearer {self.made['token']}"}
        return Visitor(self.stack, self.number).request(method, url, body=body, headers=headers)

    def prove(self) -> None:
        """Who they are, with the code that they were mailed."""
        answer = self.call("POST", "/verify", {"code": self.code()})
        assert (answer.status, answer.json["state"]) == (200, "verified")

    def code(self) -> str:
        return self.mailed(_CODE)

    def mailed(self, wanted: re.Pattern[str]) -> str:
        """What is wanted of a mail's text, when one has come that has it."""
        for _ in until(60):
            for mail in mails_to(self.stack, self.email):
                if found := wanted.search(mail["text"]):
                    return found[0]
        raise AssertionError("no such mail came within 60 s")


def ask(stack: dict[str, Any], right: str, *, site: str, number: int) -> Asker:
    email = f"asks-{secrets.token_hex(6)}@visitor.example"
    body = {"right": right, "site": site, "email": email, "language": "en"}
    answer = Visitor(stack, number).request("POST", f"{stack['api']}{PATH}", body=body)
    assert answer.status == 202, answer.body
    return Asker(stack, email, answer.json, number)
