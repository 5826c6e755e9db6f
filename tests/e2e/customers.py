"""People of a customer over HTTP: they sign in with the link in their mail and call the console."""

import base64
import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from tests.e2e.visitors import Answer, Visitor

_LINK = re.compile(r"#/sign-in/([\w-]+)")
_LONGEST_S = 60


@dataclass
class Person:
    """Somebody who is signed in, or an API key: both send a bearer token."""

    stack: dict[str, Any]
    token: str

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        url = f"{self.stack['api']}{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        # A page of the API's own origin sends that one.
        return Visitor(self.stack, 40).request(
            method, url, body=body, headers=headers, origin=self.stack["api"]
        )

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json


def sign_in(stack: dict[str, Any], email: str, *, number: int = 41) -> Person:
    """Asks for a link, finds it in the outbox and follows it."""
    verifier = secrets.token_urlsafe(48)
    before = {mail["id"] for mail in mails_to(stack, email)}
    body = {"email": email, "language": "en", "challenge": challenge_of(verifier)}
    asked = post(stack, "/v1/sign-in", body, number=number)
    assert (asked.status, asked.json) == (202, {})
    token = wait_for_link(stack, email, known=before)
    opened = post(stack, "/v1/sessions", {"token": token, "verifier": verifier}, number=number)
    assert opened.status == 201, opened.body
    return Person(stack, opened.json["token"])


def challenge_of(verifier: str) -> str:
    """RFC 7636, method S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def post(stack: dict[str, Any], path: str, body: Any, *, number: int) -> Answer:
    return Visitor(stack, number).request("POST", f"{stack['api']}{path}", body=body)


def mails_to(stack: dict[str, Any], email: str) -> list[dict[str, Any]]:
    headers = {"Accept": "application/json"}
    mails = Visitor(stack, 40).request("GET", f"{stack['outbox']}/", headers=headers).json
    return [mail for mail in mails if email in str(mail["to"])]


def wait_for_link(stack: dict[str, Any], email: str, *, known: set[str]) -> str:
    """The token in the newest mail that was not there before."""
    for _ in until(_LONGEST_S):
        for mail in mails_to(stack, email):
            if mail["id"] not in known and (found := _LINK.search(mail["text"])):
                return found[1]
    raise AssertionError(f"no link was sent within {_LONGEST_S} s")


def until(seconds: float, *, every: float = 0.25) -> Any:
    """Rounds of a loop until the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield deadline - time.monotonic()
        time.sleep(every)
