"""A customer makes sites and changes their settings; what cannot work is refused with a reason."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from leadlayer.accounts.model import Account
from leadlayer.accounts.store import AccountStore
from tests.console_calls import ConsoleCalls
from tests.world import SITE, World

NEW = {"name": "Bakkerij", "origins": ["https://bakker.example"]}
PATH = "/v1/sites/s_demo"


@pytest.fixture
def console(world: World) -> ConsoleCalls:
    return ConsoleCalls(world)


def made(console: ConsoleCalls, **changes: Any) -> dict[str, Any]:
    status, site = console.call("POST", "/v1/sites", NEW | changes)
    assert status == 201
    return site


def patched(console: ConsoleCalls, **changes: Any) -> dict[str, Any]:
    status, site = console.call("PATCH", PATH, changes)
    assert status == 200, site
    return site


def refusal(answer: tuple[int, Any]) -> tuple[int, str, list[tuple[str, str]]]:
    status, problem = answer
    errors = [(error["field"], error["reason"]) for error in problem.get("errors", [])]
    return status, problem["code"], errors


def test_a_new_site_is_the_accounts_and_collects_nothing_yet(console: ConsoleCalls):
    site = made(console)

    assert re.fullmatch(r"s_[0-9a-f]{20}", site["id"])
    assert (site["name"], site["origins"]) == ("Bakkerij", ["https://bakker.example"])
    assert site["collecting"] is False
    assert console.call("GET", f"/v1/sites/{site['id']}") == (200, site)
    _, found = console.call("GET", "/v1/sites")
    assert {each["id"] for each in found["items"]} == {"s_demo", site["id"]}
    assert console.call("GET", f"/v1/sites/{site['id']}", account="a_other")[0] == 404


def test_a_site_with_a_privacy_notice_collects_at_once(console: ConsoleCalls):
    assert made(console, privacy_notice_url="https://bakker.example/privacy")["collecting"] is True


def test_two_sites_never_get_the_same_id(console: ConsoleCalls):
    assert len({made(console)["id"] for _ in range(5)}) == 5


def test_at_most_fifty_sites(console: ConsoleCalls):
    for _ in range(49):
        made(console)

    status, problem = console.call("POST", "/v1/sites", NEW)

    assert (status, problem["code"]) == (409, "limit_reached")


@pytest.mark.parametrize(
    ("console_url", "src"),
    [
        ("https://api.example/console", "https://api.example/widget.js"),
        ("https://api.example/console/", "https://api.example/widget.js"),
        ("http://127.0.0.1:1/_aws/x/console/", "http://127.0.0.1:1/_aws/x/widget.js"),
        ("https://app.example", "widget.js"),
        ("", "widget.js"),
    ],
)
def test_the_snippet_loads_the_widget_from_the_apis_own_address(
    world: World, console_url: str, src: str
):
    world.settings = replace(world.settings, console_url=console_url)

    _, site = ConsoleCalls(world).call("GET", PATH)

    assert site["snippet"] == f'<script async src="{src}" data-site="s_demo"></script>'


def test_the_host_header_does_not_choose_whose_script_is_embedded(console: ConsoleCalls):
    event = console.event("GET", PATH)
    event["headers"]["host"] = "evil.example"
    event["requestContext"]["domainName"] = "evil.example"

    assert "evil" not in console.handle(event, None)["body"]


EVERYTHING = {
    "name": "Nieuwe naam",
    "origins": ["https://www.shop.example", "http://localhost:8000", "https://a.example:8443"],
    "privacy_notice_url": "https://shop.example/nl/privacy?v=2#a",
    "language": "en",
    "languages": ["en", "nl"],
    "country": "BE",
    "greetings": {"en": "Hi!", "nl": "Hoi!"},
    "knowledge": "Open van 9 tot 5.\n\nOok op zaterdag.",
    "lead_fields": [{"name": "email", "required": True}, {"name": "name", "required": False}],
    "pixel_mode": "consent",
    "model": "claude-sonnet-5-5",
    "limits": {
        "turns_per_conversation": 10,
        "turns_per_day": 100,
        "tokens_per_day": 50_000,
        "answer_tokens": 300,
    },
}


def test_every_setting_can_be_changed_and_is_read_back(console: ConsoleCalls):
    consent = {"texts": {"en": "You may call me."}, "required": True}

    site = patched(console, **EVERYTHING, consent=consent)

    assert {name: site[name] for name in EVERYTHING} == EVERYTHING
    assert site["consent"] == consent | {"version": "2"}
    assert console.call("GET", PATH) == (200, site)


@pytest.mark.parametrize("name", EVERYTHING)
def test_each_setting_can_be_changed_alone_and_leaves_the_others(console: ConsoleCalls, name: str):
    _, before = console.call("GET", PATH)

    after = patched(console, **{name: EVERYTHING[name]})

    changed = {each for each in before if before[each] != after[each]}
    assert changed == {name}


def test_a_limit_can_be_changed_alone(console: ConsoleCalls):
    limits = patched(console, limits={"turns_per_day": 7})["limits"]

    assert limits == {
        "turns_per_conversation": 40,
        "turns_per_day": 7,
        "tokens_per_day": 2_000_000,
        "answer_tokens": 700,
    }


def test_an_empty_notice_stops_collecting(console: ConsoleCalls):
    assert patched(console, privacy_notice_url="")["collecting"] is False


@pytest.mark.parametrize(
    "origin",
    ["http://shop.example", "https://shop.example/", "https://shop.example/a", "shop.example",
     "https://", "https://*.shop.example", "https://user@shop.example", "https://shop.example?x",
     "https://shop.example:99999", "https://shop.example:0", "https://shop", "null", "",
     "javascript:alert(1)", "http://localhost.evil.example", "https://shop.example#",
     "https://a b.c",
     "http://127.0.0.2", "https://münchen.example", "https://shop.example\n", "https://-.", "*"],
)  # fmt: skip
def test_an_origin_is_https_and_a_host_and_nothing_else(console: ConsoleCalls, origin: str):
    answer = console.call("PATCH", PATH, {"origins": [origin]})

    assert refusal(answer) == (422, "invalid_request", [("origins.0", "not_an_https_origin")])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://Shop.Example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
        ("http://127.0.0.1:5500", "http://127.0.0.1:5500"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(console: ConsoleCalls, given: str, kept: str):
    assert patched(console, origins=[given])["origins"] == [kept]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"origins": []}, "origins", "too_short"),
        ({"origins": ["https://a.example"] * 2}, "origins", "given_twice"),
        ({"origins": [f"https://a{n}.example" for n in range(21)]}, "origins", "too_long"),
        ({"privacy_notice_url": "http://a.example/p"}, "privacy_notice_url", "not_an_https_url"),
        ({"privacy_notice_url": "https://a@b.example"}, "privacy_notice_url", "not_an_https_url"),
        ({"privacy_notice_url": "https://[::1"}, "privacy_notice_url", "not_an_https_url"),
        ({"privacy_notice_url": 'https://a.example/">'}, "privacy_notice_url", "not_an_https_url"),
        ({"language": "fr"}, "language", "literal_error"),
        ({"languages": []}, "languages", "too_short"),
        ({"languages": ["en", "de"]}, "languages", "without_the_sites_own"),
        ({"country": "Nederland"}, "country", "string_pattern_mismatch"),
        ({"greetings": {"fr": "Salut"}}, "greetings.fr.[key]", "literal_error"),
        ({"knowledge": "x" * 100_001}, "knowledge", "string_too_long"),
        ({"lead_fields": []}, "lead_fields", "too_short"),
        ({"lead_fields": [{"name": "iban"}]}, "lead_fields.0.name", "unknown_field"),
        ({"lead_fields": [{"name": "visited_at"}]}, "lead_fields.0.name", "unknown_field"),
        ({"lead_fields": [{"name": "name"}]}, "lead_fields", "no_way_to_reach"),
        ({"lead_fields": [{"name": "email"}] * 2}, "lead_fields", "given_twice"),
        ({"consent": {"texts": {}}}, "consent", "required_without_a_text"),
        ({"consent": {"texts": {"nl": ""}}}, "consent.texts.nl", "string_too_short"),
        ({"pixel_mode": "always"}, "pixel_mode", "literal_error"),
        ({"model": "gpt-9"}, "model", "unknown_model"),
        ({"limits": {"turns_per_day": 0}}, "limits.turns_per_day", "greater_than_equal"),
        ({"limits": {"answer_tokens": 10**30}}, "limits.answer_tokens", "less_than_equal"),
        ({"state": "active"}, "state", "extra_forbidden"),
        ({"account_id": "a_other"}, "account_id", "extra_forbidden"),
        ({"retention_months": 99}, "retention_months", "extra_forbidden"),
        ({"name": ""}, "name", "string_too_short"),
        ({"name": 7}, "name", "string_type"),
    ],
)
def test_what_could_not_work_is_refused_with_field_and_reason(
    world: World, console: ConsoleCalls, change: dict[str, Any], field: str, reason: str
):
    before = world.rows("site")

    assert refusal(console.call("PATCH", PATH, change)) == (
        422,
        "invalid_request",
        [(field, reason)],
    )

    assert world.rows("site") == before


def test_a_refusal_does_not_repeat_what_was_sent(console: ConsoleCalls):
    answer = console.answer("PATCH", PATH, {"model": "canary7f3a9", "origins": ["canary7f3a9"]})

    assert answer["statusCode"] == 422
    assert "canary7f3a9" not in json.dumps(answer)


def test_all_texts_at_their_longest_fit_into_a_row(console: ConsoleCalls):
    wide = "\N{BICYCLE}"
    texts = dict.fromkeys(("nl", "en", "de"), wide * 2000)
    change = {
        "knowledge": "e" * 50_000 + wide * 50_000,
        "consent": {"texts": texts},
        "greetings": dict.fromkeys(texts, wide * 500),
        "origins": [f"https://{'a' * 50}.{'b' * 50}.{n}.example" for n in range(20)],
    }

    status, site = console.call("PATCH", PATH, json.dumps(change, ensure_ascii=False))

    assert (status, site.get("knowledge")) == (200, change["knowledge"])


def test_knowledge_that_fits_no_row_is_refused(console: ConsoleCalls):
    text = json.dumps({"knowledge": "\N{BICYCLE}" * 62_501}, ensure_ascii=False)

    answer = console.call("PATCH", PATH, text)

    assert refusal(answer)[2] == [("knowledge", "too_many_bytes")]


def test_a_change_to_nothing_writes_nothing(world: World, console: ConsoleCalls):
    before = world.rows("site")

    assert patched(console)["name"] == patched(console, name=SITE.name)["name"] == SITE.name

    assert world.rows("site") == before


def test_a_terminated_account_reads_its_sites_and_changes_nothing(
    world: World, console: ConsoleCalls
):
    AccountStore(world.table).save(Account("a_demo", "Demo", state="terminated"))
    world.set_site_state("terminated")

    status, site = console.call("GET", PATH, state="terminated")
    assert (status, site["state"], site["collecting"]) == (200, "terminated", False)
    assert console.call("GET", "/v1/sites", state="terminated")[0] == 200
    for method, path, body in (
        ("PATCH", PATH, {"name": "x"}),
        ("POST", "/v1/sites", NEW),
        ("PATCH", f"{PATH}/retention", {"months": 1}),
    ):
        status, problem = console.call(method, path, body, state="terminated")
        assert (status, problem["code"]) == (409, "account_terminated")
