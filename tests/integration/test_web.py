"""What a browser and the public read: widget, configuration, policy, and who receives data."""

import base64
import gzip
import json
from dataclasses import replace

import pytest

from functions.web import handler
from leadlayer.core.policy import policy
from tests.world import ORIGIN, SITE, Context, World, body_of, load_event

WIDGET = b"/* widget */ " + b"x" * 2_000
SECURITY = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
EVENTS = [
    "web.widget_js", "web.widget_v1_js", "web.widget_config", "web.policy", "web.sub_processors",
    "web.preflight", "web.unknown_site", "web.foreign_origin", "web.elsewhere",
]  # fmt: skip


def get(
    world: World, name: str, *, provider: str = "anthropic", widget=lambda _: WIDGET, **changes
):
    settings = replace(world.settings, model_provider=provider, chat_url="https://chat.example/s")
    deps = handler.Deps(settings, world.table, world.clock, widget)
    return handler.build(deps)(load_event(f"web.{name}", **changes), Context())


def content(answer: dict) -> bytes:
    """The bytes that API Gateway sends on."""
    body = answer["body"]
    return base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()


# The widget


@pytest.mark.parametrize("name", ["widget_js", "widget_v1_js"])
@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "br, gzip; q=0.0"])
def test_a_browser_that_wants_no_gzip_gets_the_bytes_of_the_widget(world, name, accepted):
    answer = get(world, name, headers={"accept-encoding": accepted})
    assert answer["statusCode"] == 200
    assert content(answer) == WIDGET
    assert "Content-Encoding" not in answer["headers"]


@pytest.mark.parametrize("name", ["widget_js", "widget_v1_js"])
@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1, gzip;q=0.5", "GZIP"])
def test_a_browser_that_takes_gzip_gets_the_same_widget_smaller(world, name, accepted):
    answer = get(world, name, headers={"accept-encoding": accepted})
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(content(answer)) == WIDGET
    assert len(content(answer)) < len(WIDGET)


@pytest.mark.parametrize(
    ("name", "cached"),
    [
        ("widget_js", "public, max-age=300, stale-while-revalidate=86400"),
        ("widget_v1_js", "public, max-age=31536000, immutable"),
    ],
)
def test_a_widget_is_cached_for_as_long_as_its_address_promises(world, name, cached):
    headers = get(world, name)["headers"]
    assert headers["Cache-Control"] == cached
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_a_widget_is_the_same_for_everybody_and_reads_no_table(world):
    before = world.rows()
    bare = get(world, "widget_js", headers={"origin": "https://anywhere.example", "cookie": "a=b"})
    assert content(bare) == content(get(world, "widget_js"))
    assert world.rows() == before


def test_a_numbered_address_serves_its_own_file_and_never_the_current_one(world):
    files = {"widget.js": b"current", "widget.v1.js": b"released"}

    plain = {"accept-encoding": ""}
    current = get(world, "widget_js", widget=files.get, headers=plain)
    released = get(world, "widget_v1_js", widget=files.get, headers=plain)

    assert (content(current), content(released)) == (b"current", b"released")


def test_without_a_packaged_widget_the_answer_quotes_no_path(world, capfd):
    def missing(_: str) -> bytes:
        raise FileNotFoundError(2, "No such file", "/var/task/widget.js")

    answer = get(world, "widget_js", widget=missing)
    assert (answer["statusCode"], body_of(answer)["code"]) == (500, "internal")
    assert "/var/task" not in json.dumps(answer) + "".join(capfd.readouterr())


# Everything else


def test_an_address_that_nobody_has_is_a_problem_of_the_usual_form(world):
    answer = get(world, "elsewhere")
    assert (answer["statusCode"], body_of(answer)["code"]) == (404, "not_found")
    assert answer["headers"]["Content-Type"] == "application/problem+json"


# Configuration


def test_the_configuration_is_the_sites_own_and_names_the_chat(world):
    document = body_of(get(world, "widget_config"))
    assert document["site"] == "s_demo"
    assert document["name"] == SITE.name
    assert document["chat_url"] == "https://chat.example/s/v1/sites/s_demo/chat"
    assert document["collecting"] is True
    assert document["disclosure"]["version"] == policy().disclosure_version
    assert document["link_origins"] == [ORIGIN]


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "The shop may call me."), ("nl", "De winkel mag mij bellen."), ("xx", "De winkel")],
)
def test_the_language_asked_for_picks_the_texts(world, language, text):
    document = body_of(get(world, "widget_config", queryStringParameters={"lang": language}))
    assert document["consent"]["text"].startswith(text)


