"""A visitor leaves details: what one lead writes, who may ask, how often, and when we fail."""

import base64
import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from tests.integration.lead_calls import (
    CANARY,
    KEY,
    LEAD,
    SECURITY,
    assert_refused,
    changed,
    code,
    handle,
    kinds,
    lasting,
    post,
    written,
)
from tests.world import ORIGIN, SITE, World, body_of, load_event

WRITTEN = {"lead": 1, "subject_ref": 2, "mail": 1, "idempotency": 1, "rate": 1, "rate_salt": 1}


# What one lead writes


def test_a_lead_writes_itself_its_index_rows_its_mail_its_retry_record_and_nothing_else(world):
    before = kinds(world)
    answer = post(world)
    assert answer["statusCode"] == 201
    assert written(world, before) == WRITTEN


def test_the_row_of_a_lead_holds_the_declared_fields_and_the_evidence(world):
    lead_id = body_of(post(world))["lead"]
    (row,) = world.rows("lead")
    subjects = json.loads(row.pop("subjects")["S"])
    assert len(subjects) == 2
    assert {name: next(iter(value.values())) for name, value in row.items()} == {
        "pk": "LEADS#s_demo",
        "sk": f"LEAD#{lead_id}",
        "type": "lead",
        "account_id": "a_demo",
        "state": "new",
        "name": "Noor de Vries",
        "email": "noor@example.com",
        "phone": "+31612345678",
        "page": "/fietsen/stadsfiets",
        "created_at": "2026-11-23T10:00:00Z",
        "visited_at": "2026-11-23T10:00:00Z",
        "expires_at": "1858586400",
        "gsi2pk": "DUE#2028-11-23",
        "gsi2sk": "001858586400",
        "consent_given": True,
        "consent_version": "1",
        "consent_text_hash": row["consent_text_hash"]["S"],
        "consent_language": "nl",
        "consent_method": "form",
        "consent_at": "2026-11-23T10:00:00Z",
    }


def test_every_row_of_a_lead_has_an_end(world):
    before = lasting(world)
    post(world)
    added = [row for row in world.rows() if row not in before]
    ends = {row["type"]["S"]: int(row["expires_at"]["N"]) - 1795428000 for row in added}
    day = 86_400
    assert ends == {
        "lead": 731 * day, "subject_ref": 731 * day, "mail": 7 * day, "idempotency": day,
        "rate": 600, "rate_salt": day,
    }  # fmt: skip


def test_address_agent_and_the_query_of_the_page_are_kept_nowhere(world, capfd):
    post(world, LEAD | {"page": f"/a?{CANARY}#{CANARY}"})
    everything = json.dumps(world.rows()) + "".join(capfd.readouterr())
    for unwanted in (CANARY, "203.0.113", "Mozilla", "Firefox", KEY):
        assert unwanted not in everything
    assert "noor@example.com" in everything  # the search finds what is there


def test_the_mail_row_and_the_index_rows_hold_nothing_of_the_person(world):
    post(world)
    rows = json.dumps([row for row in lasting(world) if row["type"]["S"] != "lead"])
    for personal in ("noor", "Noor", "12345678", "stadsfiets"):
        assert personal not in rows
        assert personal in json.dumps(world.rows("lead"))


def test_of_a_lead_only_ids_are_logged(world, capfd):
    lead_id = body_of(post(world))["lead"]
    out, err = capfd.readouterr()
    assert err == ""
    record = json.loads(out)
    assert record.pop("timestamp")
    assert record == {
        "event": "lead_accepted", "level": "info", "site": "s_demo", "lead": lead_id,
    }  # fmt: skip


def test_a_lead_from_a_conversation_is_found_under_the_person_with_that_conversation(world):
    conversation = "01KASB3H00M4X7C2V9B5N8Q1W3"
    token = world.keyring.conversation_token("s_demo", conversation)
    answer = post(world, LEAD | {"conversation": conversation, "token": token})
    places = Counter(row["sk"]["S"] for row in world.rows("subject_ref"))
    lead_id = body_of(answer)["lead"]
    assert places == {f"LEAD#s_demo#{lead_id}": 2, f"CONV#s_demo#{conversation}": 2}
    assert token not in json.dumps(world.rows())


def test_a_site_may_keep_leads_for_less_than_24_months(world):
    world.save_site(replace(SITE, retention_months=1))
    post(world)
    assert int(world.rows("lead")[0]["expires_at"]["N"]) == 1798020000


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", " application/json"]
)
def test_a_media_type_is_the_same_in_any_case_and_with_parameters(world, content_type):
    assert post(world, headers={"content-type": content_type})["statusCode"] == 201


