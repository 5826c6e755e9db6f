"""P24: what reaches the model's socket holds no personal data that a placeholder can stand for.

A whole conversation through the handler and the SDK, to a recorder on a loopback port.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from moto import mock_aws

from functions.web import handler as web
from leadlayer.chat import answer as answering
from leadlayer.chat.anthropic_client import AnthropicModel, direct
from leadlayer.core.policy import policy
from leadlayer.core.settings import Settings
from tests.fakes.anthropic_server import (
    answer,
    anthropic_server,
    closing,
    opening,
    stream,
    tool_block,
)
from tests.fakes.visitor import Visitor
from tests.world import SITE, TABLE, Context, World, body_of, load_event, make_world

# One of each class, made up, with valid check digits; and other ways to write some.
CLASSES = {
    "e-mail": ["jan.jansen@example.com", "j.jansen+web@post.example.org"],
    "phone": ["06-12345678", "+31 6 87654321", "0151 23456789", "+41 79 123 45 67"],
    "IBAN": ["NL91 ABNA 0417 1643 00", "DE89370400440532013000"],
    "BSN": ["111222333", "123.456.782"],
    "card": ["4111 1111 1111 1111", "5555-5555-5555-4444"],
    "secret": ["sk_live_4eC39HqLyjWDarjtT1zdp7dc", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
}
CANARIES = [value for values in CLASSES.values() for value in values]
# What comes with the request and is none of the model's business.
REQUEST_CANARIES = [
    "203.0.113", "Firefox", "Mozilla", "shop.example", "/fietsen", "Root=1-", "key-of-guest",
]  # fmt: skip
OTHER_VISITOR = "Ik woon in Zoutkamp"
AGREED = '{"email": "[EMAIL_1]", "name": "Jan", "consent_given": true}'
ASKED = '{"email": "[EMAIL_1]", "consent_given": false}'


@contextmanager
def recorded(world, name):
    """A visitor whose handler asks a model on a socket, and what that socket got."""
    tool = [stream(opening() + tool_block(call) + closing("tool_use")) for call in (ASKED, AGREED)]
    replies = [
        answer("Welkom."), tool[0], answer("Goed?"), tool[1], answer("Dank, [EMAIL_1]."),
        answer("Tot ziens, [EMAIL_1]."),
    ]  # fmt: skip
    with anthropic_server(replies) as server:
        create = direct(api_key="sk-test", base_url=server.url, on_request=lambda _: None)
        model = AnthropicModel(lambda: create, clock=world.clock)
        yield Visitor(world, model, name=name), server


def talk(guest: Visitor) -> str:
    """Another visitor first; then one who types everything, leaves a lead and goes on."""
    guest.ask(OTHER_VISITOR, page="/fietsen/ander")
    guest.talk = {}
    guest.ask("Dit ben ik: " + ", ".join(CANARIES), page=f"/fietsen?mail={CANARIES[0]}")
    guest.ask("Ja, akkoord")
    return guest.ask("Dank je, Jan hier").said


def leaked(server, values: list[str]) -> list[str]:
    """Which values stand in any request, as written or without what is between their digits."""
    sent = "\n".join(request.text for request in server.requests)
    bare = "".join(character for character in sent if character.isalnum())
    return [
        value
        for value in values
        if value in sent or "".join(character for character in value if character.isalnum()) in bare
    ]


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with mock_aws():
        yield from make_world()


@pytest.fixture(scope="module")
def recording(shared):
    with recorded(shared, "guest") as (guest, server):
        last = talk(guest)
        yield SimpleNamespace(world=shared, server=server, last=last)


def test_no_class_of_personal_data_reaches_the_socket(recording):
    assert len(recording.server.requests) == 6
    assert leaked(recording.server, CANARIES) == []


def test_the_visitor_gets_the_answer_with_the_real_values(recording):
    assert recording.last == f"Tot ziens, {CANARIES[0]}."


def test_nothing_of_the_request_reaches_the_socket(recording):
    assert leaked(recording.server, REQUEST_CANARIES) == []


def test_no_lead_record_and_no_key_of_ours_reaches_the_socket(recording):
    [lead] = recording.world.rows("lead")
    conversations = [row["gsi1sk"]["S"] for row in recording.world.rows("conversation")]
    ours = [lead["sk"]["S"].removeprefix("LEAD#"), "s_demo", "a_demo", "owner@shop.example"]

    assert leaked(recording.server, ours + conversations) == []


def test_no_other_conversation_reaches_the_socket(recording):
    first, *others = recording.server.requests

    assert OTHER_VISITOR in first.text
    assert all(OTHER_VISITOR not in request.text for request in others)


def test_the_provider_is_given_no_name_for_the_visitor(recording):
    for request in recording.server.requests:
        assert "metadata" not in request.json
        assert set(request.json) == {
            "model", "max_tokens", "system", "messages", "tools", "thinking", "stream",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "host", "where"),
    [
        ("anthropic", "api.anthropic.com", "worldwide"),
        ("bedrock", "bedrock-mantle.eu-central-1.api.aws", "EU"),
    ],
)
def test_the_public_page_says_where_inference_runs(shared, provider, host, where):
    settings = Settings("local", TABLE, model_provider=provider)
    serve = web.build(web.Deps(settings, shared.table, shared.clock, lambda _: b""))

    page = body_of(serve(load_event("web.sub_processors"), Context()))

    hosts = {name: s["processing_location"] for s in page["sub_processors"] for name in s["hosts"]}
    assert page["model_provider"] == provider
    assert hosts[host].startswith(where)
    other = {"api.anthropic.com", "*.api.aws"} - {host}
    assert not other & hosts.keys()
    assert set(hosts) == {h for s in policy().sub_processors_for(provider) for h in s.hosts}


class Blind(answering.Placeholders):
    """A fault: nothing is hidden."""

    def hide(self, text: str) -> str:
        return text


def test_twin_placeholders_that_hide_nothing_are_seen(shared, monkeypatch):
    monkeypatch.setattr(answering, "Placeholders", Blind)
    with recorded(shared, "twin") as (guest, server):
        guest.ask("Welkom")
        guest.ask("Dit ben ik: " + ", ".join(CANARIES))

        kept = [*CLASSES["e-mail"], *CLASSES["phone"], *CLASSES["IBAN"], *CLASSES["BSN"]]
        assert leaked(server, CANARIES) == kept


def test_twin_a_prompt_with_a_lead_or_an_address_is_seen(shared):
    shared.save_site(replace(SITE, id="s_leaky", knowledge="Laatste lead: Piet, 203.0.113.7"))
    place = {"path": "/v1/sites/s_leaky/chat", "pathParameters": {"site": "s_leaky"}}
    with recorded(shared, "leaky") as (guest, server):
        guest.send("chat.stream", body={"message": "Hallo"}, **place)

        assert leaked(server, REQUEST_CANARIES) == ["203.0.113"]
