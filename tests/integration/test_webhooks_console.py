"""Webhooks in the console: their secrets are shown once, and another account's are not there."""

import json
from typing import Any

import pytest

from leadlayer.webhooks.model import VAULT_KIND
from leadlayer.webhooks.service import MOST_WEBHOOKS
from tests.console_calls import ConsoleCalls, other_account
from tests.integration.webhook_calls import LEAD, Rig
from tests.world import World

# The local stage sends to this machine, so that these tests need no name server.
URL = "http://127.0.0.1:9000/hook"
PATH = "/v1/webhooks"


@pytest.fixture
def console(world: World) -> ConsoleCalls:
    return ConsoleCalls(world)


def made(console: ConsoleCalls, **changes: Any) -> dict[str, Any]:
    body = {"url": URL, "events": ["lead.created"]} | changes
    status, answer = console.call("POST", PATH, body)
    assert status == 201
    return answer


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]


def test_a_webhook_is_made_read_changed_and_deleted(console: ConsoleCalls):
    webhook = made(console)
    place = f"{PATH}/{webhook['id']}"
    assert webhook.pop("secret").startswith("whsec_")
    assert webhook == {
        "id": webhook["id"],
        "url": URL,
        "events": ["lead.created"],
        "state": "enabled",
        "created_at": "2026-11-23T10:00:00Z",
        "failing_since": None,
        "has_secret": True,
    }
    assert console.call("GET", place) == (200, webhook)
    assert console.call("GET", PATH) == (200, {"items": [webhook], "next": None})

    events = ["conversation.started", "lead.created"]
    change = {"url": URL + "2", "events": events, "enabled": False}
    changed = webhook | {"url": URL + "2", "events": events, "state": "disabled"}
    assert console.call("PATCH", place, change) == (200, changed)
    assert console.call("PATCH", place, {}) == (200, changed)
    assert console.call("PATCH", place, {"enabled": True})[1]["state"] == "enabled"

    assert console.call("DELETE", place) == (204, None)
    assert console.call("GET", place)[0] == 404


def test_a_secret_is_shown_once_and_never_again(console: ConsoleCalls):
    webhook = made(console)
    place = f"{PATH}/{webhook['id']}"
    status, rotated = console.call("POST", f"{place}/secret")
    assert (status, rotated.keys()) == (200, {"secret"})
    assert rotated["secret"] != webhook["secret"]

    answers = [
        console.call("GET", PATH),
        console.call("GET", place),
        console.call("PATCH", place, {"enabled": True}),
        console.call("POST", f"{place}/test"),
        console.call("GET", f"{place}/deliveries"),
    ]
    shown = json.dumps([answers, console.world.rows()])
    for secret in (webhook["secret"], rotated["secret"]):
        assert secret not in shown
        assert secret.removeprefix("whsec_") not in shown


def test_a_rotation_keeps_the_old_secret_sealed_for_a_day(console: ConsoleCalls):
    webhook = made(console)
    _, rotated = console.call("POST", f"{PATH}/{webhook['id']}/secret")
    (row,) = console.world.rows("webhook")
    ((previous, until),) = json.loads(row["previous"]["S"])
    sealed = [row["secret"]["S"], previous]

    opened = [console.vault.open(each, account_id="a_demo", kind=VAULT_KIND) for each in sealed]
    assert opened == [rotated["secret"], webhook["secret"]]
    now = console.world.clock().timestamp()
    assert until == now + 86_400


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/",
        "https://user@hooks.example.com/",
        "https://localhost/",
        "https://no-such-host.invalid/",
        "http://10.0.0.1/",
        "x",
    ],
)
def test_a_url_that_leads_inside_is_refused_when_made_and_when_changed(
    console: ConsoleCalls, url: str
):
    place = f"{PATH}/{made(console)['id']}"
    body = {"url": url, "events": ["lead.created"]}

    assert code(console.call("POST", PATH, body)) == (422, "webhook_url_refused")
    assert code(console.call("PATCH", place, {"url": url})) == (422, "webhook_url_refused")
    assert console.call("GET", place)[1]["url"] == URL


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": URL},
        {"url": URL, "events": []},
        {"url": URL, "events": ["test"]},
        {"url": URL, "events": ["lead.deleted"]},
        {"url": "", "events": ["lead.created"]},
        {"url": URL + "a" * 500, "events": ["lead.created"]},
        {"url": 1, "events": ["lead.created"]},
        {"url": URL, "events": "lead.created"},
        {"url": URL, "events": ["lead.created"], "secret": "whsec_mine"},
        [],
    ],
)
def test_anything_else_is_refused_and_nothing_is_made(console: ConsoleCalls, body: Any):
    assert code(console.call("POST", PATH, body)) == (422, "invalid_request")
    assert console.world.rows("webhook") == []


