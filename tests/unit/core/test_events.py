"""Both of API Gateway's event formats say the same, whoever wrote the header names."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.core.errors import Problem
from leadlayer.core.events import (
    MAX_BODY_BYTES,
    body_text,
    header,
    method,
    network,
    path_parameter,
    query,
)


def http_api(ip: str = "203.0.113.7") -> dict:
    return {"version": "2.0", "requestContext": {"http": {"method": "post", "sourceIp": ip}}}


def rest_api(ip: str = "203.0.113.7") -> dict:
    return {"httpMethod": "POST", "requestContext": {"identity": {"sourceIp": ip}}}


@pytest.mark.parametrize("event", [http_api(), rest_api()])
def test_both_formats_give_the_same_method_and_network(event):
    assert method(event) == "POST"
    assert network(event) == "203.0.113.0/24"


@pytest.mark.parametrize("written", ["content-type", "Content-Type", "CONTENT-TYPE"])
@pytest.mark.parametrize("asked", ["content-type", "Content-Type"])
def test_a_header_is_found_in_any_case(written, asked):
    assert header({"headers": {written: "x"}}, asked) == "x"


@pytest.mark.parametrize("event", [{}, {"headers": None, "pathParameters": None,
                                        "queryStringParameters": None, "body": None}])  # fmt: skip
def test_an_event_without_anything_says_nothing_instead_of_failing(event):
    assert header(event, "origin") is None
    assert query(event, "p") is None
    assert path_parameter(event, "site") == ""
    assert body_text(event) == ""
    assert method(event) == ""
    assert network(event) == "unknown"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.255", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("not an address", "unknown"),
        ("203.0.113.7, 10.0.0.1", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_is_cut_to_its_network(address, expected):
    assert network(http_api(address)) == expected
    assert network(rest_api(address)) == expected


@given(st.ip_addresses())
def test_no_whole_address_comes_out(address):
    found = network(http_api(str(address)))
    assert found.endswith(("/24", "/64"))
    assert found.partition("/")[0] == str(address) or str(address) not in found


def test_a_forwarded_header_cannot_change_the_network():
    event = http_api() | {"headers": {"x-forwarded-for": "198.51.100.1"}}
    assert network(event) == "203.0.113.0/24"


def test_a_body_is_read_as_sent_plain_or_in_base64():
    assert body_text({"body": "é"}) == "é"
    coded = base64.b64encode("é".encode()).decode()
    assert body_text({"body": coded, "isBase64Encoded": True}) == "é"


@pytest.mark.parametrize("is_base64", [False, True])
def test_a_body_may_be_16_kilobytes_and_not_a_byte_more(is_base64):
    def event(text: str) -> dict:
        raw = base64.b64encode(text.encode()).decode() if is_base64 else text
        return {"body": raw, "isBase64Encoded": is_base64}

    exact = "é" * (MAX_BODY_BYTES // 2)
    assert body_text(event(exact)) == exact
    with pytest.raises(Problem) as refused:
        body_text(event(exact + "x"))
    assert (refused.value.status, refused.value.code) == (413, "body_too_large")


@pytest.mark.parametrize(
    "event",
    [
        {"body": base64.b64encode(b"\xff\xfe").decode(), "isBase64Encoded": True},
        {"body": base64.b64encode("é".encode("latin-1")).decode(), "isBase64Encoded": True},
        {"body": "%%%", "isBase64Encoded": True},
        {"body": "abc", "isBase64Encoded": True},
        {"body": "é", "isBase64Encoded": True},
        {"body": "\ud800"},
    ],
)
def test_what_is_not_utf_8_is_malformed(event):
    with pytest.raises(Problem) as refused:
        body_text(event)
    assert (refused.value.status, refused.value.code) == (400, "malformed_json")
