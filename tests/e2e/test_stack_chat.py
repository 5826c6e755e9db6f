"""A visitor talks with the shop's assistant: streamed, guarded, and able to leave a lead."""

import json
import secrets
from typing import Any

import pytest

from tests.e2e import ledger
from tests.e2e.customers import until
from tests.e2e.running_stack import RunningStack
from tests.e2e.visitors import Visitor


def names(events: list[tuple[str, Any]]) -> list[str]:
    return [name for name, _ in events]


def test_the_first_words_arrive_before_the_model_has_said_the_next_ones(
    stack: dict[str, Any],
) -> None:
    visitor = Visitor(stack, 21)
    visitor.say("warm up")
    answer = visitor.say("slow: what are your opening hours?")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert len(answer.pieces) > 2
    first = answer.first_piece_with(b"event: delta")
    assert answer.first_piece_with(b"event: done") - first > 1.5


def test_a_client_that_asks_for_json_gets_one_whole_answer(stack: dict[str, Any]) -> None:
    answer = Visitor(stack, 22).say("How much is a bowl?", accept="application/json")
    assert answer.status == 200
    assert "34 euros" in answer.json["reply"]
    assert answer.json["lead_captured"] is False


def test_opening_the_panel_warms_the_function(stack: dict[str, Any]) -> None:
    assert Visitor(stack, 23).request("GET", stack["chat"]).status == 204


def test_an_overloaded_model_is_asked_again(stack: dict[str, Any]) -> None:
    answer = Visitor(stack, 24).say("fault:overloaded open?")
    assert names(answer.events)[-1] == "done"
    assert answer.said


@pytest.mark.parametrize("fault", ["fault:midstream", "fault:truncated"])
def test_a_broken_answer_is_reported_and_the_conversation_goes_on(
    stack: dict[str, Any], fault: str
) -> None:
    visitor = Visitor(stack, 25 + len(fault))
    broken = visitor.say(f"{fault} what are your opening hours?")
    name, data = broken.events[-1]
    assert (name, data["retryable"]) == ("error", True)
    after = visitor.say("What are your opening hours?")
    assert names(after.events)[-1] == "done"


def test_a_lead_is_left_in_conversation_after_a_yes(
    stack: dict[str, Any], stack_itself: RunningStack
) -> None:
    visitor = Visitor(stack, 27)
    canary = f"praat.{secrets.token_hex(4)}"
    asked = visitor.say(f"Mijn e-mail is {canary}@example.com, kunt u mij bellen?")
    assert "lead" not in names(asked.events)
    agreed = visitor.say("ja")
    assert ("lead", {"captured": True}) in agreed.events
    (row,) = [row for row in ledger.leads(stack) if canary in json.dumps(row, default=str)]
    lead = row["sk"].removeprefix("LEAD#")
    (mail,) = ledger.wait_for_mails(stack, about=lead)
    assert canary not in json.dumps(mail)
    assert canary not in ledger.sent_to_model(stack_itself.internals["model"])


def test_a_visitor_deletes_their_conversation(stack: dict[str, Any]) -> None:
    visitor = Visitor(stack, 28)
    visitor.say("hallo")
    conversation, token = visitor.conversation["conversation"], visitor.conversation["token"]
    assert ledger.rows(stack, f"CONV#{stack['site']}#{conversation}")
    url = f"{stack['chat'].removesuffix('/chat')}/conversations/{conversation}"
    answer = visitor.request("DELETE", url, headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 204
    again = visitor.request("DELETE", url, headers={"Authorization": f"Bearer {token}"})
    assert again.status == 404
    place = f"CONV#{stack['site']}#{conversation}"
    assert any(ledger.rows(stack, place) == [] for _ in until(30))