def test_an_account_has_at_most_ten(console: ConsoleCalls):
    for _ in range(MOST_WEBHOOKS):
        made(console)
    answer = console.call("POST", PATH, {"url": URL, "events": ["lead.created"]})
    assert code(answer) == (409, "limit_reached")
    assert len(console.world.rows("webhook")) == MOST_WEBHOOKS


@pytest.mark.parametrize(
    ("method", "place", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"enabled": False}),
        ("DELETE", "", None),
        ("POST", "/secret", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", f"/deliveries/lead_{LEAD}/retry", None),
    ],
)
def test_a_foreign_webhook_answers_exactly_like_a_missing_one(
    console: ConsoleCalls, method: str, place: str, body: Any
):
    other_account(console.world)
    webhook = made(console)
    before = console.world.rows("webhook")
    foreign = console.call(method, f"{PATH}/{webhook['id']}{place}", body, account="a_other")

    assert code(foreign) == (404, "not_found")
    for missing in (LEAD, "x" * 3000, "%23", "a.b", "é"):
        assert console.call(method, f"{PATH}/{missing}{place}", body) == foreign
    assert console.world.rows("webhook") == before


def test_a_test_event_is_sent_at_once_and_once_a_minute(console: ConsoleCalls):
    rig = Rig(console.world)
    place = f"{PATH}/{made(console)['id']}"
    status, accepted = console.call("POST", f"{place}/test")
    assert status == 202
    answer = console.answer("POST", f"{place}/test")
    assert answer["statusCode"] == 429
    assert answer["headers"]["Retry-After"] == "60"
    rig.news()

    assert rig.endpoint.ids == [accepted["delivery"]]
    assert rig.endpoint.received[0].document == {
        "type": "test",
        "timestamp": "2026-11-23T10:00:00Z",
        "data": {},
    }
    console.world.clock.advance(minutes=1)
    assert console.call("POST", f"{place}/test")[0] == 202


def test_a_test_that_fails_is_not_repeated_and_counts_for_nothing(console: ConsoleCalls):
    rig = Rig(console.world)
    webhook = made(console)
    place = f"{PATH}/{webhook['id']}"
    rig.endpoint.usual = 410
    console.call("POST", f"{place}/test")
    rig.news()
    console.world.clock.advance(days=1)
    rig.sweep()

    assert len(rig.endpoint.received) == 1
    assert console.call("GET", place)[1] | {"secret": webhook["secret"]} == webhook
    assert list(rig.states.values()) == ["failed"]


def test_the_log_says_what_became_of_each_attempt_the_newest_first(console: ConsoleCalls):
    rig = Rig(console.world)
    place = f"{PATH}/{made(console)['id']}/deliveries"
    rig.endpoint.script = ["timeout", 503]
    rig.add_lead()
    rig.news()
    for _ in range(2):
        console.world.clock.advance(minutes=30)
        rig.sweep()
    status, answer = console.call("GET", place)

    assert (status, answer["next"]) == (200, None)
    assert [(item["status"], item["outcome"]) for item in answer["items"]] == [
        (200, "delivered"),
        (503, "rejected"),
        (None, "timeout"),
    ]
    first = answer["items"][-1]
    assert first == {
        "id": first["id"],
        "delivery": f"lead_{LEAD}",
        "event": "lead.created",
        "at": "2026-11-23T10:00:00Z",
        "status": None,
        "took_ms": first["took_ms"],
        "outcome": "timeout",
    }


