"""Whatever a colleague's browser sends again under one Idempotency-Key is made once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from leadlayer.core.idempotency import IdempotencyItem
from leadlayer.core.table import Table, Write
from tests.canaries import leaks
from tests.console_calls import ConsoleCalls
from tests.console_samples import SAMPLES, code_of
from tests.world import Context, World, body_of

KEY = "key-0000000000000001"
LEAD = "/v1/sites/<site>/leads/<lead>"
CONVERSATION = "/v1/sites/<site>/conversations/<conversation>"
# What each call makes a row of.
MAKES = {
    f"POST {CONVERSATION}/messages": "message",
    f"POST {LEAD}/notes": "lead_note",
    "POST /v1/sites": "site",
    "POST /v1/members": "member",
    "POST /v1/exports": "export",
    "POST /v1/deletions": "deletion",
    "POST /v1/api-keys": "api_key",
    "POST /v1/webhooks": "webhook",
}
BODIES = {call: SAMPLES[call].body for call in MAKES} | {
    # Nobody is asked where that is.
    "POST /v1/webhooks": {"url": "http://127.0.0.1/hook", "events": ["lead.created"]}
}
SHOWN_ONCE = {"POST /v1/api-keys", "POST /v1/webhooks"}
EACH = pytest.mark.parametrize("call", MAKES)


@dataclass
class Browser:
    """A colleague's, which sends each call with a key."""

    world: World
    ids: dict[str, str]

    def send(self, call: str, *, key: str | None = KEY, body: Any = None, **caller: Any) -> Any:
        method, path = call.split()
        for name, value in self.ids.items():
            path = path.replace(f"<{name}>", value)
        calls = ConsoleCalls(self.world)
        event = calls.event(method, path, body or BODIES[call], **caller)
        if key is not None:
            event["headers"]["idempotency-key"] = key
        return calls.handle(event, Context())

    def made(self, call: str) -> int:
        return len(self.world.rows(MAKES[call]))


@pytest.fixture
def browser(everything: tuple[World, dict[str, str]]) -> Browser:
    """Before a lead, a conversation that was taken over, and no export under way."""
    world, ids = everything
    calls = ConsoleCalls(world)
    assert calls.answer("DELETE", f"/v1/exports/{ids['export']}")["statusCode"] == 204
    talk = CONVERSATION.replace("<site>", ids["site"])
    talk = talk.replace("<conversation>", ids["conversation"])
    assert calls.answer("POST", f"{talk}/takeover")["statusCode"] == 200
    return Browser(world, ids)


def is_answered_as_before(call: str, again: Any, first: Any) -> bool:
    if call in SHOWN_ONCE:
        told = (again["statusCode"], code_of(again), body_of(again).get("id"))
        return told == (409, "already_created", body_of(first)["id"])
    return (again["statusCode"], again["body"]) == (first["statusCode"], first["body"])


@EACH
def test_what_is_sent_again_is_made_once_and_answered_as_before(browser: Browser, call: str):
    before = browser.made(call)
    first = browser.send(call)
    assert first["statusCode"] in (201, 202), first
    for _ in range(3):
        assert is_answered_as_before(call, browser.send(call), first)
    assert browser.made(call) == before + 1


@EACH
def test_twin_without_a_key_each_is_one_of_its_own(browser: Browser, call: str):
    before = browser.made(call)
    first, again = browser.send(call, key=None), browser.send(call, key=None)
    assert not is_answered_as_before(call, again, first)
    # An address is a member once, and one export is under way at a time.
    alone = call in ("POST /v1/members", "POST /v1/exports")
    assert browser.made(call) == before + (1 if alone else 2)
    assert browser.world.rows("idempotency") == []


class Breaking(Table):
    """Calls `event` at the one transaction that holds a record of a retry."""

    before: Callable[[], None] = staticmethod(lambda: None)
    after: Callable[[], None] = staticmethod(lambda: None)

    def transact(self, writes: Sequence[Write]) -> None:
        is_it = any(isinstance(write.item, IdempotencyItem) for write in writes)
        if is_it:
            self.before()
        super().transact(writes)
        if is_it:
            self.after()


def crash() -> None:
    raise RuntimeError


