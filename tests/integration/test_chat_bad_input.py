"""What the chat refuses: a problem with a stable code, nothing written, nothing repeated in a log.

All cases share one table, since none of them may change it.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from tests.fakes.model import said
from tests.fakes.visitor import visitor
from tests.integration.job_calls import work_off
from tests.world import SITE, World, make_world

CANARY = "kanariegeel"
EMPTY = replace(SITE, id="s_silent", privacy_notice_url="")
INSECURE = replace(SITE, id="s_insecure", privacy_notice_url="http://shop.example/privacy")
GONE = replace(SITE, id="s_gone", state="terminated")


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with mock_aws():
        for made in make_world():
            for site in (EMPTY, INSECURE, GONE):
                made.save_site(site)
            yield made


def personal(world: World) -> list[dict[str, Any]]:
    """Everything but the counters of calls, which hold nothing of the request."""
    return [row for row in world.rows() if row["type"]["S"] not in ("rate", "rate_salt")]


def at(site: str) -> dict[str, Any]:
    return {"path": f"/v1/sites/{site}/chat", "pathParameters": {"site": site}}


def body(**fields: Any) -> dict[str, Any]:
    return {"body": {"message": CANARY} | fields}


def raw(text: str, **more: Any) -> dict[str, Any]:
    return {"body": text, **more}


def encoded(data: bytes) -> dict[str, Any]:
    return raw(base64.b64encode(data).decode(), isBase64Encoded=True)


def head(name: str, value: str) -> dict[str, Any]:
    return {"headers": {name: value}, **body()}


CASES: dict[str, tuple[dict[str, Any], int, str]] = {
    "form content type": (head("Content-Type", "text/plain"), 415, "unsupported_media_type"),
    "multipart": (head("Content-Type", "multipart/form-data"), 415, "unsupported_media_type"),
    "over 16 KB": (body(page=CANARY * 2000), 413, "body_too_large"),
    "over 16 KB in base64": (encoded(b"x" * 16_385), 413, "body_too_large"),
    "not UTF-8": (encoded(b'{"message": "\xff\xfe"}'), 400, "malformed_json"),
    "not base64": (raw("%%%", isBase64Encoded=True), 400, "malformed_json"),
    "not JSON": (raw(f'{{"message": "{CANARY}"'), 400, "malformed_json"),
    "no body": (raw(""), 400, "malformed_json"),
    "nested deeply": (raw("[" * 16_000), 400, "malformed_json"),
    "integer of 5,000 digits": (raw('{"message": ' + "9" * 5_000 + "}"), 400, "malformed_json"),
    "not a number": (raw('{"message": NaN}'), 400, "malformed_json"),
    "lone surrogate": (raw('{"message": "\\ud800"}'), 400, "malformed_json"),
    "a list": (raw(f'["{CANARY}"]'), 422, "invalid_request"),
    "unknown field": (body(colour=CANARY), 422, "invalid_request"),
    "no message": (raw("{}"), 422, "invalid_request"),
    "empty message": (body(message="  \n "), 422, "invalid_request"),
    "message of 2,001 characters": (body(message="x" * 2001), 422, "invalid_request"),
    "message that is no text": (body(message=7), 422, "invalid_request"),
    "control characters": (body(message=f"{CANARY}\x00\x1b[31m"), 422, "invalid_request"),
    "direction marks": (body(message=f"{CANARY}\u202e"), 422, "invalid_request"),
    "unknown language": (body(language="fr"), 422, "invalid_request"),
    "conversation with a separator": (body(conversation="a#b", token="x"), 422, "invalid_request"),
    "short idempotency key": (head("Idempotency-Key", CANARY), 422, "invalid_request"),
    "odd idempotency key": (head("Idempotency-Key", f"{CANARY} {CANARY}"), 422, "invalid_request"),
    "spoofed token": (
        body(conversation="01KASB3H00T7Q2V5X8Y1Z4N6R9", token="A" * 43),
        403, "invalid_conversation_token",
    ),
    "token missing": (body(conversation="01KASB3H00T7Q2V5X8Y1Z4N6R9"),
                      403, "invalid_conversation_token"),
    "unknown site": (at("s_other") | body(), 404, "unknown_site"),
    "terminated site": (at("s_gone") | body(), 404, "unknown_site"),
    "site id with a separator": (at("s_demo#x") | body(), 404, "unknown_site"),
    "site without notice": (at("s_silent") | body(), 403, "site_not_collecting"),
    "site with a notice over http": (at("s_insecure") | body(), 403, "site_not_collecting"),
    "foreign origin": (head("Origin", "https://evil.example"), 403, "origin_not_allowed"),
    "null origin": (head("Origin", "null"), 403, "origin_not_allowed"),
    "origin that begins alike": (
        head("Origin", "https://shop.example.evil.example"), 403, "origin_not_allowed",
    ),
    "another method": ({"httpMethod": "PATCH", **body()}, 404, "not_found"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "status", "code"), CASES.values(), ids=CASES)
def test_bad_input_is_a_problem_and_leaves_no_trace(shared, capsys, changes, status, code):
    guest = visitor(shared)
    before = personal(shared)

    answer = guest.send("chat.stream", **changes)

    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert personal(shared) == before
    assert guest.model.calls == 0
    out = "".join(capsys.readouterr())
    assert CANARY not in out + answer.text + str(shared.rows())
    assert "unhandled" not in out


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        ("chat.malformed", 400, "malformed_json"),
        ("chat.too_long", 422, "invalid_request"),
        ("chat.foreign_origin", 403, "origin_not_allowed"),
        ("chat.spoofed_token", 403, "invalid_conversation_token"),
        ("chat.delete", 403, "invalid_conversation_token"),
    ],
)
def test_the_event_files_of_bad_input_are_refused(shared, file, status, code):
    guest = visitor(shared)
    before = personal(shared)

    answer = guest.send(file)

    assert (answer.status, answer.code) == (status, code)
    assert personal(shared) == before


def test_a_foreign_origin_gets_no_permission_to_read_the_answer(shared):
    answer = visitor(shared).send("chat.foreign_origin")

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_foreign_page_may_not_even_ask(shared):
    foreign = {"Origin": "https://evil.example"}

    answer = visitor(shared).send("chat.preflight", headers=foreign)

    assert (answer.status, answer.code) == (403, "origin_not_allowed")


def test_a_refused_field_is_named_and_its_value_is_not(shared):
    answer = visitor(shared).send("chat.json", **body(message=7, language="fr", page=5))

    fields = {error["field"] for error in answer.json["errors"]}
    assert fields == {"message", "language", "page"}
    assert "fr" not in json.dumps(answer.json["errors"]).replace("literal", "")


def test_a_deeply_nested_field_is_refused_by_whoever_reads_it_first(shared, capsys):
    deep = '{"message":' + "[" * 8_000 + "]" * 8_000 + "}"

    answer = visitor(shared).send("chat.stream", body=deep)

    assert answer.code in ("malformed_json", "invalid_request")
    assert "".join(capsys.readouterr()) == ""


def test_a_good_message_is_not_refused_and_is_kept(shared):
    """The twin: the cases above are refused for what they hold, and the search finds a canary."""
    guest = visitor(shared, said("Ja."))
    before = personal(shared)

    assert guest.ask(CANARY, name="chat.json", page="/x", language="nl").status == 200

    assert personal(shared) != before
    assert CANARY in str(shared.rows())
    guest.delete()
    work_off(shared, guest.jobs)
    assert CANARY not in str(shared.rows())