def test_the_log_comes_in_pages_whose_cursors_are_worth_nothing_elsewhere(console: ConsoleCalls):
    rig = Rig(console.world)
    place, other = (f"{PATH}/{made(console)['id']}/deliveries" for _ in range(2))
    rig.endpoint.usual = 500
    rig.add_lead()
    rig.news()
    for _ in range(3):
        console.world.clock.advance(days=1)
        rig.sweep()
    seen: list[str] = []
    cursor = None
    for _ in range(5):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        _, page = console.call("GET", place, query=query)
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
        foreign = console.call("GET", other, query={"cursor": cursor})
        assert code(foreign) == (422, "invalid_cursor")

    assert len(seen) == len(set(seen)) == 4
    assert seen == sorted(seen, reverse=True)


def test_a_failed_delivery_can_be_made_due_again(console: ConsoleCalls):
    rig = Rig(console.world)
    place = f"{PATH}/{made(console)['id']}/deliveries/lead_{LEAD}/retry"
    rig.endpoint.usual = 500
    rig.add_lead()
    rig.news()
    assert code(console.call("POST", place)) == (409, "delivery_not_failed")
    for _ in range(6):
        console.world.clock.advance(days=1)
        rig.sweep()
    assert list(rig.states.values()) == ["failed"]
    rig.endpoint.usual = 200
    assert console.call("POST", place) == (202, {"delivery": f"lead_{LEAD}"})
    rig.sweep()
    assert list(rig.states.values()) == ["delivered"]
    assert code(console.call("POST", place)) == (409, "delivery_not_failed")


@pytest.mark.parametrize(
    "delivery", ["lead_missing", "lead_", "test_", "other_1", "x", "lead_" + "x" * 3000, "lead_a.b"]
)
def test_a_delivery_that_is_not_there_cannot_be_retried(console: ConsoleCalls, delivery: str):
    place = f"{PATH}/{made(console)['id']}/deliveries/{delivery}/retry"
    assert code(console.call("POST", place)) == (404, "not_found")


@pytest.mark.parametrize("role", ["agent", "viewer", "privacy_officer"])
def test_only_owners_and_admins_have_to_do_with_webhooks(console: ConsoleCalls, role: str):
    place = f"{PATH}/{made(console)['id']}"
    calls = [("GET", PATH), ("POST", PATH), ("GET", place), ("POST", f"{place}/secret")]
    for method, path in calls:
        assert code(console.call(method, path, role=role)) == (403, "forbidden")
    assert console.call("GET", place, role="admin")[0] == 200


def test_without_a_secret_nothing_is_switched_on_or_tried_until_there_is_a_new_one(
    console: ConsoleCalls,
):
    rig = Rig(console.world)
    webhook = made(console)
    place = f"{PATH}/{webhook['id']}"
    rig.webhooks.shut(rig.webhook(webhook["id"]))

    assert console.call("GET", place)[1]["has_secret"] is False
    assert code(console.call("PATCH", place, {"enabled": True})) == (409, "secret_missing")
    assert code(console.call("POST", f"{place}/test")) == (409, "secret_missing")
    assert console.call("POST", f"{place}/secret")[0] == 200
    assert console.call("PATCH", place, {"enabled": True})[1]["state"] == "enabled"


def test_a_change_of_the_url_does_not_switch_on_what_the_endpoint_switched_off(
    console: ConsoleCalls,
):
    rig = Rig(console.world)
    webhook = rig.webhook(made(console)["id"])
    rig.webhooks.disable(webhook)
    # The customer's change was decided on what they saw before.
    assert rig.webhooks.change(webhook, type(webhook)(**{**vars(webhook), "url": URL + "2"}))

    assert (rig.webhook(webhook.id).state, rig.webhook(webhook.id).url) == ("disabled", URL + "2")