@EACH
def test_a_crash_after_it_was_stored_leaves_one_and_its_answer(browser: Browser, call: str):
    before = browser.made(call)
    table = Breaking(clock=browser.world.clock)
    table.after = crash
    broken = Browser(replace(browser.world, table=table), browser.ids)

    assert broken.send(call)["statusCode"] == 500
    assert browser.made(call) == before + 1
    answer = browser.send(call)
    assert answer["statusCode"] in ([409] if call in SHOWN_ONCE else [201, 202])
    assert browser.made(call) == before + 1


@EACH
def test_a_crash_before_it_was_stored_leaves_nothing_in_the_way(browser: Browser, call: str):
    before = browser.made(call)
    table = Breaking(clock=browser.world.clock)
    table.before = crash
    broken = Browser(replace(browser.world, table=table), browser.ids)

    assert broken.send(call)["statusCode"] == 500
    assert browser.made(call) == before
    assert browser.send(call)["statusCode"] in (201, 202)
    assert browser.made(call) == before + 1


@EACH
def test_two_that_both_looked_before_either_wrote_make_one(browser: Browser, call: str):
    before = browser.made(call)
    table = Breaking(clock=browser.world.clock)
    quicker: list[Any] = []
    table.before = lambda: quicker.append(quicker or browser.send(call))
    slower = Browser(replace(browser.world, table=table), browser.ids)

    answer = slower.send(call)
    assert quicker[0]["statusCode"] in (201, 202)
    assert is_answered_as_before(call, answer, quicker[0]), answer
    assert browser.made(call) == before + 1


NOTE = f"POST {LEAD}/notes"
MESSAGE = f"POST {CONVERSATION}/messages"


def test_a_key_that_went_elsewhere_or_with_another_body_or_person_is_refused(browser: Browser):
    browser.send(NOTE)
    for again in (
        browser.send(NOTE, body={"text": "Another one."}),
        browser.send(MESSAGE, body={"text": "Called back."}),
        browser.send(NOTE, role="admin"),
    ):
        assert (again["statusCode"], code_of(again)) == (409, "idempotency_key_reused")
    assert browser.made(NOTE) == 2


def test_a_key_without_the_right_form_is_refused_before_anything_is_written(browser: Browser):
    before = browser.made(NOTE)
    answer = browser.send(NOTE, key="short")
    assert (answer["statusCode"], code_of(answer)) == (422, "invalid_request")
    assert browser.made(NOTE) == before


@pytest.mark.parametrize(("seconds", "made"), [(86_399, 1), (86_400, 2)])
def test_a_key_is_remembered_for_24_hours(browser: Browser, seconds: int, made: int):
    before = browser.made(NOTE)
    browser.send(NOTE)
    browser.world.clock.advance(seconds=seconds)
    assert browser.send(NOTE)["statusCode"] == 201
    assert browser.made(NOTE) == before + made


def test_what_was_deleted_meanwhile_is_not_made_again(browser: Browser):
    note = body_of(browser.send(NOTE))["id"]
    calls = ConsoleCalls(browser.world)
    path = LEAD.replace("<site>", browser.ids["site"]).replace("<lead>", browser.ids["lead"])
    assert calls.answer("DELETE", f"{path}/notes/{note}")["statusCode"] == 204

    again = browser.send(NOTE)
    assert (again["statusCode"], code_of(again)) == (404, "not_found")


def test_what_is_refused_is_refused_again_and_not_remembered(browser: Browser):
    for _ in range(2):
        answer = browser.send(NOTE, body={"text": ""})
        assert answer["statusCode"] == 422
    assert browser.world.rows("idempotency") == []


def test_a_large_deletion_is_made_once_too(browser: Browser):
    call = "POST /v1/deletions"
    ids = [f"01M83XJ88000000000000{number:05d}" for number in range(1000)]
    body = {"site": "s_demo", "leads": ids, "confirmation": "DELETE"}
    first, again = browser.send(call, body=body), browser.send(call, body=body)
    assert (first["statusCode"], first["body"]) == (202, again["body"])


def test_what_is_remembered_holds_neither_key_nor_text(browser: Browser):
    browser.send(NOTE, body={"text": "Noor de Vries, noor@example.com"})
    (row,) = browser.world.rows("idempotency")
    kept = str(row)
    assert KEY not in kept
    assert "Noor" not in kept
    assert not leaks(kept)
    assert set(row) == {"pk", "sk", "type", "body", "result", "expires_at"}