def test_header_names_and_base64_bodies_are_read_as_gateways_send_them(world):
    event = load_event("leads.valid", body=LEAD)
    event["headers"] = {name.title(): value for name, value in event["headers"].items()}
    event["body"] = base64.b64encode(event["body"].encode()).decode()
    event["isBase64Encoded"] = True
    assert handle(world, event)["statusCode"] == 201


# Origins


@pytest.mark.parametrize(
    "origin",
    ["null", "https://shop.example.evil.test", "https://evilshop.example", "http://shop.example",
     "https://shop.example:8443", "https://shop.example/", "HTTPS://SHOP.EXAMPLE", "*",
     "https://www.shop.example", "https://shop.example https://evil.test", ""],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_a_page_of_another_origin_is_told_nothing(world, origin, method):
    event = load_event("leads.valid" if method == "POST" else "leads.preflight")
    event["headers"]["origin"] = origin
    before = world.rows()
    answer = handle(world, event)
    assert code(answer) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in answer["headers"]
    assert world.rows() == before


@pytest.mark.parametrize("body", [LEAD, {"bad": 1}, {"consent": None}])
def test_the_sites_own_page_may_read_every_answer_even_a_refusal(world, body):
    answer = post(world, body)
    assert answer["headers"]["Access-Control-Allow-Origin"] == ORIGIN
    assert answer["headers"]["Vary"] == "Origin"
    assert answer["headers"].items() >= SECURITY.items()
    assert "Access-Control-Allow-Credentials" not in answer["headers"]


def test_a_caller_that_is_no_browser_is_answered_without_cors(world):
    event = load_event("leads.valid", body=LEAD)
    del event["headers"]["origin"]
    answer = handle(world, event)
    assert answer["statusCode"] == 201
    assert "Access-Control-Allow-Origin" not in answer["headers"]


def test_a_preflight_allows_what_the_widget_sends_and_writes_nothing(world):
    before = world.rows()
    answer = handle(world, load_event("leads.preflight"))
    headers = answer["headers"]
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert {"content-type", "idempotency-key"} <= set(
        re.split(r",\s*", headers["Access-Control-Allow-Headers"])
    )
    assert headers.items() >= SECURITY.items()
    assert world.rows() == before


def test_a_path_or_method_that_is_not_there_is_a_problem_too(world):
    for changes in ({"rawPath": "/v1/sites/s_demo/other"}, {"rawPath": "/"}):
        assert_refused(post(world, **changes), 404, "not_found")


# Rate limit and failure


def from_network(world: World, ip: str, limit: int) -> dict:
    event = load_event("leads.valid", body=LEAD)
    del event["headers"]["idempotency-key"]
    event["requestContext"]["http"]["sourceIp"] = ip
    return handle(world, event, settings=replace(world.settings, leads_per_network=limit))


def test_a_network_that_calls_too_often_waits_and_others_do_not(world):
    near = [from_network(world, f"203.0.113.{n}", 2)["statusCode"] for n in range(3)]
    assert near == [201, 201, 429]
    assert from_network(world, "198.51.100.1", 2)["statusCode"] == 201


def test_who_must_wait_is_told_how_long_and_is_let_in_after_it(world):
    world.clock.advance(seconds=30)
    from_network(world, "203.0.113.1", 1)
    before = lasting(world)
    answer = from_network(world, "203.0.113.2", 1)
    assert_refused(answer, 429, "too_many_requests")
    assert lasting(world) == before
    wait = int(answer["headers"]["Retry-After"])
    assert wait == 570
    world.clock.advance(seconds=wait - 1)
    assert from_network(world, "203.0.113.1", 1)["statusCode"] == 429
    world.clock.advance(seconds=1)
    assert from_network(world, "203.0.113.1", 1)["statusCode"] == 201


def test_the_rows_of_the_rate_limit_cannot_be_tied_to_a_network_once_the_salt_is_gone(world):
    from_network(world, "203.0.113.1", 9)
    first = {row["pk"]["S"] for row in world.rows("rate")}
    for row in world.rows("rate_salt") + world.rows("rate"):
        world.client.delete_item(TableName="leadlayer-test", Key={"pk": row["pk"], "sk": row["sk"]})
    from_network(world, "203.0.113.1", 9)
    assert first.isdisjoint(row["pk"]["S"] for row in world.rows("rate"))


def test_when_we_fail_the_answer_and_the_log_quote_nothing(world, capfd):
    def broken():
        raise LookupError(CANARY)

    answer = handle(world, load_event("leads.valid", body=changed()), keyring=broken)
    assert_refused(answer, 500, "internal")
    out, err = capfd.readouterr()
    assert CANARY not in out + err
    assert json.loads(out)["error_type"] == "LookupError"
