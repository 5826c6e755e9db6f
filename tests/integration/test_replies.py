"""GET …/replies: staff's messages for the visitor who holds the conversation's token."""

import json
from dataclasses import replace

import pytest

from functions.replies import handler
from tests.fakes.model import said
from tests.fakes.staff import Staff
from tests.fakes.visitor import Visitor, visitor
from tests.world import ORIGIN, SITE, Context, World, body_of, load_event

CANARY = "canary7f3a9"


def call(world: World, event: dict, **changes) -> dict:
    deps = handler.Deps(world.table, world.clock, lambda: world.keyring)
    return handler.build(replace(deps, **changes))(event, Context())


def poll(guest: Visitor, *, after: str = "", token: str | None = None, site="s_demo", **changes):
    conversation = guest.talk["conversation"]
    path = f"/v1/sites/{site}/conversations/{conversation}/replies"
    event = load_event(
        "replies.poll",
        rawPath=path,
        rawQueryString=f"after={after}",
        queryStringParameters={"after": after},
        pathParameters={"site": site, "id": conversation},
        headers={"authorization": f"Bearer {guest.talk['token'] if token is None else token}"},
    )
    return call(guest.world, event, **changes)


def texts(answer: dict) -> list[str]:
    assert answer["statusCode"] == 200
    return [message["text"] for message in body_of(answer)["messages"]]


@pytest.fixture
def talking(world: World) -> tuple[Visitor, Staff]:
    guest = visitor(world, said("Hoi."), said("Ja?"))
    guest.ask("Hallo")
    people = Staff(guest)
    people.take_over()
    return guest, people


def test_a_visitor_gets_what_staff_said_and_nothing_else(talking):
    guest, people = talking
    first = people.say("Goedemiddag.")
    guest.ask("Fijn dat u er bent")
    second = people.say("Waarmee kan ik helpen?")

    answer = poll(guest)

    assert body_of(answer) == {
        "mode": "human",
        "messages": [
            {"id": one.id, "role": "staff", "text": one.text, "at": one.at}
            for one in (first, second)
        ],
    }
    assert answer["headers"]["Access-Control-Allow-Origin"] == ORIGIN
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert "m_owner" not in answer["body"]


def test_only_what_is_newer_is_given(talking):
    guest, people = talking
    ids = [people.say(text).id for text in ("een", "twee", "drie")]

    assert texts(poll(guest, after=ids[0])) == ["twee", "drie"]
    assert texts(poll(guest, after=ids[2])) == []
    people.say("vier")
    assert texts(poll(guest, after=ids[2])) == ["vier"]


def test_the_mode_tells_who_answers(talking):
    guest, people = talking
    people.say("Tot ziens.")
    people.hand_back()

    answer = body_of(poll(guest))

    assert (answer["mode"], len(answer["messages"])) == ("ai", 1)


def test_a_long_conversation_costs_one_bounded_read_and_shows_the_latest(talking):
    guest, people = talking
    for number in range(100):
        people.say(f"{number}")

    assert texts(poll(guest)) == [str(number) for number in range(10, 100)]


@pytest.mark.parametrize("token", ["", "x", CANARY * 5])
def test_who_has_no_token_gets_nothing(talking, token):
    guest, people = talking
    people.say(CANARY)

    answer = poll(guest, token=token)

    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "invalid_conversation_token")
    assert CANARY not in json.dumps(answer)


def test_the_token_of_another_conversation_does_not_fit(talking):
    guest, people = talking
    people.say(CANARY)
    other = Visitor(guest.world, guest.model, name="other")
    other.ask("Hallo")

    answer = poll(guest, token=other.talk["token"])

    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "invalid_conversation_token")


@pytest.mark.parametrize(
    "after", ["x", "0" * 27, "../" * 9, "#", "01KASB3H00D4F6H8K0M2P4R6T!", "é" * 26, "~" * 26]
)
def test_what_is_no_id_is_refused(talking, after):
    guest, people = talking
    people.say("Hoi")

    answer = poll(guest, after=after)

    assert (answer["statusCode"], body_of(answer)["code"]) == (422, "invalid_request")
    assert body_of(answer)["errors"] == [{"field": "after", "reason": "string_pattern_mismatch"}]


@pytest.mark.parametrize("end", ["deleted", "expired"])
def test_a_conversation_that_ended_is_not_found(talking, end):
    guest, people = talking
    people.say("Hoi")
    if end == "deleted":
        guest.delete()
    else:
        clock = guest.world.clock
        clock.now = clock.now.fromtimestamp(people.head().expires_at, clock.now.tzinfo)

    answer = poll(guest)

    assert (answer["statusCode"], body_of(answer)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"state": "terminated"}, 404, "unknown_site"),
        ({"privacy_notice_url": ""}, 403, "site_not_collecting"),
    ],
)
def test_a_site_that_stopped_gives_nothing(talking, change, status, code):
    guest, people = talking
    people.say(CANARY)
    guest.world.save_site(replace(SITE, **change))

    answer = poll(guest)

    assert (answer["statusCode"], body_of(answer)["code"]) == (status, code)
    assert CANARY not in answer["body"]


def test_another_sites_page_cannot_read_it(world):
    answer = call(world, load_event("replies.foreign_origin"))

    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in answer["headers"]


def test_a_browser_may_ask_with_the_token(world):
    answer = call(world, load_event("replies.preflight"))

    assert answer["statusCode"] == 204
    assert "authorization" in answer["headers"]["Access-Control-Allow-Headers"]
    assert "GET" in answer["headers"]["Access-Control-Allow-Methods"]
    assert answer["headers"]["Access-Control-Allow-Origin"] == ORIGIN


def test_a_spoofed_token_is_refused_before_anything_is_counted_or_read(world):
    answer = call(world, load_event("replies.spoofed_token"))

    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "invalid_conversation_token")
    assert world.rows("rate") == []


def test_one_network_may_ask_so_often_and_waits_then(talking):
    guest, _ = talking
    for _ in range(2):
        assert poll(guest, polls_per_network=2)["statusCode"] == 200

    refused = poll(guest, polls_per_network=2)

    assert (refused["statusCode"], body_of(refused)["code"]) == (429, "too_many_requests")
    assert int(refused["headers"]["Retry-After"]) > 0


def test_reading_changes_nothing(talking):
    guest, people = talking
    people.say("Hoi")
    before = [row for row in guest.world.rows() if row["type"]["S"] not in ("rate", "rate_salt")]

    poll(guest)

    after = [row for row in guest.world.rows() if row["type"]["S"] not in ("rate", "rate_salt")]
    assert after == before
