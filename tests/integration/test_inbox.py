"""Conversations before the console: listed, read on, taken over, answered, closed."""

import pytest

from tests.integration.inbox_calls import SITE_PATH, Shop, foreign_site
from tests.world import World

MISSING = "01KASB3H00M4X7C2V9B5N8Q1W3"


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def talks(shop: Shop, count: int) -> list[str]:
    found: list[str] = []
    for number in range(count):
        shop.world.clock.advance(seconds=1)
        found.append(shop.talk(f"Vraag {number}")["conversation"])
    return found


def listed(shop: Shop, **query) -> tuple[list[str], str | None]:
    status, page = shop.console.call("GET", "/v1/conversations", query=query)
    assert status == 200
    return [talk["id"] for talk in page["items"]], page["next"]


def test_conversations_are_listed_newest_first_in_pages(shop: Shop):
    expected = list(reversed(talks(shop, 3)))

    first, cursor = listed(shop, limit=2)
    rest, end = listed(shop, limit=2, cursor=cursor)

    assert first + rest == expected
    assert end is None


def test_a_list_is_filtered_by_state_and_day(shop: Shop):
    closed, still_open = talks(shop, 2)
    status, talk = shop.staff("PATCH", f"/conversations/{closed}", {"state": "closed"})
    assert (status, talk["state"]) == (200, "closed")

    assert listed(shop, state="closed")[0] == [closed]
    assert listed(shop, state="open")[0] == [still_open]
    assert listed(shop, day="2026-11-23")[0] == [still_open, closed]
    assert listed(shop, day="2026-11-22")[0] == []


def test_a_conversation_is_read_whole_and_then_from_the_last_known_message_on(shop: Shop):
    started = shop.talk("Hebben jullie ook kinderfietsen?")
    path = f"/conversations/{started['conversation']}"

    status, talk = shop.staff("GET", path)
    assert status == 200
    # In the test's one moment, so in either order.
    assert roles(talk["messages"]) == {"visitor", "assistant"}
    assert talk["started_at"] == "2026-11-23T10:00:00Z"
    assert (talk["mode"], talk["turns"], talk["masked"]) == ("ai", 1, False)

    last = talk["messages"][-1]["id"]
    shop.world.clock.advance(seconds=5)
    shop.talk("En voor mij?", started=started)
    _, more = shop.console.call("GET", f"{SITE_PATH}{path}/messages", query={"after": last})
    assert roles(more["items"]) == {"visitor", "assistant"}
    assert "En voor mij?" in [message["text"] for message in more["items"]]
    newest = more["items"][-1]["id"]
    _, none = shop.console.call("GET", f"{SITE_PATH}{path}/messages", query={"after": newest})
    assert none == {"items": [], "next": None}


def roles(messages: list[dict]) -> set[str]:
    assert len(messages) == 2
    return {message["role"] for message in messages}


def test_staff_takes_over_answers_and_hands_back(shop: Shop):
    path = f"/conversations/{shop.talk()['conversation']}"

    status, problem = shop.staff("POST", f"{path}/messages", {"text": "Hier Anna."})
    assert (status, problem["code"]) == (409, "not_taken_over")
    status, talk = shop.staff("POST", f"{path}/takeover", role="agent")
    assert (status, talk["mode"], talk["taken_by"]) == (200, "human", "m_agent")
    status, said = shop.staff("POST", f"{path}/messages", {"text": "Hier Anna."}, role="agent")
    assert (status, said["role"], said["text"]) == (201, "staff", "Hier Anna.")
    assert said in shop.staff("GET", path)[1]["messages"]
    status, talk = shop.staff("DELETE", f"{path}/takeover", role="agent")
    assert (status, talk["mode"], talk["taken_by"]) == (200, "ai", None)


def test_a_conversation_is_given_to_a_colleague_and_taken_again(shop: Shop):
    path = f"/conversations/{shop.talk()['conversation']}"

    assert shop.staff("PATCH", path, {"assigned_to": "m_agent"})[1]["assigned_to"] == "m_agent"
    assert shop.staff("PATCH", path, {"state": "closed"})[1]["assigned_to"] == "m_agent"
    assert shop.staff("PATCH", path, {"assigned_to": None})[1]["assigned_to"] is None
    assert shop.staff("PATCH", path, {"assigned_to": "m_nobody"})[0] == 422
    assert shop.staff("PATCH", path, {"mode": "human"})[0] == 422


@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("GET", "", None),
        ("GET", "/messages", None),
        ("PATCH", "", {"state": "closed"}),
        ("POST", "/takeover", None),
        ("DELETE", "/takeover", None),
        ("POST", "/messages", {"text": "x"}),
        ("DELETE", "", None),
    ],
)
def test_a_foreign_conversation_is_missing(shop: Shop, method: str, below: str, body):
    foreign_site(shop.world)
    started = shop.talk()["conversation"]
    before = shop.world.rows("conversation")

    for site, talk, account in (
        ("s_demo", MISSING, "a_demo"),
        ("s_other", started, "a_demo"),
        ("s_demo", started, "a_other"),
    ):
        path = f"/v1/sites/{site}/conversations/{talk}{below}"
        status, problem = shop.console.call(method, path, body, account=account)
        assert (status, problem["code"]) == (404, "not_found")
    assert shop.world.rows("conversation") == before