def test_the_configuration_tells_nothing_of_account_knowledge_or_limits(world):
    text = get(world, "widget_config")["body"]
    for secret in (SITE.account_id, SITE.knowledge, SITE.model, "2000000", "owner@shop.example"):
        assert secret not in text


@pytest.mark.parametrize(
    ("changes", "status"), [({"state": "terminated"}, 404), ({"privacy_notice_url": ""}, 200)]
)
def test_a_site_that_ended_is_unknown_and_one_without_notice_says_it_does_not_collect(
    world, changes, status
):
    world.save_site(replace(SITE, **changes))
    answer = get(world, "widget_config")
    assert answer["statusCode"] == status
    assert body_of(answer).get("collecting", False) is False


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("unknown_site", 404, "unknown_site"),
        ("foreign_origin", 403, "origin_not_allowed"),
    ],
)
def test_a_foreign_page_or_an_unknown_site_gets_a_problem_without_cors(world, name, status, code):
    answer = get(world, name)
    assert (answer["statusCode"], body_of(answer)["code"]) == (status, code)
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert "Access-Control-Allow-Origin" not in answer["headers"]


def test_the_sites_own_page_may_read_its_configuration(world):
    headers = get(world, "widget_config", headers={"origin": ORIGIN})["headers"]
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Vary"] == "Origin"
    assert headers["Cache-Control"] == "no-store"


def test_a_preflight_is_answered_in_code(world):
    answer = get(world, "preflight")
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["Access-Control-Allow-Origin"] == ORIGIN


# Every answer


@pytest.mark.parametrize("name", EVENTS)
def test_every_answer_has_the_security_headers_and_sets_no_cookie(world, name, capfd):
    before = world.rows()
    answer = get(world, name.removeprefix("web."))
    assert answer["headers"].items() >= SECURITY.items()
    assert "set-cookie" not in {header.lower() for header in answer["headers"]}
    assert not answer.get("cookies")
    assert "ETag" not in answer["headers"]
    assert world.rows() == before
    assert capfd.readouterr() == ("", "")


def test_a_query_or_header_never_reaches_a_log(world, capfd, caplog):
    for name in EVENTS:
        get(
            world,
            name.removeprefix("web."),
            queryStringParameters={"lang": "canary", "x": "canary"},
            headers={"referer": "https://canary.example/", "accept-encoding": "canary"},
        )
    assert "canary" not in "".join(capfd.readouterr()) + caplog.text


# The policy


def test_the_policy_in_the_open_is_the_annex_that_the_code_reads(world):
    document = body_of(get(world, "policy"))
    assert document["version"] == policy().version
    assert document["controller"] == {"name": "ICONS Digital B.V.", "country": "NL"}
    assert document["authority"]["name"] == "Autoriteit Persoonsgegevens"
    assert document["contact"] == "info@leadlayer.ai"
    assert document["retention"]["lead"] == "P24M"
    assert document["end_user_data"]["lead"] == list(policy().lead_fields)


@pytest.mark.parametrize(
    ("provider", "there", "absent", "location"),
    [
        ("anthropic", "Anthropic PBC", "Bedrock", "worldwide"),
        ("bedrock", "Amazon Web Services EMEA SARL (Amazon Bedrock)", "Anthropic PBC", "EU"),
    ],
)
def test_the_sub_processors_are_those_of_this_very_deployment(
    world, provider, there, absent, location
):
    document = body_of(get(world, "sub_processors", provider=provider))
    entries = {entry["name"]: entry for entry in document["sub_processors"]}
    assert document["model_provider"] == provider
    assert entries[there]["processing_location"].startswith(location)
    assert not [name for name in entries if absent in name]
    assert {"Amazon Web Services EMEA SARL", "Plus Five Five, Inc. (Resend)"} <= entries.keys()


def test_the_public_list_is_the_one_that_the_egress_guard_uses(world):
    for provider in ("anthropic", "bedrock"):
        listed = body_of(get(world, "sub_processors", provider=provider))["sub_processors"]
        guard = policy().sub_processors_for(provider)
        assert [entry["hosts"] for entry in listed] == [list(entry.hosts) for entry in guard]


def test_the_list_says_when_it_was_read(world):
    world.clock.advance(hours=1)
    assert body_of(get(world, "sub_processors"))["as_of"] == "2026-11-23T11:00:00Z"


def test_a_stage_that_is_not_in_the_path_changes_no_route(world):
    """`sam local` names the REST API's stage in events of the HTTP API."""
    event = load_event("web.widget_config")
    context = event["requestContext"] | {"stage": "local"}

    assert get(world, "widget_config", requestContext=context)["statusCode"] == 200
