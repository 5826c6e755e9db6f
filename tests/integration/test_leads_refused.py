"""Bad input to the lead form: a 4xx with a stable code, nothing written, nothing logged."""

import base64
import json
from dataclasses import replace

import pytest

from tests.integration.lead_calls import (
    CANARY,
    LEAD,
    assert_refused,
    changed,
    code,
    handle,
    lasting,
    post,
)
from tests.world import SITE, body_of, load_event

# Refused before anything is counted

NESTED = f'{{"name": "{CANARY}", "message": {"[" * 7_000}{"]" * 7_000}}}'
LONG_INTEGER = f'{{"name": "{CANARY}", "phone": {"9" * 5_000}}}'
MULTIPART = f'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{CANARY}\r\n--x--'
LATIN = base64.b64encode(f'{{"name": "No\xebl {CANARY}"}}'.encode("latin-1")).decode()


EARLY = {
    "no content type": ({"headers": {"content-type": ""}}, 415, "unsupported_media_type"),
    "text": ({"headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type"),
    "form": (
        {
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "body": f"name={CANARY}",
        },
        415,
        "unsupported_media_type",
    ),
    "multipart without boundary": (
        {"headers": {"content-type": "multipart/form-data"}, "body": MULTIPART},
        415,
        "unsupported_media_type",
    ),
    "multipart": (
        {"headers": {"content-type": "multipart/form-data; boundary=x"}, "body": MULTIPART},
        415,
        "unsupported_media_type",
    ),
    "json that is none": (
        {"headers": {"content-type": "application/json-seq"}},
        415,
        "unsupported_media_type",
    ),
    "17 KB": ({"body": changed(city="x" * 17_000)}, 413, "body_too_large"),
    "100 000 deep": ({"body": CANARY + "[" * 100_000 + "]" * 100_000}, 413, "body_too_large"),
    "7 000 deep": ({"body": NESTED}, 422, "invalid_request"),
    "7 000 open": ({"body": "[" * 7_000}, 400, "malformed_json"),
    "2 500 objects deep": ({"body": '{"a":' * 2_500 + "1" + "}" * 2_500}, 422, "invalid_request"),
    "integer of 5 000 digits": ({"body": LONG_INTEGER}, 400, "malformed_json"),
    "float without end": ({"body": '{"name": 1e999}'}, 422, "invalid_request"),
    "not UTF-8": ({"body": LATIN, "isBase64Encoded": True}, 400, "malformed_json"),
    "not base64": ({"body": "é%%", "isBase64Encoded": True}, 400, "malformed_json"),
    "NaN": ({"body": f'{{"name": "{CANARY}", "phone": NaN}}'}, 400, "malformed_json"),
    "Infinity": ({"body": '{"phone": -Infinity}'}, 400, "malformed_json"),
    "lone surrogate": ({"body": f'{{"name": "{CANARY}\\ud800"}}'}, 400, "malformed_json"),
    "surrogate as key": ({"body": '{"\\udfff": 1}'}, 400, "malformed_json"),
    "no body": ({"body": ""}, 400, "malformed_json"),
    "cut off": ({"body": f'{{"name": "{CANARY}'}, 400, "malformed_json"),
    "two documents": ({"body": f'{{}} {{"name": "{CANARY}"}}'}, 400, "malformed_json"),
    "byte order mark": ({"body": "\ufeff{}"}, 400, "malformed_json"),
    "null": ({"body": "null"}, 422, "invalid_request"),
    "list": ({"body": f'["{CANARY}"]'}, 422, "invalid_request"),
    "string": ({"body": f'"{CANARY}"'}, 422, "invalid_request"),
    "unknown field": ({"body": changed(birthday=CANARY)}, 422, "invalid_request"),
    "unknown field inside": (
        {"body": changed(consent={"given": True, "version": "1", "ip": CANARY})},
        422,
        "invalid_request",
    ),
    "control character": ({"body": changed(city=f"{CANARY}\x00")}, 422, "invalid_request"),
    "escape": ({"body": changed(message=f"\x1b[31m{CANARY}")}, 422, "invalid_request"),
    "direction mark": ({"body": changed(city=f"{CANARY}\u202e")}, 422, "invalid_request"),
    "line break in a name": ({"body": changed(name=f"{CANARY}\nBcc: x")}, 422, "invalid_request"),
    "wrong kinds": ({"body": changed(email=[CANARY], phone={CANARY: 1})}, 422, "invalid_request"),
    "no address": ({"body": changed(email=CANARY)}, 422, "invalid_request"),
    "address with a name": (
        {"body": changed(email=f"{CANARY} <a@example.com>")},
        422,
        "invalid_request",
    ),
    "consent as a word": (
        {"body": changed(consent={"given": "yes", "version": "1"})},
        422,
        "invalid_request",
    ),
    "key too short": ({"headers": {"idempotency-key": "short"}}, 422, "invalid_request"),
    "key of another form": (
        {"headers": {"idempotency-key": CANARY + "#" * 16}},
        422,
        "invalid_request",
    ),
    "spoofed token": (
        {"body": changed(conversation="01KASB3H00M4X7C2V9B5N8Q1W3", token=CANARY)},
        403,
        "invalid_conversation_token",
    ),
    "conversation without token": (
        {"body": changed(conversation="01KASB3H00M4X7C2V9B5N8Q1W3")},
        403,
        "invalid_conversation_token",
    ),
    "foreign origin": (
        {"headers": {"origin": f"https://{CANARY}.example"}},
        403,
        "origin_not_allowed",
    ),
    "unknown site": (
        {"rawPath": f"/v1/sites/{CANARY}/leads", "pathParameters": {"site": CANARY}},
        404,
        "unknown_site",
    ),
    "site that is no id": (
        {"rawPath": "/v1/sites/a%23b/leads", "pathParameters": {"site": f"a#{CANARY}"}},
        404,
        "unknown_site",
    ),
}
# Refused after the call was counted: everything up to there was in order.
LATE = {
    "no consent": ({"body": {"email": f"{CANARY}@example.com"}}, 422, "consent_required"),
    "consent refused": (
        {"body": changed(consent={"given": False, "version": "1"})},
        422,
        "consent_required",
    ),
    "consent to an older text": (
        {"body": changed(consent={"given": True, "version": "0"})},
        409,
        "consent_version_outdated",
    ),
    "no way to reach": (
        {"body": {"name": CANARY, "consent": LEAD["consent"]}},
        422,
        "contact_missing",
    ),
    "impossible number": ({"body": changed(phone="+999 12345678")}, 422, "invalid_request"),
}


@pytest.mark.parametrize("case", EARLY)
def test_bad_input_is_a_problem_with_a_stable_code_and_leaves_no_trace(world, capfd, caplog, case):
    changes, status, expected = EARLY[case]
    before = world.rows()
    assert_refused(post(world, **changes), status, expected)
    assert world.rows() == before
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


@pytest.mark.parametrize("case", LATE)
def test_a_wish_that_may_not_be_stored_is_counted_and_leaves_no_other_trace(world, capfd, case):
    changes, status, expected = LATE[case]
    before = lasting(world)
    assert_refused(post(world, **changes), status, expected)
    assert lasting(world) == before
    assert capfd.readouterr() == ("", "")


def test_the_check_would_see_input_that_is_stored(world):
    before = lasting(world)
    post(world, changed())
    assert lasting(world) != before
    assert CANARY in json.dumps(world.rows())


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("valid", 201), ("unknown_field", 422), ("not_json", 415), ("not_utf8", 400),
        ("no_consent", 422), ("no_contact", 422), ("outdated_consent", 409),
        ("foreign_origin", 403), ("preflight", 204),
    ],
)  # fmt: skip
def test_the_event_files_do_what_their_names_say(world, name, status):
    assert handle(world, load_event(f"leads.{name}"))["statusCode"] == status


def test_an_unknown_field_is_named_so_that_a_developer_finds_it(world):
    errors = body_of(post(world, LEAD | {"birthday": CANARY}))["errors"]
    assert errors == [{"field": "birthday", "reason": "extra_forbidden"}]


def test_a_refusal_lists_at_most_twenty_errors_of_a_bounded_length(world):
    answer = post(world, {f"{'x' * 100}{number}": 1 for number in range(50)})
    errors = body_of(answer)["errors"]
    assert len(errors) == 20
    assert max(len(error["field"]) for error in errors) == 64


def test_a_field_that_the_site_does_not_ask_for_is_refused(world):
    fields = tuple(field for field in SITE.lead_fields if field.name != "city")
    world.save_site(replace(SITE, lead_fields=fields))
    before = world.rows("lead")
    answer = post(world, LEAD | {"city": "Utrecht"})
    assert code(answer) == (422, "invalid_request")
    assert body_of(answer)["errors"] == [{"field": "city", "reason": "not_asked"}]
    assert world.rows("lead") == before


def test_a_field_that_the_site_requires_is_asked_for(world):
    fields = tuple(replace(f, required=f.name == "city") for f in SITE.lead_fields)
    world.save_site(replace(SITE, lead_fields=fields))
    answer = post(world)
    assert code(answer) == (422, "invalid_request")
    assert body_of(answer)["errors"] == [{"field": "city", "reason": "missing"}]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"privacy_notice_url": ""}, (403, "site_not_collecting")),
        ({"privacy_notice_url": "http://shop.example/p"}, (403, "site_not_collecting")),
        ({"state": "terminated"}, (404, "unknown_site")),
    ],
)
def test_a_site_without_notice_or_that_ended_collects_nothing(world, changes, expected):
    world.save_site(replace(SITE, **changes))
    before = world.rows()
    assert code(post(world)) == expected
    assert world.rows() == before
